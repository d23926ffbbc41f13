// How far a command is: on a terminal where it takes longer than a moment, and nowhere else.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { startPty } from "../screen/pty.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Home } from "./postern.ts";

/** Octets of the attachment, and how many of what the server says get through at a time, and how often (ms). */
const size = 1_500_000;
const piece = { octets: 64 * 1024, everyMs: 100 };

/** A line that is slow on the way to the client. */
async function startSlow(port: number): Promise<Server> {
  const server = createServer((client) => {
    const behind = connect(port, "127.0.0.1");
    client.pipe(behind);
    for (const socket of [client, behind]) {
      socket.on("error", () => undefined);
      socket.on("close", () => {
        client.destroy();
        behind.destroy();
      });
    }
    void (async () => {
      for await (const bytes of behind as AsyncIterable<Buffer>)
        for (let at = 0; at < bytes.length; at += piece.octets) {
          client.write(bytes.subarray(at, at + piece.octets));
          if (bytes.length > 1_000) await new Promise((next) => setTimeout(next, piece.everyMs));
        }
    })().catch(() => undefined);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return server;
}

describe("a command that takes long", { skip: serverMissing("dovecot") }, () => {
  let dovecot: Dovecot;
  let slow: Server;
  let home: Home;
  before(async () => {
    dovecot = await startDovecot({ tls: "none" });
    dovecot.deliver("INBOX", [
      sampleMessage({ n: 1, attachmentBytes: size, attachmentName: "large.bin" }),
      sampleMessage({ n: 2 }),
    ]);
    slow = await startSlow(dovecot.port);
    const address = slow.address();
    const port = typeof address === "object" && address ? address.port : 0;
    home = new Home("");
    home.account(`imap+insecure://user@127.0.0.1:${port}`, [`password-command = "echo ${dovecot.password}"`]);
  });
  after(async () => {
    slow?.close();
    await dovecot?.stop();
    home?.remove();
  });

  const onTerminal = (line: string) =>
    startPty("/bin/sh", ["-c", line.replaceAll("postern", resolve("bin/postern"))], {
      cwd: home.dir,
      env: home.env,
    });

  it("shows a bar on a terminal, and takes it away at the end", async () => {
    const pty = await onTerminal("postern fetch 1 --part 2 > saved");
    try {
      await pty.waitFor((lines) => lines.some((line) => /^fetching [█░]{24} .+ of .+/.test(line)));
      assert.equal(await pty.exit, 0);
      assert.deepEqual(pty.text().filter(Boolean), []);
      assert.equal(statSync(join(home.dir, "saved")).size, size);
    } finally {
      await pty.stop();
    }
  });

  it("shows one in ASCII where that is asked for", async () => {
    const pty = await onTerminal("rm -rf cache; postern fetch 1 --part 2 --ascii > saved");
    try {
      await pty.waitFor((lines) => lines.some((line) => /^fetching [#.]{24} /.test(line)));
      assert.equal(await pty.exit, 0);
    } finally {
      await pty.stop();
    }
  });

  it("shows none in a pipe", async () => {
    const ran = await home.shell("rm -rf cache; postern fetch 1 --part 2 | wc -c");
    assert.deepEqual([ran.status, ran.err], [0, ""]);
    assert.equal(ran.out.trim(), String(size));
    assert.ok(ran.ms > 1_000, "it took long enough for one");
  });

  it("shows none where it is quick", async () => {
    const began = performance.now();
    const pty = await onTerminal("postern fetch 2 > saved");
    try {
      assert.equal(await pty.exit, 0);
      if (performance.now() - began < 1_000) assert.equal(pty.raw.toString(), "");
    } finally {
      await pty.stop();
    }
  });
});

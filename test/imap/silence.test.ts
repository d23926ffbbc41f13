import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { capability, connect, noop, probe, timeouts } from "../../src/imap/index.ts";
import { fails, scriptedPeers } from "./scripted-session.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("a server that says nothing", () => {
  const { open, serve } = scriptedPeers();

  it("is given no more time by what is asked meanwhile", async () => {
    const { connection } = await open("", async () => {}, { silenceTimeoutMs: 300 });
    const first = connection.run(noop());
    const asked = setInterval(() => connection.run(noop()).catch(() => undefined), 50);
    await assert.rejects(first, fails("TIMEOUT"));
    clearInterval(asked);
  });

  it("is told by how long it owes an answer", async () => {
    const { connection } = await open("IDLE", async (peer) => {
      const idle = await peer.command(/^IDLE$/);
      peer.send("+ idling");
      await peer.expect(/^DONE$/);
      await pause(60);
      peer.send(`${idle} OK done`);
      await peer.answer(/^NOOP$/);
    });
    assert.equal(connection.watchdog.waited, 0);
    connection.idle();
    await pause(60);
    assert.equal(connection.watchdog.waited, 0, "IDLE owes nothing");
    const asked = connection.run(noop());
    await pause(40);
    assert.ok(connection.watchdog.waited >= 30);
    await asked;
    assert.equal(connection.watchdog.waited, 0);
  });

  it("is found out by a probe long before the watchdog would, in IDLE and behind other commands", async () => {
    const silent = [
      await open("IDLE", async (peer) => {
        await peer.command(/^IDLE$/);
        peer.send("+ idling");
        await peer.expect(/^DONE$/);
      }),
      await open("IDLE", async (peer) => void (await peer.command(/^IDLE$/))),
      await open("", async (peer) => void (await peer.command(/^CAPABILITY/))),
    ];
    silent[0]?.connection.idle();
    silent[1]?.connection.idle();
    const search = silent[2]?.connection.run(capability()) ?? Promise.resolve();
    search.catch(() => undefined);
    await pause(30);
    for (const { connection } of silent) {
      await assert.rejects(probe(connection, 50), fails("TIMEOUT"));
      assert.equal(connection.state, "closed");
    }
    await assert.rejects(search, fails("TIMEOUT"));
  });

  it("is not given up where a byte comes, whatever that is an answer to", async () => {
    const { connection } = await open("", async (peer) => {
      const search = await peer.command(/^CAPABILITY/);
      const tag = await peer.command(/^NOOP$/);
      await pause(40);
      peer.send("* CAPABILITY IMAP4rev1");
      await pause(120);
      peer.send(`${search} OK done`, `${tag} OK done`);
    });
    const search = connection.run(capability());
    await probe(connection, 80);
    await search;
  });

  it("which is let go while it is connected to keeps nobody waiting", async () => {
    for (const security of ["none", "tls", "starttls"] as const) {
      const server = await serve(async () => {});
      const controller = new AbortController();
      const { host, port } = server;
      const made = connect({ host, port, security, signal: controller.signal });
      await pause(30);
      const asked = performance.now();
      controller.abort();
      await assert.rejects(made, fails("ABORTED"));
      assert.ok(performance.now() - asked < timeouts.greeting / 2);
      await assert.rejects(connect({ host, port, security, signal: controller.signal }), fails("ABORTED"));
    }
  });
});

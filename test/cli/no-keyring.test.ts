// A machine without a keyring, as over SSH: one sentence, the next way at once, and never a stack.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, it } from "node:test";
import { startPty } from "../screen/pty.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Home } from "./postern.ts";

/** What it may take longer than a command that asks no keyring, in milliseconds. */
const atOnce = 1_000;

const ways = {
  "no D-Bus session": { keytar: "real", env: {}, says: /no D-Bus session runs here/ },
  "a bus that is not there": {
    keytar: "real",
    env: { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere/bus" },
    says: /no D-Bus session runs here|keytar is not installed|keytar cannot be loaded/,
  },
  "keytar cannot be loaded": {
    keytar: "broken",
    env: { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere/bus" },
    says: /keytar cannot be loaded \(libsecret-1\.so\.0: cannot open shared object file/,
  },
  "keytar is not installed": {
    keytar: "none",
    env: { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere/bus" },
    says: /keytar is not installed/,
  },
} as const;

describe("without a keyring", { skip: serverMissing("dovecot") }, () => {
  const dir = mkdtempSync(join(tmpdir(), "postern-no-keyring-"));
  let server: Dovecot;
  let home: Home;
  before(async () => {
    server = await startDovecot({ tls: "none" });
    server.deliver("INBOX", [sampleMessage({ subject: "The first letter" })]);
    home = new Home("");
    for (const keytar of ["broken", "none"]) {
      const place = join(dir, keytar);
      for (const part of ["bin", "dist"]) cpSync(part, join(place, part), { recursive: true });
      cpSync("package.json", join(place, "package.json"));
      mkdirSync(join(place, "node_modules"));
      symlinkSync(resolve("node_modules/@photostructure"), join(place, "node_modules/@photostructure"));
      if (keytar === "none") continue;
      mkdirSync(join(place, "node_modules/keytar"));
      const words = "libsecret-1.so.0: cannot open shared object file: No such file or directory";
      writeFileSync(join(place, "node_modules/keytar/index.js"), `throw new Error("${words}")\n`);
    }
  });
  after(async () => {
    await server?.stop();
    home?.remove();
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  });

  for (const [what, { keytar, env, says }] of Object.entries(ways)) {
    const program = keytar === "real" ? resolve("bin/postern") : join(dir, keytar, "bin/postern");
    const run = (more: Readonly<Record<string, string>>, ...args: string[]) => {
      const began = performance.now();
      const { XDG_RUNTIME_DIR: _, ...own } = home.env;
      const ran = spawnSync(program, args, {
        env: { ...own, ...env, ...more },
        stdio: ["ignore", "pipe", "pipe"],
        encoding: "utf8",
        timeout: 20_000,
      });
      return { ...ran, ms: performance.now() - began };
    };
    const account = (...lines: string[]) =>
      home.account(`imap+insecure://user@127.0.0.1:${server.port}`, lines);

    it(`${what}: a script is told, and what to do`, () => {
      account("keyring = true");
      const took = () => run({}, "list").ms - run({}, "account", "list").ms;
      const ran = run({}, "list");
      assert.equal(ran.status, 77, ran.stderr);
      assert.equal(ran.stdout, "");
      assert.match(ran.stderr, says);
      // What is wrong, and what to do.
      assert.match(ran.stderr, /^postern: [^\n]+\n {2}[^\n]+\n$/);
      assert.match(ran.stderr, /password-command/);
      // The machine may be at something else for a moment.
      const least = Math.min(took(), took(), took());
      assert.ok(least < atOnce, `${least} ms longer`);
    });

    it(`${what}: the environment is the next way`, () => {
      account();
      const ran = run({ POSTERN_PASSWORD: server.password }, "list");
      assert.deepEqual([ran.status, ran.stderr], [0, ""]);
      assert.match(ran.stdout, /The first letter/);
    });

    it(`${what}: a person is asked, after a sentence where the keyring was meant`, async () => {
      account("keyring = true");
      const pty = await startPty(program, ["list"], {
        columns: 160,
        env: {
          ...home.env,
          POSTERN_PASSWORD: undefined,
          XDG_RUNTIME_DIR: undefined,
          DBUS_SESSION_BUS_ADDRESS: undefined,
          ...env,
        },
      });
      try {
        await pty.waitFor((lines) => lines.some((line) => /^Password/.test(line)));
        assert.match(pty.text().join("\n"), says);
        pty.type(`${server.password}\r`);
        assert.equal(await pty.exit, 0, pty.text().join("\n"));
        assert.match(pty.text().join("\n"), /The first letter/);
      } finally {
        await pty.stop();
      }
    });
  }
});

// What comes from a terminal, and what each kind of terminal is sent.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { barOf, eventually, type Home, makeHome, openScreen, program } from "./postern.ts";
import { type Pty, startPty } from "./pty.ts";

const skip = serverMissing("dovecot");
const all = 40;
const listed = (lines: string[]) => lines.some((line) => /INBOX {2}\d+\/40 .*online/.test(line));

function deliver(server: Dovecot): void {
  server.deliver(
    "INBOX",
    Array.from({ length: all }, (_, i) => ({ message: sampleMessage({ n: i + 1 }), flags: "S" })),
  );
}

describe("what is typed and pasted", { skip }, () => {
  let server: Dovecot;
  let home: Home;
  let pty: Pty;
  let wire: Wire;
  before(async () => {
    server = await startDovecot({ tls: "none" });
    deliver(server);
    home = makeHome(server.port);
    pty = await openScreen(home);
    wire = await Wire.open(server.port, "INBOX");
    await pty.waitFor(listed);
  });
  after(async () => {
    wire?.close();
    await pty?.stop();
    await server?.stop();
    home?.remove();
  });
  const on = (n: number) => () => new RegExp(`Sample message ${n}(?!\\d)`).test(barOf(pty));
  const pasted = (text: string) => `\x1b[200~${text}\x1b[201~`;

  test("a line that is pasted with its end waits for Enter", async () => {
    pty.type(`:${pasted("delete\rquit!\r\n")}`);
    await pty.waitFor((lines) => lines.some((line) => /^:delete quit! *$/.test(line)));
    pty.type("\x07");
    await pty.waitFor(listed);
    pty.type(`/${pasted('subject:"message 31"\n')}`);
    await pty.waitFor((lines) => lines.some((line) => /^\/subject:"message 31" *$/.test(line)));
    await pty.settle();
    assert.match(barOf(pty), /message 40/);
    pty.type("\r");
    await pty.waitFor(on(31));
    pty.type("\x07");
    assert.equal((await wire.search("ALL")).length, all);
  });

  test("what is pasted into a list is no keys", async () => {
    pty.type(`gg${pasted("dddq!")}j`);
    await pty.waitFor(on(39));
    assert.equal((await wire.search("ALL")).length, all);
  });

  test("an arrow whose octets come apart is an arrow, also where Esc was given up on", async () => {
    for (const [wait, n] of [
      [10, 38],
      [150, 37],
    ] as const) {
      pty.type("\x1b");
      await pause(wait);
      pty.type("[B");
      await pty.waitFor(on(n));
    }
    pty.type("\x1b[");
    await pause(10);
    pty.type("A");
    await pty.waitFor(on(38));
    assert.equal((await wire.search("ALL")).length, all);
  });

  test("! moves to Junk and back, @ finds an address, p prints what is read", async () => {
    pty.type("gg!");
    await pty.waitFor("moved 1 message to Junk");
    await eventually(async () => (await wire.search("ALL")).length === all - 1, "gone");
    pty.type("gj");
    await pty.waitFor((lines) => lines.some((line) => /Junk {2}1\/1/.test(line)));
    pty.type("!");
    await eventually(async () => (await wire.search("ALL")).length === all, "back");
    pty.type("gi");
    await pty.waitFor(listed);
    pty.type("@ada\r");
    await pty.waitFor("ada@example.org");
    pty.type("qgg\r");
    await pty.waitFor("This is sample message 40.");
    pty.type("p");
    await pty.waitFor(":print");
    pty.type("cat > printed\r");
    await pty.waitFor("Enter goes back");
    pty.type("\r");
    await pty.waitFor("done: cat > printed");
    const printed = readFileSync(join(home.dir, "printed"), "utf8");
    assert.match(printed, /^From: Ada Sample <ada@example\.org>$/m);
    assert.match(printed, /^This is sample message 40\./m);
    assert.doesNotMatch(printed, /\x1b/);
  });
});

describe("a terminal called", { skip }, () => {
  let server: Dovecot;
  before(async () => {
    server = await startDovecot({ tls: "none" });
    deliver(server);
  });
  after(() => server?.stop());

  /** Whether it is asked for its colours and pictures, which the poorer ones would show as text. */
  const asked = /\x1b\]1[01];\?|\x1b_G/;
  const colour = /\x1b\[(?:[\d;]*;)?(?:3[0-7]|38;5;\d+|9[0-7])(?:;[\d;]*)?m/;
  const terminals: Readonly<Record<string, { readonly asked: boolean; readonly coloured: boolean }>> = {
    "xterm-256color": { asked: true, coloured: true },
    screen: { asked: true, coloured: true },
    "tmux-256color": { asked: true, coloured: true },
    linux: { asked: false, coloured: true },
    dumb: { asked: false, coloured: false },
  };
  for (const [name, wanted] of Object.entries(terminals))
    test(name, async () => {
      const home = makeHome(server.port);
      const pty = await startPty(program, [], { env: { ...home.env, TERM: name }, cwd: home.dir });
      try {
        await pty.waitFor(listed);
        await pty.waitFor((lines) => /Sample message 40/.test(lines[0] ?? ""));
        pty.type("j");
        await pty.waitFor((lines) => lines.some((line) => line.includes("INBOX  2/40")));
        pty.type("\r");
        await pty.waitFor("This is sample message 39.");
        pty.type("q");
        await pty.waitFor(listed);
        pty.type("q");
        assert.equal(await pty.exit, 0);
        assert.equal(pty.screen.buffer.active.type, "normal");
        const sent = pty.raw.toString("latin1");
        assert.equal(asked.test(sent), wanted.asked, "asked");
        assert.equal(colour.test(sent), wanted.coloured, "coloured");
      } finally {
        await pty.stop();
        home.remove();
      }
    });
});

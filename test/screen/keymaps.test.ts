// Whoever comes from aerc, alpine or emacs lists, reads, deletes, takes back and leaves with the keys of there.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { barOf, eventually, makeHome, openScreen } from "./postern.ts";

interface Hands {
  readonly down: string;
  readonly up: string;
  readonly open: string;
  readonly nextMessage: string;
  readonly close: string;
  readonly remove: string;
  readonly undo: string;
  readonly mark: string;
  readonly search: string;
  readonly quit: string;
}

const hands: Readonly<Record<string, Hands>> = {
  aerc: {
    ...{ down: "j", up: "k", open: "\r", nextMessage: "J", close: "q", remove: "D", undo: ":undo\r" },
    ...{ mark: "v", search: "/", quit: "q" },
  },
  alpine: {
    ...{ down: "n", up: "p", open: ">", nextMessage: "n", close: "<", remove: "D", undo: "U" },
    ...{ mark: ":mark\r", search: "w", quit: "Q" },
  },
  emacs: {
    ...{ down: "\x0e", up: "\x10", open: "\r", nextMessage: "n", close: "q", remove: "\x04", undo: "\x1f" },
    ...{ mark: "m", search: "\x13", quit: "\x18\x03" },
  },
};

describe("keys of other programs", { skip: serverMissing("dovecot") }, () => {
  for (const [keymap, keys] of Object.entries(hands))
    test(keymap, async () => {
      const server = await startDovecot({ tls: "none" });
      server.deliver(
        "INBOX",
        Array.from({ length: 30 }, (_, i) => ({ message: sampleMessage({ n: i + 1 }), flags: "S" })),
      );
      const home = makeHome(server.port, `[screen]\nkeymap = "${keymap}"\n`);
      const pty = await openScreen(home);
      const wire = await Wire.open(server.port, "INBOX");
      const on = (n: number) => () => new RegExp(`Sample message ${n}(?!\\d)`).test(barOf(pty));
      try {
        await pty.waitFor((lines) => lines.some((line) => /INBOX {2}1\/30 .*● online/.test(line)));
        pty.type(keys.down + keys.down);
        await pty.waitFor(on(28));
        pty.type(keys.up);
        await pty.waitFor(on(29));
        pty.type(keys.open);
        await pty.waitFor("This is sample message 29.");
        pty.type(keys.nextMessage);
        await pty.waitFor("This is sample message 28.");
        pty.type(keys.close);
        await pty.waitFor(on(28));
        pty.type(keys.remove);
        await pty.waitFor("moved 1 message to Trash");
        await eventually(async () => !(await wire.search("ALL")).includes(28), "gone");
        await pty.waitFor(on(27));
        pty.type(keys.undo);
        await eventually(async () => (await wire.search("ALL")).length === 30, "back");
        pty.type(keys.mark);
        await pty.waitFor((lines) => lines.some((line) => line.startsWith("•")));
        pty.type(`${keys.search}subject:"message 12"\r`);
        await pty.waitFor(on(12));
        pty.type(keys.quit);
        assert.equal(await pty.exit, 0);
      } finally {
        wire.close();
        await pty.stop();
        await server.stop();
        home.remove();
      }
    });
});

// Whoever comes from aerc, alpine or emacs lists, reads, deletes, takes back and leaves with the keys of there.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { keymaps } from "../../src/account/settings.ts";
import { contextTitles, helpContexts } from "../../src/tui/app/keymap.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { barOf, eventually, has, makeHome, openScreen, program } from "./postern.ts";

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

/** What `postern keys --json` tells of each. */
interface Printed {
  readonly place: string;
  readonly keys: string;
  readonly line: string;
  readonly summary: string;
}

describe("the help", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  before(async () => {
    server = await startDovecot({ tls: "none" });
    server.deliver("INBOX", [sampleMessage({ n: 1 })]);
  });
  after(() => server?.stop());

  for (const keymap of keymaps)
    test(`of ${keymap} has the keys that postern keys prints, place by place, and no others`, async () => {
      const own = '[keys]\n"g w" = "go Lists/garden"\n[keys.reader]\n"C-x" = "headers"\n';
      const home = makeHome(server.port, `[screen]\nkeymap = "${keymap}"\n${own}`);
      // All of it on one screen.
      const pty = await openScreen(home, { columns: 200, rows: 260 });
      try {
        const { stdout } = await promisify(execFile)(program, ["keys", "--json"], {
          env: { ...process.env, ...home.env },
        });
        const { items } = JSON.parse(stdout) as { items: readonly Printed[] };
        const printed = helpContexts.flatMap((place) =>
          items
            .filter((item) => item.place === place)
            .map(({ keys, summary }) => `${contextTitles[place]}: ${keys}: ${summary}`),
        );
        await pty.waitFor(has(/INBOX {2}1\/1 .*● online/));
        pty.type("?");
        await pty.waitFor("Message list");
        await pty.waitFor(has(/^ Everywhere/));
        await pty.settle();
        const shown: string[] = [];
        let title = "";
        for (const line of pty.text().slice(1, -3)) {
          const [, keys = "", text = ""] = /^ {3}(\S.*?) {2,}(\S.*)$/.exec(line) ?? [];
          if (/^ \S/.test(line)) title = line.trim();
          for (const key of keys.split(", ")) if (key !== "") shown.push(`${title}: ${key}: ${text}`);
        }
        const keysOf = (all: readonly string[]) => all.map((one) => one.split(": ", 2).join(": ")).sort();
        assert.deepEqual(keysOf(shown), keysOf(printed));
        assert.ok(shown.length > 100);
      } finally {
        await pty.stop();
        home.remove();
      }
    });
});

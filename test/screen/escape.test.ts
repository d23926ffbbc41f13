// Esc ends what is asked or typed, and does nothing else: whatever is on the screen, the mail stays as it is.
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { type Home, has, lacks, makeHome, openScreen, sizes } from "./postern.ts";
import type { Pty } from "./pty.ts";

for (const size of sizes)
  describe(`Esc at ${size.columns}×${size.rows}`, { skip: serverMissing("dovecot") }, () => {
    let server: Dovecot;
    let home: Home;
    let pty: Pty;
    let whole: string;
    before(async () => {
      server = await startDovecot({ tls: "none" });
      server.deliver(
        "INBOX",
        [1, 2, 3].map((n) => ({
          message: sampleMessage({ n, attachmentBytes: 100, attachmentName: "report.bin" }),
          flags: n === 2 ? "ST" : "S",
        })),
      );
      server.deliver("Trash", [{ message: sampleMessage({ n: 10, subject: "Thrown away" }), flags: "S" }]);
      home = makeHome(server.port);
      pty = await openScreen(home, size);
      await pty.waitFor(has(/INBOX {2}1\/3 .*● online/));
      whole = await mail();
    });
    after(async () => {
      await pty?.stop();
      await server?.stop();
      home?.remove();
    });
    /** Everything there is on the server: folder by folder each message with its flags. */
    const mail = async () => {
      const folders = ["INBOX", "Trash", "Archive", "Junk", "Sent", "Drafts"];
      const all = folders.map(async (folder) => {
        const wire = await Wire.open(server.port, folder);
        const listed = await wire.listing();
        wire.close();
        return [folder, listed];
      });
      return JSON.stringify(await Promise.all(all));
    };
    const unchanged = async () => {
      await pty.settle();
      assert.equal(await mail(), whole);
    };

    // What is typed, and what the line then looks like; each of these with Enter would do something.
    const lines: readonly (readonly [what: string, keys: string, shown: string])[] = [
      ["a command", ":delete", ":delete"],
      ["where to move to", "sArchive", ":move --to Archive"],
      ["where to copy to", "CArchive", ":copy --to Archive"],
      ["a label", "Ygarden", ":flag toggle garden"],
      ["what to mark", "Tis:read", ":mark is:read"],
      ["what to show", "lis:unread", ":limit is:unread"],
      ["what to look for", "/is:unread", "/is:unread"],
      ["how to sort", "osubject", ":sort subject"],
      ["a folder", "cTrash", ":go Trash"],
      ["whom to pass on to", "bbob@example.org", ":bounce --to bob@example.org"],
    ];
    test("leaves every line that is typed, also one that was completed", async () => {
      for (const [what, keys, shown] of lines) {
        pty.type(keys);
        await pty
          .waitFor((seen) => seen.some((line) => line.trimEnd() === shown))
          .catch((error: unknown) => {
            throw new Error(what, { cause: error });
          });
        pty.type("\x1b");
        await pty.waitFor(lacks(shown));
        await pty.waitFor(has(/INBOX {2}1\/3/));
      }
      pty.type(":del\t");
      await pty.waitFor(":delete");
      pty.type("\x1b");
      await pty.waitFor(lacks(":delete"));
      assert.equal(existsSync(`${home.dir}/state/postern/@history/command`), false);
      await unchanged();
    });

    test("is a no to every question", async () => {
      pty.type("X");
      await pty.waitFor("for good?");
      pty.type("\x1b");
      await pty.waitFor("nothing was removed");
      pty.type("gt");
      await pty.waitFor("Thrown away");
      await pty.waitFor(has("Trash  1/1"));
      pty.type("d");
      await pty.waitFor(has(/for good\?/));
      pty.type("\x1b");
      await pty.waitFor(lacks("for good?"));
      await pty.waitFor("Thrown away");
      pty.type("gi");
      await pty.waitFor("INBOX  1/3");
      await unchanged();
    });

    test("in a message and in its files leaves prompts, then these, and writes nothing", async () => {
      const there = readdirSync(home.dir);
      pty.type("\r");
      await pty.waitFor("This is sample message 3.");
      pty.type("|tee piped");
      await pty.waitFor(":pipe tee piped");
      pty.type("\x1b");
      await pty.waitFor(lacks(":pipe"));
      pty.type("v");
      await pty.waitFor((shown) => shown.some((line) => / s +save/.test(line)));
      pty.type("s");
      await pty.waitFor("save to: report.bin");
      pty.type("\x1b");
      await pty.waitFor(lacks("save to:"));
      pty.type("\x1b");
      await pty.waitFor((shown) => !shown.some((line) => / s +save/.test(line)));
      await pty.waitFor("This is sample message 3.");
      pty.type("\x1b");
      await pty.waitFor(lacks("This is sample message 3."));
      await pty.waitFor("INBOX  1/3");
      assert.deepEqual(readdirSync(home.dir), there);
      await unchanged();
    });

    test("closes pages and the folders, and at the top does not quit", async () => {
      for (const [keys, shown] of [
        ["?", "Go down a row or a line"],
        [":messages\r", "searches, q closes"],
        [":status\r", "no encryption"],
        [":trace\r", "The protocol as it runs"],
      ] as const) {
        pty.type(keys);
        await pty.waitFor(shown);
        pty.type("\x1b");
        await pty.waitFor(lacks(shown));
      }
      pty.type("y");
      await pty.waitFor(has(/Enter open.*list/));
      pty.type("\x1b");
      await pty.waitFor(has(/d +delete/));
      for (let n = 0; n < 3; n++) {
        pty.type("\x1b");
        // By itself, and not with the next key.
        await pause(200);
      }
      pty.type("j");
      await pty.waitFor("INBOX  2/3");
      await unchanged();
    });

    test("takes marks away, and g v gives them back", async () => {
      pty.type("ggtjt");
      await pty.waitFor("2 marked");
      pty.type("\x1b");
      await pty.waitFor("2 unmarked, g v marks them again");
      pty.type("gv");
      await pty.waitFor("2 marked again");
      await pty.waitFor(has(/INBOX {2}2\/3 .*2 marked/));
      // What has gone since then is not among them.
      pty.type("\x1b");
      await pty.waitFor("2 unmarked");
      const wire = await Wire.open(server.port, "INBOX");
      const [, , newest = 0] = await wire.search("ALL");
      await wire.command(`UID STORE ${newest} +FLAGS.SILENT (\\Deleted)`);
      await wire.command(`UID EXPUNGE ${newest}`);
      wire.close();
      await pty.waitFor(has(/INBOX {2}1\/2/));
      pty.type("gv");
      await pty.waitFor("1 marked again");
    });
  });

describe("an arrow in two packets", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let home: Home;
  let pty: Pty;
  before(async () => {
    server = await startDovecot({ tls: "none" });
    server.deliver(
      "INBOX",
      [1, 2, 3].map((n) => ({ message: sampleMessage({ n }), flags: "S" })),
    );
    home = makeHome(server.port);
  });
  after(async () => {
    await server?.stop();
    home?.remove();
  });

  /** The arrow goes down, and the mark that Esc would have taken away stays. */
  async function goesDown(gapMs: number): Promise<void> {
    pty.type("t");
    await pty.waitFor(has(/INBOX {2}1\/3 .*1 marked/));
    pty.type("\x1b");
    await pause(gapMs);
    pty.type("[B");
    await pty.waitFor(has(/INBOX {2}2\/3 .*1 marked/));
  }

  test("is one on a line whose terminal answers late", async () => {
    pty = await openScreen(home);
    try {
      pty.screen.parser.registerCsiHandler({ prefix: "?", intermediates: "$", final: "p" }, ([mode]) => {
        setTimeout(() => pty.type(`\x1b[?${Number(mode)};0$y`), 450);
        return true;
      });
      await pty.waitFor(has(/INBOX {2}1\/3 .*● online/));
      // Until it has answered.
      await pause(600);
      await goesDown(150);
      pty.type("\x1b");
      await pty.waitFor("1 unmarked");
    } finally {
      await pty.stop();
    }
  });

  test("is one, however far apart, where the terminal tells Esc as a sequence; it is told as before at the end", async () => {
    pty = await openScreen(home);
    const told: string[] = [];
    try {
      const { parser } = pty.screen;
      parser.registerCsiHandler({ prefix: "?", final: "u" }, () => {
        pty.type("\x1b[?0u");
        return true;
      });
      for (const prefix of [">", "<"])
        parser.registerCsiHandler({ prefix, final: "u" }, ([flags]) => {
          told.push(`${prefix}${Number(flags)} ${pty.screen.buffer.active.type}`);
          return true;
        });
      await pty.waitFor(has(/INBOX {2}1\/3 .*● online/));
      await pty.settle();
      assert.deepEqual(told, [">5 alternate"]);
      await goesDown(400);
      pty.type("\x1b[27u");
      await pty.waitFor("1 unmarked");
      pty.type("\x1b[107:75;2u");
      pty.type("k");
      await pty.waitFor(has(/INBOX {2}1\/3/));
      pty.type("q");
      assert.equal(await pty.exit, 0);
      assert.deepEqual(told, [">5 alternate", "<0 alternate"]);
    } finally {
      await pty.stop();
    }
  });
});

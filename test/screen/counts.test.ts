// Numbers before keys, and commands for all that is marked.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { barOf, eventually, type Home, has, lacks, makeHome, openScreen, sizes } from "./postern.ts";
import type { Pty } from "./pty.ts";

const all = 60;

for (const size of sizes)
  describe(`at ${size.columns}×${size.rows}`, { skip: serverMissing("dovecot") }, () => {
    let server: Dovecot;
    let home: Home;
    let pty: Pty;
    let wire: Wire;
    before(async () => {
      server = await startDovecot({ tls: "none" });
      server.deliver(
        "INBOX",
        Array.from({ length: all }, (_, i) => ({ message: sampleMessage({ n: i + 1 }), flags: "S" })),
      );
      home = makeHome(server.port);
      pty = await openScreen(home, size);
      wire = await Wire.open(server.port, "INBOX");
      await pty.waitFor(has(/INBOX {2}1\/60 .*● online/));
    });
    after(async () => {
      wire?.close();
      await pty?.stop();
      await server?.stop();
      home?.remove();
    });
    const on = (n: number) => () => new RegExp(`Sample message ${n}(?!\\d)`).test(barOf(pty));
    const found = async (query: string, uids: string) =>
      eventually(async () => (await wire.search(query)).join() === uids, `${query} finds ${uids}`);
    /** How many there are in another folder. */
    const count = async (folder: string) => {
      const other = await Wire.open(server.port, folder);
      const { length } = await other.search("ALL");
      other.close();
      return length;
    };
    /** Takes the last change back, and waits until all are in the inbox. */
    const undo = async () => {
      pty.type("u");
      await eventually(async () => (await wire.search("ALL")).length === all, "all are back");
      pty.type("\x07");
      await pty.waitFor(has(/\/60/));
    };

    test("a number says how far keys go, and stands in the status line until they do", async () => {
      pty.type("12");
      await pty.waitFor(has(/INBOX {2}1\/60 .*12 {2}● online/));
      pty.type("j");
      await pty.waitFor(on(48));
      await pty.waitFor(lacks(/12 {2}● online/));
      pty.type("5k");
      await pty.waitFor(on(53));
      pty.type("30G");
      await pty.waitFor(on(31));
      pty.type("2gg");
      await pty.waitFor(on(59));
      pty.type("\r");
      await pty.waitFor("This is sample message 59.");
      pty.type("3J");
      await pty.waitFor("This is sample message 56.");
      pty.type("q");
      await pty.waitFor(on(56));
    });

    test("Esc drops a number, and no more than that", async () => {
      pty.type("ggtj3");
      await pty.waitFor(has(/3 {2}● online/));
      pty.type("\x1b");
      await pty.waitFor(lacks(/3 {2}● online/));
      await pty.waitFor(has("1 marked"));
      pty.type("j");
      await pty.waitFor(on(58));
      pty.type("\x1b");
      await pty.waitFor(lacks("marked"));
    });

    test("a number says for how many messages a command is", async () => {
      pty.type("gg3F");
      await found("FLAGGED", "58,59,60");
      pty.type("3F");
      await found("FLAGGED", "");
      pty.type("3d");
      await pty.waitFor("moved 3 messages to Trash");
      await found("UID 57:60", "57");
      await pty.waitFor(on(57));
      await undo();
      pty.type("gg2s");
      await pty.waitFor(":move --to");
      pty.type("Archive\r");
      await pty.waitFor("moved 2 messages to Archive");
      assert.equal((await wire.search("ALL")).length, all - 2);
      await undo();
      pty.type("gg2t");
      await pty.waitFor(has("2 marked"));
      pty.type("j3 ");
      // The one that both have keeps its mark.
      await pty.waitFor(has("4 marked"));
      await pty.waitFor(has("INBOX  5/60"));
      pty.type("\x1b");
      await pty.waitFor(lacks("marked"));
    });

    test("what is marked, by key or by pattern, is copied, moved, labelled, junked and exported", async () => {
      // Those that came back are the newest; these stay where they are.
      const which = 'subject:"message 11" or subject:"message 14" or subject:"message 17"';
      const marked = async (keys: string) => {
        pty.type(`:mark ${which}\r`);
        await pty.waitFor(has("3 marked"));
        pty.type(keys);
        // What it was done with is no longer marked.
        await pty.waitFor(lacks("3 marked"));
      };
      pty.type(`T${which}\r`);
      await pty.waitFor(has("3 marked"));
      pty.type("F");
      await pty.waitFor(lacks("3 marked"));
      await found("FLAGGED", "11,14,17");
      await marked("M");
      await found("UNSEEN", "11,14,17");
      await marked("Ygarden\r");
      await found("KEYWORD garden", "11,14,17");
      await marked("CArchive\r");
      await pty.waitFor("copied 3 messages to Archive");
      await eventually(async () => (await count("Archive")) === 3, "copied");
      const mbox = join(home.dir, "three.mbox");
      await marked(`:export --mbox ${mbox}\r`);
      await pty.waitFor("exported 3 messages of INBOX");
      assert.deepEqual(
        readFileSync(mbox, "utf8")
          .match(/^Subject: .*\d/gm)
          ?.sort(),
        ["Subject: Sample message 11", "Subject: Sample message 14", "Subject: Sample message 17"],
      );
      await marked("!");
      await found("KEYWORD garden", "");
      await eventually(async () => (await count("Junk")) === 3, "in the junk");
      await undo();
      assert.equal((await wire.search("FLAGGED UNSEEN KEYWORD garden")).length, 3);
    });

    test("marks stay where nothing was done: there is no such folder, or the answer was no", async () => {
      pty.type("gg2t");
      await pty.waitFor(has("2 marked"));
      pty.type("sNowhere\r");
      await pty.waitFor("no folder");
      await pty.waitFor(has("2 marked"));
      pty.type("d");
      await pty.waitFor("moved 2 messages to Trash");
      pty.type("gt");
      await pty.waitFor(has("Trash  1/2"));
      pty.type("2t");
      await pty.waitFor(has("2 marked"));
      pty.type("d");
      await pty.waitFor("Remove 2 messages for good?");
      pty.type("n");
      await pty.waitFor("nothing was removed");
      await pty.waitFor(has("2 marked"));
      pty.type("gi");
      await pty.waitFor(has(`INBOX  1/${all - 2}`));
      await undo();
    });
  });

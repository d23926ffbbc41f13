// The : line: what there is, found by a few letters or by what it does, with its keys; what was typed before.
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { barOf, type Home, has, lacks, makeHome, openScreen, sizes } from "./postern.ts";
import type { Pty } from "./pty.ts";

const skip = serverMissing("dovecot");
/** The line that is typed. */
const typed = (text: string) => (lines: string[]) => lines.some((line) => line.trimEnd() === text);

for (const size of sizes)
  describe(`the : line at ${size.columns}×${size.rows}`, { skip }, () => {
    let server: Dovecot;
    let home: Home;
    let pty: Pty;
    before(async () => {
      server = await startDovecot({ tls: "none" });
      server.deliver(
        "INBOX",
        Array.from({ length: 12 }, (_, i) => ({ message: sampleMessage({ n: i + 1 }), flags: "S" })),
      );
      server.deliver("Lists/garden", [sampleMessage({ n: 99, subject: "Tulips" })]);
      home = makeHome(server.port);
      pty = await openScreen(home, size);
      await pty.waitFor(has(/INBOX {2}1\/12 .*● online/));
    });
    after(async () => {
      await pty?.stop();
      await server?.stop();
      home?.remove();
    });

    test("all commands are there, each with its keys and what it does", async () => {
      pty.type(":arch");
      await pty.waitFor(has(/^ archive +a {2}Move messages to the Archive/));
      // A key that asks for the rest is a key of the command.
      pty.type("\x15cop");
      await pty.waitFor(has(/^ copy +C {2}\S/));
      pty.type("\x07");
      await pty.waitFor(lacks("Move messages to"));
    });

    test("letters in their order find a command, and so do words of what it does", async () => {
      pty.type(":tgthr");
      await pty.waitFor(has(/^ toggle-threads +z t /));
      await pty.waitFor(lacks(/^ archive /));
      pty.type("\x15take marks away");
      await pty.waitFor(has(/^ unmark /));
      pty.type("\x07:trash");
      await pty.waitFor(has(/^ delete +d {2}Move messages to the Trash/));
      pty.type("\x15tgthr\t\r");
      await pty.waitFor("listed by thread");
      pty.type(":sort arrival\r:toggle-threads\r");
      await pty.waitFor("listed one by one");
    });

    test("a few letters and Enter go to the folder that is meant; none that is not there is gone to", async () => {
      pty.type("cgrdn\r");
      await pty.waitFor(has("Lists/garden  1/1"));
      pty.type("cqqq\r");
      await pty.waitFor('there is no folder "qqq"');
      pty.type("gi");
      await pty.waitFor("INBOX  1/12");
    });

    test("who hesitates within a sequence is shown what may follow, who goes on is not", async () => {
      const from = pty.bytes;
      pty.type("gi");
      await pty.settle(700);
      assert.equal(pty.raw.includes("Open the drafts", from), false);
      pty.type("z");
      await pty.waitFor(has(/^ t +List thread after thread/));
      await pty.waitFor(has(/ R +Unfold all threads/));
      // What was typed stands in the status line.
      await pty.waitFor(has(/INBOX {2}1\/12 .*z {2}● online/));
      pty.type("\x1b");
      await pty.waitFor(lacks("Unfold all threads"));
      await pty.waitFor(lacks(/z {2}● online/));
    });

    test("Up brings back what was typed before, also by an earlier session, but nothing of the console", async () => {
      pty.type(":sort subject\r");
      await pty.waitFor("sorted by subject");
      pty.type(":sort arrival\r");
      await pty.waitFor("sorted by arrival");
      pty.type("/subject:harvest\r");
      await pty.waitFor("nothing matches subject:harvest");
      pty.type(":console\r");
      await pty.waitFor("INBOX>");
      pty.type("NOOP\r");
      await pty.waitFor(has(/^ +OK /));
      pty.type("\x07q:\x1b[A\x1b[A");
      await pty.waitFor(typed(":sort arrival"));
      pty.type("\x1b[A");
      await pty.waitFor(typed(":sort subject"));
      pty.type("\x1b[B");
      await pty.waitFor(typed(":sort arrival"));
      pty.type("\x07q");
      assert.equal(await pty.exit, 0);

      pty = await openScreen(home, size);
      await pty.waitFor("INBOX  1/12");
      pty.type(":\x1b[A");
      await pty.waitFor(typed(":console"));
      pty.type("\x1b[A\x1b[A\r");
      await pty.waitFor("sorted by subject");
      pty.type("/\x1b[A");
      await pty.waitFor(typed("/subject:harvest"));
      pty.type("\x07:console\r");
      await pty.waitFor("INBOX>");
      pty.type("\x1b[A");
      await pty.settle();
      assert.ok(typed("INBOX>")(pty.text()), pty.text().join("\n"));
      pty.type("\x07q");
      const kept = join(home.dir, "state/postern/@history");
      assert.match(readFileSync(join(kept, "command"), "utf8"), /^sort subject\n/m);
      assert.equal(statSync(join(kept, "command")).mode & 0o077, 0);
      assert.equal(existsSync(join(kept, "console")), false);
    });

    test("a number goes to that row", async () => {
      pty.type(":7\r");
      await pty.waitFor(has("INBOX  7/12"));
      assert.notEqual(barOf(pty), "");
    });
  });

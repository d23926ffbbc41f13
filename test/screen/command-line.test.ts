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
      await pty.waitFor(has(/^ archive +a +Move messages to the Archive/));
      // A key that asks for the rest is a key of the command.
      pty.type("\x15cop");
      await pty.waitFor(has(/^ copy +C +\S/));
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
      await pty.waitFor(has(/^ delete +d +Move messages to the Trash/));
      pty.type("\x15tgthr\t\r");
      await pty.waitFor("listed by thread");
      pty.type(":sort arrival\r:toggle-threads\r");
      await pty.waitFor("listed one by one");
    });

    test("M-x finds a command as it is typed, by its letters or by what it does, and does the chosen one", async () => {
      const chosen = (name: string) => () =>
        pty.text().some((line, y) => {
          const { inverse, background } = pty.cell(y, size.columns - 2);
          return line.startsWith(` ${name} `) && (inverse || background >= 0);
        });
      pty.type("\x1bx");
      await pty.waitFor(typed("command:"));
      await pty.waitFor(has(/^ archive +a +Move messages to the Archive/));
      // As long as nothing is said, nothing is meant.
      pty.type("\r");
      await pty.waitFor(lacks("command:"));
      await pty.waitFor(has(/INBOX {2}\d+\/12 .*● online/));

      pty.type("\x1bxtgthr");
      await pty.waitFor(chosen("toggle-threads"));
      await pty.waitFor(lacks(/^ archive /));
      pty.type("\r");
      await pty.waitFor("listed by thread");
      pty.type("\x1bxlist thread after thread");
      await pty.waitFor(chosen("toggle-threads"));
      pty.type("\r");
      await pty.waitFor("listed one by one");

      // Up, Down, C-n and C-p choose; the line stays as it was typed. A number before M-x is the command's.
      pty.type("gg2\x1bxmark");
      await pty.waitFor(chosen("mark"));
      pty.type("\x1b[B\x0e\x10");
      await pty.waitFor(chosen("mark-again"));
      await pty.waitFor(typed("command: mark"));
      pty.type("\x1b[A\r");
      await pty.waitFor(has(/INBOX {2}\d+\/12 .*2 marked/));
      pty.type("\x1bxclear\r");
      await pty.waitFor("2 unmarked");

      // One that needs more words gets them on the : line.
      pty.type("\x1bxmove\r");
      await pty.waitFor(typed(":move --to"));
      await pty.waitFor(has(/^ move --to Lists\/garden/));
      pty.type("\x07\x1bxgo\rgrdn\r");
      await pty.waitFor(has("Lists/garden  1/1"));
      pty.type("gi");
      await pty.waitFor("INBOX  1/12");

      pty.type("\x1bxqqq");
      await pty.waitFor(typed("command: qqq"));
      pty.type("\r");
      await pty.waitFor('there is no command "qqq"');
      pty.type("\x1bxdelete");
      await pty.waitFor(chosen("delete"));
      pty.type("\x1b");
      await pty.waitFor(lacks("command:"));
      await pty.waitFor("INBOX  1/12");
    });

    test("M-x begins with the commands of the place, with the keys that they have there", async () => {
      const listed = /^ (accept|archive|edit-as-new|form|go|account|contacts|sort) /;
      const first = () => pty.text().flatMap((line) => listed.exec(line)?.[1] ?? [])[0];
      pty.type("\x1bx");
      await pty.waitFor(() => first() === "archive");
      await pty.waitFor(lacks(/^ (accept|account) /));
      pty.type("previous");
      await pty.waitFor(has(/^ previous-folder +K /));
      await pty.waitFor(has(/^ previous-message +Open /));
      pty.type("\x1b");
      await pty.waitFor(lacks("command:"));
      pty.type("\r");
      await pty.waitFor(has("It has two paragraphs"));
      pty.type("\x1bx");
      await pty.waitFor(() => first() === "accept");
      pty.type("previous");
      await pty.waitFor(has(/^ previous-message +K /));
      pty.type("\x1b");
      await pty.waitFor(lacks("command:"));
      pty.type("q");
      await pty.waitFor(lacks("It has two paragraphs"));
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

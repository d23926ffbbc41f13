import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import {
  barOf,
  eventually,
  type Home,
  makeHome,
  openScreen,
  type Relay,
  sizes,
  startRelay,
  unanswered,
} from "./postern.ts";
import type { Pty } from "./pty.ts";

const skip = serverMissing("dovecot");
const attachmentBytes = 5_000;

/** Sixty messages, the newest with an attachment, the one below it with HTML alone in its text. */
function deliver(server: Dovecot): void {
  const messages = Array.from({ length: 60 }, (_, i) => {
    const n = i + 1;
    if (n === 60) return sampleMessage({ n, attachmentBytes, attachmentName: "report.bin" });
    if (n !== 59) return sampleMessage({ n });
    const html =
      "<h1>Harvest</h1><p>Apples and <b>pears</b>: <a href='https://example.org/fruit'>list</a></p>";
    return Buffer.from(
      sampleMessage({ n, body: "" })
        .toString("utf8")
        .replace("text/plain", "text/html")
        .replace(/\r\n\r\n[\s\S]*$/, `\r\n\r\n${html}\r\n`),
    );
  });
  server.deliver(
    "INBOX",
    messages.map((message, i) => ({ message, flags: i % 3 === 0 ? "" : "S" })),
  );
  server.deliver("Lists/garden", [sampleMessage({ n: 99, subject: "Tulips" })]);
}

const row = (pty: Pty, subject: string) =>
  pty.text().find((line) => new RegExp(`${subject}(?!\\d)`).test(line)) ?? "";
const shows = (subject: string) => (lines: string[]) =>
  lines.some((line) => new RegExp(`${subject}(?!\\d)`).test(line));
const lacks = (subject: string) => (lines: string[]) => !shows(subject)(lines);

for (const size of sizes) {
  describe(`at ${size.columns}×${size.rows}`, { skip }, () => {
    let server: Dovecot;
    let relay: Relay;
    let home: Home;
    let pty: Pty;
    let wire: Wire;
    before(async () => {
      server = await startDovecot({ tls: "none" });
      deliver(server);
      relay = await startRelay(server.port);
      home = makeHome(relay.port);
      pty = await openScreen(home, size);
      wire = await Wire.open(server.port, "INBOX");
    });
    after(async () => {
      wire?.close();
      await pty?.stop();
      await relay?.stop();
      await server?.stop();
      home?.remove();
    });

    test("the inbox is listed, newest first, the cursor on the newest", async () => {
      await pty.waitFor("● online");
      await pty.waitFor("INBOX  1/60");
      const rows = size.rows - 3;
      const numbers = (lines: readonly string[]) =>
        lines.flatMap((line) => /Sample message (\d+)/.exec(line)?.[1] ?? []);
      // The frame may come in pieces.
      await pty.waitFor((lines) => numbers(lines).length === Math.min(60, rows));
      const listed = numbers(pty.text());
      assert.deepEqual(
        listed.map(Number),
        Array.from({ length: Math.min(60, rows) }, (_, i) => 60 - i),
      );
      assert.match(row(pty, "Sample message 58"), /N /);
      assert.doesNotMatch(row(pty, "Sample message 57"), /N /);
    });

    test("a message opens as text, HTML as text with its links, and closes again", async () => {
      pty.type("2j\r");
      await pty.waitFor("This is sample message 58.");
      await pty.waitFor("Ada Sample <ada@example.org>");
      pty.type("K");
      await pty.waitFor("Apples and pears: list");
      await pty.waitFor("https://example.org/fruit");
      assert.equal(
        pty.text().some((line) => line.includes("<b>")),
        false,
      );
      pty.type("K");
      await pty.waitFor("report.bin");
      await pty.waitFor("This is sample message 60.");
      pty.type("q");
      await pty.waitFor("INBOX  1/60");
      await pty.waitFor(lacks("This is sample message 60."));
      await eventually(async () => (await wire.search("UNSEEN")).includes(58) === false, "58 is read");
    });

    test("an attachment is saved as it was sent, and never over a file that is there", async () => {
      const path = join(home.dir, "report.bin");
      writeFileSync(path, "mine");
      pty.type("\rv");
      await pty.waitFor((lines) => lines.some((line) => / s +save/.test(line)));
      pty.type("s");
      await pty.waitFor("save to: report.bin");
      pty.type(`\x15${path}\r`);
      await pty.waitFor("report-2.bin");
      const saved = join(home.dir, "report-2.bin");
      await eventually(
        async () => existsSync(saved) && readFileSync(saved).length === attachmentBytes,
        "saved",
      );
      const part = await wire.command("UID FETCH 60 BODY.PEEK[2]");
      const [literal = "", size = ""] = /\{(\d+)\}\r\n/.exec(part) ?? [];
      const start = part.indexOf(literal) + literal.length;
      const sent = Buffer.from(part.slice(start, start + Number(size)), "base64");
      assert.deepEqual(readFileSync(saved), sent);
      assert.equal(readFileSync(path, "utf8"), "mine");
      pty.type("qq");
      await pty.waitFor(lacks("report.bin"));
    });

    test("who hesitates is shown what may follow; a page of keys can be searched; what was said is kept", async () => {
      pty.type("g");
      await pty.waitFor("Open the drafts");
      pty.type("g");
      await pty.waitFor(lacks("Open the drafts"));
      pty.type("?");
      await pty.waitFor("Message list");
      pty.type("/");
      pty.type("undo\r");
      await pty.waitFor(
        (lines) => shows("Take back the last change")(lines) && lacks("Open the inbox")(lines),
      );
      pty.type("/\r");
      await pty.waitFor("Message list");
      pty.type("q:nonsense\r");
      await pty.waitFor('there is no command "nonsense"');
      pty.type("j:messages\r");
      await pty.waitFor((lines) => lines.some((line) => /\d\d:\d\d:\d\d +there is no command/.test(line)));
      pty.type("qgg");
      // The error fades by itself.
      await pty.waitFor("INBOX  1/60");
    });

    test("a query is completed as it is typed; one that cannot be read stays, with the cursor at the place", async () => {
      pty.type("/is:unr");
      await pty.waitFor(shows("is:unread"));
      pty.type("\x15fro");
      await pty.waitFor(shows("TEXT is in the From field"));
      // Tab takes what is offered, and the line goes on.
      pty.type("\tada (is:purple\r");
      await pty.waitFor(shows("there is no is:purple"));
      const { cursorX, cursorY } = pty.screen.buffer.active;
      assert.equal(cursorX, "/from:ada (".length);
      assert.match(pty.text()[cursorY] ?? "", /^\/from:ada \(is:purple {2}there is no is:purple/);
      pty.type("\x0b");
      await pty.waitFor((lines) => lines.some((line) => /^\/from:ada \( *$/.test(line)));
      pty.type("\x1b");
      await pty.waitFor(lacks("/from:ada"));
      pty.type(":limit subject:60)\r");
      await pty.waitFor((lines) => lines.some((line) => line.startsWith(':limit subject:60)  ")" does not')));
      assert.equal(pty.screen.buffer.active.cursorX, ":limit subject:60".length);
      pty.type("\x05\x15limit subject:60 has:att\t\r");
      await pty.waitFor((lines) => shows("Sample message 60")(lines) && lacks("Sample message 59")(lines));
      pty.type("\x1b");
      await pty.waitFor("INBOX  1/60");
    });

    test("marks go along with the cursor, or to all that match; the list is sorted another way and back", async () => {
      pty.type("Vjjk");
      await pty.waitFor("2 marked");
      pty.type("V\x1b");
      await pty.waitFor(lacks("marked"));
      pty.type('Tsubject:harvest or subject:"message 12"\r');
      await pty.waitFor("1 marked");
      pty.type("\x1bt");
      await pty.waitFor(":unmark");
      pty.type("is:read or is:unread\r");
      await pty.waitFor(lacks("1 marked"));
      pty.type("oarrival\r");
      await pty.waitFor(
        (lines) => /Sample message 60/.test(lines.find((l) => l.includes("Sample")) ?? "") === false,
      );
      pty.type("gg");
      await pty.waitFor((lines) => shows("Sample message 1")(lines));
      pty.type("Ogg");
      await pty.waitFor(shows("Sample message 60"));
      await pty.waitFor("INBOX  1/60");
    });

    test("F flags and M marks read, here at once and on the server", async () => {
      pty.type("F");
      await pty.waitFor(() => /F /.test(row(pty, "Sample message 60")));
      pty.type("M");
      await pty.waitFor(() => /N?F|NF/.test(row(pty, "Sample message 60").slice(0, size.columns)));
      await eventually(
        async () => (await wire.search("FLAGGED UNSEEN")).includes(60),
        "60 flagged and unread",
      );
      pty.type("MF");
      await eventually(async () => (await wire.search("UNFLAGGED SEEN")).includes(60), "60 as before");
      await pty.waitFor(() => !/N?F /.test(row(pty, "Sample message 60").split("Ada")[0] ?? ""));
    });

    test("marked messages are deleted together, gone at once, and undone together", async () => {
      pty.type("j  ");
      await pty.waitFor("2 marked");
      await unanswered(relay, async () => {
        pty.type("d");
        await pty.waitFor(lacks("Sample message 59"));
        await pty.waitFor(lacks("Sample message 58"));
        // What is marked from now on is for the next command, and stays.
        await pty.waitFor(lacks("marked"));
        pty.type(" ");
        await pty.waitFor("1 marked");
      });
      await eventually(async () => (await wire.search("UID 58:59")).length === 0, "gone from the inbox");
      await pty.waitFor("moved 2 messages to Trash");
      await pty.waitFor("1 marked");
      pty.type("\x1b");
      await pty.waitFor("1 unmarked");
      pty.type("u");
      await pty.waitFor(shows("Sample message 59"));
      await pty.waitFor(shows("Sample message 58"));
      await eventually(async () => (await wire.search("ALL")).length === 60, "back in the inbox");
    });

    test("/ finds, n and N go on, l limits, Esc clears", async () => {
      pty.type('gg/subject:"message 1"\r');
      await pty.waitFor("11 found");
      await pty.waitFor(shows("Sample message 19"));
      pty.type("n");
      await pty.waitFor(() => /message 18(?!\d)/.test(barOf(pty)));
      pty.type("N");
      await pty.waitFor(() => /message 19(?!\d)/.test(barOf(pty)));
      pty.type('lsubject:"message 1"\r');
      await pty.waitFor("limited to");
      await pty.waitFor(lacks("Sample message 60"));
      assert.equal(pty.text().filter((line) => /Sample message 1\d?(?!\d)/.test(line)).length, 11);
      pty.type("\x1b");
      await pty.waitFor(lacks("limited to"));
      pty.type("gg");
      await pty.waitFor("INBOX  1/60");
    });

    test("c goes to a folder by a few letters, g i comes back", async () => {
      pty.type("cgard\t");
      await pty.waitFor("go Lists/garden");
      pty.type("\r");
      await pty.waitFor(shows("Tulips"));
      await pty.waitFor("Lists/garden  1/1");
      pty.type("gt");
      await pty.waitFor((lines) => lines.some((line) => line.includes("Trash  no messages")));
      pty.type("gi");
      await pty.waitFor("/60");
    });

    test("s moves and C copies to a folder typed at a prompt", async () => {
      pty.type("gg");
      const subject = "Sample message";
      await pty.waitFor(shows(subject));
      pty.type("CArch\t\r");
      await pty.waitFor("copied 1 message to Archive");
      pty.type("sArch\t\r");
      await pty.waitFor("moved 1 message to Archive");
      await eventually(async () => (await wire.search("ALL")).length === 59, "moved on the server");
      pty.type("ga");
      await pty.waitFor("Archive  1/2");
      pty.type("gi");
      await pty.waitFor("/59");
    });

    test("X asks before it removes what is flagged deleted", async () => {
      pty.type("gg");
      const uid = (await wire.search("ALL")).at(-1);
      await wire.command(`UID STORE ${uid} +FLAGS (\\Deleted)`);
      await pty.waitFor((lines) => lines.some((line) => /^.{0,30} N?D +\d\d:\d\d/.test(line)));
      pty.type("X");
      await pty.waitFor("Remove 1 message flagged deleted for good?");
      pty.type("n");
      await pty.waitFor("nothing was removed");
      assert.equal((await wire.search("ALL")).length, 59);
      pty.type("X");
      await pty.waitFor("for good?");
      pty.type("y");
      await pty.waitFor("removed 1 message for good");
      await eventually(async () => (await wire.search("ALL")).length === 58, "removed");
      pty.type("gg");
      await pty.waitFor("/58");
    });

    test("? shows the keys, and an unknown command is answered", async () => {
      pty.type("?");
      await pty.waitFor("Message list");
      await pty.waitFor("Go down a row or a line");
      pty.type("q");
      await pty.waitFor(lacks("Go down a row or a line"));
      pty.type(":frobnicate\r");
      await pty.waitFor('there is no command "frobnicate"');
    });

    test("new mail shows without a key, in the list and behind an open message", async () => {
      const other = await Wire.open(server.port);
      pty.type("\x07gg");
      await pty.waitFor("INBOX  1/58");
      await other.append("INBOX", sampleMessage({ n: 201, subject: "Fresh one" }));
      await pty.waitFor(shows("Fresh one"));
      await pty.waitFor("new mail");
      pty.type("gg\r");
      await pty.waitFor("This is sample message 201.");
      await other.append("INBOX", sampleMessage({ n: 202, subject: "Fresh two" }));
      await pty.waitFor("new mail");
      await pty.waitFor("This is sample message 201.");
      pty.type("q");
      await pty.waitFor(shows("Fresh two"));
      other.close();
    });
  });
}

describe("with the mouse on", { skip }, () => {
  let server: Dovecot;
  let home: Home;
  let pty: Pty;
  before(async () => {
    server = await startDovecot({ tls: "none" });
    deliver(server);
    home = makeHome(server.port, "[screen]\nmouse = true\n");
    pty = await openScreen(home, { columns: 150, rows: 50 });
    await pty.waitFor("INBOX  1/60");
    await pty.waitFor("Sample message 60");
  });
  after(async () => {
    await pty?.stop();
    await server?.stop();
    home?.remove();
  });
  const press = (column: number, row: number, button = 0) => pty.type(`\x1b[<${button};${column};${row}M`);

  test("a click chooses, a second one opens, the wheel scrolls, and the terminal is given its mouse back", async () => {
    press(60, 5);
    await pty.waitFor("INBOX  5/60");
    press(60, 5, 65);
    await pty.waitFor("INBOX  8/60");
    press(60, 3);
    await pty.waitFor("INBOX  3/60");
    press(60, 3);
    await pty.waitFor("This is sample message 58.");
    pty.type("q");
    await pty.waitFor(lacks("This is sample message 58."));
    const garden = pty.text().findIndex((line) => line.includes("garden"));
    press(5, garden + 1);
    await pty.waitFor("Tulips");
    pty.type("ZZ");
    await pty.exit;
    const all = pty.raw.toString("latin1");
    assert.ok(all.lastIndexOf("\x1b[?1000l") > all.lastIndexOf("\x1b[?1000h"));
  });
});

// The list thread after thread: folding, commands for whole threads, mail that comes into a thread.
import assert from "node:assert/strict";
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
const id = (n: number) => `<sample.${n}@example.org>`;

/** Message `n` of a discussion; it answers the last of `path`. */
function answer(n: number, subject: string, ...path: number[]): Buffer {
  const references = path.map(id);
  return sampleMessage({
    n,
    subject,
    ...(references.length > 0 ? { references, inReplyTo: references.at(-1) ?? "" } : {}),
  });
}

/**
 * Sixty messages alone, then two discussions: apples of four, where 62 and 64 answer 61 and 63 answers 62; pears of
 * two, whose first was never here.
 */
function deliver(server: Dovecot): void {
  const alone = Array.from({ length: 60 }, (_, i) => sampleMessage({ n: i + 1 }));
  const threads = [
    answer(61, "Apples"),
    answer(62, "Re: Apples", 61),
    answer(63, "Quinces, rather", 61, 62),
    answer(64, "Re: Apples", 61),
    answer(65, "Pears", 99),
    answer(66, "Re: Pears", 99),
  ];
  server.deliver(
    "INBOX",
    [...alone, ...threads].map((message, i) => ({ message, flags: i === 62 ? "" : "S" })),
  );
}

const shows = (text: string) => (lines: string[]) => lines.some((line) => line.includes(text));
const lacks = (text: string) => (lines: string[]) => !shows(text)(lines);
/** What stands after the sender, of the rows above those of messages alone. */
const drawn = (lines: readonly string[]) =>
  lines
    .slice(
      0,
      lines.findIndex((line) => line.includes("Sample message")),
    )
    .map((line) =>
      line
        .split("Ada Sample")[1]
        ?.replace(/ +\d+(?:\.\d)?K?$/, "")
        .trim(),
    );
const draws =
  (...expected: string[]) =>
  (lines: string[]) =>
    JSON.stringify(drawn(lines)) === JSON.stringify(expected);

for (const size of sizes) {
  describe(`threads at ${size.columns}×${size.rows}`, { skip }, () => {
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

    test("z t lists answers below what they answer, newest thread first, the cursor on its message", async () => {
      await pty.waitFor("INBOX  1/66");
      pty.type("jjj");
      await pty.waitFor(() => barOf(pty).includes("Quinces"));
      pty.type("zt");
      await pty.waitFor("listed by thread");
      await pty.waitFor(draws("┌─ Pears", "└─>", "▾ Apples", "├─>", "│ └─ Quinces, rather", "└─ Re: Apples"));
      assert.match(barOf(pty), /Quinces/);
      pty.type("\x07");
      await pty.waitFor("INBOX  5/66  by thread");
    });

    test("z a folds the thread to one row with its count, N where any is unread; z M all, z R none", async () => {
      pty.type("za");
      await pty.waitFor(draws("┌─ Pears", "└─>", "4  ▸ Apples"));
      assert.match(barOf(pty), /N {3}.* 4 {2}▸ Apples/);
      await pty.waitFor("INBOX  3/63");
      pty.type("zM");
      await pty.waitFor(draws("2  ▸ Pears", "4  ▸ Apples"));
      await pty.waitFor("INBOX  2/62");
      pty.type("zR");
      await pty.waitFor("INBOX  3/66");
      assert.match(barOf(pty), /▾ Apples/);
    });

    test("z j and z k go from thread to thread", async () => {
      pty.type("zj");
      await pty.waitFor("INBOX  7/66");
      pty.type("2zk");
      await pty.waitFor("INBOX  1/66");
      assert.match(barOf(pty), /Pears/);
      pty.type("zk");
      await pty.waitFor("this is the first thread");
      pty.type("zj");
      await pty.waitFor("INBOX  3/66");
    });

    test("what is looked for shows behind a fold; a folded thread opens at its first unread message", async () => {
      const onQuinces = () => /│ └─ Quinces/.test(barOf(pty));
      pty.type("zMgg\t");
      await pty.waitFor(onQuinces);
      pty.type("zMgg");
      await pty.waitFor(draws("2  ▸ Pears", "4  ▸ Apples"));
      pty.type("/subject:quinces\r");
      await pty.waitFor(onQuinces);
      pty.type("zc");
      await pty.waitFor(draws("2  ▸ Pears", "4  ▸ Apples"));
      pty.type("\r");
      await pty.waitFor("This is sample message 63.");
      pty.type("q");
      await pty.waitFor(onQuinces);
      await eventually(async () => (await wire.search("UNSEEN")).length === 0, "63 is read");
    });

    test("a folded thread is marked, flagged and deleted as one, and comes back as one", async () => {
      pty.type("zc ");
      await pty.waitFor("4 marked");
      pty.type("F");
      await eventually(async () => (await wire.search("FLAGGED")).join() === "61,62,63,64", "flagged");
      pty.type("kF");
      await eventually(async () => (await wire.search("FLAGGED")).length === 0, "not flagged any more");
      await unanswered(relay, async () => {
        pty.type("d");
        await pty.waitFor(lacks("Apples"));
      });
      await pty.waitFor("moved 4 messages to Trash");
      await eventually(async () => (await wire.search("ALL")).length === 62, "gone");
      pty.type("u");
      await pty.waitFor(shows("Apples"));
      await eventually(async () => (await wire.search("ALL")).length === 66, "back");
      // They came in again, so they are the newest now.
      await pty.waitFor(draws("4  ▸ Apples", "2  ▸ Pears"));
    });

    test("g T, g M, g D and A are for the whole thread of one message, also in a plain list", async () => {
      pty.type("zRzt");
      await pty.waitFor("listed one by one");
      pty.type("gg/subject:quinces\r");
      await pty.waitFor(() => barOf(pty).includes("Quinces"));
      pty.type("M");
      await pty.waitFor("on 1 message");
      await eventually(async () => (await wire.search("UNSEEN")).length === 1, "unread");
      pty.type("gT");
      await pty.waitFor("4 marked");
      pty.type("gT");
      await pty.waitFor(lacks("marked"));
      pty.type("gM");
      await eventually(async () => (await wire.search("UNSEEN")).length === 0, "all read");
      pty.type("gD");
      await pty.waitFor("moved 4 messages to Trash");
      await eventually(async () => (await wire.search("ALL")).length === 62, "gone");
      pty.type("u");
      await eventually(async () => (await wire.search("ALL")).length === 66, "back");
      pty.type("gg:sort threads\r");
      await pty.waitFor(shows("▾ Apples"));
    });

    test("an answer that comes in brings its thread to the top, the cursor stays on its message", async () => {
      pty.type("G");
      await pty.waitFor(() => /Sample message 1(?!\d)/.test(barOf(pty)));
      const line = pty.text().indexOf(barOf(pty));
      server.deliver("INBOX", [answer(67, "Ripe by now", 8)]);
      await pty.waitFor((lines) => shows("new mail")(lines) || shows("67/67")(lines));
      pty.type("\x07");
      await pty.waitFor("INBOX  67/67");
      assert.match(barOf(pty), /Sample message 1(?!\d)/);
      assert.equal(pty.text().indexOf(barOf(pty)), line);
      pty.type("gg");
      await pty.waitFor(shows("└─ Ripe by now"));
      const [first = "", second = ""] = pty.text();
      assert.match(first, /▾ Sample message 8/);
      assert.match(second, /└─ Ripe by now/);
    });

    test("the folds stay while the list is limited, and a limit shows its hits alone", async () => {
      pty.type("zMlsubject:quinces or subject:pears\r");
      await pty.waitFor("limited to");
      await pty.waitFor("INBOX  1/2");
      pty.type("zR");
      await pty.waitFor("/3");
      assert.ok(pty.text().some((line) => /Sample {2,}(?: {2})?Quinces/.test(line)));
      pty.type("\x07");
      await pty.waitFor("/67");
    });
  });
}

describe("threads elsewhere", { skip }, () => {
  let server: Dovecot;
  before(async () => {
    server = await startDovecot({ tls: "none" });
    deliver(server);
  });
  after(() => server?.stop());

  test("where only ASCII shows, with threads from the start, and keys of mutt", async () => {
    const home = makeHome(server.port, '[screen]\nthreads = true\nkeymap = "mutt"\n');
    const ascii = { ...home, env: { ...home.env, LANG: "C", LC_ALL: "C" } };
    const pty = await openScreen(ascii);
    try {
      await pty.waitFor(draws(",- Pears", "`->", "- Apples", "|->", "| `- Quinces, rather", "`- Re: Apples"));
      pty.type("\x0e\x1bv");
      await pty.waitFor(draws(",- Pears", "`->", "4  + Apples"));
      pty.type("\x1bV");
      await pty.waitFor(draws("2  + Pears", "4  + Apples"));
      pty.type("\x10\x1bt");
      await pty.waitFor("2 marked");
    } finally {
      await pty.stop();
      home.remove();
    }
  });
});

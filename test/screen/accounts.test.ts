import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { barOf, eventually, type Home, has, makeHome, openScreen, sizes } from "./postern.ts";
import type { Pty } from "./pty.ts";

const skip = serverMissing("dovecot");
/** By turns in one account and the other, the newest last. */
const perAccount = 40;
const hour = 3_600_000;
const start = Date.UTC(2021, 4, 1);

/** Two people's accounts on one server. */
function deliver(server: Dovecot): void {
  for (const [place, user] of ["user", "second"].entries()) {
    const messages = Array.from({ length: perAccount }, (_, i) => {
      const date = new Date(start + (2 * i + place) * hour);
      const n = 1000 * place + i;
      return { message: sampleMessage({ n, date, subject: `Letter ${2 * i + place}` }), date, flags: "S" };
    });
    server.deliver("INBOX", messages, user);
    server.deliver("Archive", [], user);
    server.deliver("Lists", [{ message: sampleMessage({ n: 9000, subject: `Bulbs of ${user}` }) }], user);
  }
}

const config = (port: number, screen: string) =>
  `[screen]\n${screen}\n${["work", "home"]
    .map((name, i) => {
      const user = ["user", "second"][i];
      return `[accounts.${name}]\naddress = "${user}@example.org"\nimap = "imap+insecure://${user}@127.0.0.1:${port}"\n`;
    })
    .join("")}`;

function homeOf(port: number, screen = ""): Home {
  const home = makeHome(port);
  writeFileSync(join(home.dir, "config.toml"), config(port, screen));
  return home;
}

const letters = (lines: readonly string[]) =>
  lines.flatMap((line) => /Letter (\d+)/.exec(line)?.[1] ?? []).map(Number);
const both =
  (...conditions: ((lines: string[]) => boolean)[]) =>
  (lines: string[]) =>
    conditions.every((holds) => holds(lines));

for (const size of sizes) {
  describe(`several accounts at ${size.columns}×${size.rows}`, { skip }, () => {
    let server: Dovecot;
    let home: Home;
    let pty: Pty;
    let work: Wire;
    let own: Wire;
    before(async () => {
      server = await startDovecot({ tls: "none", users: { user: "password", second: "password" } });
      deliver(server);
      home = homeOf(server.port);
      pty = await openScreen(home, size);
      work = await Wire.open(server.port, "INBOX");
      own = await Wire.open(server.port, "INBOX", "second");
    });
    after(async () => {
      work?.close();
      own?.close();
      await pty?.stop();
      await server?.stop();
      home?.remove();
    });
    /** Rows of the list. */
    const rows = size.rows - 3;

    test("the first account's inbox is there first; folders of all are in the pane", async () => {
      await pty.waitFor(both(has("work: INBOX  1/40"), has("Letter 78"), has("● online")));
      pty.type("y");
      await pty.waitFor(both(has("All inboxes"), has(/^ ?work/), has(/^ ?home/)));
      pty.type("y");
      await pty.waitFor(has("Letter 78"));
    });

    test("all inboxes are one list, the newest first, each with its account", async () => {
      pty.type("gu");
      /** So many rows, downwards from one letter. */
      const lists = (first: number) => (lines: string[]) =>
        letters(lines).join() === Array.from({ length: Math.min(rows, 80) }, (_, i) => first - i).join();
      await pty.waitFor(both(has("All inboxes  1/80"), lists(79)));
      assert.match(pty.text().find(has79) ?? "", /home {6}Ada Sample/);
      assert.match(pty.text().find((line) => line.includes("Letter 78")) ?? "", /work {6}Ada Sample/);
      // The end, then page by page up again: no row twice, none left out.
      pty.type("G");
      await pty.waitFor(both(has("80/80"), lists(Math.min(rows, 80) - 1)));
      pty.type("\x1b[5~");
      const consecutive = (lines: string[]) => {
        const upper = letters(lines);
        return upper.length === Math.min(rows, 80) && upper.every((n, i) => n === (upper[0] ?? 0) - i);
      };
      await pty.waitFor(both(has(`${80 - Math.min(rows, 79)}/80`), consecutive));
      pty.type("gg");
      await pty.waitFor(both(has("1/80"), has("Letter 79")));
    });
    const has79 = (line: string) => line.includes("Letter 79");

    test("a message opens from its own account, and the next one from the other", async () => {
      pty.type("\r");
      await pty.waitFor("This is sample message 1039.");
      pty.type("J");
      await pty.waitFor("This is sample message 39.");
      pty.type("q");
      await pty.waitFor(both(has("2/80"), (lines) => !has("This is sample message 39.")(lines)));
    });

    test("what is marked in both accounts is archived in each, and comes back with one undo", async () => {
      const there = both(has("Letter 79"), has("Letter 78"));
      const gone = (lines: string[]) => !has("Letter 79")(lines) && !has("Letter 78")(lines);
      pty.type("ggtjta");
      await pty.waitFor(both(has("work: moved 1 message to Archive"), has("home: moved"), gone));
      await eventually(async () => (await work.search("ALL")).length === 39, "archived at work");
      await eventually(async () => (await own.search("ALL")).length === 39, "archived at home");
      pty.type("u");
      await pty.waitFor(there);
      await eventually(
        async () => (await work.search("ALL")).length === 40 && (await own.search("ALL")).length === 40,
        "back in both",
      );
      pty.type("\x12");
      await pty.waitFor(gone);
      pty.type("u");
      await pty.waitFor(there);
    });

    test("a message is moved to a folder of the other account, and comes back with one undo", async () => {
      const lists = await Wire.open(server.port, "Lists", "second");
      const there = both(has("Letter 79"), has("Letter 78"));
      pty.type("ggj");
      await pty.waitFor(() => barOf(pty).includes("Letter 78"));
      for (const line of [":mv --to ", ":cp -t "]) {
        pty.type(`${line}home:Li\t`);
        await pty.waitFor(has(`${line}home:Lists`));
        pty.type("\x1b");
        await pty.waitFor((lines) => !has(line)(lines));
      }
      pty.type("shome:Li\t");
      await pty.waitFor(has("move --to home:Lists"));
      pty.type("\r");
      await pty.waitFor(both(has("moved 1 message to home:Lists"), (lines) => !has("Letter 78")(lines)));
      assert.equal((await lists.search("SUBJECT 78")).length, 1);
      assert.equal((await work.search("ALL")).length, 39);
      pty.type("u");
      await pty.waitFor(there);
      await eventually(
        async () => (await work.search("ALL")).length === 40 && (await lists.search("ALL")).length === 1,
        "back where it was",
      );
      // A copy leaves nothing behind where it was taken from.
      pty.type("ggj");
      await pty.waitFor(() => barOf(pty).includes("Letter 78"));
      pty.type("Chome:Lists\r");
      await eventually(async () => (await lists.search("ALL")).length === 2, "copied");
      pty.type("u");
      await eventually(async () => (await lists.search("ALL")).length === 1, "the copy is gone");
      assert.equal((await work.search("ALL")).length, 40);
      lists.close();
    });

    test("C-g ends what takes long between accounts: what has come there by then is taken out again", async () => {
      server.deliver(
        "Large",
        Array.from({ length: 40 }, (_, i) =>
          sampleMessage({ n: 3000 + i, subject: `Heavy ${i}`, attachmentBytes: 3_000_000 }),
        ),
      );
      const large = await Wire.open(server.port, "Large");
      const lists = await Wire.open(server.port, "Lists", "second");
      pty.type(":go work:Large\r");
      await pty.waitFor(both(has("work: Large  1/40"), has("Heavy 39")));
      pty.type("ggVG");
      await pty.waitFor(has("40 marked"));
      pty.type("shome:Lists\r");
      await pty.waitFor(has("moving 40 messages to home:Lists"));
      await eventually(async () => (await lists.search("SUBJECT Heavy")).length > 0, "some are there");
      pty.type("\x07");
      await pty.waitFor(has("stopped: nothing was moved to home:Lists"));
      assert.equal((await lists.search("ALL")).length, 1);
      assert.equal((await large.search("UNDELETED")).length, 40);
      for (const wire of [large, lists]) wire.close();
      pty.type("gu");
      await pty.waitFor(has("All inboxes"));
    });

    test("the whole list is searched and limited, and new mail of either account comes into it", async () => {
      pty.type(":limit subject:7\r");
      await pty.waitFor(both(has("limited to"), has("Letter 70"), (lines) => !has("Letter 68")(lines)));
      pty.type("\\gg");
      await pty.waitFor(both(has("All inboxes  1/80"), has("Letter 68")));
      pty.type("/subject:61\r");
      await pty.waitFor(() => barOf(pty).includes("Letter 61"));
      await own.append("INBOX", sampleMessage({ n: 2000, subject: "Fresh at home" }));
      await pty.waitFor(has("Fresh at home"));
      await work.append("INBOX", sampleMessage({ n: 2001, subject: "Fresh at work" }));
      await pty.waitFor(both(has("Fresh at work"), has("Fresh at home")));
    });

    test("keys lead from account to account, go to a folder of another", async () => {
      pty.type("\x1b2");
      await pty.waitFor(both(has("home: INBOX"), has("/41")));
      pty.type("{");
      await pty.waitFor(both(has("work: INBOX"), has("/41")));
      pty.type(":go home:Li\t\r");
      await pty.waitFor(both(has("home: Lists  1/1"), has("Bulbs of second")));
      pty.type("gi");
      await pty.waitFor(has("home: INBOX"));
      pty.type(":account nobody\r");
      await pty.waitFor('there is no account "nobody"');
    });
  });
}

test("the screen can begin with several folders of one's choice as one list; what is marked there is passed on account by account", {
  skip,
}, async () => {
  const server = await startDovecot({ tls: "none", users: { user: "password", second: "password" } });
  deliver(server);
  const home = homeOf(server.port, 'folder = "@unified"\nunified = ["@inbox", "home:Lists"]');
  const pty = await openScreen(home);
  try {
    await pty.waitFor(
      both(
        has(/All inboxes {2}\d\/81/),
        has(/ home +Ada/),
        has(/Lists +Ada Sample +Bulbs of second/),
        has("Letter 79"),
      ),
    );
    // What is marked is passed on in one message of each account, also where it lies in several folders there.
    pty.type('Tsubject:"Letter 79" or subject:"Letter 78" or subject:bulbs\r');
    await pty.waitFor("3 marked");
    pty.type(":forward --to ann@example.org --draft\r");
    const forwarded = async (user: string) => {
      const drafts = await Wire.open(server.port, "Drafts", user);
      try {
        const text = await drafts.command("UID FETCH 1:* BODY.PEEK[TEXT]");
        return [text.match(/FETCH \(/g)?.length ?? 0, text.match(/Forwarded message/g)?.length ?? 0];
      } finally {
        drafts.close();
      }
    };
    await eventually(
      async () =>
        isDeepStrictEqual(
          [await forwarded("user"), await forwarded("second")],
          [
            [1, 1],
            [1, 2],
          ],
        ),
      "a draft in each account",
    );
  } finally {
    await pty.stop();
    await server.stop();
    home.remove();
  }
});

test("all inboxes are listed by thread: each folder's own, among each other by their newest message", {
  skip,
}, async () => {
  const server = await startDovecot({ tls: "none", users: { user: "password", second: "password" } });
  const letter = (n: number, subject: string, minute: number, ...path: number[]) => {
    const date = new Date(Date.UTC(2023, 10, 1, 12, minute));
    const references = path.map((before) => `<sample.${before}@example.org>`);
    const answers = references.length > 0 ? { references, inReplyTo: references.at(-1) ?? "" } : {};
    return { message: sampleMessage({ n, date, subject, ...answers }), date, flags: "S" };
  };
  const discussed = [letter(1, "Apples", 0), letter(2, "Re: Apples", 9, 1), letter(3, "Quinces", 12, 1, 2)];
  const pears = [letter(11, "Pears", 5), letter(12, "Re: Pears", 10, 11)];
  server.deliver("INBOX", [...discussed, letter(4, "Plums", 8)], "user");
  server.deliver("INBOX", [...pears, letter(13, "Figs", 11), letter(14, "Nuts", 1)], "second");
  const home = homeOf(server.port, 'folder = "@unified"');
  const pty = await openScreen(home);
  const work = await Wire.open(server.port, "INBOX");
  /** The subjects as they are drawn, of all rows. */
  const drawn = (lines: readonly string[]) =>
    lines.flatMap((line) => /(?:work|home) +Ada Sample +(?:\d +)?(\D*)/.exec(line)?.[1]?.trim() ?? []);
  const draws =
    (...expected: string[]) =>
    (lines: string[]) =>
      JSON.stringify(drawn(lines)) === JSON.stringify(expected);
  const apples = ["▾ Apples", "└─>", "└─ Quinces"];
  try {
    await pty.waitFor(both(has("All inboxes  1/8"), has("Quinces"), has("Nuts")));
    pty.type("zt");
    await pty.waitFor(draws(...apples, "Figs", "▾ Pears", "└─>", "Plums", "Nuts"));
    // Threads of two accounts may have the same number: only the one under the cursor is folded.
    pty.type("4Gza");
    await pty.waitFor(draws(...apples, "Figs", "▾ Pears", "└─>", "Plums", "Nuts"));
    pty.type("jza");
    await pty.waitFor(draws(...apples, "Figs", "▸ Pears", "Plums", "Nuts"));
    pty.type("gg");
    pty.type("za\x07");
    await pty.waitFor(
      both(draws("▸ Apples", "Figs", "▸ Pears", "Plums", "Nuts"), has("All inboxes  1/5  by thread")),
    );
    pty.type("zjzj");
    await pty.waitFor(has("All inboxes  3/5"));
    pty.type("zR");
    await pty.waitFor(both(draws(...apples, "Figs", "▾ Pears", "└─>", "Plums", "Nuts"), has("5/8")));
    pty.type("gg:sort subject\r");
    await pty.waitFor(draws(...apples, "Figs", "Nuts", "▾ Pears", "└─>", "Plums"));
    pty.type(":sort -date\r");
    await pty.waitFor(draws(...apples, "Figs", "▾ Pears", "└─>", "Plums", "Nuts"));
    pty.type("lsubject:quinces or subject:pears\r");
    await pty.waitFor(both(draws("Quinces", "▾ Pears", "└─>"), has("1/3")));
    pty.type("\x07");
    await pty.waitFor(draws(...apples, "Figs", "▾ Pears", "└─>", "Plums", "Nuts"));
    pty.type("gggT");
    await pty.waitFor(has("3 marked"));
    pty.type("F");
    await eventually(async () => (await work.search("FLAGGED")).length === 3, "the whole thread is flagged");
    // An answer brings its thread to the top.
    server.deliver("INBOX", [letter(15, "Re: Pears", 20, 11, 12)], "second");
    await pty.waitFor(draws("▾ Pears", "└─>", "└─>", ...apples, "Figs", "Plums", "Nuts"));
  } finally {
    work.close();
    await pty.stop();
    await server.stop();
    home.remove();
  }
});

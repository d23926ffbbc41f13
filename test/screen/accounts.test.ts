import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { barOf, eventually, type Home, makeHome, openScreen, sizes } from "./postern.ts";
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
const has = (what: string | RegExp) => (lines: string[]) =>
  lines.some((line) => (typeof what === "string" ? line.includes(what) : what.test(line)));
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
      await pty.waitFor(both(has("All inboxes  1/80"), has("Letter 79")));
      assert.deepEqual(
        letters(pty.text()),
        Array.from({ length: Math.min(rows, 80) }, (_, i) => 79 - i),
      );
      assert.match(pty.text().find(has79) ?? "", /home {6}Ada Sample/);
      assert.match(pty.text().find((line) => line.includes("Letter 78")) ?? "", /work {6}Ada Sample/);
      // The end, then page by page up again: no row twice, none left out.
      pty.type("G");
      await pty.waitFor(both(has("80/80"), has(/Letter 0$|Letter 0 /)));
      assert.deepEqual(
        letters(pty.text()),
        Array.from({ length: Math.min(rows, 80) }, (_, i) => Math.min(rows, 80) - 1 - i),
      );
      pty.type("\x1b[5~");
      await pty.waitFor(has(`${80 - Math.min(rows, 79)}/80`));
      const upper = letters(pty.text());
      assert.deepEqual(
        upper,
        upper.map((_, i) => (upper[0] ?? 0) - i),
      );
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

test("the screen can begin with several folders of one's choice as one list", { skip }, async () => {
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
  } finally {
    await pty.stop();
    await server.stop();
    home.remove();
  }
});

import assert from "node:assert/strict";
import { cpSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect } from "../../src/store/driver.ts";
import { serverMissing } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type Client, eventually, type Fixture, listing, startFixture } from "./fixture.ts";

/** Puts a journal in its first version in the place of today's. */
function writeVersion1(
  stateDir: string,
  operations: readonly { kind: string }[],
  state: "pending" | "sent",
): void {
  for (const suffix of ["", "-wal", "-shm"])
    rmSync(join(stateDir, `journal.sqlite${suffix}`), { force: true });
  const database = connect(join(stateDir, "journal.sqlite"));
  database.exec(`CREATE TABLE entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',
    error TEXT
  );
  PRAGMA user_version = 1`);
  const insert = database.prepare("INSERT INTO entry (created_at, kind, payload, state) VALUES (0, ?, ?, ?)");
  for (const operation of operations) insert.run(operation.kind, JSON.stringify(operation), state);
  database.close();
}

describe("changes are operations", { skip: serverMissing("dovecot") }, () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await startFixture();
    for (const folder of ["INBOX", "Archive", "Sent"]) {
      fixture.dovecot.deliver(
        folder,
        Array.from({ length: 20 }, (_, i) =>
          sampleMessage({
            n: i + 1,
            subject: `${folder} ${i + 1}`,
            messageId: `<${folder}.${i + 1}@example.org>`,
          }),
        ),
      );
    }
  });
  after(() => fixture.end());

  const synced = async (name: string): Promise<Client> => {
    const client = await fixture.client(name);
    await Promise.all([client.mail.refreshFolders(), client.mail.sync(client.inbox)]);
    return client;
  };

  test("a flag is in the index before the server has answered, and then on the server", async () => {
    const client = await synced("flags");
    const sent = client.mail.flag(client.inbox, [3], "add", ["\\Flagged"]);
    assert.deepEqual(client.mail.message(client.inbox, 3)?.flags, ["\\Flagged"]);
    assert.equal((await sent).sent, true);
    assert.match(
      await fixture.dovecot.doveadm("fetch", "-u", "user", "flags", "mailbox", "INBOX", "uid", "3"),
      /\\Flagged/,
    );
  });

  test("a move goes at once, tells the new ids, and undo brings it back", async () => {
    const client = await synced("moves");
    const archive = await client.mail.findFolder("@archive");
    const before = client.mail.count(client.inbox);
    const moving = client.mail.move(client.inbox, [4, 5], archive);
    assert.equal(client.mail.message(client.inbox, 4), null);
    const { uids } = await moving;
    assert.equal(uids.length, 2);
    await client.mail.undo();
    await client.mail.sync(client.inbox);
    assert.equal(client.mail.count(client.inbox), before);
    assert.ok(listing(client, client.inbox).some((l) => l.endsWith("INBOX 4")));
    await client.mail.sync(archive);
    assert.equal(client.mail.count(archive), 20);
  });

  test("undo of a flag touches only the messages it changed", async () => {
    const client = await synced("undo");
    await client.mail.flag(client.inbox, [8], "add", ["$Work"]);
    await client.mail.flag(client.inbox, [8, 9], "add", ["$Work"]);
    await client.mail.undo();
    assert.deepEqual(client.mail.message(client.inbox, 8)?.flags, ["$Work"]);
    assert.deepEqual(client.mail.message(client.inbox, 9)?.flags, []);
  });

  test("a refused move puts the rows back and says why", async () => {
    const client = await synced("refused");
    const nowhere = {
      ...(await client.mail.findFolder("@archive")),
      path: "NoSuch",
      name: "No such",
    };
    await assert.rejects(client.mail.move(client.inbox, [10], nowhere), { responseCode: "TRYCREATE" });
    assert.equal(client.mail.message(client.inbox, 10)?.subject, "INBOX 10");
    assert.equal(client.mail.queued, 0);
  });

  test("changes made off line wait in the journal, hide nothing else, and go out with the next connection", async () => {
    await synced("away");
    const away = await fixture.client("away", { offline: true });
    const archive = await away.mail.findFolder("@archive");
    assert.deepEqual(await away.mail.flag(away.inbox, [11], "add", ["\\Seen"]), {
      sent: false,
      uids: [],
      uidValidity: 0,
    });
    await away.mail.move(away.inbox, [12], archive);
    assert.equal(away.mail.queued, 2);
    await away.mail.close();

    const back = await fixture.client("away");
    assert.equal(back.mail.queued, 2);
    await back.mail.sync(back.inbox);
    await eventually("the journal is empty", () => back.mail.queued === 0);
    assert.equal(back.mail.message(back.inbox, 12), null);
    const fresh = await synced("fresh");
    assert.deepEqual(fresh.mail.message(fresh.inbox, 11)?.flags, ["\\Seen"]);
    assert.equal(fresh.mail.message(fresh.inbox, 12), null);
  });

  test("what a script changes off line shows on a screen of the same account", async () => {
    const screen = await fixture.client("shared", { keepOnline: true });
    await Promise.all([screen.mail.refreshFolders(), screen.mail.sync(screen.inbox)]);
    screen.mail.watch(screen.inbox);
    const script = await fixture.client("shared", { offline: true });
    await screen.mail.sync(screen.inbox);
    screen.events.length = 0;
    await script.mail.flag(script.inbox, [16], "add", ["\\Flagged"]);
    await eventually("the screen is told", () => screen.events.some((e) => e.kind === "messages"));
    assert.deepEqual(screen.mail.message(screen.inbox, 16)?.flags, ["\\Flagged"]);
  });

  test("off line, undo takes the change out of the journal", async () => {
    await synced("away2");
    const away = await fixture.client("away2", { offline: true });
    await away.mail.move(away.inbox, [13], await away.mail.findFolder("@archive"));
    assert.equal(away.mail.message(away.inbox, 13), null);
    await away.mail.undo();
    assert.equal(away.mail.message(away.inbox, 13)?.subject, "INBOX 13");
    assert.equal(away.mail.queued, 0);
  });

  test("an index that a power failure has left behind takes in the journal: what was changed and then moved", async () => {
    const client = await synced("cut");
    await client.mail.source(client.inbox, 17);
    await client.mail.close();
    const cache = join(fixture.dir, "cut/cache");
    const older = join(fixture.dir, "cut/older");
    cpSync(cache, older, { recursive: true });
    const away = await fixture.client("cut", { offline: true });
    const archive = await away.mail.findFolder("@archive");
    await away.mail.flag(away.inbox, [17], "add", ["\\Flagged"]);
    await away.mail.copy(away.inbox, [17], await away.mail.findFolder("@drafts"));
    await away.mail.move(away.inbox, [17], archive);
    await away.mail.close();
    rmSync(cache, { recursive: true });
    renameSync(older, cache);
    const back = await fixture.client("cut", { offline: true });
    assert.equal(back.mail.message(back.inbox, 17), null);
    for (const folder of [archive, await back.mail.findFolder("@drafts")]) {
      const [row] = back.mail.window(folder, { sort: "arrival", descending: true, offset: 0, limit: 1 });
      assert.deepEqual([row?.subject, row?.flags], ["INBOX 17", ["\\Flagged"]], folder.path);
    }
  });

  test("an append or copy whose answer never came is not done twice", async () => {
    const client = await synced("twice");
    const sent = await client.mail.findFolder("@sent");
    await client.mail.sync(sent);
    const { uidValidity } = await client.mail.append(
      client.inbox,
      sampleMessage({ n: 500, subject: "Only once", messageId: "<once@example.org>" }),
      [],
    );
    await client.mail.copy(client.inbox, [14], sent);
    await client.mail.close();
    // What a crash between the server's doing and its answer left behind in the first version of the journal.
    const source = sampleMessage({ n: 500, subject: "Only once", messageId: "<once@example.org>" }).toString(
      "base64",
    );
    const append = {
      kind: "append",
      path: "INBOX",
      flags: [],
      internalDate: 0,
      source,
      messageId: "<once@example.org>",
    };
    const copy = { kind: "copy", path: "INBOX", uidValidity, uids: [14], to: sent.path };
    writeVersion1(join(fixture.dir, "twice/state"), [append, copy], "sent");
    const again = await fixture.client("twice");
    await again.mail.sync(again.inbox);
    await eventually("the journal is empty", () => again.mail.queued === 0);
    const once = await again.mail.search(again.inbox, 'subject:"Only once"');
    assert.equal(once.length, 1);
    assert.equal((await again.mail.search(sent, 'subject:"INBOX 14"')).length, 1);
  });

  test("an operation from before a change of UIDVALIDITY is refused, not done to other messages", async () => {
    const client = await synced("stale");
    await client.mail.close();
    const operation = { kind: "remove", path: "INBOX", uidValidity: 1, uids: [15] };
    writeVersion1(join(fixture.dir, "stale/state"), [operation], "pending");
    const again = await fixture.client("stale");
    await again.mail.sync(again.inbox);
    await eventually("the person is told", () =>
      again.events.some((e) => e.kind === "notice" && /numbered the folder anew/.test(e.text)),
    );
    const fresh = await synced("stale-fresh");
    assert.equal(fresh.mail.message(fresh.inbox, 15)?.subject, "INBOX 15");
  });
});

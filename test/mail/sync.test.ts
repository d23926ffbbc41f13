import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { serverMissing } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { eventually, type Fixture, listing, startFixture } from "./fixture.ts";

describe("the index follows the server", { skip: serverMissing("dovecot") }, () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await startFixture();
    fixture.dovecot.deliver(
      "INBOX",
      Array.from({ length: 300 }, (_, i) => sampleMessage({ n: i + 1, subject: `Letter ${i + 1}` })),
    );
  });
  after(() => fixture.end());

  test("a first list fetches its window, a sync all the rest", async () => {
    const client = await fixture.client("first");
    const rows = await client.mail.rows(client.inbox, {
      sort: "arrival",
      descending: true,
      offset: 0,
      limit: 5,
    });
    assert.deepEqual(
      rows.map((r) => r.subject),
      ["Letter 300", "Letter 299", "Letter 298", "Letter 297", "Letter 296"],
    );
    assert.equal(client.mail.count(client.inbox), 200);
    await client.mail.sync(client.inbox);
    assert.equal(client.mail.count(client.inbox), 300);
  });

  test("a second sync with nothing new asks for no header again", async () => {
    const client = await fixture.client("first");
    await client.mail.sync(client.inbox);
    assert.equal(
      client.log.filter((line) => line.startsWith("<") && line.includes("HEADER.FIELDS")).length,
      0,
    );
    assert.equal(client.mail.count(client.inbox), 300);
  });

  test("what another client flags, removes and adds shows by itself, and on the right rows", async () => {
    const watcher = await fixture.client("watcher", { keepOnline: true });
    const other = await fixture.client("other");
    watcher.mail.watch(watcher.inbox);
    await eventually("all is listed", () => watcher.mail.count(watcher.inbox) === 300);
    await other.mail.flag(other.inbox, [5, 7], "add", ["\\Flagged"]);
    await other.mail.remove(other.inbox, [1, 100, 6]);
    await other.mail.append(other.inbox, sampleMessage({ n: 999, subject: "Late letter" }), []);
    await eventually("the late letter is there", () =>
      listing(watcher, watcher.inbox).some((l) => l.endsWith("Late letter")),
    );
    await eventually("three are gone", () => watcher.mail.count(watcher.inbox) === 298);
    await eventually(
      "two are flagged",
      () => listing(watcher, watcher.inbox).filter((l) => l.includes("\\Flagged")).length === 2,
    );
    await other.mail.sync(other.inbox);
    assert.deepEqual(listing(watcher, watcher.inbox), listing(other, other.inbox));
    assert.deepEqual(
      listing(watcher, watcher.inbox).filter((l) => l.includes("\\Flagged")),
      ["5 \\Flagged Letter 5", "7 \\Flagged Letter 7"],
    );
    assert.ok(watcher.events.some((e) => e.kind === "arrived" && e.count === 1));
  });

  test("news of folders that are not open come by themselves", async () => {
    const watcher = await fixture.client("news", { keepOnline: true });
    const other = await fixture.client("other");
    watcher.mail.watch(watcher.inbox);
    await watcher.mail.refreshFolders();
    const sent = await watcher.mail.findFolder("@sent");
    const before = sent.messages ?? 0;
    await other.mail.append(sent, sampleMessage({ n: 1, subject: "Sent elsewhere" }), []);
    const counted = () => watcher.mail.folders().find((f) => f.role === "sent");
    await eventually(
      "the count is one more",
      () => counted()?.messages === before + 1 && counted()?.unread === 1,
    );
    for (const client of fixture.clients()) await client.close();
  });

  test("changes made while we were away are there after the next sync", async () => {
    const first = await fixture.client("first");
    await first.mail.sync(first.inbox);
    const other = await fixture.client("other");
    await other.mail.sync(other.inbox);
    assert.deepEqual(listing(first, first.inbox), listing(other, other.inbox));
  });

  test("a changed UIDVALIDITY drops what was known under the old one", async () => {
    const client = await fixture.client("validity");
    const folder = await client.mail.findFolder("Drafts");
    await client.mail.append(folder, sampleMessage({ n: 1, subject: "Old draft" }), []);
    await client.mail.sync(folder);
    assert.equal(client.mail.count(folder), 1);
    await client.mail.close();
    await fixture.dovecot.doveadm("mailbox", "delete", "-u", fixture.dovecot.user, "Drafts");
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await fixture.dovecot.doveadm("mailbox", "create", "-u", fixture.dovecot.user, "Drafts");
    const again = await fixture.client("validity");
    await again.mail.append(folder, sampleMessage({ n: 2, subject: "New draft" }), []);
    await again.mail.sync(folder);
    assert.deepEqual(listing(again, folder), ["1  New draft"]);
  });

  test("search is the server's on line and the index's off line, with the same hits", async () => {
    const client = await fixture.client("first");
    const hits = await client.mail.search(client.inbox, "subject:29 -is:flagged");
    assert.ok(hits.length > 10);
    const away = await fixture.client("first", { offline: true });
    assert.deepEqual(await away.mail.search(away.inbox, "subject:29 -is:flagged"), hits);
  });
});

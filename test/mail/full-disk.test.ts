// A change that cannot be kept is refused as a whole, or holds as a whole: the person never reads the one of the other.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect } from "../../src/store/driver.ts";
import { serverMissing } from "../servers/daemon.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type Client, eventually, type Fixture, listing, startFixture } from "./fixture.ts";

/** Writes of these kinds to a database fail from now on, until the function returned is called. */
function jam(file: string, writes: Readonly<Record<string, string>>): () => void {
  const run = (sql: string) => {
    const database = connect(file);
    database.exec(sql);
    database.close();
  };
  for (const [name, when] of Object.entries(writes)) {
    run(`CREATE TRIGGER ${name} BEFORE ${when} BEGIN SELECT RAISE(ABORT, 'there is no room'); END`);
  }
  return () => {
    for (const name of Object.keys(writes)) run(`DROP TRIGGER ${name}`);
  };
}

describe("with a full disk", { skip: serverMissing("dovecot") }, () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await startFixture();
    for (const folder of ["INBOX", "Archive"]) {
      const letters = [1, 2, 3, 4].map((n) => sampleMessage({ n, subject: `${folder} ${n}` }));
      fixture.dovecot.deliver(folder, letters);
    }
  });
  after(() => fixture.end());

  const index = (name: string) => join(fixture.dir, name, "cache", "index.sqlite");
  const journal = (name: string) => join(fixture.dir, name, "state", "journal.sqlite");
  const indexWrites = { m1: "UPDATE ON message", m2: "INSERT ON message", m3: "DELETE ON message" };

  async function away(name: string): Promise<Client> {
    const home = await fixture.client(name);
    await Promise.all([home.mail.refreshFolders(), home.mail.sync(home.inbox)]);
    await home.mail.close();
    return fixture.client(name, { offline: true });
  }

  /** Every kind of change, as something to be tried. */
  async function changes({ mail, inbox }: Client): Promise<Record<string, () => Promise<{ sent: boolean }>>> {
    const archive = await mail.findFolder("Archive");
    return {
      flag: () => mail.flag(inbox, [1], "add", ["\\Flagged"]),
      move: () => mail.move(inbox, [2], archive),
      copy: () => mail.copy(inbox, [3], archive),
      remove: () => mail.remove(inbox, [4]),
      append: () => mail.append(archive, sampleMessage({ n: 9, subject: "Letter 9" }), []),
    };
  }

  const onServer = async (mailbox: string) =>
    (await fixture.dovecot.doveadm("fetch", "-u", "user", "hdr.subject flags", "mailbox", mailbox))
      .split("\f")
      .map((one) => one.trim())
      .filter((one) => one !== "");

  test("what the local copy cannot take in is refused, and nobody sends it later", async () => {
    const client = await away("refused");
    const before = listing(client, client.inbox);
    const tries = await changes(client);
    const release = jam(index("refused"), indexWrites);
    for (const [kind, attempt] of Object.entries(tries)) {
      await assert.rejects(attempt(), { name: "StoreError" }, kind);
    }
    assert.deepEqual([client.mail.queued, client.mail.waiting.list()], [0, []]);
    release();
    assert.deepEqual(listing(client, client.inbox), before);
    await assert.rejects(client.mail.undo(), { code: "NOTHING_TO_UNDO" });
    // With room again all goes its way, what was jammed before included.
    assert.equal((await client.mail.flag(client.inbox, [2], "add", ["\\Flagged"])).sent, false);
    await client.mail.undo();
    await client.mail.close();
    const back = await fixture.client("refused");
    await back.mail.sync(back.inbox);
    assert.deepEqual(listing(back, back.inbox), before);
    await back.mail.close();
  });

  test("a search finds what the index has no room for, and indexes it when there is room", async () => {
    const client = await fixture.client("searching", { keepOnline: true });
    const { mail, inbox } = client;
    await mail.sync(inbox);
    const roomForStructures = jam(index("searching"), { s1: "INSERT ON structure" });
    assert.deepEqual((await mail.find(inbox, "-has:attachment subject:inbox")).uids.length, 4);
    roomForStructures();
    const roomForTexts = jam(index("searching"), { s2: "INSERT ON indexed", s3: "DELETE ON unindexed" });
    await mail.read(inbox, 1);
    const off = await fixture.client("searching", { offline: true });
    const search = () => off.mail.find(off.inbox, "body:letter or -body:letter");
    assert.equal((await search()).uids.length, 0);
    assert.equal((await search()).notes.length, 1);
    roomForTexts();
    await eventually("it is indexed", async () => (await search()).uids.length === 1);
    await Promise.all([mail.close(), off.mail.close()]);
  });

  test("what the server tells of meanwhile ends nothing, and is there when there is room again", async () => {
    const watcher = await fixture.client("told", { keepOnline: true });
    const other = await fixture.client("other");
    const drafts = await other.mail.findFolder("Drafts");
    for (const n of [1, 2, 3, 4]) {
      await other.mail.append(drafts, sampleMessage({ n, subject: `Draft ${n}` }), []);
    }
    watcher.mail.watch(drafts);
    await watcher.mail.sync(drafts);
    await eventually("it listens", () => watcher.log.at(-1)?.startsWith("< +") === true);
    const release = jam(index("told"), { ...indexWrites, m4: "UPDATE ON mailbox" });
    await other.mail.flag(drafts, [2], "add", ["\\Flagged"]);
    await other.mail.remove(drafts, [1]);
    await other.mail.append(drafts, sampleMessage({ n: 5, subject: "Draft 5" }), []);
    const notices = () => watcher.events.filter((e) => e.kind === "notice" && e.level === "error");
    await eventually("the person is told", () => notices().length > 0);
    await eventually("the new one is asked for", () => watcher.log.some((l) => l.includes("Draft 5")));
    assert.equal(notices().length, 1);
    assert.equal(watcher.mail.line.kind, "online");
    release();
    const expected = ["2 \\Flagged Draft 2", "3  Draft 3", "4  Draft 4", "5  Draft 5"];
    await eventually("all is there by itself", () => `${listing(watcher, drafts)}` === `${expected}`);
    for (const { mail } of [watcher, other]) await mail.close();
  });

  test("what can be neither taken in nor taken back is promised, and kept", async () => {
    const client = await away("promised");
    const tries = await changes(client);
    const releases = [
      jam(index("promised"), indexWrites),
      jam(journal("promised"), { e1: "UPDATE ON entry", e2: "DELETE ON entry" }),
    ];
    for (const [kind, attempt] of Object.entries(tries)) {
      assert.equal((await attempt()).sent, false, kind);
    }
    const told = client.events.filter((event) => event.kind === "notice" && event.level === "error");
    assert.ok(told.length > 0);
    assert.equal(client.mail.queued, 5);
    for (const release of releases) release();
    await client.mail.close();
    const back = await fixture.client("promised", { offline: true });
    const expected = ["1 \\Flagged INBOX 1", "3  INBOX 3"];
    assert.deepEqual(listing(back, back.inbox), expected);
    await back.mail.close();
    const later = await fixture.client("promised");
    await eventually("nothing waits any more", async () => {
      await later.mail.sync(later.inbox);
      return later.mail.queued === 0;
    });
    assert.deepEqual(listing(later, later.inbox), expected);
    assert.equal((await onServer("INBOX")).length, 2);
    assert.equal((await onServer("Archive")).length, 7);
    await later.mail.close();
  });
});

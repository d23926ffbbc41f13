// What a search costs on the line, what it shows before the server has answered, and what it makes of changes that wait.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openStore } from "../../src/store/index.ts";
import { startCourier } from "../servers/courier.ts";
import { serverMissing } from "../servers/daemon.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type Client, clientsOf, eventually, type Fixture, startFixture } from "./fixture.ts";

/** Commands that a client has sent since `from`, without their tags. */
function sent({ log }: Client, from: number): string[] {
  return log.slice(from).flatMap((line) => (line.startsWith("> ") ? line.replace(/^> \S+ /, "") : []));
}

describe("a search beside the server", { skip: serverMissing("dovecot") }, () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await startFixture();
    fixture.dovecot.deliver(
      "INBOX",
      Array.from({ length: 300 }, (_, i) => {
        const n = i + 1;
        const rare = n <= 50 && n % 10 === 0;
        return sampleMessage({
          n,
          subject: rare ? `Needle ${n}` : `Hay ${n}`,
          body: `Straw number ${n}.`,
          ...(n % 100 === 0 ? { attachmentBytes: 100, attachmentName: `bale ${n}.pdf` } : {}),
        });
      }),
    );
    fixture.dovecot.deliver("Barn", [sampleMessage({ n: 400, subject: "Needle in the barn" })]);
  });
  after(() => fixture.end());

  test("list data is fetched for the hits alone, and of those for what is shown", async () => {
    const client = await fixture.client("cold");
    const { uids } = await client.mail.find(client.inbox, "subject:needle");
    assert.deepEqual(uids, [10, 20, 30, 40, 50]);
    const from = client.log.length;
    const order = { sort: "arrival", descending: true, offset: 0, limit: 2, uids } as const;
    const rows = await client.mail.rows(client.inbox, order);
    assert.deepEqual(
      rows.map(({ uid }) => uid),
      [50, 40],
    );
    const fetched = sent(client, from).filter((line) => line.includes("FETCH"));
    assert.equal(fetched.length, 1);
    assert.match(fetched[0] ?? "", /^UID FETCH 40,50 \(/);
  });

  test("what the index has found is told before the server has answered", async () => {
    const client = await fixture.client("warm", { keepOnline: true });
    await client.mail.sync(client.inbox);
    const told: { uids: readonly number[]; answered: boolean }[] = [];
    const from = client.log.length;
    const { uids } = await client.mail.find(client.inbox, "hay", (hits) => {
      told.push({ uids: hits, answered: client.log.slice(from).some((line) => /^< .*SEARCH/.test(line)) });
    });
    assert.equal(uids.length, 295);
    assert.equal(told[0]?.answered, false);
    assert.ok((told[0]?.uids.length ?? 0) > 0);
    assert.deepEqual(told.at(-1)?.uids, uids);
  });

  test("what is attached is looked up for candidates alone, and once", async () => {
    const client = await fixture.client("attached");
    const search = async (query: string) => {
      const from = client.log.length;
      const found = await client.mail.find(client.inbox, query);
      return { found, commands: sent(client, from).filter((line) => /SEARCH|FETCH/.test(line)) };
    };
    await search("hay");
    const { found, commands } = await search("has:attachment larger:300 subject:hay on:today subject:00");
    assert.deepEqual(found.uids, [100, 200, 300]);
    assert.deepEqual(found.notes, []);
    assert.match(commands.join("\n"), /^UID SEARCH .*\nUID FETCH 100,200,300 \(UID BODYSTRUCTURE\)$/);
    await client.mail.sync(client.inbox);
    await search("has:pdf subject:00");
    const again = await search("file:bale subject:00");
    assert.deepEqual(again.found.uids, [100, 200, 300]);
    assert.equal(again.commands.filter((line) => line.includes("FETCH")).length, 0);
    assert.deepEqual((await search("-has:pdf subject:00")).found.uids, []);
  });

  test("flags that the server has not heard of yet count", async () => {
    const client = await fixture.client("flags");
    await client.mail.sync(client.inbox);
    // As if another process had the right to send: nothing goes out while it lives.
    const directory = join(fixture.dir, "flags");
    const other = openStore({ cacheDir: join(directory, "cache"), stateDir: join(directory, "state") });
    assert.ok(other.journal.tryLock());
    const waiting = client.mail.flag(client.inbox, [20, 30], "add", ["\\Flagged"]);
    const moved = client.mail.remove(client.inbox, [40]);
    try {
      const find = async (query: string) => (await client.mail.find(client.inbox, query)).uids;
      assert.deepEqual(await find("is:flagged"), [20, 30]);
      assert.deepEqual(await find("subject:needle is:flagged"), [20, 30]);
      assert.deepEqual(await find("subject:needle -is:flagged"), [10, 50]);
      assert.deepEqual(await find("body:straw subject:needle (is:flagged or larger:1M)"), [20, 30]);
    } finally {
      other.close();
    }
    await Promise.all([waiting, moved]);
    const bare = await fixture.client("bare");
    assert.deepEqual((await bare.mail.find(bare.inbox, "is:flagged")).uids, [20, 30]);
  });

  test("a message on its way is found where it will be, by what is known of it", async () => {
    const client = await fixture.client("moving", { keepOnline: true });
    await client.mail.refreshFolders();
    await client.mail.sync(client.inbox);
    await client.mail.read(client.inbox, 10);
    await client.mail.close();
    const off = await fixture.client("moving", { offline: true });
    const barn = await off.mail.findFolder("Barn");
    await off.mail.move(off.inbox, [10, 20], barn);
    assert.equal((await off.mail.find(barn, "subject:needle")).uids.length, 2);
    assert.equal((await off.mail.find(barn, "body:straw")).uids.length, 1, "one of them is here whole");
    assert.deepEqual((await off.mail.find(off.inbox, "subject:needle")).uids, [30, 50]);
    await off.mail.close();
  });

  test("off line, what is not known is told of and not claimed either way", async () => {
    const client = await fixture.client("partly");
    await client.mail.sync(client.inbox);
    await client.mail.read(client.inbox, 50);
    await client.mail.read(client.inbox, 60);
    const total = client.mail.count(client.inbox);
    const off = await fixture.client("partly", { offline: true });
    const inside = await off.mail.find(off.inbox, 'body:"straw number 50"');
    assert.deepEqual(inside.uids, [50]);
    assert.deepEqual(inside.notes, [`${total - 2} more messages may match too: not all of them is here`]);
    assert.deepEqual((await off.mail.find(off.inbox, '-body:"straw number 50"')).uids, [60]);
    assert.deepEqual((await off.mail.find(off.inbox, "subject:needle")).notes, []);
    assert.deepEqual((await off.mail.find(off.inbox, "raw:straw")).uids, []);
  });

  test("a screen indexes what it has read by itself", async () => {
    const screen = await fixture.client("screen", { keepOnline: true });
    await screen.mail.sync(screen.inbox);
    await screen.mail.read(screen.inbox, 100);
    const other = await fixture.client("screen", { offline: true, keepOnline: true });
    await eventually("the body is found", async () => {
      const { uids } = await other.mail.find(other.inbox, 'body:"straw number 100"');
      return uids.length === 1;
    });
    assert.deepEqual((await other.mail.find(other.inbox, "has:pdf")).uids, [100]);
  });

  test("a query names its folder, and one that is another's", async () => {
    const client = await fixture.client("folders");
    await client.mail.refreshFolders();
    const { folder, uids } = await client.mail.find(client.inbox, "in:barn subject:barn");
    assert.deepEqual([folder.path, uids.length], ["Barn", 1]);
    assert.equal((await client.mail.find(client.inbox, "subject:needle -in:barn")).folder.path, "INBOX");
    assert.equal(
      (await client.mail.find(client.inbox, "subject:needle (in:barn or in:inbox)")).uids.length > 0,
      true,
    );
    assert.deepEqual((await client.mail.find(client.inbox, "subject:needle (in:barn or from:eve)")).uids, []);
    await assert.rejects(client.mail.find(client.inbox, "in:nowhere x"), { code: "NO_FOLDER" });
    await assert.rejects(client.mail.find(client.inbox, "raw:x"), { code: "QUERY" });
  });
});

describe("a server without ages (RFC 5032)", { skip: serverMissing("courier") }, () => {
  test("is asked by days, and the limit is drawn here", async () => {
    const courier = await startCourier();
    const clients = clientsOf({ ...courier, user: "user", password: "unasked" });
    try {
      const { mail, inbox } = await clients.client("ages");
      await mail.append(inbox, sampleMessage({ n: 1, subject: "Now" }), []);
      const client = await clients.client("asking");
      const find = async (query: string) => (await client.mail.find(client.inbox, query)).uids;
      assert.deepEqual(await find("newer:1h"), [1]);
      assert.deepEqual(await find("older:1h"), []);
      assert.deepEqual(await find("-newer:1h"), []);
      assert.deepEqual(await find("older:1h or subject:now"), [1]);
      assert.ok(client.log.some((line) => /^> .*SEARCH .*SINCE/.test(line)));
      assert.ok(!client.log.some((line) => /YOUNGER|OLDER/.test(line)));
    } finally {
      await clients.end();
    }
  });
});

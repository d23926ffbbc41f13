// Many messages at once: written by a thread, entered into the index by the hundred.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openStore, type Store } from "../../src/store/index.ts";
import { files, keep, mailboxIn, message, messages, scratch, storeIn } from "./sample.ts";

const arriving = (uid: number) => ({ uid, internalDate: message(uid).internalDate });
const cached = (store: Store, id: number) =>
  store.messages
    .window(id, { sort: "arrival", descending: false, offset: 0, limit: 10_000 })
    .flatMap((row) => (row.cached ? [row.uid] : []));

describe("a bulk writer", () => {
  for (const fsync of [false, true]) {
    test(`keeps small and large messages alike${fsync ? ", each on the disk first" : ""}`, async (t) => {
      const directory = scratch(t);
      const store = openStore({ cacheDir: join(directory, "c"), stateDir: join(directory, "s") }, { fsync });
      t.after(() => store.close());
      const { id } = mailboxIn(store);
      store.messages.put(id, messages(600));
      const large = Buffer.from(Array.from({ length: 700_000 }, (_, at) => `${at}`).join(" "));
      const writer = store.bodies.bulk(id);
      for (let uid = 1; uid <= 598; uid++) writer.put(arriving(uid), Buffer.from(`body ${uid}`));
      writer.put(arriving(599), Buffer.alloc(0));
      const entry = writer.open(arriving(600));
      for (let at = 0; at < large.length; at += 60_000) await entry.write(large.subarray(at, at + 60_000));
      assert.equal(store.messages.get(id, 600)?.cached, false);
      entry.end();
      await writer.settled();
      assert.equal(writer.kept, 600);
      assert.equal(writer.pending, 0);
      await writer.close();
      assert.equal(cached(store, id).length, 600);
      assert.equal(store.bodies.read(id, 77)?.toString(), "body 77");
      assert.equal(store.bodies.read(id, 599)?.length, 0);
      assert.ok(store.bodies.read(id, 600)?.equals(large));
      assert.equal(files(store, id).length, 600);
      assert.deepEqual(files(store, id, "tmp"), []);
    });
  }

  test("keeps nothing that is not wanted any more, and nothing twice", async (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(4));
    keep(store, id, 2, "was here");
    const writer = store.bodies.bulk(id);
    for (const uid of [1, 2, 3, 3, 77]) writer.put(arriving(uid), Buffer.from(`body ${uid}`));
    const given = writer.open(arriving(4));
    await given.write(Buffer.from("half"));
    given.abort();
    store.messages.remove(id, [1]);
    await writer.settled();
    await writer.close();
    assert.deepEqual(cached(store, id), [2, 3]);
    assert.equal(store.bodies.read(id, 2)?.toString(), "was here");
    assert.equal(files(store, id).length, 2);
    assert.deepEqual(files(store, id, "tmp"), []);
  });

  test("keeps nothing under a numbering that has changed", async (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(2));
    const writer = store.bodies.bulk(id);
    writer.put(arriving(1), Buffer.from("old number one"));
    store.messages.renumber(id, 8, []);
    store.messages.put(id, messages(2));
    await writer.settled();
    await writer.close();
    assert.deepEqual(cached(store, id), []);
    assert.deepEqual([files(store, id), files(store, id, "tmp")], [[], []]);
  });

  test("leaves what is whole and takes the rest away when it is closed midway", async (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(2));
    const writer = store.bodies.bulk(id);
    writer.put(arriving(1), Buffer.from("whole"));
    await writer.settled();
    const entry = writer.open(arriving(2));
    for (let octets = 0; octets < 3_000_000; octets += 500_000) await entry.write(Buffer.alloc(500_000));
    await writer.close();
    assert.deepEqual(cached(store, id), [1]);
    assert.deepEqual(files(store, id, "tmp"), []);
  });

  test("asks to wait where the disk is behind, and goes on when it has caught up", async (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(1));
    const writer = store.bodies.bulk(id);
    const entry = writer.open(arriving(1));
    let waits = 0;
    for (let at = 0; at < 40; at++) {
      const wait = entry.write(Buffer.alloc(1_000_000));
      if (wait) waits++;
      await wait;
    }
    entry.end();
    await writer.settled();
    await writer.close();
    assert.ok(waits > 0);
    assert.equal(store.bodies.sizeOf(id, 1), 40_000_000);
  });

  const root = process.getuid?.() === 0 && process.platform === "linux";
  test("tells a full disk, and leaves of it what was whole", { skip: !root }, async (t) => {
    const directory = scratch(t);
    const disk = join(directory, "disk");
    mkdirSync(disk);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=3m", "none", disk], { stdio: "ignore" });
    } catch {
      t.skip("no file system can be mounted here");
      return;
    }
    try {
      const store = openStore({ cacheDir: join(disk, "c"), stateDir: join(directory, "s") });
      const { id } = mailboxIn(store);
      store.messages.put(id, messages(3));
      const writer = store.bodies.bulk(id);
      writer.put(arriving(1), Buffer.from("fits"));
      await writer.settled();
      writer.put(arriving(2), Buffer.alloc(500_000));
      writer.put(arriving(3), Buffer.alloc(5_000_000));
      await assert.rejects(writer.settled(), { code: "disk-full" });
      assert.throws(() => writer.put(arriving(2), Buffer.alloc(1)), { code: "disk-full" });
      await writer.close();
      assert.equal(store.bodies.read(id, 1)?.toString(), "fits");
      assert.deepEqual(files(store, id, "tmp"), []);
      const again = store.bodies.bulk(id);
      again.put(arriving(3), Buffer.from("smaller"));
      await again.settled();
      await again.close();
      assert.equal(store.bodies.read(id, 3)?.toString(), "smaller");
      store.close();
    } finally {
      execFileSync("umount", ["-l", disk]);
    }
  });
});

describe("what is kept", () => {
  test("is counted as it comes and goes", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(5));
    assert.equal(store.bodies.size(), 0);
    for (const uid of [1, 2, 3]) keep(store, id, uid, "x".repeat(100 * uid));
    store.bodies.putPart(id, 4, "1", Buffer.alloc(50));
    store.bodies.putPart(id, 4, "1", Buffer.alloc(70));
    assert.equal(store.bodies.size(), 670);
    keep(store, id, 1, "y".repeat(10));
    assert.equal(store.bodies.size(), 580);
    store.messages.remove(id, [2, 4]);
    assert.equal(store.bodies.size(), 310);
    store.mailboxes.retainOnly([]);
    assert.equal(store.bodies.size(), 0);
  });

  test("goes by its last use: unread mail by its age, before what is read, and never more than asked", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    const day = 86_400_000;
    const now = Date.now();
    store.messages.put(
      id,
      [1, 2, 3, 4].map((uid) => message(uid, { internalDate: now - uid * day })),
    );
    for (const uid of [1, 2, 3])
      store.bodies.putUnreadParts(
        id,
        { uid, internalDate: now - uid * day },
        new Map([["1", Buffer.alloc(100)]]),
      );
    keep(store, id, 4, "z".repeat(100));
    const parts = () => [1, 2, 3].filter((uid) => store.bodies.sections(id, uid).length > 0);
    assert.equal(store.bodies.evict(1, now - 3.5 * day), 0);
    assert.equal(store.bodies.evict(1), 100);
    assert.deepEqual(parts(), [1, 2]);
    store.bodies.getPart(id, 2, "1");
    assert.equal(store.bodies.evict(100), 100);
    assert.deepEqual(parts(), [2]);
    assert.equal(store.bodies.evict(1000, now - day), 0);
    assert.equal(store.bodies.evict(1000), 200);
    assert.equal(store.bodies.size(), 0);
    assert.deepEqual(files(store, id), []);
  });

  test("is looked for in slices, newest first, and what is not kept is told", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(
      id,
      Array.from({ length: 1200 }, (_, at) => message(at + 1, { internalDate: 1e12 + (at % 600), size: at })),
    );
    for (const uid of [600, 1200, 1]) keep(store, id, uid);
    const found: number[] = [];
    let after = null;
    let slices = 0;
    do {
      const slice = store.bodies.missing(id, { since: 0, above: 0, after });
      found.push(...slice.messages.map(({ uid }) => uid));
      after = slice.next;
      slices++;
    } while (after);
    assert.equal(found.length, 1197);
    assert.equal(new Set(found).size, 1197);
    assert.ok(slices > 2);
    assert.deepEqual(found.slice(0, 4), [1199, 599, 1198, 598]);
    const recent = store.bodies.missing(id, { since: 1e12 + 598, above: 0, after: null });
    assert.deepEqual(
      recent.messages.map(({ uid }) => uid),
      [1199, 599],
    );
    const late = store.bodies.missing(id, { since: 1e12 + 598, above: 1000, after: null });
    assert.deepEqual(
      late.messages.map(({ uid, size }) => [uid, size]),
      [[1199, 1198]],
    );
  });
});

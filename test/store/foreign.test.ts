import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import fc from "fast-check";
import { connect } from "../../src/store/driver.ts";
import { type ForeignChange, openStore, type Store, StoreError } from "../../src/store/index.ts";
import { baseName, letterChange, uidOf } from "../../src/store/maildir.ts";
import { files, keep, mailboxIn, message, scratch, storeIn } from "./sample.ts";

/** What another program does: gives a file other letters, and maybe another directory. */
function rename(path: string, letters: string, folder: "cur" | "new" = "cur"): string {
  const target = join(dirname(path), "..", folder, basename(path).replace(/:2,.*$/, `:2,${letters}`));
  renameSync(path, target);
  return target;
}

/** A mailbox whose messages 1 to `count` are unflagged and cached, and the paths of their files. */
function cached(t: TestContext, count: number): { store: Store; id: number; paths: string[]; dir: string } {
  const dir = scratch(t);
  return { ...cachedIn(storeIn(t, dir), count), dir };
}

function cachedIn(store: Store, count: number): { store: Store; id: number; paths: string[] } {
  const { id } = mailboxIn(store);
  const uids = Array.from({ length: count }, (_, i) => i + 1);
  store.messages.put(
    id,
    uids.map((uid) => message(uid, { flags: [] })),
  );
  return { store, id, paths: uids.map((uid) => keep(store, id, uid)) };
}

async function collected(store: Store, id: number): Promise<ForeignChange[]> {
  const found: ForeignChange[] = [];
  await store.foreign.collect(id, async (changes) => void found.push(...changes));
  return found.sort((a, b) => a.uid - b.uid);
}

const letters = (names: readonly string[]) => names.map((name) => name.replace(/^.*:2,/, ""));

describe("flags that other programs change in file names", () => {
  test("are found, once, and what is ours is not", async (t) => {
    const { store, id, paths } = cached(t, 6);
    const [one = "", two = "", three = "", four = ""] = paths;
    store.messages.setFlags(id, [{ uid: 4, flags: ["\\Flagged", "\\Seen"] }]);
    rename(one, "S");
    rename(two, "FPRT");
    rename(three, "", "new");
    rename(four.replace(/:2,$/, ":2,FS"), "F");
    assert.deepEqual(await collected(store, id), [
      { uid: 1, added: ["\\Seen"], removed: [] },
      { uid: 2, added: ["\\Flagged", "$Forwarded", "\\Answered", "\\Deleted"], removed: [] },
      { uid: 4, added: [], removed: ["\\Seen"] },
    ]);
    assert.deepEqual(await collected(store, id), []);
    store.messages.setFlags(id, [{ uid: 5, flags: ["\\Seen"] }]);
    assert.deepEqual(await collected(store, id), []);
    for (const [i, uid] of [1, 2, 3, 4, 5, 6].entries())
      assert.equal(store.bodies.read(id, uid)?.toString(), `body ${i + 1}`);
  });

  test("are found in a maildir of thousands, a slice at a time", async (t) => {
    const { store, id, paths } = cached(t, 2_500);
    for (const path of paths) rename(path, "S");
    const slices: number[] = [];
    await store.foreign.collect(id, async (changes) => void slices.push(changes.length));
    assert.equal(
      slices.reduce((a, b) => a + b, 0),
      2_500,
    );
    assert.ok(Math.max(...slices) <= 200);
  });

  test("are offered by one process alone, and again where they could not be kept", async (t) => {
    const { store, id, paths, dir } = cached(t, 40);
    const other = storeIn(t, dir);
    for (const path of paths) rename(path, "F");
    const found = (await Promise.all([collected(store, id), collected(other, id)])).flat();
    assert.deepEqual(
      found.map(({ uid }) => uid).sort((a, b) => a - b),
      Array.from({ length: 40 }, (_, i) => i + 1),
    );

    rename(`${paths[0]}F`, "FS");
    await store.foreign.collect(id, () => Promise.reject(new StoreError("disk-full", "no room")));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(await collected(store, id), [{ uid: 1, added: ["\\Seen"], removed: [] }]);
    await store.foreign.collect(id, () => Promise.reject(new Error("refused by the server")));
    assert.deepEqual(await collected(store, id), []);
  });

  test("stay where the server changes others before they are noticed", async (t) => {
    const { store, id, paths } = cached(t, 2);
    store.messages.setFlags(id, [{ uid: 1, flags: ["\\Answered", "\\Draft"] }]);
    rename((paths[0] ?? "").replace(/:2,$/, ":2,DR"), "RSa");
    rename(paths[1] ?? "", "F");
    store.messages.setFlags(id, [
      { uid: 1, flags: ["\\Answered", "\\Draft", "\\Flagged"] },
      { uid: 2, flags: ["\\Flagged"] },
    ]);
    assert.deepEqual(letters(files(store, id)), ["FRSa", "F"]);
    assert.equal(store.bodies.read(id, 1)?.toString(), "body 1");
    assert.deepEqual(await collected(store, id), [{ uid: 1, added: ["\\Seen"], removed: ["\\Draft"] }]);
    // Letters that are no flags of ours are left to those who know them.
    store.messages.setFlags(id, [{ uid: 1, flags: ["\\Seen"] }]);
    assert.deepEqual(letters(files(store, id)), ["Sa", "F"]);
    assert.deepEqual(await collected(store, id), []);
  });

  test("stay where the body is stored again, gets another number, or would be evicted", async (t) => {
    const { store, id, paths } = cached(t, 3);
    for (const path of paths) rename(path, "S");
    keep(store, id, 1, "anew");
    assert.equal(store.bodies.trim(0), 0);
    store.messages.renumber(
      id,
      8,
      [1, 2].map((uid) => {
        const { flags, modSeq, internalDate, emailId } = message(uid, { flags: ["\\Flagged"] });
        return { from: uid, uid: uid + 10, flags, modSeq, internalDate, emailId };
      }),
    );
    assert.deepEqual(letters(files(store, id)), ["FS", "FS"]);
    assert.deepEqual(await collected(store, id), [
      { uid: 11, added: ["\\Seen"], removed: [] },
      { uid: 12, added: ["\\Seen"], removed: [] },
    ]);
    assert.equal(store.bodies.read(id, 11)?.toString(), "anew");
    assert.ok(store.bodies.trim(0) > 0);
    assert.deepEqual(files(store, id), []);
  });

  test("are told from a file that has gone: that is a body to be fetched again", async (t) => {
    const { store, id, paths } = cached(t, 3);
    unlinkSync(paths[0] ?? "");
    const trashed = rename(paths[1] ?? "", "T");
    assert.deepEqual(await collected(store, id), [{ uid: 2, added: ["\\Deleted"], removed: [] }]);
    unlinkSync(trashed);
    assert.deepEqual(await collected(store, id), []);
    rmSync(store.mailboxes.directory(id), { recursive: true });
    assert.deepEqual(await collected(store, id), []);
    assert.equal(await store.foreign.stamp(id), "");
    assert.deepEqual(
      [1, 2, 3].map((uid) => store.bodies.read(id, uid)),
      [null, null, null],
    );
    assert.equal(store.messages.count(id), 3);
  });

  test("are told from what is on its way from tmp/, where a process of ours has just put it", async (t) => {
    const { store, id, paths } = cached(t, 1);
    const [path = ""] = paths;
    const arriving = join(dirname(path), "..", "tmp", `${basename(path).replace(/:2,$/, "")}.1_1`);
    writeFileSync(arriving, "body 1");
    renameSync(path, `${path}S`);
    assert.deepEqual(await collected(store, id), []);
    assert.deepEqual(files(store, id), [`${basename(path)}S`]);
  });

  test("show in the times of the maildir", async (t) => {
    const { store, id, paths } = cached(t, 1);
    const settled = async () => {
      for (;;) {
        const stamp = await store.foreign.stamp(id);
        if (stamp !== null) return stamp;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    // What is new may change unseen; the next look may come too late to find it new, but not always.
    const [path = ""] = paths;
    let stamp: string | null = "";
    for (let i = 0; i < 100 && stamp !== null; i++) {
      rename(rename(path, "F"), "");
      stamp = await store.foreign.stamp(id);
    }
    assert.equal(stamp, null);
    const before = await settled();
    assert.equal(await settled(), before);
    rename(path, "S");
    assert.notEqual(await settled(), before);
  });
});

describe("files of ours that a killed process has left", () => {
  test("go: of no message, of an earlier numbering, and of one that has its own", async (t) => {
    const { store, id, paths } = cached(t, 4);
    const [one = "", two = "", three = ""] = paths;
    const kept = files(store, id).slice(1);
    store.messages.remove(id, [1]);
    writeFileSync(one, "body 1");
    writeFileSync(join(dirname(one), "..", "new", `${basename(one)}S`), "body 1");
    writeFileSync(`${two}S`, "body 2");
    writeFileSync(three.replace("postern_7_3", "postern_6_3").replace(/:2,$/, ":2,F"), "an old one");
    const provisional = baseName(7, 2 ** 32 + 5, 0);
    writeFileSync(join(dirname(one), `${provisional}:2,`), "on its way once");
    assert.deepEqual(await collected(store, id), []);
    assert.deepEqual(files(store, id), kept);
    assert.deepEqual(files(store, id, "new"), []);
    for (const uid of [2, 3, 4]) assert.equal(store.bodies.read(id, uid)?.toString(), `body ${uid}`);
  });

  test("are looked for after whatever was to delete them, however soon that was cut off", async (t) => {
    const { store, id } = cached(t, 3);
    const target = mailboxIn(store, "Archive").id;
    const settle = () => {
      for (const mailbox of [id, target]) store.foreign.settle(mailbox, "as it is");
    };
    settle();
    store.messages.remove(id, [1]);
    assert.equal(store.foreign.settledAt(id), "");
    settle();
    store.messages.remove(target, [1]);
    assert.equal(store.foreign.settledAt(target), "as it is", "nothing was to go");
    store.transfers.move([{ from: { mailboxId: id, uid: 2 }, to: { mailboxId: target, uid: 2 } }]);
    assert.deepEqual([store.foreign.settledAt(id), store.foreign.settledAt(target)], ["", "as it is"]);
  });

  test("of a folder that is gone go with the next list of folders, unless it is there again", (t) => {
    const dir = scratch(t);
    const { store, paths } = cachedIn(storeIn(t, dir), 2);
    const [path = ""] = paths;
    const index = connect(join(dir, "cache", "index.sqlite"));
    t.after(() => index.close());
    // Killed when the write was done, and before the first file had gone.
    index.exec("INSERT INTO meta VALUES ('deleted INBOX', ''); DELETE FROM mailbox");
    store.mailboxes.retainOnly([]);
    assert.ok(!existsSync(path));
    const again = cachedIn(store, 2);
    index.exec("INSERT INTO meta VALUES ('deleted INBOX', '')");
    store.mailboxes.retainOnly(["INBOX"]);
    assert.equal(files(store, again.id).length, 2);
    assert.equal(index.prepare("SELECT * FROM meta WHERE key LIKE 'deleted %'").all().length, 0);
  });
});

describe("names of files", () => {
  test("say their UID, and other programs' names none", () => {
    const uid = fc.integer({ min: 1, max: 4_294_967_295 });
    fc.assert(
      fc.property(
        uid,
        uid,
        fc.integer({ min: -1e12, max: 4e12 }),
        fc.constantFrom("", ":2,", ":2,FS"),
        (v, u, at, end) => {
          const name = baseName(v, u, at) + end;
          assert.equal(uidOf(name), u);
          assert.match(name, /^[^/:]+,U=\d+(:2,[A-Z]*)?$/);
        },
      ),
    );
    for (const name of [
      "1700000000.M20046P2137.host,U=4:2,S",
      ".1.postern_7_1.host",
      "1.postern_7.host,U=7",
      "postern_7_1.host,U=1",
      "dovecot-uidlist",
      "",
    ])
      assert.equal(uidOf(name), null);
  });

  test("tell changed letters as flags, in any order, however often", () => {
    const some = fc.string({ unit: fc.constantFrom(..."DFPRSTabX"), maxLength: 9 });
    fc.assert(
      fc.property(some, some, (before, after) => {
        const { added, removed } = letterChange(`x:2,${before}`, `x:2,${after}`);
        const known = (text: string) => new Set([...text].filter((c) => "DFPRST".includes(c)));
        assert.equal(added.length, [...known(after)].filter((c) => !before.includes(c)).length);
        assert.equal(removed.length, [...known(before)].filter((c) => !after.includes(c)).length);
      }),
    );
  });
});

describe("files of other programs", () => {
  const theirs = [
    ".notmuch/xapian/flintlock",
    ".mbsyncstate",
    "cur/1700000000.M1P2.laptop:2,S",
    "cur/.hidden",
    "new/1700000001.M1P2.laptop",
    "tmp/1700000002.M1P2.laptop",
    "dovecot-uidlist",
    "cur/sub/1.postern_7_1.host,U=1:2,",
  ];

  function put(directory: string): void {
    for (const name of theirs) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), "theirs");
    }
  }

  const left = (directory: string) => theirs.filter((name) => existsSync(join(directory, name)));

  test("outlive whatever happens to ours", (t) => {
    const { store, id } = cached(t, 3);
    const directory = store.mailboxes.directory(id);
    put(directory);
    store.bodies.trim(0);
    assert.deepEqual(left(directory), theirs, "eviction");
    for (const uid of [1, 2, 3]) keep(store, id, uid);
    store.messages.remove(id, [1]);
    assert.deepEqual(left(directory), theirs, "expunge");
    store.messages.renumber(id, 8, []);
    assert.deepEqual(left(directory), theirs, "UIDVALIDITY");
    store.messages.put(id, [message(1)]);
    keep(store, id, 1);
    store.mailboxes.retainOnly([]);
    assert.deepEqual(left(directory), theirs, "the folder is gone");
    assert.deepEqual(readdirSync(join(directory, "cur")).sort(), [
      ".hidden",
      "1700000000.M1P2.laptop:2,S",
      "sub",
    ]);
  });

  test("outlive a cache that is built anew", (t) => {
    const dir = scratch(t);
    const { store, id } = cachedIn(
      openStore({ cacheDir: join(dir, "cache"), stateDir: join(dir, "state") }),
      3,
    );
    const directory = store.mailboxes.directory(id);
    put(directory);
    store.close();
    for (const log of ["-wal", "-shm"]) rmSync(join(dir, "cache", `index.sqlite${log}`), { force: true });
    writeFileSync(join(dir, "cache", "index.sqlite"), "this is no database");
    const again = storeIn(t, dir);
    assert.equal(again.mailboxes.byPath("INBOX"), null);
    assert.deepEqual(left(directory), theirs);
    assert.equal(readdirSync(join(directory, "cur")).filter((name) => name.includes("postern")).length, 0);
  });

  test("go along where a folder is renamed, as they lie among the messages", (t) => {
    const { store, id } = cached(t, 1);
    const directory = store.mailboxes.directory(id);
    put(directory);
    store.mailboxes.put({ path: "Box", name: "Box", delimiter: "/", attributes: [] });
    const box = store.mailboxes.byPath("Box")?.id ?? assert.fail();
    store.mailboxes.setState(box, { uidValidity: 7 });
    store.messages.put(box, [message(1)]);
    keep(store, box, 1);
    const from = store.mailboxes.directory(box);
    put(from);
    store.mailboxes.rename("Box", "Chest");
    const to = store.mailboxes.directory(box);
    for (const name of theirs) assert.ok(existsSync(join(from, name)) || existsSync(join(to, name)), name);
    assert.equal(store.bodies.read(box, 1)?.toString(), "body 1");
  });
});

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Store } from "../../src/store/index.ts";
import { mailboxIn, message, messages, scratch, storeIn } from "./sample.ts";

function keepBody(store: Store, id: number, uid: number): string {
  store.messages.put(id, [message(uid)]);
  const writer = store.bodies.create(id, uid);
  writer.write(Buffer.from(`body ${uid}`));
  assert.ok(writer.commit());
  return store.bodies.path(id, uid) ?? assert.fail("no body");
}

describe("mailboxes", () => {
  test("keep what LIST told, and what it did not tell", (t) => {
    const { mailboxes } = storeIn(t, scratch(t));
    const row = { path: "Sent", name: "Sent", delimiter: "/", attributes: ["\\sent", "\\hasnochildren"] };
    const first = mailboxes.put({ ...row, messages: 5, unseen: 2 });
    assert.deepEqual(first, {
      id: first.id,
      path: "Sent",
      name: "Sent",
      delimiter: "/",
      attributes: ["\\hasnochildren", "\\sent"],
      uidValidity: 0,
      uidNext: 0,
      highestModSeq: "0",
      completeFrom: 0,
      complete: false,
      rows: 0,
      unread: 0,
      messages: 5,
      unseen: 2,
      mailboxId: null,
    });
    assert.deepEqual(mailboxes.put(row), first);
    assert.deepEqual(mailboxes.byPath("Sent"), first);
    assert.equal(mailboxes.put({ ...row, name: "Gesendet", attributes: [] }).name, "Gesendet");
    assert.equal(mailboxes.byPath("Nowhere"), null);
  });

  test("keep the state given and no other", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.mailboxes.setState(id, { uidNext: 4, completeFrom: 2, highestModSeq: "18446744073709551615" });
    store.mailboxes.setState(id, { messages: 3, unseen: null });
    store.mailboxes.setState(999, { messages: 3 });
    const {
      uidValidity,
      uidNext,
      highestModSeq,
      completeFrom,
      complete,
      messages: count,
      unseen,
    } = store.mailboxes.byId(id) ?? assert.fail();
    assert.deepEqual(
      [uidValidity, uidNext, highestModSeq, completeFrom, complete, count, unseen],
      [7, 4, "18446744073709551615", 2, false, 3, null],
    );
  });

  test("have a directory each, whatever their names", (t) => {
    const store = storeIn(t, scratch(t));
    const paths = [
      "a/b",
      "a.b",
      "A/B",
      "A/b",
      "",
      "..",
      "../../x",
      "INBOX/cur",
      "INBOX",
      "x".repeat(500),
      "\xff\x1b[",
    ];
    const directories = paths.map((path, index) => {
      const delimiter = path === "a.b" ? "." : index === 3 ? null : "/";
      const { id } = store.mailboxes.put({ path, name: path, delimiter, attributes: [] });
      return store.mailboxes.directory(id);
    });
    assert.equal(new Set(directories.map((directory) => directory.toLowerCase())).size, paths.length);
    const root = join(directories[8] ?? "", "..");
    for (const directory of directories) assert.ok(directory.startsWith(`${root}/`), directory);
    for (const path of paths) assert.equal(store.mailboxes.byPath(path)?.path, path);
  });

  test("a new UIDVALIDITY drops messages and our files, and no one else's", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    const own = keepBody(store, id, 1);
    const foreign = [
      join(store.mailboxes.directory(id), "cur", "1700000000.M1P2.host,U=1:2,S"),
      join(store.mailboxes.directory(id), "new", "hello"),
    ];
    for (const path of foreign) writeFileSync(path, "theirs");
    store.messages.renumber(id, 8, []);
    assert.equal(store.mailboxes.byId(id)?.uidValidity, 8);
    assert.equal(store.mailboxes.byId(id)?.uidNext, 0);
    assert.equal(store.messages.count(id), 0);
    assert.equal(existsSync(own), false);
    for (const path of foreign) assert.equal(readFileSync(path, "utf8"), "theirs");
    keepBody(store, id, 1);
  });

  test("those that LIST no longer has go, with our files and the directories that are then empty", (t) => {
    const store = storeIn(t, scratch(t));
    const [kept, gone, shared] = ["INBOX", "INBOX/Old", "Shared"].map((path) => mailboxIn(store, path).id);
    assert.ok(kept && gone && shared);
    for (const id of [kept, gone, shared]) keepBody(store, id, 1);
    const [keptPath, goneDirectory] = [store.bodies.path(kept, 1) ?? "", store.mailboxes.directory(gone)];
    const sharedDirectory = store.mailboxes.directory(shared);
    writeFileSync(join(sharedDirectory, "notes"), "theirs");
    store.mailboxes.retainOnly(["INBOX", "New"]);
    assert.deepEqual(
      store.mailboxes.all().map(({ path }) => path),
      ["INBOX"],
    );
    assert.ok(existsSync(keptPath));
    assert.ok(!existsSync(goneDirectory));
    assert.ok(!existsSync(join(sharedDirectory, "cur")));
    assert.equal(readFileSync(join(sharedDirectory, "notes"), "utf8"), "theirs");
    assert.equal(store.messages.count(gone), 0);
  });

  test("a rename takes messages, bodies and inferiors along", (t) => {
    const store = storeIn(t, scratch(t));
    const [top, below, other] = ["Work", "Work/Plans", "Workshop"].map((path) => mailboxIn(store, path).id);
    assert.ok(top && below && other);
    const oldPath = keepBody(store, below, 3);
    keepBody(store, top, 1);
    store.mailboxes.rename("Work", "Archive/W&APY-rk", "Archive/Wörk");
    assert.deepEqual(
      store.mailboxes.all().map(({ path, name }) => [path, name]),
      [
        ["Archive/W&APY-rk", "Archive/Wörk"],
        ["Archive/W&APY-rk/Plans", "Archive/Wörk/Plans"],
        ["Workshop", "Workshop"],
      ],
    );
    assert.equal(store.bodies.read(below, 3)?.toString(), "body 3");
    assert.equal(store.bodies.read(top, 1)?.toString(), "body 1");
    assert.ok(store.bodies.path(top, 1)?.includes("/Archive/W&APY-rk/cur/"));
    assert.ok(!existsSync(oldPath));
  });

  test("a rename into its own inferior, onto another, or of INBOX keeps the store whole", (t) => {
    const store = storeIn(t, scratch(t));
    const [one, two, inbox] = ["a", "b", "INBOX"].map((path) => mailboxIn(store, path).id);
    assert.ok(one && two && inbox);
    keepBody(store, one, 1);
    keepBody(store, two, 2);
    store.mailboxes.rename("a", "b");
    assert.equal(store.mailboxes.byPath("b")?.id, one);
    assert.equal(store.bodies.read(one, 1)?.toString(), "body 1");
    assert.equal(store.mailboxes.byId(two), null);
    store.mailboxes.rename("b", "b/c");
    assert.equal(store.bodies.read(one, 1)?.toString(), "body 1");
    store.mailboxes.rename("INBOX", "Old");
    assert.equal(store.mailboxes.byPath("INBOX")?.id, inbox);
    store.mailboxes.rename("missing", "x");
  });

  test("another program's maildir at the new place stays, and the bodies come back later", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store, "a");
    keepBody(store, id, 1);
    const theirs = join(store.mailboxes.directory(id), "..", "b", "cur");
    mkdirSync(theirs, { recursive: true });
    writeFileSync(join(theirs, "x"), "theirs");
    store.mailboxes.rename("a", "b");
    assert.equal(store.messages.get(id, 1)?.cached, false);
    assert.equal(readFileSync(join(theirs, "x"), "utf8"), "theirs");
    keepBody(store, id, 1);
    assert.equal(store.bodies.read(id, 1)?.toString(), "body 1");
  });

  test("rows for a mailbox that is gone are refused", (t) => {
    const store = storeIn(t, scratch(t));
    assert.throws(() => store.messages.put(5, messages(1)), { name: "StoreError", code: "gone" });
    assert.throws(() => store.mailboxes.directory(5), { name: "StoreError", code: "gone" });
  });
});

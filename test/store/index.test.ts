import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { connect } from "../../src/store/driver.ts";
import { openStore, StoreError } from "../../src/store/index.ts";
import { mailboxIn, message, messages, scratch, storeIn } from "./sample.ts";

function locations(directory: string) {
  return { cacheDir: join(directory, "cache"), stateDir: join(directory, "state") };
}

function hasCode(code: string) {
  return (error: unknown) => error instanceof StoreError && error.code === code && error.hint !== "";
}

/** What a bad disk does: the file is changed, and no log beside it can mend it. */
function overwrite(path: string, content: string | Buffer): void {
  for (const log of [`${path}-wal`, `${path}-shm`]) rmSync(log, { force: true });
  writeFileSync(path, content);
}

function execute(path: string, sql: string): void {
  const connection = connect(path);
  connection.exec(sql);
  connection.close();
}

describe("the store on disk", () => {
  test("is readable by its owner alone", (t) => {
    const directory = scratch(t);
    mkdirSync(join(directory, "state"), { mode: 0o755 });
    const store = storeIn(t, directory);
    const { id } = mailboxIn(store, "Work/Plans");
    store.messages.put(id, [message(1)]);
    const writer = store.bodies.create(id, 1);
    writer.write(Buffer.from("x"));
    writer.commit();
    store.journal.append({ kind: "test", payload: "{}" });
    const all = readdirSync(directory, { recursive: true, withFileTypes: true });
    assert.ok(all.length > 10);
    for (const entry of all) {
      const path = join(entry.parentPath, entry.name);
      assert.equal(statSync(path).mode & 0o777, entry.isDirectory() ? 0o700 : 0o600, path);
    }
  });

  test("is there again after closing", (t) => {
    const directory = scratch(t);
    const first = openStore(locations(directory));
    const { id } = mailboxIn(first);
    first.messages.put(id, messages(3));
    first.meta.set("capabilities", "IDLE");
    first.journal.append({ kind: "flag", payload: "{}" });
    first.close();
    const second = storeIn(t, directory);
    assert.equal(second.messages.count(id), 3);
    assert.equal(second.meta.get("capabilities"), "IDLE");
    assert.equal(second.meta.get("missing"), null);
    assert.equal(second.journal.pending().length, 1);
  });

  for (const [what, damage] of [
    [
      "damaged",
      (path: string) => overwrite(path, "no database at all, and long enough to be read ".repeat(100)),
    ],
    ["newer", (path: string) => execute(path, "PRAGMA user_version = 999")],
  ] as const) {
    test(`a ${what} index is moved aside and made anew; the journal and others' files stay`, (t) => {
      const directory = scratch(t);
      const first = openStore(locations(directory));
      const { id } = mailboxIn(first);
      first.messages.put(id, messages(3));
      const writer = first.bodies.create(id, 1);
      writer.write(Buffer.from("body"));
      writer.commit();
      const own = first.bodies.path(id, 1) ?? "";
      const foreign = join(first.mailboxes.directory(id), "cur", "1.other.host:2,S");
      writeFileSync(foreign, "not ours");
      first.journal.append({ kind: "flag", payload: "{}" });
      first.close();
      damage(join(directory, "cache", "index.sqlite"));
      const second = storeIn(t, directory);
      assert.deepEqual(second.mailboxes.all(), []);
      assert.equal(second.journal.pending().length, 1);
      assert.ok(existsSync(join(directory, "cache", "index.sqlite.aside")));
      assert.ok(!existsSync(own));
      assert.equal(readFileSync(foreign, "utf8"), "not ours");
    });
  }

  test("damage found while reading is an error now and a new index at the next start", (t) => {
    const directory = scratch(t);
    const first = openStore(locations(directory));
    const { id } = mailboxIn(first);
    first.messages.put(id, messages(2000));
    first.close();
    const path = join(directory, "cache", "index.sqlite");
    execute(path, "PRAGMA wal_checkpoint(TRUNCATE)");
    const content = readFileSync(path);
    content.fill(0xa5, 4096 * 48);
    overwrite(path, content);
    const second = openStore(locations(directory));
    assert.throws(() => second.messages.identities(id), hasCode("corrupt"));
    second.close();
    const third = storeIn(t, directory);
    assert.deepEqual(third.mailboxes.all(), []);
  });

  test("a damaged or newer journal is left alone and says so", (t) => {
    for (const [code, damage] of [
      ["newer-version", (path: string) => execute(path, "PRAGMA user_version = 999")],
      ["corrupt", (path: string) => overwrite(path, "precious ".repeat(1000))],
    ] as const) {
      const directory = scratch(t);
      openStore(locations(directory)).close();
      const path = join(directory, "state", "journal.sqlite");
      damage(path);
      const before = readFileSync(path);
      assert.throws(() => openStore(locations(directory)), hasCode(code));
      assert.deepEqual(readFileSync(path), before);
    }
  });

  test("a place that cannot be written is a permission error", { skip: process.getuid?.() === 0 }, (t) => {
    const directory = scratch(t);
    chmodSync(directory, 0o500);
    assert.throws(() => openStore(locations(directory)), hasCode("permission"));
  });

  test("a cache directory that is a file is an error, not a crash", (t) => {
    const directory = scratch(t);
    writeFileSync(join(directory, "cache"), "");
    assert.throws(() => openStore(locations(directory)), StoreError);
  });

  test("a closed store says so", (t) => {
    const store = openStore(locations(scratch(t)));
    store.close();
    assert.throws(() => store.mailboxes.all(), hasCode("closed"));
  });

  test("a transaction is all or nothing", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    assert.throws(() =>
      store.transaction(() => {
        store.messages.put(id, messages(3));
        throw new Error("stop");
      }),
    );
    assert.equal(store.messages.count(id), 0);
    store.transaction(() => store.messages.put(id, messages(3)));
    assert.equal(store.messages.count(id), 3);
  });

  test("the change counter moves when another process writes, and not by our own writing", (t) => {
    const directory = scratch(t);
    const [one, two] = [storeIn(t, directory), storeIn(t, directory)];
    const { id } = mailboxIn(one);
    const before = one.changeCounter();
    one.messages.put(id, messages(1));
    assert.equal(one.changeCounter(), before);
    two.messages.put(id, messages(2));
    assert.notEqual(one.changeCounter(), before);
    const settled = one.changeCounter();
    mailboxIn(two);
    two.meta.set("a", "b");
    assert.notEqual(one.changeCounter(), settled);
    const quiet = one.changeCounter();
    mailboxIn(two);
    two.meta.set("a", "b");
    two.messages.setFlags(id, [{ uid: 1, flags: ["\\Seen"] }]);
    assert.equal(one.changeCounter(), quiet);
  });
});

import assert from "node:assert/strict";
import {
  existsSync,
  readdirSync,
  readlinkSync,
  renameSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, test } from "node:test";
import { openStore, StoreError } from "../../src/store/index.ts";
import { flagLetters } from "../../src/store/maildir.ts";
import { files, keep, mailboxIn, message, messages, scratch, storeIn } from "./sample.ts";

describe("bodies", () => {
  test("are streamed into a maildir that other programs can read", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, [
      message(42, { flags: ["\\Seen", "$Junk", "\\Answered"], internalDate: 1_700_000_000_999 }),
    ]);
    const writer = store.bodies.create(id, 42);
    writer.write(Buffer.from("Subject: x\r\n"));
    writer.write(Buffer.alloc(0));
    writer.write(Buffer.from("\r\nbody\r\n"));
    assert.equal(store.bodies.path(id, 42), null);
    assert.deepEqual(files(store, id), []);
    assert.equal(writer.commit(), true);
    writer.abort();
    assert.match(files(store, id)[0] ?? "", /^1700000000\.postern_7_42\.[A-Za-z0-9.-]+,U=42:2,RS$/);
    assert.equal(store.bodies.read(id, 42)?.toString(), "Subject: x\r\n\r\nbody\r\n");
    assert.equal(store.messages.get(id, 42)?.cached, true);
    assert.deepEqual(readdirSync(store.mailboxes.directory(id)).sort(), ["cur", "new", "tmp"]);
    assert.deepEqual([files(store, id, "new"), files(store, id, "tmp")], [[], []]);
  });

  test("leave no file open where the index is closed while one is being opened", {
    skip: existsSync("/proc/self/fd") ? false : "no /proc here",
  }, async (t) => {
    const directory = scratch(t);
    const places = { cacheDir: join(directory, "cache"), stateDir: join(directory, "state") };
    const store = openStore(places);
    const { id } = mailboxIn(store);
    store.messages.put(id, [message(1)]);
    const path = keep(store, id, 1);
    const opening = store.bodies.open(id, 1);
    store.close();
    await assert.rejects(opening, StoreError);
    const open = readdirSync("/proc/self/fd").flatMap((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return [];
      }
    });
    assert.ok(!open.includes(path));
  });

  test("flags are the letters of the maildir rules, sorted", () => {
    const all = [
      "\\Seen",
      "\\Deleted",
      "\\Draft",
      "\\ANSWERED",
      "\\Flagged",
      "\\Recent",
      "$Forwarded",
      "\\Seen",
    ];
    assert.equal(flagLetters(all), "DFPRST");
    assert.equal(flagLetters([]), "");
    assert.equal(flagLetters(["constructor", "__proto__"]), "");
  });

  test("an aborted body leaves nothing, and neither does one of a message that has gone", (t) => {
    const directory = scratch(t);
    const store = storeIn(t, directory);
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(2));
    const aborted = store.bodies.create(id, 1);
    aborted.write(Buffer.from("x"));
    aborted.abort();
    aborted.abort();
    assert.throws(() => aborted.write(Buffer.from("y")), { code: "bug" });
    const gone = store.bodies.create(id, 2);
    storeIn(t, directory).messages.remove(id, [2]);
    assert.equal(gone.commit(), false);
    const outdated = store.bodies.create(id, 1);
    store.messages.renumber(id, 8, []);
    store.messages.put(id, messages(1));
    assert.equal(outdated.commit(), false);
    assert.throws(() => store.bodies.create(id, 77), { code: "gone" });
    assert.equal(store.messages.get(id, 1)?.cached, false);
    keep(store, id, 1);
    assert.deepEqual(files(store, id, "tmp"), []);
    assert.equal(files(store, id).length, 1);
  });

  test("storing a message again replaces it", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(1));
    keep(store, id, 1, "first");
    keep(store, id, 1, "second");
    store.messages.put(id, [message(1, { internalDate: 1000 })]);
    keep(store, id, 1, "third");
    assert.equal(store.bodies.read(id, 1)?.toString(), "third");
    assert.equal(files(store, id).length, 1);
  });

  test("files follow the flags, also when another program renamed or deleted them", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(
      id,
      messages(3).map((m) => ({ ...m, flags: [] })),
    );
    const paths = [1, 2, 3].map((uid) => keep(store, id, uid));
    const [, second, third] = paths.map((path) => basename(path));
    const cur = dirname(paths[0] ?? "");
    renameSync(join(cur, second ?? ""), join(cur, "..", "new", (second ?? "").replace(/:2,.*/, "")));
    unlinkSync(join(cur, third ?? ""));
    store.messages.setFlags(
      id,
      [1, 2, 3, 4].map((uid) => ({ uid, flags: ["\\Flagged", "\\Seen"] })),
    );
    assert.deepEqual(
      files(store, id).map((name) => name.replace(/^.*,/, "")),
      ["FS", "FS"],
    );
    assert.deepEqual(
      [1, 2, 3].map((uid) => store.messages.get(id, uid)?.cached),
      [true, true, false],
    );
    store.messages.put(id, [message(1, { flags: ["\\Draft"] })]);
    assert.match(store.bodies.path(id, 1) ?? "", /:2,D$/);
    assert.equal(store.bodies.read(id, 2)?.toString(), "body 2");
  });

  test("a file renamed by another program is found, a deleted one forgotten, a torn one dropped", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(3));
    const [one, two, three] = [1, 2, 3].map((uid) => keep(store, id, uid));
    assert.ok(one && two && three);
    renameSync(one, one.replace(/:2,.*$/, ":2,FRSab"));
    unlinkSync(two);
    truncateSync(three, 2);
    assert.equal(store.bodies.read(id, 1)?.toString(), "body 1");
    assert.match(store.bodies.path(id, 1) ?? "", /:2,FRSab$/);
    assert.equal(store.bodies.read(id, 2), null);
    assert.equal(store.bodies.path(id, 3), null);
    assert.equal(existsSync(three), false);
    assert.deepEqual(
      store.messages
        .window(id, { sort: "arrival", descending: false, offset: 0, limit: 9 })
        .map((m) => m.cached),
      [true, false, false],
    );
    keep(store, id, 3);
  });

  test("removing messages deletes their files and no others", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(3));
    const [one] = [1, 2, 3].map((uid) => keep(store, id, uid));
    assert.ok(one);
    renameSync(one, one.replace(/:2,.*$/, ":2,T"));
    writeFileSync(join(dirname(one), "1.x.host,U=2:2,"), "theirs");
    store.messages.remove(id, [1, 2]);
    assert.equal(files(store, id).length, 2);
    assert.equal(store.bodies.read(id, 3)?.toString(), "body 3");
  });

  test("parts are kept beside the message, and go with it", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.bodies.putPart(id, 1, "1", Buffer.from("lost"));
    store.messages.put(id, messages(1));
    assert.equal(store.bodies.getPart(id, 1, "1"), null);
    const raw = Buffer.from([0, 255, 13, 10]);
    store.bodies.putPart(id, 1, "1.2", raw);
    store.bodies.putPart(id, 1, "1", Buffer.alloc(0));
    store.bodies.putPart(id, 1, "1.2", raw);
    assert.deepEqual(store.bodies.getPart(id, 1, "1.2"), raw);
    assert.equal(store.bodies.getPart(id, 1, "1")?.length, 0);
    store.messages.remove(id, [1]);
    store.messages.put(id, messages(1));
    assert.equal(store.bodies.getPart(id, 1, "1.2"), null);
  });

  test("trimming forgets what was read longest ago, down to the size allowed", async (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(4));
    t.mock.timers.enable({ apis: ["Date"], now: Date.now() - 86_400_000 });
    for (const uid of [1, 2, 3]) keep(store, id, uid, "x".repeat(100));
    store.bodies.putPart(id, 4, "1", Buffer.alloc(50));
    t.mock.timers.tick(43_200_000);
    store.bodies.read(id, 1);
    store.bodies.getPart(id, 4, "1");
    assert.equal(store.bodies.size(), 350);
    assert.equal(store.bodies.trim(350), 0);
    assert.equal(store.bodies.trim(200), 200);
    assert.deepEqual(
      [1, 2, 3].map((uid) => store.bodies.path(id, uid) !== null),
      [true, false, false],
    );
    assert.equal(files(store, id).length, 1);
    assert.equal(store.bodies.trim(0), 150);
    assert.equal(store.bodies.getPart(id, 4, "1"), null);
    assert.equal(store.messages.count(id), 4);
  });

  test("what a killed process left in tmp/ goes after a day and a half", (t) => {
    const directory = scratch(t);
    const first = storeIn(t, directory);
    const { id } = mailboxIn(first);
    first.messages.put(id, messages(2));
    keep(first, id, 1);
    const tmp = join(first.mailboxes.directory(id), "tmp");
    for (const [name, hours] of [
      ["1.postern_7_5.h,U=5.99_0", 40],
      ["1.postern_7_6.h,U=6.99_1", 1],
      ["foreign", 99],
    ] as const) {
      writeFileSync(join(tmp, name), "");
      const then = Date.now() / 1000 - hours * 3600;
      utimesSync(join(tmp, name), then, then);
    }
    keep(storeIn(t, directory), id, 2);
    assert.deepEqual(files(first, id, "tmp"), ["1.postern_7_6.h,U=6.99_1", "foreign"]);
  });
});

import assert from "node:assert/strict";
import { existsSync, readdirSync, unlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import type { Renumbered, Store } from "../../src/store/index.ts";
import { mailboxIn, message, messages, scratch, storeIn } from "./sample.ts";

function keep(store: Store, id: number, uid: number): string {
  const writer = store.bodies.create(id, uid);
  writer.write(Buffer.from(`body ${uid}`));
  assert.ok(writer.commit());
  return store.bodies.path(id, uid) ?? assert.fail("no body");
}

const found = (from: number, uid: number, over: Partial<Renumbered> = {}): Renumbered => ({
  from,
  uid,
  flags: [],
  modSeq: "0",
  internalDate: 1_700_000_000_000,
  emailId: null,
  ...over,
});

const body = (store: Store, id: number, uid: number) => store.bodies.read(id, uid)?.toString();

describe("new UIDs", () => {
  test("take rows, structures, parts and bodies along, also where old and new UIDs cross", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(4));
    const old = [1, 2, 3, 4].map((uid) => keep(store, id, uid));
    store.messages.setBodyStructure(id, 1, "{}");
    store.bodies.putPart(id, 1, "2", Buffer.from("part"));
    store.messages.renumber(id, 8, [
      found(1, 2, { flags: ["\\Seen"], modSeq: "5", emailId: "M1" }),
      found(2, 3),
      found(3, 1),
    ]);
    assert.deepEqual(store.messages.uids(id), [1, 2, 3]);
    assert.deepEqual(store.messages.get(id, 2), {
      ...message(1, { modSeq: "5", internalDate: 1_700_000_000_000, emailId: "M1" }),
      uid: 2,
      cached: true,
    });
    assert.deepEqual(
      [1, 2, 3].map((uid) => body(store, id, uid)),
      ["body 3", "body 1", "body 2"],
    );
    assert.equal(store.messages.bodyStructure(id, 2), "{}");
    assert.equal(store.bodies.getPart(id, 2, "2")?.toString(), "part");
    assert.match(basename(store.bodies.path(id, 2) ?? ""), /^1700000000\.postern_8_2\..*,U=2:2,S$/);
    for (const path of old) assert.ok(!existsSync(path), path);
    assert.deepEqual(readdirSync(join(store.mailboxes.directory(id), "tmp")), []);
    const { uidValidity, uidNext, highestModSeq } = store.mailboxes.byId(id) ?? assert.fail();
    assert.deepEqual([uidValidity, uidNext, highestModSeq], [8, 0, "0"]);
  });

  test("under the same UIDVALIDITY do not confuse files either", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    const internalDate = 1_700_000_000_000;
    store.messages.put(id, [message(1, { internalDate }), message(2, { internalDate })]);
    keep(store, id, 1);
    keep(store, id, 2);
    store.messages.renumber(id, 7, [found(1, 2), found(2, 1)]);
    assert.deepEqual([body(store, id, 1), body(store, id, 2)], ["body 2", "body 1"]);
  });

  test("leave others' files alone, and forget a body whose file is gone", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(2));
    unlinkSync(keep(store, id, 1));
    keep(store, id, 2);
    const theirs = join(store.mailboxes.directory(id), "cur", "1700000000.M1P2.host,U=1:2,S");
    writeFileSync(theirs, "theirs");
    store.messages.renumber(id, 8, [found(1, 11), found(2, 12), found(99, 13)]);
    assert.deepEqual(store.messages.uids(id), [11, 12]);
    assert.equal(store.messages.get(id, 11)?.cached, false);
    assert.equal(body(store, id, 12), "body 2");
    assert.ok(existsSync(theirs));
  });

  test("that fail half-way change no row", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(2));
    assert.throws(() => store.messages.renumber(id, 8, [found(1, 5), found(2, 5)]), { name: "StoreError" });
    assert.deepEqual(store.messages.uids(id), [1, 2]);
    assert.equal(store.mailboxes.byId(id)?.uidValidity, 7);
  });

  test("are looked for by what is known of each message", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, [message(1, { emailId: "M1" }), message(2, { messageId: null }), message(3)]);
    keep(store, id, 1);
    store.bodies.putPart(id, 3, "1", Buffer.from("x"));
    assert.deepEqual(
      store.messages.identities(id).map((m) => [m.uid, m.emailId, m.messageId, m.size, m.kept]),
      [
        [1, "M1", "<1@example.org>", 1001, true],
        [2, null, null, 1002, false],
        [3, null, "<3@example.org>", 1003, true],
      ],
    );
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { firstProvisionalUid, type SortKey, type WindowQuery } from "../../src/store/index.ts";
import { mailboxIn, message, messages, scratch, storeIn } from "./sample.ts";

function window(sort: SortKey, over: Partial<WindowQuery> = {}): WindowQuery {
  return { sort, descending: true, offset: 0, limit: 50, ...over };
}

describe("messages", () => {
  test("come back as they were stored", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    const full = message(1, {
      flags: ["$Forwarded", "\\Flagged", "\\Seen", "$Forwarded"],
      modSeq: "9223372036854775807",
      internalDate: -86_400_000,
      sentAt: null,
      subject: "Grüße 💌 \x1b[31m 'quoted' \"twice\"; DROP TABLE message",
      from: [
        { name: "Zoë", email: "zoe@example.org" },
        { name: "", email: "" },
      ],
      cc: [{ name: "a\nb", email: "c@example.org" }],
      messageId: null,
      inReplyTo: "<0@example.org>",
    });
    store.messages.put(id, [full]);
    const stored = { ...full, flags: ["$Forwarded", "\\Flagged", "\\Seen"], cached: false };
    assert.deepEqual(store.messages.get(id, 1), stored);
    assert.deepEqual(store.messages.window(id, window("date")), [stored]);
    assert.equal(store.messages.get(id, 2), null);
    assert.equal(store.messages.get(id + 1, 1), null);
  });

  test("whatever a server sends can be stored and read", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    const any = fc.string({ unit: "binary", maxLength: 300 });
    const numbers = fc.oneof(fc.double(), fc.maxSafeInteger(), fc.constantFrom(Number.NaN, 2 ** 63, -0));
    const people = fc.array(fc.record({ name: any, email: any }, { noNullPrototype: true }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(any, numbers, people, (text, value, from) => {
        const hostile = message(1, { subject: text, internalDate: value, size: value, sentAt: value, from });
        store.messages.put(id, [hostile]);
        const read = store.messages.get(id, 1);
        assert.equal(read?.subject, text.replaceAll("\0", "\uFFFD"));
        assert.deepEqual(read?.from, from);
        assert.ok(Number.isSafeInteger(read?.size));
      }),
      { numRuns: 200 },
    );
  });

  test("lone surrogates and very long texts do no harm", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, [
      message(1, { subject: "\ud800x" }),
      message(2, { subject: "y".repeat(1 << 20) }),
    ]);
    assert.equal(store.messages.get(id, 1)?.subject, "\uFFFDx");
    assert.equal(store.messages.get(id, 2)?.subject.length, 1 << 20);
  });

  test("a window is the sorted list's slice, for every order", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    const other = mailboxIn(store, "Other").id;
    const all = messages(200).map((m) => ({
      ...m,
      internalDate: m.internalDate - (m.uid % 7) * 10_000_000,
      size: (m.uid * 37) % 50,
      subject: `${m.uid % 2 ? "Re: " : "[x] "}Topic ${m.uid % 12}`,
    }));
    store.messages.put(id, all);
    store.messages.put(other, messages(10, 1000));
    const keys: Record<SortKey, (m: (typeof all)[number]) => number | string> = {
      arrival: (m) => m.uid,
      date: (m) => m.internalDate,
      size: (m) => m.size,
      from: (m) => m.from[0]?.name.toLowerCase() ?? "",
      subject: (m) => `topic ${m.uid % 12}`,
    };
    const chosen = all.filter((m) => m.uid % 3 === 0).map((m) => m.uid);
    for (const [sort, key] of Object.entries(keys) as [SortKey, (typeof keys)[SortKey]][]) {
      const sorted = [...all].sort((a, b) => {
        const [ka, kb] = [key(a), key(b)];
        return ka < kb ? -1 : ka > kb ? 1 : a.uid - b.uid;
      });
      for (const descending of [false, true]) {
        const order = (descending ? sorted.toReversed() : sorted).map((m) => m.uid);
        const query = window(sort, { descending, offset: 30, limit: 20 });
        for (const offset of [0, 30, 90, 160, 185, 300]) {
          const read = store.messages.window(id, { ...query, offset }).map((m) => m.uid);
          assert.deepEqual(read, order.slice(offset, offset + 20), `${sort} ${offset}`);
        }
        for (const uid of [1, 77, 120, 200])
          assert.equal(store.messages.position(id, uid, query), order.indexOf(uid));
        const among = order.filter((uid) => chosen.includes(uid));
        const few = { ...query, offset: 5, uids: chosen };
        assert.deepEqual(
          store.messages.window(id, few).map((m) => m.uid),
          among.slice(5, 25),
        );
        assert.equal(store.messages.position(id, 99, few), among.indexOf(99));
        assert.equal(store.messages.position(id, 1, few), -1);
      }
    }
    assert.equal(store.messages.position(id, 5000, window("date")), -1);
    assert.equal(store.messages.window(id, window("date", { limit: 500 })).length, 200);
    assert.deepEqual(store.messages.window(id, window("date", { offset: 200 })), []);
    assert.deepEqual(store.messages.window(id, window("date", { limit: 0 })), []);
  });

  test("are counted, listed and removed by UID", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    assert.deepEqual(store.messages.uids(id), []);
    store.messages.put(id, [message(4_294_967_295), ...messages(9)]);
    assert.deepEqual(store.messages.uids(id), [1, 2, 3, 4, 5, 6, 7, 8, 9, 4_294_967_295]);
    assert.equal(store.messages.count(id), 10);
    assert.equal(store.messages.count(id, [2, 3, 77]), 2);
    assert.equal(store.messages.unread(id), 4);
    store.messages.remove(id, [2, 4, 4_294_967_295, 50]);
    assert.deepEqual(store.messages.uids(id), [1, 3, 5, 6, 7, 8, 9]);
    assert.equal(store.messages.unread(id), 2);
  });

  test("are counted right whatever is done to them", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    const other = mailboxIn(store, "Other").id;
    const uid = fc.integer({ min: 1, max: 12 }).map((n) => (n > 10 ? firstProvisionalUid + n : n));
    const step = fc.oneof(
      fc.record({ kind: fc.constant("put"), uid, seen: fc.boolean() }),
      fc.record({ kind: fc.constant("flag"), uid, seen: fc.boolean() }),
      fc.record({ kind: fc.constant("remove"), uid, seen: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        for (const { kind, uid, seen } of steps) {
          const flags = seen ? ["\\seen"] : [];
          if (kind === "put") store.messages.put(id, [message(uid, { flags, modSeq: "0" })]);
          else if (kind === "flag") store.messages.setFlags(id, [{ uid, flags }]);
          else store.messages.remove(id, [uid]);
        }
        const rows = store.messages.window(id, window("arrival"));
        const mailbox = store.mailboxes.byId(id);
        assert.deepEqual(
          [mailbox?.rows, mailbox?.unread, store.messages.serverCount(id)],
          [
            rows.length,
            rows.filter(({ flags }) => flags.length === 0).length,
            rows.filter(({ uid }) => uid < firstProvisionalUid).length,
          ],
        );
        assert.equal(store.messages.count(other), 0);
      }),
    );
  });

  test("tell their UIDs as ranges, piece by piece", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    assert.deepEqual([...store.messages.uidRanges(id)], []);
    assert.equal(store.messages.uidBounds(id), null);
    store.messages.put(id, [message(firstProvisionalUid)]);
    assert.equal(store.messages.uidBounds(id), null);
    store.messages.put(id, [...messages(10_003, 5), ...messages(2, 20_000), message(4_294_967_295)]);
    assert.deepEqual(
      [...store.messages.uidRanges(id)],
      [
        [[5, 10_004]],
        [
          [10_005, 10_007],
          [20_000, 20_001],
          [4_294_967_295, 4_294_967_295],
        ],
      ],
    );
    assert.deepEqual(store.messages.uidBounds(id), [5, 4_294_967_295]);
    assert.equal(store.messages.uidFromEnd(id, 0), 4_294_967_295);
    assert.equal(store.messages.uidFromEnd(id, 3), 10_007);
    assert.equal(store.messages.uidFromEnd(id, 10_006), null);
    const ranges = [
      [1, 7],
      [10_007, 30_000],
    ] as const;
    assert.deepEqual(store.messages.uidsWithin(id, ranges, 100), [5, 6, 7, 10_007, 20_000, 20_001]);
    assert.deepEqual(store.messages.uidsWithin(id, ranges, 2), [5, 6]);
    assert.deepEqual(store.messages.uidsWithin(id, [], 2), []);
  });

  test("stay as they are where what comes is older", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, [message(1, { modSeq: "10", flags: ["\\Flagged"] })]);
    store.messages.put(id, [message(1, { modSeq: "9", flags: [] })]);
    store.messages.setFlags(id, [{ uid: 1, flags: [], modSeq: "9" }]);
    assert.deepEqual(store.messages.get(id, 1)?.flags, ["\\Flagged"]);
    // Without a mod-sequence nothing tells which is older.
    store.messages.setFlags(id, [{ uid: 1, flags: ["\\Seen"] }]);
    assert.deepEqual(store.messages.get(id, 1)?.flags, ["\\Seen"]);
    assert.equal(store.messages.get(id, 1)?.modSeq, "10");
    store.messages.put(id, [message(1, { modSeq: "9223372036854775807", flags: [] })]);
    store.messages.setFlags(id, [{ uid: 1, flags: ["\\Seen"], modSeq: "9223372036854775806" }]);
    assert.deepEqual(store.messages.get(id, 1)?.flags, []);
  });

  test("take new flags, and keep their MODSEQ where none is told", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(3));
    store.messages.setFlags(id, [
      { uid: 1, flags: [] },
      { uid: 2, flags: ["\\seen", "$Label1"], modSeq: "99" },
      { uid: 44, flags: ["\\Seen"] },
    ]);
    assert.deepEqual(store.messages.get(id, 1)?.flags, []);
    assert.equal(store.messages.get(id, 1)?.modSeq, "1");
    assert.deepEqual(store.messages.get(id, 2)?.flags, ["$Label1", "\\seen"]);
    assert.equal(store.messages.get(id, 2)?.modSeq, "99");
    assert.equal(store.messages.unread(id), 1);
    store.messages.setFlags(id, [{ uid: 2, flags: ["$Label1", "\\seen"], modSeq: "100" }]);
    assert.equal(store.messages.get(id, 2)?.modSeq, "100");
  });

  test("keep the first and the newest of very many references", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    const references = Array.from({ length: 500 }, (_, n) => `<${n}@example.org>`);
    store.messages.put(id, [message(1, { references, threadId: "T1" }), message(2)]);
    const kept = store.messages.get(id, 1);
    const [first, ...newest] = kept?.references ?? [];
    assert.equal(first, references[0]);
    assert.deepEqual(newest, references.slice(-newest.length));
    assert.ok((kept?.references.length ?? 0) > 50);
    assert.equal(kept?.threadId, "T1");
    assert.deepEqual(store.messages.get(id, 2)?.references, []);
  });

  test("a message whose UID is not known yet is no message of the server's", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, [message(3), message(firstProvisionalUid), message(4_294_967_295)]);
    assert.deepEqual(store.messages.uids(id), [3, 4_294_967_295]);
    assert.deepEqual(
      store.messages.window(id, window("arrival")).map(({ uid }) => uid),
      [firstProvisionalUid, 4_294_967_295, 3],
    );
  });

  test("keep their structure until they go", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.setBodyStructure(id, 1, "{}");
    assert.equal(store.messages.bodyStructure(id, 1), null);
    store.messages.put(id, messages(1));
    store.messages.setBodyStructure(id, 1, '{"kind":"part"}');
    store.messages.put(id, [message(1, { flags: [] })]);
    assert.equal(store.messages.bodyStructure(id, 1), '{"kind":"part"}');
    store.messages.remove(id, [1]);
    store.messages.put(id, messages(1));
    assert.equal(store.messages.bodyStructure(id, 1), null);
  });
});

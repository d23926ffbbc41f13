// The full text of what is cached: found by its words, gone with its message, and never a claim about what is not here.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type Condition, type Store, searchable, type TextToIndex } from "../../src/store/index.ts";
import { assertCheaper } from "../cost.ts";
import { mailboxIn, message, messages, scratch, storeIn } from "./sample.ts";

const nothing: TextToIndex = { fields: null, body: "", whole: false, files: [], attached: null };

let sections = 0;

/** Puts a text into the index, as if the message were cached. */
function index(
  store: Store,
  mailboxId: number,
  uid: number,
  text: Partial<TextToIndex> & { body: string },
): void {
  store.bodies.putPart(mailboxId, uid, String(++sections), Buffer.from("any"));
  const entry = store.fullText.waiting(100).find((waiting) => waiting.uid === uid);
  assert.ok(entry);
  store.fullText.put([
    [entry, { ...nothing, fields: [], whole: true, attached: [], ...text, body: searchable(text.body) }],
  ]);
}

const body = (text: string): Condition => ({ kind: "words", where: "body", text });
const not = (of: Condition): Condition => ({ kind: "not", of });

describe("words", () => {
  const text =
    "The engine-room is full of naïve people, said he; 灯台の機関室で火事です。한국어를 배웁니다 สวัสดีครับ 🎉 C3PO $100";
  for (const [query, found] of [
    ["engine", true],
    ["eng", true],
    ["ENGINE ROOM", true],
    ["engine-room", true],
    ["room engine", false],
    ["gine", false],
    ["naive", true],
    ["NAÏVE", true],
    ["people said", true],
    ["灯台", true],
    ["台の", true],
    ["機関室で火", true],
    ["室機", false],
    ["국어", true],
    ["배웁", true],
    ["สวัส", true],
    ["ครับ", true],
    ["🎉", true],
    ["c3p", true],
    ["100", true],
    ["soft\u00adhyphen", false],
  ] as const) {
    test(`${query} is ${found ? "" : "not "}found`, (t) => {
      const store = storeIn(t, scratch(t));
      const { id } = mailboxIn(store);
      store.messages.put(id, [message(1)]);
      index(store, id, 1, { body: text });
      assert.deepEqual(store.search.prepare(id, body(query)).among([1]), {
        sure: found ? [1] : [],
        unknown: [],
      });
    });
  }

  test("any text can be looked for, and is found in itself from the beginning of any of its words", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    let uid = 0;
    const piece = fc.oneof(
      fc.constantFrom(
        "engine",
        "AND",
        "OR",
        "NOT",
        "NEAR(",
        '"',
        "*",
        "^",
        ":",
        "body:",
        "-",
        "'",
        "灯台",
        "é",
        "ﬁ",
        "İ",
        "\u0301",
        "ＡＢ",
        "ก็",
      ),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 4 }),
      fc.string({ unit: "binary", minLength: 1, maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), fc.nat(7), (pieces, from) => {
        uid++;
        store.messages.put(id, [message(uid)]);
        index(store, id, uid, { body: pieces.join(" ") });
        const { sure, unknown } = store.search
          .prepare(id, body(pieces.slice(from % pieces.length).join(" ")))
          .among([uid]);
        assert.equal(sure.length + unknown.length, 1, JSON.stringify(pieces));
        for (const where of ["files", "anywhere"] as const)
          store.search
            .prepare(id, { kind: "words", where, text: pieces.join(" "), scattered: true })
            .among([uid]);
        store.search.prepare(id, { kind: "field", name: "x", text: pieces.join(" ") }).among([uid]);
        store.search
          .prepare(id, { kind: "contains", column: "subject", text: pieces.join(" ") })
          .among([uid]);
      }),
      { numRuns: 300 },
    );
  });
});

test("what is cached waits to be indexed, whoever cached it; what is indexed whole does not wait again", (t) => {
  const store = storeIn(t, scratch(t));
  const { id } = mailboxIn(store);
  store.messages.put(id, messages(3));
  const waiting = () => store.fullText.waiting(10).map(({ uid }) => uid);
  assert.deepEqual(waiting(), []);
  const writer = store.bodies.create(id, 1);
  writer.write(Buffer.from("Subject: x\r\n\r\ny"));
  writer.commit();
  store.bodies.putPart(id, 2, "1", Buffer.from("z"));
  store.messages.setBodyStructure(id, 3, "{}");
  assert.deepEqual(waiting(), [3, 2, 1]);
  index(store, id, 2, { body: "z" });
  assert.deepEqual(waiting(), [3, 1]);
  store.bodies.putPart(id, 2, "2", Buffer.from("z"));
  assert.deepEqual(waiting(), [3, 1], "all of it is there");
  store.messages.remove(id, [3]);
  assert.deepEqual(waiting(), [1]);
});

test("a beginning finds all words that have it, be they few or many; one or two letters are a word", (t) => {
  const store = storeIn(t, scratch(t));
  const { id } = mailboxIn(store);
  store.messages.put(id, messages(300));
  for (let uid = 1; uid <= 300; uid++)
    index(store, id, uid, {
      body: `engine part${uid} ${uid % 3 === 0 ? "ab" : "abc"} ${uid === 7 ? "parsec" : ""}`,
    });
  const found = (condition: Condition) => {
    const search = store.search.prepare(id, condition);
    const steps: number[][] = [];
    for (let below: number | null = Number.MAX_SAFE_INTEGER; below !== null; ) {
      const step = search.step(below, 70);
      assert.deepEqual(step.unknown, []);
      steps.push([...step.sure]);
      below = step.below;
    }
    const sure = steps.reverse().flat();
    assert.deepEqual(search.among(Array.from({ length: 300 }, (_, i) => i + 1)).sure, sure);
    return sure;
  };
  assert.equal(found(body("par")).length, 300);
  assert.equal(found(body("engine part")).length, 300);
  assert.equal(found(body("engine part2")).length, 111);
  assert.deepEqual(found(body("part29")), [29, 290, 291, 292, 293, 294, 295, 296, 297, 298, 299]);
  assert.deepEqual(found(not(body("pars"))).length, 299);
  assert.deepEqual(found(body("engine pars")), []);
  assert.equal(found(body("ab")).length, 100);
  assert.equal(found(body("abc")).length, 200);
  const apart: Condition = { kind: "words", where: "body", text: "par part1 engine", scattered: true };
  assert.equal(found(apart).length, 111);
});

test("text goes with its message, and stays when its body is evicted or its UID changes", (t) => {
  const store = storeIn(t, scratch(t));
  const { id } = mailboxIn(store);
  store.messages.put(id, messages(3));
  for (const uid of [1, 2, 3]) index(store, id, uid, { body: `engine ${uid}` });
  const found = () => store.search.prepare(id, body("engine")).step(Number.MAX_SAFE_INTEGER, 100).sure;
  store.bodies.trim(0);
  assert.deepEqual(found(), [1, 2, 3]);
  store.messages.remove(id, [2]);
  assert.deepEqual(found(), [1, 3]);
  const identity = { flags: [], modSeq: "1", internalDate: 0, emailId: null };
  store.messages.renumber(id, 8, [{ from: 3, uid: 30, ...identity }]);
  assert.deepEqual(found(), [30]);
  // An id that was used before has no words of the message that had it.
  store.messages.put(id, messages(3, 40));
  assert.deepEqual(found(), [30]);
  store.mailboxes.retainOnly([]);
  const again = mailboxIn(store);
  store.messages.put(again.id, messages(3));
  assert.deepEqual(store.search.prepare(again.id, body("engine")).among([1, 2, 3]), {
    sure: [],
    unknown: [1, 2, 3],
  });
});

test("less of a message does not replace more of it", (t) => {
  const store = storeIn(t, scratch(t));
  const { id } = mailboxIn(store);
  store.messages.put(id, [message(1)]);
  index(store, id, 1, { body: "part", whole: false });
  assert.deepEqual(store.search.prepare(id, body("engine")).among([1]), { sure: [], unknown: [1] });
  assert.deepEqual(store.search.prepare(id, not(body("part"))).among([1]), { sure: [], unknown: [] });
  index(store, id, 1, { body: "part engine", whole: true, attached: null });
  assert.deepEqual(store.search.prepare(id, body("engine")).among([1]).sure, [1]);
  store.messages.setBodyStructure(id, 1, "{}");
  const [entry] = store.fullText.waiting(1);
  assert.equal(entry, undefined, "what is attached is known from before");
});

test("flags, dates, sizes and texts of rows; a text that was cut may go on", (t) => {
  const store = storeIn(t, scratch(t));
  const { id } = mailboxIn(store);
  const many = Array.from({ length: 60 }, (_, n) => ({ name: "", email: `p${n}@example.org` }));
  store.messages.put(id, [
    message(1, { flags: ["\\Answered", "$Work", "Working"], subject: `${"x".repeat(3_000)} end`, to: many }),
    message(2, { flags: ["\\Seen"], subject: "Ärger mit 灯台", threadId: "T1" }),
    message(3, { flags: ["$HasAttachment"], inReplyTo: "<2@example.org>", references: ["<1@example.org>"] }),
  ]);
  const ask = (condition: Condition) => {
    const { sure, unknown } = store.search.prepare(id, condition).among([1, 2, 3]);
    return [sure, unknown];
  };
  const contains = (column: "subject" | "to" | "messageId" | "references", text: string) =>
    ask({ kind: "contains", column, text });
  assert.deepEqual(ask({ kind: "flag", flag: "$work" }), [[1], []]);
  assert.deepEqual(ask({ kind: "flag", flag: "\\seen" }), [[2], []]);
  assert.deepEqual(contains("subject", "arger MIT"), [[2], [1]]);
  assert.deepEqual(contains("subject", "台"), [[2], [1]]);
  assert.deepEqual(contains("to", "p3@"), [[1], []]);
  assert.deepEqual(contains("to", "p59@"), [[], [1]], "the list may have gone on");
  assert.deepEqual(contains("messageId", "<2@EXAMPLE"), [[2], []]);
  assert.deepEqual(contains("references", ""), [[3], []]);
  assert.deepEqual(ask({ kind: "since", at: message(2).internalDate }), [[2, 3], []]);
  assert.deepEqual(ask({ kind: "larger", octets: message(2).size }), [[3], []]);
  assert.deepEqual(ask({ kind: "threadId", id: "T1" }), [[2], [1, 3]]);
  assert.deepEqual(ask({ kind: "uids", uids: [3, 9] }), [[3], []]);
  assert.deepEqual(ask({ kind: "attached", type: "" }), [[3], [1, 2]], "a server has looked and flagged it");
  assert.deepEqual(ask({ kind: "and", of: [] }), [[1, 2, 3], []]);
  assert.deepEqual(ask({ kind: "or", of: [] }), [[], []]);
});

test("a search goes from the newest to the oldest in steps, and every message is in one of them", (t) => {
  const store = storeIn(t, scratch(t));
  const { id } = mailboxIn(store);
  const other = mailboxIn(store, "Other");
  // Row ids in another order than UIDs, and another mailbox's in between.
  for (const first of [201, 1, 101]) {
    store.messages.put(id, messages(100, first));
    store.messages.put(other.id, messages(50, first));
  }
  for (const uid of [5, 150, 299]) index(store, id, uid, { body: "engine" });
  index(store, other.id, 6, { body: "engine" });
  const steps: (readonly number[])[] = [];
  const unknown: number[] = [];
  for (let below: number | null = Number.MAX_SAFE_INTEGER; below !== null; ) {
    const step = store.search.prepare(id, body("engine")).step(below, 70);
    steps.push(step.sure);
    unknown.push(...step.unknown);
    below = step.below;
  }
  assert.deepEqual(steps, [[299], [], [150], [], [5]]);
  assert.equal(new Set(unknown).size, 297);
});

test("a search of 100,000 rows takes less than reading them", { timeout: 120_000 }, (t) => {
  const store = storeIn(t, scratch(t));
  const { id } = mailboxIn(store);
  store.transaction(() => {
    for (let first = 1; first < 100_000; first += 1_000) store.messages.put(id, messages(1_000, first));
  });
  const condition: Condition = {
    kind: "or",
    of: [
      { kind: "contains", column: "subject", text: "no such subject" },
      { kind: "contains", column: "from", text: "nobody" },
      body("nothing"),
    ],
  };
  const searching = () => {
    for (let below: number | null = Number.MAX_SAFE_INTEGER; below !== null; )
      below = store.search.prepare(id, condition).step(below, 5_000).below;
  };
  const reading = () => {
    for (let offset = 0; offset < 100_000; offset += 5_000)
      store.messages.window(id, { sort: "arrival", descending: true, offset, limit: 5_000 });
  };
  assertCheaper(searching, 0.5, reading, "a search beside reading");
});

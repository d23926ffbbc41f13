// Whatever bytes come: a value, or a refusal that stays in the response; in time that grows with their number.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { describeLiteral } from "../../src/imap/response/fetch.ts";
import { parseResponse } from "../../src/imap/response/response.ts";
import { SequenceMap } from "../../src/imap/sequence-map.ts";
import { MalformedError } from "../../src/imap/wire/reader.ts";
import { assertCheaper } from "../cost.ts";

const samples = [
  '* 1 FETCH (UID 5 FLAGS (\\Seen x) INTERNALDATE " 1-Jan-2023 00:00:00 +0000" ENVELOPE ("d" {1}\r\nx (("a" NIL "b" "c")) NIL NIL NIL NIL NIL NIL "<m>") MODSEQ (5))\r\n',
  '* 1 FETCH (BODYSTRUCTURE (("text" "plain" ("charset" "x") NIL NIL "7bit" 1 2 NIL ("inline" NIL))("message" "rfc822" NIL NIL NIL "7bit" 9 ("d" NIL NIL NIL NIL NIL NIL NIL NIL NIL) ("image" "png" NIL NIL NIL "base64" 3) 1) "mixed" ("boundary" "b") NIL ("en") NIL) BODY[HEADER.FIELDS ("A")]<0> {2}\r\n\r\n)\r\n',
  '* LIST (\\A \\B) "/" "x&AMQ-\\"" ("CHILDINFO" ("SUBSCRIBED"))\r\n',
  "* STATUS {1}\r\nx (MESSAGES 1 UIDNEXT 2 MAILBOXID (a))\r\n",
  '* ESEARCH (TAG "A1") UID MIN 1 ALL 1:3,5 COUNT 4 MODSEQ 6\r\n',
  "A1 OK [COPYUID 1 1:3,7 4:6,9] done\r\n",
  '* NAMESPACE (("" "/")("#" NIL "X" ("y"))) NIL NIL\r\n',
  "* VANISHED (EARLIER) 1:5,9\r\n",
  '* ID ("name" "x" "version" NIL)\r\n',
  "* OK [PERMANENTFLAGS (\\* \\Seen)] text\r\n",
].map((text) => Buffer.from(text, "latin1"));

const interesting = fc.oneof(
  fc.constantFrom(...Buffer.from('(){}[]<>"\\ \r\n~+-*09N\0\xff', "latin1")),
  fc.integer({ min: 0, max: 255 }),
);
const damaged = fc
  .tuple(
    fc.constantFrom(...samples),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom("put", "insert", "cut"), interesting), {
      minLength: 1,
      maxLength: 6,
    }),
  )
  .map(([sample, changes]) => {
    const bytes = [...sample];
    for (const [place, how, byte] of changes)
      bytes.splice(place % (bytes.length + 1), how === "insert" ? 0 : 1, ...(how === "cut" ? [] : [byte]));
    return Buffer.from(bytes);
  });

function readable(bytes: Buffer): boolean {
  try {
    parseResponse(bytes);
    return true;
  } catch (error) {
    if (error instanceof MalformedError) return false;
    throw error;
  }
}

describe("hostile bytes", () => {
  it("never do more harm than to their response", () => {
    fc.assert(
      fc.property(damaged, fc.nat(), (bytes, size) => {
        readable(bytes);
        describeLiteral(bytes, size);
      }),
      { numRuns: 5000 },
    );
  });

  it("take time in step with their number", () => {
    const texts = (n: number) => [
      `* SEARCH ${"7 ".repeat(n)}`,
      `* VANISHED ${Array.from({ length: n }, (_, i) => 2 * (n - i)).join(",")}`,
      `* 1 FETCH (ENVELOPE ${"(".repeat(n)}`,
      `* 1 FETCH (BODYSTRUCTURE ${'("'.repeat(n)})`,
      `* 1 FETCH (ENVELOPE (${'"a" b'.repeat(n)}) UID 1)`,
      `* 1 FETCH (${"X (".repeat(n)}`,
      `* 1 FETCH (${'X " '.repeat(n)}`,
      `* 1 FETCH (${"FLAGS (".repeat(n)}`,
      `* 1 FETCH (${"BODY[".repeat(n)}`,
      `* 1 FETCH (${"ENVELOPE 7 ".repeat(n / 10)})`,
      `* LIST (${"\\x ".repeat(n)}) "/" ${"&AMQ".repeat(n)}`,
      `a OK [${"COPYUID 1 ".repeat(n)}`,
      `a OK [COPYUID 1 ${"1,3,".repeat(n)}9 ${"4,2,".repeat(n)}8] x`,
    ];
    const few = texts(50_000);
    texts(300_000).forEach((text, i) => {
      // Six times as many may take some more than that; what grows with the square takes 36 times as long.
      const [less = Buffer.alloc(0), more = Buffer.alloc(0)] = [few[i] ?? "", text].map((one) =>
        Buffer.from(`${one}\r\n`, "latin1"),
      );
      assertCheaper(
        () => readable(more),
        18,
        () => readable(less),
        text.slice(0, 40),
        10,
      );
    });
  });
});

describe("sequence map", () => {
  it("agrees with a plain list, whatever happens", () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant("set" as const),
        seq: fc.integer({ min: 1, max: 40 }),
        uid: fc.integer({ min: 1, max: 99 }),
      }),
      fc.record({ do: fc.constant("expunge" as const), seq: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ do: fc.constant("vanish" as const), first: fc.integer({ min: 1, max: 99 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const map = new SequenceMap();
        map.prime([
          [3, 5],
          [10, 12],
        ]);
        let list: (number | null)[] = [3, 4, 5, 10, 11, 12];
        for (const s of steps) {
          if (s.do === "set") {
            map.set(s.seq, s.uid);
            while (list.length < s.seq) list.push(null);
            list[s.seq - 1] = s.uid;
          } else if (s.do === "expunge") {
            assert.equal(map.expunge(s.seq), list[s.seq - 1] ?? null);
            list.splice(s.seq - 1, 1);
          } else {
            map.vanish([[s.first, s.first + 5]]);
            list = list.filter((uid) => uid === null || uid < s.first || uid > s.first + 5);
          }
          for (let seq = 1; seq <= 45; seq++) assert.equal(map.uidOf(seq), list[seq - 1] ?? null);
        }
      }),
    );
  });

  it("holds no more than it is given, whatever is announced", () => {
    const before = process.memoryUsage().arrayBuffers;
    const map = new SequenceMap();
    map.set(4_000_000_000, 1);
    map.prime([[1, 4_294_967_295]]);
    assert.ok(process.memoryUsage().arrayBuffers - before < 64 << 20);
    assert.equal(map.uidOf(4_000_000_000), null);
  });
});

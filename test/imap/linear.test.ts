// Reading takes time in proportion to the size, for honest replies of a large mailbox and for hostile ones.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { limits } from "../../src/imap/limits.ts";
import { count } from "../../src/imap/uid-set.ts";
import { spending } from "../cost.ts";
import { type Checked, check } from "../replies/check.ts";

const messages = 100_000;
const numbers = (separator: string) =>
  Array.from({ length: messages }, (_, i) => 10_000_000 + 2 * i).join(separator);

/** Reads `text` in the pieces a network brings, and says how much of a processor's time that took, in ms. */
function reading(text: string): { checked: Checked; ms: number } {
  const bytes = Buffer.from(text, "latin1");
  const pieces = Array.from({ length: Math.ceil(bytes.length / 16_384) }, (_, i) =>
    bytes.subarray(i * 16_384, (i + 1) * 16_384),
  );
  const spent = spending();
  const checked = check(pieces);
  return { checked, ms: spent() };
}

/** What was read of one response, which must not take long. */
function one(text: string) {
  const { checked, ms } = reading(`${text}\r\n`);
  assert.deepEqual([checked.skipped, checked.ended], [[], null]);
  assert.ok(ms < 1500, `${ms.toFixed(0)} ms`);
  return checked.responses[0] ?? assert.fail();
}

describe("a mailbox of 100,000 messages", () => {
  it("VANISHED", () => {
    const response = one(`* VANISHED (EARLIER) ${numbers(",")}`);
    assert.ok(response.kind === "vanished" && count(response.uids) === messages);
  });

  it("SEARCH", () => {
    const response = one(`* SEARCH ${numbers(" ")}`);
    assert.ok(response.kind === "search" && response.all?.length === messages);
  });

  it("ESEARCH", () => {
    const response = one(`* ESEARCH (TAG "a") UID ALL ${numbers(",")}`);
    assert.ok(response.kind === "search" && response.all?.length === messages);
  });

  it("FETCH", () => {
    const row = (i: number) =>
      `* ${i} FETCH (UID ${i} FLAGS (\\Seen) INTERNALDATE " 1-Jan-2024 00:00:00 +0000" RFC822.SIZE ${i} ` +
      `ENVELOPE ("d" "subject ${i}" (("Ann" NIL "ann" "x.org")) NIL NIL (("Bob" NIL "bob" "y.org")) NIL NIL NIL "<${i}@x>"))\r\n`;
    const part = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => row(from + i + 1)).join("");
    const some = reading(part(0, messages / 10));
    const all = reading(part(0, messages));
    assert.equal(all.checked.responses.length, messages);
    assert.ok(
      all.ms < Math.max(40 * some.ms, 3000),
      `${some.ms.toFixed(0)} ms, then ${all.ms.toFixed(0)} ms`,
    );
  });
});

describe("hostile replies", () => {
  const fill = (unit: string, head = "", tail = "") =>
    head + unit.repeat(Math.floor((limits.line - 200) / unit.length)) + tail;

  for (const [name, text] of [
    ["damaged items", fill('X "a"b ', "* 1 FETCH (", ")")],
    ["damaged items without an end", fill("ENVELOPE (", "* 1 FETCH (", ")")],
    ["structures that cannot be read", fill("BODYSTRUCTURE (1) ", "* 1 FETCH (", ")")],
    ["addresses without a host", fill('("a <b" NIL "c" NIL)', '* 1 FETCH (ENVELOPE ("d" "s" (', ")))")],
    ["at signs in a name", fill("a@", '* 1 FETCH (ENVELOPE ("d" "s" (("', '" NIL "c" NIL))))')],
    ["quotes that end nothing", fill('"a ', '* 1 FETCH (ENVELOPE ("', ")")],
    ["brackets", fill("BODY[", "* 1 FETCH (", ")")],
    [
      "lists of language",
      fill('("inline") ', '* 1 FETCH (BODYSTRUCTURE ("a" "b" NIL NIL NIL NIL 1 NIL ', "))"),
    ],
    ["codes", fill("[COPYUID 1 1 ", "* OK ")],
    ["capabilities", fill("LITERAL + ", "* CAPABILITY ")],
    ["digits", fill("9", "* OK [UIDVALIDITY ", "] x")],
    ["backslashes", fill("\\", '* LIST () "/" "', '"')],
    ["threads", fill("(1 ", "* THREAD ")],
    ["shifts in a name", fill("&AMQ", '* LIST () "/" "', '"')],
  ] as const)
    it(`${name}: 1 MiB in no time to speak of`, () => {
      const { checked, ms } = reading(`${text}\r\n`);
      assert.equal(checked.ended, null);
      assert.ok(ms < 1500, `${ms.toFixed(0)} ms`);
    });

  it("a line of 10 MB is refused, and not held", () => {
    const before = process.memoryUsage().arrayBuffers;
    const { checked } = reading(`* OK ${"x".repeat(10_000_000)}\r\n* 1 EXISTS\r\n`);
    assert.deepEqual([checked.ended?.code, checked.responses], ["LIMIT", []]);
    assert.ok(process.memoryUsage().arrayBuffers - before < 40 << 20);
    assert.equal(reading(`* OK ${"x".repeat(limits.line - 100)}\r\n`).checked.ended, null);
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { safeText } from "../../src/message/safe.ts";

const UNSAFE =
  /[\0-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\p{Cs}]/u;

const pieces = fc.oneof(
  fc.constantFrom(
    "\x1b",
    "\x1b[31m",
    "\x1b]0;title\x07",
    "\x1b]52;c;aGk=\x1b\\",
    "\x1bP1$q\x1b\\",
    "\x9b31m",
    "\x9d0;t\x9c",
    "\x1b[3\x1b[1m1m",
    "\x1b]8;;http://x\x1b",
    "\\",
    "[",
    "]",
    "\r",
    "\n",
    "\u2028",
    "\u202e",
    "\u{e0041}",
    "\ud800",
    "\udc00",
    "\u200b",
    "text",
    "\x07",
    "\x18",
  ),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
);

test("no unsafe code point survives, whatever is concatenated, and safe text is left alone", () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), fc.boolean(), (list, keepNewlines) => {
      const out = safeText(list.join(""), { keepNewlines });
      assert.doesNotMatch(out, UNSAFE);
      if (!keepNewlines) assert.ok(!out.includes("\n"));
      assert.equal(safeText(out, { keepNewlines }), out);
    }),
    { numRuns: 3000 },
  );
});

const removed: [string, string, string][] = [
  ["CSI", "a\x1b[1;31mb", "ab"],
  ["C1 CSI", "a\x9b1;31mb", "ab"],
  ["OSC ended by BEL", "a\x1b]0;evil\x07b", "ab"],
  ["OSC ended by ST", "a\x1b]52;c;ZXZpbA==\x1b\\b", "ab"],
  ["C1 OSC ended by C1 ST", "a\x9d0;evil\x9cb", "ab"],
  ["OSC 8 link", "\x1b]8;;http://evil\x1b\\text\x1b]8;;\x1b\\", "text"],
  ["DCS, APC, PM, SOS", "a\x1bPx\x1b\\\x1b_x\x1b\\\x1b^x\x1b\\\x1bXx\x1b\\b", "ab"],
  ["unterminated OSC, to the end of its line", "a\x1b]0;evil\nb", "a b"],
  ["a sequence within a sequence", "a\x1b]0;\x1b[31mevil\x07b", "aevil\ufffdb"],
  ["a sequence split by its own removal", "\x1b\x1b[0m[31mb", "[31mb"],
  ["character set and reset", "a\x1b(0b\x1bcd", "abd"],
  ["lone ESC at the end", "a\x1b", "a"],
  ["bidi controls", "a\u202eb\u2066c\u200fd\u061ce", "abcde"],
  ["tags, also in a flag", "\u{1f3f4}\u{e0067}\u{e0062}\u{e007f}", "\u{1f3f4}"],
  ["zero width", "a\u200bb\ufeffc\xadd", "abcd"],
];
for (const [what, input, output] of removed) {
  test(`removed: ${what}`, () => assert.equal(safeText(input), output));
}

test("controls become visible, line ends become what was asked for, joiners stay", () => {
  assert.equal(safeText("a\0b\x07c\x08d\x7fe\x81"), "a\ufffdb\ufffdc\ufffdd\ufffde\ufffd");
  assert.equal(safeText("a\tb\r\nc\rd\u2029e\x85f"), "a b c d e f");
  assert.equal(safeText("a\r\nb\rc\n\u2028d", { keepNewlines: true }), "a\nb\nc\n\nd");
  assert.equal(
    safeText("\u{1f468}\u200d\u{1f469}\u200d\u{1f467} ❤\ufe0f"),
    "\u{1f468}\u200d\u{1f469}\u200d\u{1f467} ❤\ufe0f",
  );
  assert.equal(safeText("\ud83d"), "\ufffd");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import stringWidth from "fast-string-width";
import { wrapText } from "../../src/message/layout.ts";
import { cutToWidth, isSimple, padToWidth, textWidth } from "../../src/message/width.ts";

const FAMILY = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}";

test("columns of text", () => {
  const widths: [string, number][] = [
    ["", 0],
    ["plain", 5],
    ["Grüße", 5],
    ["e\u0301", 1],
    ["漢字かな", 8],
    ["한국", 4],
    [FAMILY, 2],
    ["❤\ufe0f", 2],
    ["می\u200cخواهم", 7],
  ];
  for (const [text, width] of widths) assert.equal(textWidth(text), width, text);
});

test("cutting keeps graphemes whole and never exceeds the width", () => {
  assert.equal(cutToWidth("subject", 7), "subject");
  assert.equal(cutToWidth("subject", 5), "subj…");
  assert.equal(cutToWidth("漢字かな", 5), "漢字…");
  assert.equal(cutToWidth("漢字かな", 4), "漢…");
  assert.equal(cutToWidth(`${FAMILY}${FAMILY}`, 3), `${FAMILY}…`);
  assert.equal(cutToWidth("ae\u0301b", 2, ""), "ae\u0301");
  assert.equal(cutToWidth("abc", 0), "");
});

test("padding fills to exactly the width", () => {
  assert.equal(padToWidth("ab", 4), "ab  ");
  assert.equal(padToWidth("漢字", 3), "漢…");
  assert.equal(textWidth(padToWidth("漢字かな", 6)), 6);
});

test("wrapping at words, between ideographs, and inside words that are too long", () => {
  assert.deepEqual(wrapText("one two three", 7), ["one two", "three"]);
  assert.deepEqual(wrapText("• one two three", 9, 2), ["• one two", "  three"]);
  assert.deepEqual(wrapText("漢字漢字漢", 4), ["漢字", "漢字", "漢"]);
  assert.deepEqual(wrapText("漢字漢字。漢", 8), ["漢字漢", "字。漢"]);
  assert.deepEqual(wrapText("abcdefgh", 3), ["abc", "def", "gh"]);
  assert.deepEqual(wrapText("a\n\nb", 10), ["a", "", "b"]);
  assert.deepEqual(wrapText("  indented text here", 10), ["  indented", "text here"]);
  assert.deepEqual(wrapText("漢", 1), ["漢"]);
});

test("the characters that are cut by counting take one column each", () => {
  for (let code = 0x20; code < 0x3000; code++) {
    const c = String.fromCharCode(code);
    if (isSimple(c)) assert.equal(stringWidth(c), 1, code.toString(16));
  }
  assert.ok(isSimple("Grüße – “и” ├─") && !isSimple("漢") && !isSimple("e\u0301") && !isSimple("\u00ad"));
});

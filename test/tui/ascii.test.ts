import assert from "node:assert/strict";
import { test } from "node:test";
import { textWidth } from "../../src/message/width.ts";
import { toAscii } from "../../src/tui/terminal/ascii.ts";

test("a terminal without UTF-8 gets ASCII alone, and every column stays in its place", () => {
  const samples: readonly (readonly [text: string, ascii: string])[] = [
    ["plain text, 100 %", "plain text, 100 %"],
    ["Émilie du Châtelet", "Emilie du Chatelet"],
    ["a\u0301e\u0300 z\u0351\u0489x", "ae zx"],
    ["│ ● online ↑3 ▸ 12/1\u2009000…", "| * online ^3 + 12/1 000~"],
    ["見積書", "??????"],
    ["🍜 👩‍👩‍👧‍👦 x", "?? ?? x"],
    ["שלום", "????"],
    ["ﬁne ½ ①", "fne ? 1"],
    ["\x1b[1mÜber\x1b[0m", "\x1b[1mUber\x1b[0m"],
  ];
  for (const [text, ascii] of samples) {
    assert.equal(toAscii(text), ascii);
    assert.equal(textWidth(ascii), textWidth(text), text);
  }
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { textWidth } from "../../src/message/width.ts";
import { hangingLines, wrapWords } from "../../src/message/wrap.ts";

describe("lines of words", () => {
  test("are as many columns as there are, and lose no word", () => {
    const words = fc.array(fc.constantFrom("a", "word", "日本語", "longer-than-others"), { minLength: 1 });
    fc.assert(
      fc.property(words, fc.integer({ min: 18, max: 60 }), (list, columns) => {
        const lines = wrapWords(list.join(" "), columns);
        assert.ok(lines.every((line) => textWidth(line) <= columns));
        assert.equal(lines.join(" "), list.join(" "));
      }),
    );
  });

  test("hang below one another, and a word longer than a line leaves the text whole", () => {
    assert.equal(hangingLines("one two three", 2, 10), "  one two\n  three");
    assert.equal(hangingLines("  one two three", 2, 12), "    one two\n    three");
    const url = "see https://example.org/a/very/long/path";
    assert.equal(hangingLines(url, 2, 20), `  ${url}`);
    assert.equal(hangingLines("one two", 0, Number.POSITIVE_INFINITY), "one two");
  });
});

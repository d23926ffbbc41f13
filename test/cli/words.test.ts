import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { prepareWords, restoreWord } from "../../src/cli/words.ts";

/** What a command gets to see of words that yargs must not take for options. */
const kept = (...argv: string[]) =>
  prepareWords(argv)
    .filter((word) => restoreWord(word) !== word)
    .map(restoreWord);

describe("words with a minus", () => {
  it("are flags to remove, after flag", () => {
    assert.deepEqual(kept("flag", "5", "+seen", "-flagged", "-f", "Archive"), ["-flagged"]);
  });

  it("are terms that must not match, in a query", () => {
    assert.deepEqual(kept("search", "ada", "-subject:x", "-hello", "-(a", "-n", "5"), [
      "-subject:x",
      "-hello",
      "-(a",
    ]);
  });

  it("are never options after --", () => {
    assert.deepEqual(kept("search", "-n", "5", "--", "-n", "--limit"), ["-n", "--limit"]);
  });

  it("name standard input, alone", () => {
    assert.deepEqual(kept("move", "-", "--to", "Archive"), ["-"]);
  });
});

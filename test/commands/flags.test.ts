// Flags as people write them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { flagNamed, splitFlagWords } from "../../src/commands/flags.ts";
import { UsageError } from "../../src/commands/index.ts";

test("system flags go by plain names, in any case, with or without a backslash", () => {
  for (const [word, flag] of [
    ["seen", "\\Seen"],
    ["READ", "\\Seen"],
    ["\\Seen", "\\Seen"],
    ["starred", "\\Flagged"],
    ["Deleted", "\\Deleted"],
    ["forwarded", "$Forwarded"],
    ["NotJunk", "$NotJunk"],
  ] as const)
    assert.equal(flagNamed(word), flag);
});

test("other words are keywords as they stand (RFC 9051 §2.3.2), where they are atoms", () => {
  for (const word of ["$Work", "todo", "a-b.c", "+x"]) assert.equal(flagNamed(word), word);
  for (const word of ["", "a b", "a(b", "x{1}", "50%", "*", '"', "\\Foo", "a]b", "é", "a\r\nb", "\x7f"])
    assert.throws(() => flagNamed(word), UsageError, JSON.stringify(word));
});

test("changes begin with + or - or follow toggle; all else are ids", () => {
  assert.deepEqual(splitFlagWords(["5", "+seen", "1:3", "-flagged", "toggle", "$Work", "-"]), {
    ids: ["5", "1:3", "-"],
    changes: [
      { mode: "add", flag: "\\Seen" },
      { mode: "remove", flag: "\\Flagged" },
      { mode: "toggle", flag: "$Work" },
    ],
  });
});

test("without a change, or with a toggle of nothing, it is refused", () => {
  for (const words of [[], ["5"], ["5", "toggle"], ["5", "+"], ["+seen", "toggle"]])
    assert.throws(() => splitFlagWords(words), UsageError);
});

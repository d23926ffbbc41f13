// Command lines as the screen reads them.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Command, findCommand, UsageError } from "../../src/commands/index.ts";
import { parseLine, splitWords } from "../../src/commands/parse.ts";

function command(name: string): Command {
  const found = findCommand(name);
  assert.ok(found, name);
  return found;
}
const parse = (line: string) => parseLine(command(line.trim().split(" ")[0] ?? ""), line);

test("words are split at blanks; quotes group, a backslash takes the next character as it is", () => {
  const cases: readonly [string, string[]][] = [
    ["", []],
    ["  a \t b  ", ["a", "b"]],
    [`move --to "Sent Items"`, ["move", "--to", "Sent Items"]],
    [`a'b c'd "" '\\'`, ["ab cd", "", "\\"]],
    [`a\\ b "c\\"d" e\\`, ["a b", 'c"d', "e\\"]],
  ];
  for (const [line, words] of cases) assert.deepEqual(splitWords(line), words, line);
});

test("a quote left open is said, with what closes it", () => {
  for (const quote of [`"`, `'`])
    assert.throws(
      () => splitWords(`move --to ${quote}Sent`),
      (error) => {
        assert.ok(error instanceof UsageError);
        assert.equal(error.hint, `end it with ${quote}`);
        return true;
      },
    );
});

test("words that were quoted come back as they were", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), (words) => {
      const line = words.map((word) => `"${word.replace(/["\\]/g, "\\$&")}"`).join(" ");
      assert.deepEqual(splitWords(line), words);
    }),
  );
});

test("options, long and short, with their values; the rest are arguments", () => {
  assert.deepEqual(parse("move 1 2:3 --to Archive"), { id: ["1", "2:3"], to: "Archive" });
  assert.deepEqual(parse(`move -t "Sent Items" 5`), { id: ["5"], to: "Sent Items" });
  assert.deepEqual(parse("move --to=a=b"), { id: [], to: "a=b" });
  assert.deepEqual(parse("delete --permanent 4"), { id: ["4"], permanent: true });
  assert.deepEqual(parse("move --to Archive -- --to"), { id: ["--to"], to: "Archive" });
});

test("--headers takes its value only behind =", () => {
  assert.deepEqual(parse("fetch --headers 3"), { id: ["3"], headers: "" });
  assert.deepEqual(parse("fetch --headers=from,to 3"), { id: ["3"], headers: "from,to" });
});

test("flags to remove are no options", () => {
  assert.deepEqual(parse("flag 3 +seen -flagged -x"), { words: ["3", "+seen", "-flagged", "-x"] });
});

test("a query is taken as it stands, quotes and all", () => {
  assert.deepEqual(parse(`search  subject:"a b" -is:read`), { query: `subject:"a b" -is:read` });
});

test("what a command does not take is refused, with the command's name", () => {
  for (const [line, says] of [
    ["move --nope 1", /^move has no option --nope$/],
    ["delete -z 1", /^delete has no option -z$/],
    ["append a b", /^append takes no "b"$/],
    ["folders x", /^folders takes no "x"$/],
  ] as const)
    assert.throws(
      () => parse(line),
      (error) => error instanceof UsageError && says.test(error.message) && error.hint !== "",
    );
});

test("whatever is typed, the answer is values or a UsageError", () => {
  const words = ["move", "--to", "-t", "--", "=", '"', "'", "\\", " ", "1:5", "--permanent", "-", "\0", "é"];
  fc.assert(
    fc.property(
      fc.constantFrom("move", "fetch", "flag", "append"),
      fc.array(fc.constantFrom(...words)),
      (name, rest) => {
        try {
          parseLine(command(name), `${name} ${rest.join("")}`);
        } catch (error) {
          assert.ok(error instanceof UsageError);
        }
      },
    ),
  );
});

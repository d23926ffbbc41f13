import assert from "node:assert/strict";
import { test } from "node:test";
import type { KeySettings } from "../../src/account/config.ts";
import { keymaps, keyPlaces } from "../../src/account/settings.ts";
import { findCommand } from "../../src/commands/index.ts";
import { findAction } from "../../src/tui/app/actions.ts";
import { defaultBindings } from "../../src/tui/app/default-keys.ts";
import { bindingsOf, type KeyContext, KeyReader } from "../../src/tui/app/keymap.ts";

const none: readonly KeySettings[] = [];
const lineOf = (reader: KeyReader, keys: string, context: KeyContext) => {
  const results = keys.split(" ").map((key) => reader.press(key, context));
  const last = results.at(-1);
  return last?.kind === "line" ? last.line : last?.kind;
};

test("every key of every keymap stands for a command that there is", () => {
  for (const keymap of keymaps)
    for (const { keys, line } of bindingsOf(keymap, none)) {
      const [name = ""] = line.replace(/^prompt /, "").split(" ");
      assert.ok(findAction(name) ?? findCommand(name), `${keymap}: ${keys} → ${line}`);
    }
});

/** Keys that get into each other's way: with those of the keymaps, and with one another. */
const meddling: KeySettings = {
  any: { "g w": "go Work", c: "compose", Z: "sync", "p x": "go X" },
  list: { "z z": "last", d: "", "C-x": "first" },
  reader: { c: "", g: "first", "g q": "last", "M-x": "raw" },
  review: { "s s": "review send", m: "review cc" },
  page: { "?": "first", "C-l": "last" },
  in: { INBOX: { "' i": "go @trash", $: "next" } },
};

for (const [what, own] of [
  ["of a keymap", none],
  ["of one's own over a keymap", [meddling]],
] as const)
  test(`every key ${what} does in each place what is told of it, and no other does anything`, () => {
    for (const keymap of keymaps) {
      const bindings = bindingsOf(keymap, own, { name: "INBOX", role: "inbox" });
      for (const place of keyPlaces) {
        const told = bindings.filter(({ context }) => context === place || context === "any");
        for (const { keys, line } of told)
          assert.equal(
            lineOf(new KeyReader(() => bindings), keys, place),
            line,
            `${keymap}, ${place}: ${keys}`,
          );
        // A key is told of once.
        assert.equal(new Set(told.map(({ keys }) => keys)).size, told.length);
        for (const key of new Set(bindings.map(({ keys }) => keys.split(" ")[0] ?? "")))
          if (!told.some(({ keys }) => keys === key))
            assert.notEqual(new KeyReader(() => bindings).press(key, place).kind, "line", `${place}: ${key}`);
      }
    }
  });

test("in every keymap the same keys lead everywhere to the special folders", () => {
  const jumps = defaultBindings.filter(({ line }) => line.startsWith("go @")).map(({ line }) => line);
  assert.ok(jumps.length >= 7);
  for (const keymap of keymaps) {
    const everywhere = bindingsOf(keymap, none).filter(({ context }) => context === "any");
    for (const jump of jumps)
      assert.ok(
        everywhere.some(({ line }) => line === jump),
        `${keymap}: ${jump}`,
      );
  }
});

test("a sequence of one's own takes the place of a key that begins it, an empty line frees what begins with it", () => {
  const reader = (any: KeySettings["any"]) => {
    const bindings = bindingsOf("mutt", [{ any, in: {} }]);
    return new KeyReader(() => bindings);
  };
  assert.equal(lineOf(reader({}), "g", "list"), "reply-all");
  assert.equal(lineOf(reader({ "g w": "go Work" }), "g", "list"), "pending");
  assert.equal(lineOf(reader({ "g w": "go Work" }), "g w", "reader"), "go Work");
  assert.equal(lineOf(reader({ z: "", Z: "" }), "z t", "list"), "toggle-threads");
});

test("own keys win over the preset, those of a place over those for everywhere, and an empty line takes one away", () => {
  const own = { any: { T: "go Work", j: "first" }, list: { j: "last" }, reader: { N: "" }, in: {} };
  const bindings = bindingsOf("mutt", [own]);
  const reader = new KeyReader(() => bindings);
  assert.equal(lineOf(reader, "T", "list"), "go Work");
  assert.equal(lineOf(reader, "j", "list"), "last");
  assert.equal(lineOf(reader, "j", "reader"), "first");
  assert.equal(lineOf(reader, "j", "page"), "next");
  assert.equal(lineOf(reader, "N", "list"), "flag toggle seen");
  assert.equal(lineOf(reader, "N", "reader"), "none");
  assert.equal(lineOf(reader, "' i", "page"), "go @inbox");
});

test("whoever comes from another program answers, writes and passes on with its keys", () => {
  const wanted: readonly (readonly [keymap: Parameters<typeof bindingsOf>[0], keys: string, line: string])[] =
    [
      ["mutt", "g", "reply-all"],
      ["mutt", "r", "reply"],
      ["mutt", "L", "reply-list"],
      ["mutt", "f", "forward"],
      ["mutt", "m", "compose"],
      ["mutt", "N", "flag toggle seen"],
      ["aerc", "r r", "reply-all"],
      ["aerc", "R r", "reply"],
      ["aerc", "C", "compose"],
      ["aerc", "f", "forward"],
      ["aerc", "C-n", "next-account"],
      ["alpine", "C", "compose-or-go-on"],
      ["alpine", "R", "reply"],
      ["alpine", "F", "forward"],
      ["alpine", "L", "focus folders"],
      ["emacs", "m", "compose"],
      ["emacs", "C-x m", "compose"],
    ];
  for (const context of ["list", "reader"] as const)
    for (const [keymap, keys, line] of wanted) {
      // Dired's mark in a list.
      if (keymap === "emacs" && context === "list") continue;
      assert.equal(
        lineOf(new KeyReader(() => bindingsOf(keymap, [])), keys, context),
        line,
        `${keymap} ${keys}`,
      );
    }
});

test("whoever comes from another program sends, keeps and discards what they have written with its keys", () => {
  for (const [keymap, keys, line] of [
    ["mutt", "y", "review send"],
    ["mutt", "P", "review keep"],
    ["mutt", "p s", "review sign"],
    ["mutt", "M-f", "review from"],
    ["aerc", "y", "review send"],
    ["aerc", "n", "review discard"],
    ["aerc", "x", "review encrypt"],
    ["alpine", "C-x", "review send"],
    ["alpine", "C-o", "review keep"],
    ["emacs", "C-c C-c", "review send"],
    ["emacs", "C-c C-k", "review discard"],
  ] as const)
    assert.equal(
      lineOf(new KeyReader(() => bindingsOf(keymap, [])), keys, "review"),
      line,
      `${keymap} ${keys}`,
    );
});

test("what may follow the keys typed so far is known", () => {
  const bindings = bindingsOf("default", [{ any: { "g w": "go Work" }, in: {} }]);
  const reader = new KeyReader(() => bindings);
  assert.deepEqual(reader.continuations("list"), []);
  reader.press("5", "list");
  reader.press("g", "list");
  const next = reader.continuations("list").map(({ keys, line }) => `${keys} ${line}`);
  for (const wanted of ["w go Work", "g first", "i go @inbox"]) assert.ok(next.includes(wanted), wanted);
  reader.press("g", "list");
  assert.deepEqual(reader.continuations("list"), []);
});

test("keys of an account win over those of all, keys of an open folder over both, by name and by role", () => {
  const all = {
    any: { x: "go All" },
    list: { z: "go List" },
    in: { "@junk": { d: "delete --junk", x: "go Junk" } },
  };
  const work = { any: { x: "go Work" }, in: { "Lists/garden": { d: "archive" } } };
  const line = (
    folder: Parameters<typeof bindingsOf>[2],
    keys: string,
    context: "list" | "page" = "list",
  ) => {
    const bindings = bindingsOf("default", [work, all], folder);
    return lineOf(new KeyReader(() => bindings), keys, context);
  };
  assert.equal(line(null, "x"), "go Work");
  assert.equal(line(null, "z"), "go List");
  assert.equal(line({ name: "Spam", role: "junk" }, "d"), "delete --junk");
  // The account's keys for everywhere are more particular than all accounts' keys for a folder.
  assert.equal(line({ name: "Spam", role: "junk" }, "x"), "go Work");
  assert.equal(line({ name: "Lists/garden", role: null }, "d"), "archive");
  assert.equal(line({ name: "Lists/garden", role: null }, "d", "page"), "none");
  assert.equal(line({ name: "INBOX", role: "inbox" }, "d"), "delete");
});

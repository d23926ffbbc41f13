import assert from "node:assert/strict";
import { test } from "node:test";
import type { KeySettings } from "../../src/account/config.ts";
import { keymaps } from "../../src/account/settings.ts";
import { findCommand } from "../../src/commands/index.ts";
import { findAction } from "../../src/tui/app/actions.ts";
import { bindingsOf, KeyReader } from "../../src/tui/app/keymap.ts";

const none: readonly KeySettings[] = [];
const lineOf = (reader: KeyReader, keys: string, context: "list" | "reader" | "page" | "review") => {
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

test("no key of a keymap is hidden behind a shorter one of its context", () => {
  for (const keymap of keymaps) {
    const bindings = bindingsOf(keymap, none);
    for (const long of bindings)
      for (const short of bindings) {
        const hidden = long.context === short.context && long.keys.startsWith(`${short.keys} `);
        assert.ok(!hidden, `${keymap}: ${long.keys} behind ${short.keys} in ${long.context}`);
      }
  }
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
  assert.equal(lineOf(reader, "g i", "page"), "go @inbox");
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

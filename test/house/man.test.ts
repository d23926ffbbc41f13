// The manual pages: what is checked in is what the tables of the program give, groff reads it, and its examples hold.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { exampleConfig } from "../../man/pages/config.ts";
import { examples } from "../../man/pages/postern-about.ts";
import { exampleQueries } from "../../man/pages/query.ts";
import { manualPages } from "../../man/pages.ts";
import { inline, paragraph, verbatim } from "../../man/roff.ts";
import packageJson from "../../package.json" with { type: "json" };
import { parseConfig } from "../../src/account/config.ts";
import { globalOptions } from "../../src/cli/options.ts";
import { findCommand } from "../../src/commands/index.ts";
import { splitWords } from "../../src/commands/parse.ts";
import { parseQuery } from "../../src/mail/query.ts";
import { explain } from "../../src/tui/app/explain.ts";
import { sourceFiles } from "./source.ts";

const pages = manualPages();

test("the pages that are checked in are those that npm run man makes now", () => {
  const there = readdirSync("man").filter((name) => /\.\d$/.test(name));
  assert.deepEqual(there.sort(), [...pages.keys()].sort());
  for (const [file, roff] of pages)
    assert.equal(readFileSync(`man/${file}`, "utf8"), roff, `man/${file}: run npm run man`);
});

test("npm installs every page, and none of what makes them", () => {
  assert.deepEqual([...packageJson.man].sort(), [...pages.keys()].map((file) => `./man/${file}`).sort());
  assert.ok(!packageJson.files.includes("man"));
});

/** A program that reads pages and tells of faults, or null where this machine has none. */
const reader = [
  { command: "man", args: ["-l", "--warnings=w", "-Tutf8"] },
  { command: "groff", args: ["-man", "-ww", "-z"] },
].find(({ command }) => spawnSync(command, ["--version"]).status === 0);

test("the pages are read without a warning", { skip: !reader && "neither man nor groff" }, () => {
  assert.ok(reader);
  const { command, args } = reader;
  for (const file of pages.keys()) {
    const { status, stderr } = spawnSync(command, [...args, `man/${file}`], {
      encoding: "utf8",
      env: { ...process.env, MANWIDTH: "80", MANPAGER: "cat" },
      maxBuffer: 1 << 24,
    });
    assert.deepEqual([status, stderr], [0, ""], file);
  }
});

test("no text becomes a request, an escape or a font", () => {
  assert.equal(paragraph(".so /etc/passwd"), ".PP\n\\&.so /etc/passwd\n");
  assert.equal(paragraph("'br"), ".PP\n\\(aqbr\n");
  assert.equal(inline("\\fIa\\n(.x"), "\\(rsfIa\\(rsn(.x");
  assert.equal(inline("one\n.br two"), "one .br two");
  assert.match(verbatim("a\n.EE\n'b"), /\na\n\\&\.EE\n\\\(aqb\n\.EE\n/);
  assert.equal(inline("`--all` of «FILE»"), "\\fB\\-\\-all\\fR of \\fIFILE\\fR");
  assert.equal(inline("…"), "\\[u2026]");
});

test("every example query can be read", () => {
  for (const [query] of exampleQueries)
    assert.notEqual(parseQuery(query, Date.UTC(2026, 2, 14)).kind, "all", query);
});

test("the example config can be read, and its keys do something", () => {
  const config = parseConfig(exampleConfig, "config.toml");
  assert.deepEqual(
    config.accounts.map(({ name, imap }) => [name, imap.security, imap.user]),
    [
      ["home", "tls", "me"],
      ["work", "starttls", "m.example"],
    ],
  );
  for (const line of Object.values(config.keys.any)) assert.notEqual(explain(line), line);
});

test("every example names a command and options that are there", () => {
  for (const [line] of examples) {
    for (const part of line.split(" | ").filter((p) => p.startsWith("postern "))) {
      const words = splitWords(part).slice(1);
      const command = findCommand(words[0] ?? "");
      assert.ok(command, part);
      for (const word of words.filter((w) => w.startsWith("--")))
        assert.ok(word.slice(2) in { ...command.options, ...globalOptions }, `${word} in ${part}`);
    }
  }
});

test("every variable of the environment that the program reads is told of", () => {
  const read = sourceFiles().flatMap(({ text }) =>
    [...text.matchAll(/\benv\.([A-Z_]+)|"(XDG_[A-Z_]+)"/g)].map((m) => m[1] ?? m[2] ?? ""),
  );
  assert.ok(read.length > 5);
  for (const name of new Set(read)) assert.ok(pages.get("postern.1")?.includes(name), name);
});

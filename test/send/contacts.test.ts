// Aliases put in for, programs asked, address books read: whatever they hold, and whatever goes wrong with them.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { expandAliases, withoutAliases } from "../../src/send/contacts/aliases.ts";
import { readCardFiles } from "../../src/send/contacts/card-files.ts";
import { askCommand, readLine } from "../../src/send/contacts/command.ts";

describe("aliases", () => {
  const aliases = {
    ada: "Ada Lovelace <ada@example.org>",
    bob: "bob@example.com",
    team: "ada, bob, carol@example.net",
    loop: "loop, bob",
  };

  it("stand for addresses, for one another, and for nothing that is an address", () => {
    for (const [text, expanded] of [
      ["ada", "Ada Lovelace <ada@example.org>"],
      ["ADA, x@example.org", "Ada Lovelace <ada@example.org>, x@example.org"],
      ["team", "Ada Lovelace <ada@example.org>, bob@example.com, carol@example.net"],
      ['"King, A." <a@example.org>, bob', '"King, A." <a@example.org>, bob@example.com'],
      ["ada@example.org", "ada@example.org"],
      ["ada <x@example.org>", "ada <x@example.org>"],
      ["constructor, nobody at all", "constructor, nobody at all"],
      ["nobody, bob", "nobody, bob@example.com"],
      ["", ""],
    ] as const)
      assert.equal(expandAliases(text, aliases), expanded);
  });

  it("that stand for themselves come to an end", () => {
    const text = expandAliases("loop", aliases);
    assert.match(text, /bob@example\.com/);
    assert.ok(text.length < 1_000);
  });

  it("do in all fields with recipients of a draft", () => {
    const headers = [
      { name: "From", value: "ada" },
      { name: "To", value: "ada" },
      { name: "bcc", value: "bob, bob" },
      { name: "Subject", value: "bob" },
    ];
    assert.deepEqual(
      withoutAliases({ headers, body: "", attachments: [], origin: null }, aliases).headers.map(
        ({ value }) => value,
      ),
      ["ada", aliases.ada, "bob@example.com, bob@example.com", "bob"],
    );
  });
});

describe("a command for addresses", () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "postern-contacts-"));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  /** A program that runs these lines of sh. */
  const program = (name: string, ...lines: string[]) => {
    const path = join(dir, name);
    writeFileSync(path, ["#!/bin/sh", ...lines, ""].join("\n"), { mode: 0o755 });
    return path;
  };

  it("is read as khard, abook, notmuch and lbdbq answer", () => {
    for (const [line, person] of [
      ["ada@example.org\tAda Lovelace\thome", { name: "Ada Lovelace", email: "ada@example.org" }],
      ["ada@example.org\tAda Lovelace", { name: "Ada Lovelace", email: "ada@example.org" }],
      ["ada@example.org\t\t", { name: "", email: "ada@example.org" }],
      ["Ada Lovelace <ada@example.org>", { name: "Ada Lovelace", email: "ada@example.org" }],
      ['"King, Ada" <ada@example.org>', { name: "King, Ada", email: "ada@example.org" }],
      ["ada@example.org", { name: "", email: "ada@example.org" }],
      ["searching for 'ada' ...", null],
      ["Found 2 matches in 1@2 sources", null],
      ["no address\tat all", null],
      ["", null],
    ] as const)
      assert.deepEqual(readLine(line), person, line);
  });

  it("gets its words as they are, and no shell sees them", async () => {
    const words = join(dir, "words.txt");
    const path = program("words", `printf '[%s]' "$@" > ${words}`);
    await askCommand([path, "-p", "x%sy"], "--a; $(id)\n`id` 'a'");
    assert.equal(readFileSync(words, "utf8"), "[-p][xa; $(id) `id` 'a'y]");
    const echo = program("echo", "printf '%s@example.org\\tYou\\n' \"$1\"");
    assert.deepEqual((await askCommand([echo, "%s"], "-ada")).people, [
      { name: "You", email: "ada@example.org" },
    ]);
  });

  it("that finds nobody is no failure; one that fails, hangs or is not there is told of", async () => {
    const ask = (path: string, signal?: AbortSignal) => askCommand([path, "%s"], "ada", signal);
    assert.deepEqual(await ask(program("nobody", "echo Not found", "echo none >&2", "exit 1")), {
      people: [],
      problem: null,
    });
    const broken = await ask(program("broken", "echo Traceback >&2", "echo 'no such book' >&2", "exit 1"));
    assert.match(broken.problem ?? "", /broken failed: no such book$/);
    assert.match((await ask(program("silent", "exit 3"))).problem ?? "", /ended with status 3$/);
    assert.match((await ask(join(dir, "absent"))).problem ?? "", /absent is not there/);
    const stopped = new AbortController();
    const waiting = ask(program("hangs", "exec sleep 60"), stopped.signal);
    stopped.abort();
    assert.deepEqual(await waiting, { people: [], problem: null });
    assert.match((await ask(program("late", "exec sleep 60"))).problem ?? "", /within 5 seconds$/);
  });
});

describe("files of vCards", () => {
  it("are read one by one, and those that cannot be are told of", async () => {
    const dir = mkdtempSync(join(tmpdir(), "postern-cards-"));
    const vcard = (name: string, ...emails: string[]) =>
      ["BEGIN:VCARD", `FN:${name}`, ...emails.map((email) => `EMAIL:${email}`), "END:VCARD", ""].join("\n");
    mkdirSync(join(dir, "book"));
    writeFileSync(join(dir, "one.vcf"), vcard("One", "1@x.example", "no address", "1b@x.example"));
    writeFileSync(join(dir, "book/b.VCF"), vcard("B", "b@x.example"));
    writeFileSync(
      join(dir, "book/a.vcf"),
      vcard("A\\nBcc: x", "a@x.example", "a@x.example>, <evil@x.example"),
    );
    writeFileSync(join(dir, "book/notes.txt"), vcard("T", "t@x.example"));
    const paths = ["one.vcf", "none.vcf", "book"].map((name) => join(dir, name));
    const { addresses, problems } = await readCardFiles(paths);
    assert.deepEqual(
      addresses.map(({ name, email }) => `${name} ${email}`),
      ["One 1@x.example", "One 1b@x.example", "A Bcc: x a@x.example", "B b@x.example"],
    );
    assert.deepEqual(problems, [`no contacts from ${paths[1]}: it is not there`]);
    rmSync(dir, { recursive: true });
  });
});

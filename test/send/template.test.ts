// Templates: what is put in for words in braces, and how a draft and a template become one.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import fc from "fast-check";
import { parseConfig, writingOf } from "../../src/account/config.ts";
import { templateNames } from "../../src/account/writing.ts";
import { filledIn } from "../../src/send/compose/placeholders.ts";
import { writeDraft } from "../../src/send/compose/text.ts";
import { SendError } from "../../src/send/errors.ts";
import { newDraft } from "../../src/send/reply/anew.ts";
import { readTemplate, withFields, withText } from "../../src/send/reply/template.ts";

const dir = mkdtempSync(join(tmpdir(), "postern-templates-"));
after(() => rmSync(dir, { recursive: true, force: true }));
const [account] = parseConfig(
  `[accounts.a]
address = "ada@home.example"
imap = "imaps://imap.example"
name = "Ada"
signature = "Ada"
[[accounts.a.identities]]
address = "a@work.example"
name = "A. L."
signature = "A. L., work"`,
  join(dir, "config.toml"),
).accounts;
assert.ok(account);
const writing = writingOf(account);
mkdirSync(writing.templates.directory);
const template = (name: string, text: string) => {
  writeFileSync(join(writing.templates.directory, name), text);
  return readTemplate(writing.templates, name);
};
const from = (name: string, email: string, subject: string) => ({
  headers: { from: [{ name, email }], date: null, subject },
});

describe("a template", () => {
  it("has its fields taken over, recipients besides those there are, its text above what is there", async () => {
    const read = await template(
      "a",
      'from: a@work.example\nto: bob@b.example\nSubject: On {name}\nAttach: /tmp/x; name="y"\n\nHi {name}, {unknown}\n',
    );
    const draft = withFields(newDraft(writing, { to: "Ann <ann@a.example>" }), read, writing);
    assert.equal(
      writeDraft(withText(draft, read)),
      'From: "A. L." <a@work.example>\nTo: Ann <ann@a.example>, bob@b.example\nCc:\nSubject: On Ann\nAttach: /tmp/x; name="y"\n\nHi Ann, {unknown}\n\n-- \nA. L., work\n',
    );
  });

  it("says where the rest is to stand, once filled in looked at no more", async () => {
    const read = await template("b", "\n{me} to {name}:\n{body}\nEnd of {subject}\n");
    const draft = { ...newDraft(writing), body: "\n> {name} {body}\n\n-- \nAda\n" };
    const original = from("{body}{me}", "x@x.example", "{name}\r\nBcc: y@y.example");
    assert.equal(
      withText(draft, read, original).body,
      "Ada to {body}{me}:\n> {name} {body}\n\n-- \nAda\nEnd of {name} Bcc: y@y.example\n",
    );
  });

  it("makes no field, no line and no control character of what a stranger wrote", async () => {
    const read = await template("c", "Subject: Re {subject} {name}\n\n{name} {subject} {address}\n");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const begun = withFields(newDraft(writing), read, writing);
        const draft = withText(begun, read, from(text, text, text));
        assert.deepEqual(
          draft.headers.map(({ name }) => name),
          begun.headers.map(({ name }) => name),
        );
        assert.doesNotMatch(JSON.stringify(draft.headers.map(({ value }) => value)), /\\[rnbft]|\\u00[01]/);
        assert.equal(draft.body.split("\n").length, "x\n\n-- \nAda\n".split("\n").length);
      }),
    );
    assert.equal(filledIn("{a}{constructor}{a", { a: "{a}" }), "{a}{constructor}{a");
  });

  it("that is not there is told with those that are; so is one that cannot be read", async () => {
    const code = (wanted: string, hint: RegExp) => (error: unknown) =>
      error instanceof SendError && error.code === wanted && hint.test(error.hint);
    mkdirSync(join(writing.templates.directory, "folder"));
    writeFileSync(join(writing.templates.directory, "a~"), "");
    assert.deepEqual(templateNames(writing.templates), ["a", "b", "c"]);
    await assert.rejects(readTemplate(writing.templates, "x"), code("NO_TEMPLATE", /^there are a, b, c$/));
    await assert.rejects(readTemplate(writing.templates, "folder"), code("NO_TEMPLATE", /there are/));
    await assert.rejects(
      readTemplate({ ...writing.templates, directory: "/nowhere" }, "x"),
      code("NO_TEMPLATE", /^templates are files in \/nowhere$/),
    );
    await assert.rejects(template("d", "Hello {name},\n"), code("DRAFT", /empty line/));
    const path = join(writing.templates.directory, "a");
    assert.equal((await readTemplate({ ...writing.templates, directory: "" }, path)).attachments.length, 1);
  });
});

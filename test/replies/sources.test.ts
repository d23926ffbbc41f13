// The formats replies are kept in are read as they are meant, and a wrong parse is noticed.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { outliers } from "./agree.ts";
import { check } from "./check.ts";
import { difference } from "./expected.ts";
import { readTranscripts } from "./sources.ts";
import { isMap, parseYaml } from "./yaml.ts";

const dir = mkdtempSync(join(tmpdir(), "postern-replies-"));
after(() => rmSync(dir, { recursive: true, force: true }));

const fixture = `---
:tests:
  a_list:
    :response: "* LIST (\\\\Seen) \\"/\\"
      \\"a b\\"\\r\\n"
    :expected: !ruby/struct:Some::Thing
      name: LIST
      data: !ruby/struct:Some::List
        attr:
        - :Seen
        delim: "/"
        name: NAME
`;

describe("replies kept in files", () => {
  it("are read from fixtures, and compared with what they expect", () => {
    writeFileSync(join(dir, "x.yml"), fixture.replace("NAME", "a b"));
    writeFileSync(join(dir, "y.yml"), fixture.replace("NAME", "a c"));
    const differ = readTranscripts([dir]).map(({ bytes, expected }) => {
      const [response] = check([bytes]).responses;
      return expected && response ? difference(expected, response) !== null : "nothing";
    });
    assert.deepEqual(differ, [false, true]);
  });

  it("are read from transcripts, scripts and single structures", () => {
    const texts = {
      "a.txt": "* 1 EXISTS\nA######## OK x\n",
      b: "ok x\n* 1 fetch (body[] {{{\nhi\n\n}}} uid $u)\n",
    };
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(dir, name), text);
    writeFileSync(join(dir, "1.one.body"), '(BODY ("text" "plain" NIL NIL NIL "7bit" 1 1))');
    const all = readTranscripts(["a.txt", "b", "1.one.body"].map((name) => join(dir, name)));
    assert.deepEqual(
      all.flatMap(({ bytes }) => check([bytes]).responses.map(({ kind }) => kind)),
      ["fetch", "exists", "tagged", "fetch"],
    );
    assert.deepEqual(
      all.flatMap(({ bytes }) => check([bytes]).skipped),
      [],
    );
  });

  it("that differ from what most servers say stand out", () => {
    const said = ["x", "x", "y"].map((outline, i) => ({ name: String(i), outline }));
    assert.deepEqual(
      outliers(said).map(({ name }) => name),
      ["2"],
    );
    assert.equal(outliers(said.slice(1)).length, 2, "no two agree");
    assert.equal(outliers(said.slice(2)).length, 0, "nobody to agree with");
  });

  it("reads the YAML they are written in", () => {
    const value = parseYaml('a: &x\n  "b \\\n    c"\nd: *x\ne:\n- - 1\n  - two\n- []\nf: |\n  x\n  y\n');
    assert.ok(isMap(value));
    assert.deepEqual(Object.fromEntries(value), { a: "b c", d: "b c", e: [[1, "two"], []], f: "x\ny\n" });
  });
});

// README and CONTRIBUTING: what they tell people to type and to write is there.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parseConfig } from "../../src/account/config.ts";
import { globalOptions } from "../../src/cli/options.ts";
import { ownCommands } from "../../src/cli/own.ts";
import { findCommand } from "../../src/commands/index.ts";
import { splitWords } from "../../src/commands/parse.ts";

const read = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : "");
const blocks = (text: string, kind: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\``, "gms"))].map((m) => m[1] ?? "");
const readme = read("README.md");
const contributing = read("CONTRIBUTING.md");

test("every command line of the README names a command and options that are there", {
  skip: readme === "" && "no README",
}, () => {
  const lines = blocks(readme, "sh")
    .flatMap((block) => block.split("\n"))
    .flatMap((line) => line.replace(/ +#.*$/, "").split(/ \| |\$\(/))
    .filter((part) => part.startsWith("postern "));
  assert.ok(lines.length > 15, `${lines.length}`);
  for (const line of lines) {
    const [name = "", ...words] = splitWords(line.replace(/\)"$/, "")).slice(1);
    const command = findCommand(name);
    assert.ok(command || name in ownCommands, line);
    if (!command) continue;
    for (const word of words.filter((w) => w.startsWith("--")))
      assert.ok(
        (word.slice(2).split("=")[0] ?? "") in { ...command.options, ...globalOptions },
        `${word}: ${line}`,
      );
  }
});

test("the config of the README can be read", { skip: readme === "" && "no README" }, () => {
  const config = parseConfig(blocks(readme, "toml").join("\n"), "config.toml");
  assert.deepEqual(
    config.accounts.map(({ name }) => name),
    ["home"],
  );
});

test("what CONTRIBUTING and the README point to is there", {
  skip: contributing === "" && "no CONTRIBUTING",
}, () => {
  for (const [, path = ""] of (contributing + readme).matchAll(/(?<![\w/~.])((?:src|test)\/[\w./-]*\w)/g))
    assert.ok(existsSync(path), path);
  for (const [, path = ""] of readme.matchAll(/\]\((\w+\.md)\)/g)) assert.ok(existsSync(path), path);
});

// The end of a log: what the reporter of failed tests says.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, test } from "node:test";

const dir = realpathSync(mkdtempSync(join(tmpdir(), "failures-")));
after(() => rmSync(dir, { recursive: true, force: true }));

/** What is said of a file of tests. */
function said(name: string, text: string): string {
  const file = join(dir, name);
  writeFileSync(file, `import { test } from "node:test";\n${text}\n`);
  const { NODE_TEST_CONTEXT: _ours, ...env } = process.env;
  const { stdout } = spawnSync(process.execPath, ["--test", "--test-reporter=./test/failures.mjs", file], {
    env,
    encoding: "utf8",
  });
  return stdout.replaceAll(relative(process.cwd(), dir), "DIR");
}

test("every failed test is named with its file and the first lines of its error, and no other", () => {
  const told = said(
    "some.mjs",
    `test("outer", async (t) => {
  await t.test("passes", () => {});
  await t.test("inner", () => { throw new TypeError("one\\ntwo"); });
});
test("passes as well", () => {});
test("never ends", { timeout: 1 }, () => new Promise((resolve) => setTimeout(resolve, 100)));
test("to be done", { todo: true }, () => { throw new Error("known"); });`,
  );
  const expected = [
    /^not ok: DIR\/some\.mjs:4: outer > inner$/,
    /^ {4}TypeError: one$/,
    /^ {4}two$/,
    /^ {8}at .*some\.mjs:4:/,
    /^ {8}at .*some\.mjs:4:/,
    /^not ok: DIR\/some\.mjs:7: never ends$/,
    /^ {4}test timed out after 1ms$/,
  ];
  const lines = told.trimEnd().split("\n");
  for (const [i, line] of lines.entries()) assert.match(line, expected[i] ?? /$^/, told);
  assert.equal(lines.length, expected.length, told);
});

test("a file that ends by itself is named with how, and with the last it wrote", () => {
  const told = said(
    "ends.mjs",
    `console.error("the last words");
test("is killed", async () => {
  process.kill(process.pid, "SIGKILL");
  await new Promise((resolve) => setTimeout(resolve, 1000));
});`,
  );
  assert.equal(told, "not ok: DIR/ends.mjs\n    the file ended by SIGKILL\n    the last words\n");
  assert.match(
    said("wrong.mjs", 'throw new Error("at the top");'),
    /status 1\n(.*\n)* {4}Error: at the top\n/,
  );
});

test("a fault that comes once its test has ended is told", () => {
  const told = said(
    "late.mjs",
    `test("begins it", () => void setTimeout(() => { throw new Error("too late"); }, 1));
test("goes on", () => new Promise((resolve) => setTimeout(resolve, 100)));`,
  );
  assert.match(told, /^not ok: Error: Test "begins it".*"Error: too late"/);
});

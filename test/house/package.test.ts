// What a stranger gets: a lock file that names no host, and a README whose commands are there.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import packageJson from "../../package.json" with { type: "json" };

test("package-lock.json says what is wanted, not where it was fetched", () => {
  assert.doesNotMatch(readFileSync("package-lock.json", "utf8"), /"resolved"/);
});

test("every npm command that the README gives is there", {
  skip: !existsSync("README.md") && "no README",
}, () => {
  const readme = readFileSync("README.md", "utf8");
  const given = [...readme.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start)\b)/g)].map(
    (m) => m[1] ?? m[2] ?? "",
  );
  assert.ok(given.includes("demo"), "the README says how to try it");
  assert.ok(given.includes("test"), "the README says how to test it");
  for (const name of given) assert.ok(name in packageJson.scripts, `npm run ${name}`);
});

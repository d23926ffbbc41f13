// Who may import whom: a room imports only from rooms on floors below its own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { roomOf, sourceFiles } from "./source.ts";

const floors: Readonly<Record<string, number>> = {
  cli: 5,
  tui: 5,
  commands: 4,
  send: 3,
  mail: 2,
  account: 1,
  imap: 0,
  message: 0,
  store: 0,
};

/** Where a floor is not left: the shell starts the screen, and asks it for its keys. */
const besides = new Set([
  "src/cli/screen.ts → src/tui/index.ts",
  "src/cli/demo.ts → src/tui/index.ts",
  "src/cli/keys.ts → src/tui/keys.ts",
]);

const files = sourceFiles();

/** Every import that `wrong` finds, as `file → target`. */
function found(wrong: (path: string, target: string, local: boolean) => boolean): string[] {
  return files.flatMap(({ path, imports }) =>
    imports
      .filter(({ target, local }) => wrong(path, target, local))
      .map(({ target }) => `${path} → ${target}`),
  );
}

test("the source is read: files, imports, rooms", () => {
  assert.ok(files.length > 100);
  const shell = files.find(({ path }) => path === "src/cli/shell.ts");
  const targets = shell?.imports.map(({ target }) => target) ?? [];
  for (const target of ["yargs", "src/commands/index.ts", "src/cli/own.ts"])
    assert.ok(targets.includes(target), `${target} in ${targets.join(", ")}`);
  const rooms = new Set(files.map(({ path }) => roomOf(path)));
  for (const room of rooms) assert.ok(room in floors || room === "demo", `a room without a floor: ${room}`);
});

test("imports lead down", () => {
  const up = found((path, target, local) => {
    if (!local || !target.startsWith("src/")) return false;
    const [from, to] = [roomOf(path), roomOf(target)];
    if (from === to || from === "demo" || to === "demo") return false;
    if (from === "cli" && to === "tui") return !besides.has(`${path} → ${target}`);
    return (floors[to] ?? 9) >= (floors[from] ?? 9);
  });
  assert.deepEqual(up, []);
});

test("what lies outside of src is package.json, for the version alone", () => {
  const outside = found((_path, target, local) => local && !target.startsWith("src/"));
  assert.deepEqual(outside, ["src/account/version.ts → package.json"]);
});

test("the demo stands beside the house", () => {
  const into = found((path, target) => target.startsWith("src/demo/") && roomOf(path) !== "demo");
  assert.deepEqual(into, ["src/cli/demo.ts → src/demo/index.ts"]);
  const out = found(
    (path, target, local) =>
      roomOf(path) === "demo" && local && roomOf(target) !== "demo" && !target.startsWith("src/imap/wire/"),
  );
  assert.deepEqual(out, []);
});

test("a package is imported where it belongs, and nowhere else", () => {
  const of = (name: RegExp, room: string) =>
    found((path, target, local) => !local && name.test(target) && roomOf(path) !== room);
  assert.deepEqual(of(/^(react|ink)(\/|$)/, "tui"), []);
  assert.deepEqual(of(/^yargs(\/|$)/, "cli"), []);
  assert.deepEqual(of(/^(nodemailer|marked)(\/|$)/, "send"), []);
  assert.deepEqual(of(/^(node:sqlite|@photostructure\/sqlite)$/, "store"), []);
  assert.deepEqual(
    found((path, target) => target === "ink" && path !== "src/tui/ink.ts"),
    [],
  );
});

test("the screen is loaded only when it is shown", () => {
  const screen = files.find(({ path }) => path === "src/cli/screen.ts")?.text ?? "";
  assert.match(screen, /await import\("\.\.\/tui\/index\.ts"\)/);
  assert.doesNotMatch(screen, /from "\.\.\/tui/);
  const early = found(
    (path, target) => /src\/cli\/(screen|demo)\.ts/.test(target) && !/src\/cli\/(shell|own)\.ts/.test(path),
  );
  assert.deepEqual(early, []);
  for (const { path, text } of files.filter(({ path }) => /src\/cli\/(shell|own)\.ts/.test(path)))
    assert.doesNotMatch(text, /from "\.\/(screen|demo)\.ts"/, path);
});

test("no file is past 500 lines", () => {
  const long = files
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > 500);
  assert.deepEqual(long, []);
});

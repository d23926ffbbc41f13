import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { type BuildOptions, build } from "esbuild";
import { type Pty, type PtyOptions, startPty } from "../screen/pty.ts";

const program = `build/tui-fixture-${process.pid}.mjs`;
const open: Pty[] = [];

before(async () => {
  // The program's own options: the tests' bundle cannot contain the build itself.
  const { common }: { common: BuildOptions } = await import(pathToFileURL("build.mjs").href);
  await build({
    ...common,
    splitting: false,
    entryPoints: ["test/tui/fixture.tsx"],
    outfile: program,
    define: { "process.env.NODE_ENV": '"production"' },
  });
});

after(async () => {
  await Promise.all(open.map((pty) => pty.stop()));
  rmSync(program, { force: true });
});

async function start(options: PtyOptions = {}): Promise<Pty> {
  const pty = await startPty(process.execPath, [program], options);
  open.push(pty);
  await pty.waitFor("at 2");
  return pty;
}

/** The terminal is as it was before the program. */
function assertRestored(pty: Pty): void {
  assert.equal(pty.screen.buffer.active.type, "normal");
  const { bracketedPasteMode, wraparoundMode } = pty.screen.modes;
  assert.deepEqual(
    { bracketedPasteMode, wraparoundMode },
    { bracketedPasteMode: false, wraparoundMode: true },
  );
  const raw = pty.raw.toString("latin1");
  assert.ok(raw.lastIndexOf("\x1b[?25h") > raw.lastIndexOf("\x1b[?25l"), "the cursor is shown again");
  assert.ok(!raw.includes("\x1b[3J"), "the scrollback is left alone");
}

/** Resolves when the alternate buffer shows every row that was there, but for the last, which tells the keys: a frame may come in several pieces. */
async function paintedAgain(pty: Pty, shown: string[]): Promise<void> {
  await pty.waitFor(
    (lines) =>
      pty.screen.buffer.active.type === "alternate" &&
      isDeepStrictEqual(lines.slice(0, 23), shown.slice(0, 23)),
  );
}

const drained = (pty: Pty) => new Promise<void>((resolve) => pty.screen.write("", resolve));

test("the screen takes the alternate buffer and gives everything back on leaving", async () => {
  const pty = await start();
  assert.equal(pty.screen.buffer.active.type, "alternate");
  assert.ok(pty.screen.modes.bracketedPasteMode);
  assert.match(pty.text()[0] ?? "", /Ada Lovelace/);
  pty.type("q");
  assert.equal(await pty.exit, 0);
  await drained(pty);
  assertRestored(pty);
});

for (const [signal, status] of [
  ["SIGTERM", 143],
  ["SIGHUP", 129],
  ["SIGINT", 130],
] as const)
  test(`${signal} gives the terminal back and ends the program by that signal`, async () => {
    const pty = await start();
    process.kill(pty.pid, signal);
    assert.equal(await pty.exit, status);
    await drained(pty);
    assertRestored(pty);
  });

test("a fault of our own gives the terminal back before it is told", async () => {
  const pty = await start();
  pty.type("x");
  assert.equal(await pty.exit, 70);
  await drained(pty);
  assertRestored(pty);
  assert.ok(pty.text().some((line) => line.includes("a fault of our own")));
});

test("what Node warns of is taken in, and not written across the screen", async () => {
  const pty = await start();
  pty.type("w");
  await pty.waitFor("keys:warned: something is odd");
  await pty.settle(150);
  assert.ok(!pty.raw.includes("Warning"));
});

test("a key in a real terminal: one move of the bar is at most 250 bytes, and a burst loses no key", async () => {
  const pty = await start({ columns: 150, rows: 50 });
  await pty.settle(150);
  const before = pty.bytes;
  pty.type("j");
  await pty.waitFor("at 3");
  await pty.settle(150);
  assert.ok(pty.bytes - before <= 250, `${pty.bytes - before} bytes`);
  pty.type("jjjjj\x1b[Bjj");
  await pty.waitFor("at 10");
  pty.type("\x1b[200~some text\x1b[201~");
  await pty.waitFor("<some text>");
});

test("a larger update is bracketed where the terminal has said that it knows how, and nowhere else", async () => {
  for (const TERM of ["xterm-256color", "linux"]) {
    const pty = await start({ env: { TERM } });
    // Its answer has been read once a key typed after it has been.
    pty.type("k");
    await pty.waitFor("keys: k");
    const before = pty.raw.length;
    await pty.resize(100, 30);
    await pty.waitFor("100×30");
    await pty.settle(150);
    const frame = pty.raw.subarray(before).toString("latin1");
    const bracketed = frame.startsWith("\x1b[?2026h") && frame.endsWith("\x1b[?2026l");
    assert.equal(bracketed, TERM !== "linux", TERM);
    assert.equal(pty.raw.includes("\x1b[?2026$p"), TERM !== "linux", TERM);
  }
});

test("a new size is drawn anew", async () => {
  const pty = await start();
  await pty.resize(120, 35);
  await pty.waitFor("120×35");
  assert.match(pty.text()[34] ?? "", /^ keys: .*120×35 at 2$/);
});

test("another program has the terminal to itself, and the screen comes back whole", async () => {
  const pty = await start();
  const shown = pty.text();
  pty.type("e");
  await pty.waitFor("the other program");
  assert.equal(pty.screen.buffer.active.type, "normal");
  pty.type("typed\r");
  await pty.waitFor("got typed");
  pty.type("\r");
  await paintedAgain(pty, shown);
});

test("suspended, the program stops with the terminal restored; continued, it paints everything again", async () => {
  const pty = await start();
  const shown = pty.text();
  const before = pty.bytes;
  pty.type("z");
  await pty.stopped();
  pty.resume();
  await pty.waitFor(() => pty.raw.indexOf("\x1b[?1049h", before) > 0);
  const left = pty.raw.indexOf("\x1b[?1049l", before);
  assert.ok(left > 0 && left < pty.raw.indexOf("\x1b[?1049h", before));
  await paintedAgain(pty, shown);
  pty.type("j");
  await pty.waitFor("at 3");
});

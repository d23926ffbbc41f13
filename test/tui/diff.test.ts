import assert from "node:assert/strict";
import { test } from "node:test";
import type { Terminal } from "@xterm/headless";
import fc from "fast-check";
import { difference } from "../../src/tui/terminal/diff.ts";
import { CellTable, type Frame } from "../../src/tui/terminal/frame.ts";
import { type PenState, unknownPen } from "../../src/tui/terminal/pen.ts";
import { giveMargins } from "../screen/margins.ts";
import { cellOf, headlessTerminal, linesOf } from "../screen/pty.ts";

const columns = 24;
const rows = 8;

/** A headless terminal and what our side knows about it. */
class Shown {
  readonly screen: Terminal = headlessTerminal(columns, rows);
  readonly cells = new CellTable();
  frame: Frame | null = null;
  pen: PenState = unknownPen;
  readonly backColourErase: boolean;

  readonly margins: boolean;
  readonly scrolls = true;

  constructor(backColourErase: boolean, margins = false) {
    this.backColourErase = backColourErase;
    this.margins = margins;
    if (margins) giveMargins(this.screen);
  }

  /** Draws a frame by difference to the one before; returns the bytes it took. */
  async draw(text: string): Promise<string> {
    const next = this.cells.parse(text, columns, rows);
    const { bytes, pen } = difference(this.cells, this.frame, next, this.pen, this);
    this.frame = next;
    this.pen = pen;
    await new Promise<void>((resolve) =>
      this.screen.write(`\x1b[?7l${this.margins ? "\x1b[?69h" : ""}${bytes}`, resolve),
    );
    return bytes;
  }
}

/** What a person sees: a blank's own colour and weight are not seen. */
function seen(screen: Terminal): unknown[] {
  const all: unknown[] = [];
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const c = cellOf(screen, y, x);
      const blank = c.text === " " && !c.inverse;
      all.push(
        blank
          ? [" ", c.background, c.underline]
          : [c.text, c.bold, c.dim, c.underline, c.inverse, c.foreground, c.background],
      );
    }
  return all;
}

const word = fc.constantFrom(
  "alpha", "b", "-- ", " ", "     ", "             ", "漢字", "é", "e\u0301", "\u{1f600}", "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}", "ＷＩＤＥ", "│", "12:04", "क्षि",
); // biome-ignore format: one list
const styled = fc
  .tuple(
    fc.constantFrom("", "1", "2", "7", "4", "31", "44", "97;44", "1;97;44", "38;5;208", "48;2;1;2;3"),
    fc.array(word, { maxLength: 5 }),
  )
  .map(([sgr, words]) => (sgr ? `\x1b[${sgr}m${words.join("")}\x1b[m` : words.join("")));
const line = fc.array(styled, { maxLength: 4 }).map((parts) => parts.join(""));
const frame = fc.array(line, { minLength: rows, maxLength: rows });
/** The next frame: anew, some lines replaced, or scrolled. */
const step = fc.oneof(
  frame.map((lines) => () => lines),
  fc.tuple(fc.nat(rows - 1), line).map(
    ([y, text]) =>
      (lines: string[]) =>
        lines.with(y, text),
  ),
  fc.tuple(fc.integer({ min: -3, max: 3 }), fc.array(line, { minLength: 3, maxLength: 3 })).map(
    ([by, fresh]) =>
      (lines: string[]) =>
        by >= 0
          ? [...lines.slice(by), ...fresh.slice(0, by)]
          : [...fresh.slice(0, -by), ...lines.slice(0, by)],
  ),
);

test("after any sequence of frames the terminal shows what a full paint shows", async () => {
  await fc.assert(
    fc.asyncProperty(
      frame,
      fc.array(step, { maxLength: 6 }),
      fc.boolean(),
      fc.boolean(),
      async (first, steps, bce, margins) => {
        const shown = new Shown(bce, margins);
        let lines = first;
        await shown.draw(lines.join("\n"));
        for (const next of steps) {
          lines = next(lines);
          await shown.draw(lines.join("\n"));
          const full = new Shown(bce);
          await full.draw(lines.join("\n"));
          assert.deepEqual(seen(shown.screen), seen(full.screen));
          full.screen.dispose();
        }
        shown.screen.dispose();
      },
    ),
    { numRuns: 120 },
  );
});

test("with margins a pane scrolls alone, whatever stands beside it", async () => {
  const left = fc.constantFrom("Inbox   ", "\x1b[1mSent\x1b[m   7", "漢字 12 ", "        ", "Archiv漢");
  const panes = fc.array(fc.tuple(left, line), { minLength: rows, maxLength: rows });
  const moves = fc.array(fc.tuple(fc.integer({ min: -2, max: 2 }), fc.nat(rows - 1), left, line), {
    maxLength: 5,
  });
  let scrolls = 0;
  await fc.assert(
    fc.asyncProperty(panes, moves, fc.boolean(), async (first, steps, bce) => {
      const shown = new Shown(bce, true);
      let folders = first.map(([name]) => name);
      let list = first.map(([, text]) => text);
      const frameOf = () => list.map((text, y) => folders[y] + text).join("\n");
      await shown.draw(frameOf());
      for (const [by, y, name, text] of steps) {
        folders = folders.with(y, name);
        list = list.map((_, i) => list[i + by] ?? text);
        if (/\x1b\[\d*;\d+s/.test(await shown.draw(frameOf()))) scrolls++;
        const full = new Shown(bce);
        await full.draw(frameOf());
        assert.deepEqual(seen(shown.screen), seen(full.screen));
        full.screen.dispose();
      }
      shown.screen.dispose();
    }),
    { numRuns: 120 },
  );
  assert.ok(scrolls > 0, "nothing was scrolled within margins");
});

test("the row that comes in is found again by what the terminal keeps", async () => {
  const shown = new Shown(true);
  const words = ["plain", "\x1b[1mbold\x1b[m", "\x1b]8;;http://a.example/\x1b\\linked\x1b]8;;\x1b\\"];
  const lines = Array.from(
    { length: 4 * rows },
    (_, i) => `${" ".repeat(2 + (i % 2))}${words[i % 3]} ${"abcdefghij".slice(i % 9)} of ${i}`,
  );
  let returns = 0;
  for (const top of [0, 1, 2, 3, 4, 5, 6, 7, 8, 7, 6, 5, 4, 3, 4, 5, 6, 12, 13, 14]) {
    const frame = [...lines.slice(top, top + rows - 1), `${top}`].join("\n");
    if ((await shown.draw(frame)).includes("\x1b8")) returns++;
    const full = new Shown(true);
    await full.draw(frame);
    assert.deepEqual(seen(shown.screen), seen(full.screen));
    full.screen.dispose();
  }
  assert.ok(returns >= 5, `${returns}`);
  shown.screen.dispose();
});

test("a frame's text is on the screen where it belongs", async () => {
  const shown = new Shown(true);
  await shown.draw("one\n  two \x1b[1mbold\x1b[m\n漢字 after\n\n\n\n\nlast");
  assert.deepEqual(linesOf(shown.screen), ["one", "  two bold", "漢字 after", "", "", "", "", "last"]);
  assert.ok(cellOf(shown.screen, 1, 6).bold);
  assert.ok(!cellOf(shown.screen, 1, 5).bold);
});

test("a frame that is the same costs nothing, and lines past the edges are cut", async () => {
  const shown = new Shown(true);
  const text = `${"x".repeat(40)}\n${"漢".repeat(40)}\n${"\n".repeat(30)}below`;
  await shown.draw(text);
  assert.equal(await shown.draw(text), "");
  assert.deepEqual(linesOf(shown.screen).slice(0, 2), ["x".repeat(24), "漢".repeat(12)]);
});

test("nothing but text, SGR and OSC 8 gets through, whatever the frame holds", () => {
  const hostile = fc.array(
    fc.constantFrom("\x1b", "\x1b[", "\x1b]", "]52;c;", "8;;", "http://x", "\x07", "\x1b\\", "\x9b", "\x9d", "\x00", "\r", "\b", "\t", "\x7f", "2J", "31m", "m", "H", "\u202e", "\x1bP", "\x1bc", "a", "漢", "\ud800", "\udc00", "[", "3J", "?1049h", ";", "\x1b_", "\x18", "\x0e", "\x85"), // biome-ignore format: one list
  );
  fc.assert(
    fc.property(hostile, (parts) => {
      const cells = new CellTable();
      const { bytes } = difference(cells, null, cells.parse(parts.join(""), columns, rows), unknownPen, {
        backColourErase: true,
        scrolls: true,
        margins: true,
      });
      const rest = bytes
        .replace(/\x1b\[[\d;]*[mHCGKXABJr]/g, "")
        .replace(/\x1b\]8;;[\x21-\x7e]*\x1b\\/g, "")
        .replace(/\x1b[78]|\r\n+|\r|\x08/g, "");
      assert.doesNotMatch(rest, /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
      assert.doesNotMatch(bytes, /\x1b\[3J/);
      assert.doesNotMatch(bytes, /\p{Surrogate}/u);
    }),
    { numRuns: 500 },
  );
});

test("rows that were set to scroll are let go before a picture comes, and never keep the cursor in", async () => {
  const shown = new Shown(true);
  const lines = Array.from({ length: 3 * rows }, (_, i) => `line ${i} ${"abcdefghij".slice(i % 9)} of many`);
  const frameAt = (top: number, last: string) => [...lines.slice(top, top + rows - 1), last].join("\n");
  await shown.draw(frameAt(0, "one"));
  assert.match(await shown.draw(frameAt(1, "two")), /\x1b\[;7r\x1b\[S/);
  assert.deepEqual(shown.pen.region, { top: 0, bottom: 6 });
  // From within those rows to the row below them, and back.
  await shown.draw(frameAt(1, "three").replace("line 7", "LINE 7"));
  await shown.draw(frameAt(1, "four"));
  assert.deepEqual(linesOf(shown.screen), frameAt(1, "four").split("\n"));
  const still = { backColourErase: true, margins: false, scrolls: false };
  const next = shown.cells.parse(frameAt(1, "five"), columns, rows);
  const { bytes, pen } = difference(shown.cells, shown.frame, next, shown.pen, still);
  assert.ok(bytes.startsWith("\x1b[r"), JSON.stringify(bytes));
  assert.equal(pen.region, null);
  shown.screen.dispose();
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf } from "../screen/pty.ts";
import { Drawing } from "./draw.tsx";
import { sampleScreen } from "./sample.ts";

const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[numbers.length >> 1] ?? 0;

/** Bytes of each frame that follows the first. */
async function bytesOf(
  columns: number,
  rows: number,
  screens: readonly object[],
  terminal: { margins?: boolean } = {},
): Promise<number[]> {
  const drawing = new Drawing(columns, rows, undefined, terminal);
  const bytes: number[] = [];
  for (const options of screens) bytes.push(await drawing.show(sampleScreen({ columns, rows, ...options })));
  drawing.close();
  return bytes.slice(1);
}

const moving = (more: object) => Array.from({ length: 12 }, (_, i) => ({ cursor: i + 2, ...more }));
const scrolling = (rows: number, more: object) =>
  Array.from({ length: 12 }, (_, i) => ({ top: i, cursor: rows - 2 + i, ...more }));

for (const [columns, rows, more, limit] of [
  [80, 24, {}, 250],
  [150, 50, { sidebar: false }, 250],
  [150, 50, {}, 250],
  [150, 50, { sidebar: false, style: "arrow" }, 60],
] as const)
  test(`moving the bar at ${columns} × ${rows} ${JSON.stringify(more)} takes at most ${limit} bytes`, async () => {
    assert.ok(median(await bytesOf(columns, rows, moving(more))) <= limit);
  });

for (const [columns, rows, more, limit] of [
  [80, 24, {}, 250],
  [150, 50, { sidebar: false }, 250],
  [150, 50, { sidebar: false, style: "arrow" }, 200],
  // The folders stand beside the list: a terminal without margins scrolls them along, and their names are written again.
  [150, 50, {}, 420],
] as const)
  test(`scrolling a row at ${columns} × ${rows} ${JSON.stringify(more)} takes at most ${limit} bytes`, async () => {
    assert.ok(median(await bytesOf(columns, rows, scrolling(rows, more))) <= limit);
  });

test("a terminal that has margins scrolls the list alone: at most 250 bytes for a row, the arrow 200", async () => {
  for (const [style, limit] of [
    ["bar", 250],
    ["arrow", 200],
  ] as const) {
    const bytes = await bytesOf(150, 50, scrolling(50, { style }), { margins: true });
    assert.ok(median(bytes) <= limit, `${style}: ${bytes}`);
  }
});

test("a frame like the one before takes no bytes at all", async () => {
  assert.deepEqual(await bytesOf(80, 24, [{}, {}, {}]), [0, 0]);
});

test("after many moves, scrolls and resizes the screen is that of a fresh paint", async () => {
  const drawing = new Drawing(150, 50);
  for (const options of [...moving({}), ...scrolling(50, {}), { reading: true }, { top: 30, cursor: 31 }])
    await drawing.show(sampleScreen({ columns: 150, rows: 50, ...options }));
  drawing.terminal.resize(100, 30);
  const last = sampleScreen({ columns: 100, rows: 30, top: 7, cursor: 9 });
  await drawing.show(last);
  const fresh = new Drawing(100, 30);
  await fresh.show(last);
  assert.deepEqual(linesOf(drawing.terminal.screen), linesOf(fresh.terminal.screen));
  drawing.close();
  fresh.close();
});

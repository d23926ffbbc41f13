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
  [150, 50, { sidebar: false, style: "arrow" }, 110],
  // The folders stand beside the list: a terminal without margins scrolls them along, and their names are written again.
  [150, 50, {}, 380],
] as const)
  test(`scrolling a row at ${columns} × ${rows} ${JSON.stringify(more)} takes at most ${limit} bytes`, async () => {
    assert.ok(median(await bytesOf(columns, rows, scrolling(rows, more))) <= limit);
  });

test("a terminal that has margins scrolls the list alone: at most 240 bytes for a row, the arrow 160; whole rows where nothing stands beside it", async () => {
  for (const [more, limit] of [
    [{ style: "bar" }, 240],
    [{ style: "arrow" }, 160],
    [{ style: "bar", sidebar: false }, 190],
    [{ style: "arrow", sidebar: false }, 110],
  ] as const) {
    const bytes = await bytesOf(150, 50, scrolling(50, more), { margins: true });
    assert.ok(median(bytes) <= limit, `${JSON.stringify(more)}: ${bytes}`);
  }
});

for (const [columns, rows, limit] of [
  [150, 50, 620],
  [200, 60, 730],
] as const)
  test(`a message that opens at ${columns} × ${rows} leaves the list as it is: at most ${limit} bytes until its text is there`, async () => {
    const bytes = await bytesOf(columns, rows, [{}, { reading: true, focus: "reader", text: false }]);
    assert.ok(bytes[0]! <= limit, `${bytes}`);
  });

test("a scroll leaves the rows that scroll set, so that the next takes less", async () => {
  const drawing = new Drawing(150, 50, undefined, { margins: false });
  const written: string[] = [];
  const { write } = drawing.terminal;
  drawing.terminal.write = (data) => {
    written.push(data);
    return write.call(drawing.terminal, data);
  };
  for (const options of scrolling(50, { sidebar: false }))
    await drawing.show(sampleScreen({ columns: 150, rows: 50, ...options }));
  assert.equal(written.filter((data) => /\x1b\[\d*;\d+r/.test(data)).length, 1);
  assert.ok(written.filter((data) => data.includes("\x1b[S")).length > 8);
  written.length = 0;
  drawing.output.repaint();
  await drawing.terminal.drawn();
  assert.match(written.join(""), /^\x1b\[m\x1b\]8;;\x1b\\\x1b\[r\x1b\[2J/);
  drawing.close();
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

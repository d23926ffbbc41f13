/** Finds the block of rows that only moved up or down, so that the terminal can move it itself. */
import { blankGlyph, type Row } from "./frame.ts";

export interface Scroll {
  /** First and last row of the region, from 0. */
  readonly top: number;
  readonly bottom: number;
  /** Rows by which the content goes up (positive) or down (negative). */
  readonly by: number;
}

/** Cells that must be saved for a scroll to be worth its own bytes (the region set, scrolled and reset: 15 or so). */
const minGain = 40;
/** Fewer changed rows than this are simply rewritten: the search would cost more than it saves. */
const minChangedRows = 4;

/** The scroll that saves most, or null where none is worth it. */
export function scrollBetween(from: readonly Row[], to: readonly Row[]): Scroll | null {
  const height = Math.min(from.length, to.length);
  const changes: number[] = [];
  let changed = 0;
  for (let y = 0; y < height; y++) {
    changes.push(cellsToWrite(from[y]!, to[y]!));
    if (changes[y]! > 0) changed++;
  }
  if (changed < minChangedRows) return null;

  let best: Scroll | null = null;
  let bestGain = minGain;
  for (let by = -(height >> 1); by <= height >> 1; by++) {
    if (by === 0) continue;
    // Kadane's search: the run of rows for which moving saves most.
    let gain = 0;
    let start = 0;
    for (let y = Math.max(0, -by); y < Math.min(height, height - by); y++) {
      if (gain <= 0) {
        gain = 0;
        start = y;
      }
      gain += changes[y]! - cellsToWrite(from[y + by]!, to[y]!);
      if (gain <= bestGain) continue;
      const top = Math.min(start, start + by);
      const bottom = Math.max(y, y + by);
      const net = gain - uncovered(changes, to, top, bottom, start, y);
      if (net <= bestGain) continue;
      bestGain = net;
      best = { top, bottom, by };
    }
  }
  return best;
}

/** The rows as the terminal shows them after the scroll. */
export function scrolled(rows: readonly Row[], { top, bottom, by }: Scroll, columns: number): Row[] {
  const blank: Row = new Int32Array(columns).fill(blankGlyph);
  return rows.map((row, y) => {
    if (y < top || y > bottom) return row;
    const source = y + by;
    return source < top || source > bottom ? blank : (rows[source] ?? blank);
  });
}

/** What the rows that scroll in blank cost more than they would have without the scroll. */
function uncovered(
  changes: readonly number[],
  to: readonly Row[],
  top: number,
  bottom: number,
  start: number,
  end: number,
): number {
  let cost = 0;
  for (let y = top; y <= bottom; y++) {
    if (y >= start && y <= end) continue;
    for (const cell of to[y]!) if (cell !== blankGlyph) cost++;
    cost -= changes[y]!;
  }
  return cost;
}

/** Cells that differ: near enough to the bytes of rewriting them. */
function cellsToWrite(from: Row, to: Row): number {
  if (from === to) return 0;
  let count = 0;
  for (let x = 0; x < to.length; x++) if (from[x] !== to[x]) count++;
  return count;
}

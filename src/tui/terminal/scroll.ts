/** Finds the block of rows that only moved up or down, so that the terminal can move it itself. */
import { blankGlyph, glyphMask, type Row } from "./frame.ts";

export interface Scroll {
  /** First and last row of the region, from 0. */
  readonly top: number;
  readonly bottom: number;
  /** First and last column, from 0. */
  readonly left: number;
  readonly right: number;
  /** Rows by which the content goes up (positive) or down (negative). */
  readonly by: number;
}

/** Cells that must be saved for a scroll to be worth its own bytes (the region set, scrolled and reset: 15 or so). */
const minGain = 40;
/** What erasing the end of a row costs, in cells. */
const erasing = 3;
/** Fewer changed rows than this are simply rewritten: the search would cost more than it saves. */
const minChangedRows = 4;

/**
 * The scroll that saves most, or null where none is worth it: of whole rows, or with `margins` of the columns that
 * changed.
 */
export function scrollBetween(from: readonly Row[], to: readonly Row[], margins: boolean): Scroll | null {
  const last = (to[0]?.length ?? 0) - 1;
  const columns = margins ? changedColumns(from, to) : { left: 0, right: last };
  const ends = to.map((row) => blankEnd(row, columns.right));
  /** Cells of row `y` that differ, but for its blank end, which is erased: near enough to the bytes of rewriting them. */
  const cellsToWrite = (a: Row, y: number) => {
    const b = to[y]!;
    if (a === b) return 0;
    const end = ends[y]!;
    let count = 0;
    for (let x = columns.left; x < end; x++) if (a[x] !== b[x]) count++;
    for (let x = Math.max(end, columns.left); x <= columns.right; x++)
      if (a[x] !== b[x]) return count + erasing;
    return count;
  };
  const height = Math.min(from.length, to.length);
  const changes: number[] = [];
  let changed = 0;
  for (let y = 0; y < height; y++) {
    changes.push(cellsToWrite(from[y]!, y));
    if (changes[y]! > 0) changed++;
  }
  if (changed < minChangedRows) return null;

  const blank: Row = new Int32Array(last + 1).fill(blankGlyph);
  /** What the rows that scroll in blank cost more than they would have without the scroll. */
  const uncovered = (top: number, bottom: number, start: number, end: number) => {
    let cost = 0;
    for (let y = top; y <= bottom; y++) {
      if (y >= start && y <= end) continue;
      cost += cellsToWrite(blank, y) - changes[y]!;
    }
    return cost;
  };
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
      gain += changes[y]! - cellsToWrite(from[y + by]!, y);
      if (gain <= bestGain) continue;
      const top = Math.min(start, start + by);
      const bottom = Math.max(y, y + by);
      const net = gain - uncovered(top, bottom, start, y);
      if (net <= bestGain) continue;
      bestGain = net;
      best = { top, bottom, ...columns, by };
    }
  }
  return best && alike(from, to, best, last) ? { ...best, left: 0, right: last } : best;
}

/** Whole rows may scroll as well: what stands beside the block is the same in all of them, and blank in those that come in. */
function alike(
  from: readonly Row[],
  to: readonly Row[],
  { top, bottom, left, right, by }: Scroll,
  last: number,
) {
  for (let y = top; y <= bottom; y++) {
    const source = y + by >= top && y + by <= bottom ? from[y + by] : undefined;
    for (let x = 0; x <= last; x++) {
      if (x === left) x = right + 1;
      if (x <= last && to[y]![x] !== (source ? source[x] : blankGlyph)) return false;
    }
  }
  return true;
}

/** The rows as the terminal shows them after the scroll. */
export function scrolled(rows: readonly Row[], { top, bottom, left, right, by }: Scroll): Row[] {
  return rows.map((row, y) => {
    if (y < top || y > bottom) return row;
    const source = y + by;
    const moved = source < top || source > bottom ? null : rows[source];
    const whole = left === 0 && right === row.length - 1;
    if (moved && whole) return moved;
    const next = row.slice();
    if (moved) next.set(moved.subarray(left, right + 1), left);
    else next.fill(blankGlyph, left, right + 1);
    return next;
  });
}

/** The column from which on a row is blank, up to its column `right`. */
function blankEnd(row: Row, right: number): number {
  const last = row[right];
  let end = right + 1;
  if (last !== undefined && (last & glyphMask) === blankGlyph) while (end > 0 && row[end - 1] === last) end--;
  return end;
}

/** The columns between which rows changed, but for those that fewer rows reach than a scroll is worth. */
function changedColumns(from: readonly Row[], to: readonly Row[]): { left: number; right: number } {
  const firsts: number[] = [];
  const lasts: number[] = [];
  for (const [y, row] of to.entries()) {
    const before = from[y];
    if (!before || before === row) continue;
    const first = row.findIndex((cell, x) => cell !== before[x]);
    if (first < 0) continue;
    firsts.push(first);
    lasts.push(row.findLastIndex((cell, x) => cell !== before[x]));
  }
  const skipped = Math.min(minChangedRows, firsts.length) - 1;
  firsts.sort((a, b) => a - b);
  lasts.sort((a, b) => b - a);
  let left = firsts[skipped] ?? 0;
  let right = lasts[skipped] ?? -1;
  // No wide character is torn in two.
  const torn = (x: number) => from.some((row) => x < row.length && (row[x]! & glyphMask) === 0);
  while (left > 0 && torn(left)) left--;
  while (torn(right + 1)) right++;
  return { left, right };
}

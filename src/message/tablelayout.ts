/** Rows of a table set in columns. All text here is safe already. */
import type { Span, TableRow } from "./types.ts";
import { textWidth } from "./width.ts";

const GAP = 2;
/** No column is made narrower to fit, unless its words are. */
const LEAST = 6;
/** A word longer than this is broken rather than given its room. */
const LONGEST_WORD = 16;

/** Width of each column. */
export type Columns = readonly number[];

const width = (spans: readonly Span[]) => spans.reduce((sum, span) => sum + textWidth(span.text), 0);
const longestWord = (spans: readonly Span[]) =>
  Math.max(
    0,
    ...spans
      .map((span) => span.text)
      .join("")
      .split(" ")
      .map((word) => Math.min(LONGEST_WORD, textWidth(word))),
  );
const sum = (widths: readonly number[]) => widths.reduce((a, b) => a + b, 0);

/** Calls back with every cell and the column it begins in. */
function eachCell(
  rows: readonly TableRow[],
  visit: (cell: TableRow["cells"][number], column: number) => void,
): void {
  for (const row of rows) {
    let column = 0;
    for (const cell of row.cells) {
      visit(cell, column);
      column += cell.columns;
    }
  }
}

/** Widths that let the rows stand in `room` columns, with two between; null where that is too little for columns. */
export function fitColumns(rows: readonly TableRow[], room: number): Columns | null {
  const natural: number[] = [];
  const least: number[] = [];
  eachCell(rows, (cell, column) => {
    for (let i = 0; i < cell.columns; i++) {
      natural[column + i] ??= 0;
      least[column + i] ??= 0;
    }
    if (cell.columns > 1) return;
    for (const line of cell.lines) {
      natural[column] = Math.max(natural[column] ?? 0, width(line));
      least[column] = Math.max(least[column] ?? 0, longestWord(line));
    }
  });
  // What spans columns widens the last of them by what it lacks.
  eachCell(rows, (cell, column) => {
    if (cell.columns === 1) return;
    const last = column + cell.columns - 1;
    const inner = sum(natural.slice(column, last + 1)) + GAP * (cell.columns - 1);
    const need = Math.min(room, Math.max(0, ...cell.lines.map(width)));
    if (need > inner) natural[last] = (natural[last] ?? 0) + need - inner;
  });
  const gaps = GAP * Math.max(0, natural.filter((n) => n > 0).length - 1);
  const free = room - gaps;
  if (sum(natural) <= free) return natural;
  const narrowest = natural.map((n, i) => Math.min(n, Math.max(LEAST, least[i] ?? 0)));
  if (sum(narrowest) > free) return null;
  // Those that need less than an equal share get what they need; the others share the rest.
  const widths = [...narrowest];
  let spare = free - sum(widths);
  while (spare > 0) {
    const wanting = widths.flatMap((w, i) => (w < (natural[i] ?? 0) ? [i] : []));
    if (wanting.length === 0) break;
    const share = Math.max(1, Math.floor(spare / wanting.length));
    for (const i of wanting) {
      const more = Math.min(share, (natural[i] ?? 0) - (widths[i] ?? 0), spare);
      widths[i] = (widths[i] ?? 0) + more;
      spare -= more;
    }
  }
  return widths;
}

const spaces = (n: number): Span => ({ text: " ".repeat(n), style: "plain", link: 0 });

/**
 * The lines of one row, its cells wrapped to their columns by `wrap`; below a row of names a rule. Columns without
 * any text take no room.
 */
export function setRow(
  row: TableRow,
  columns: Columns,
  wrap: (spans: readonly Span[], width: number) => readonly (readonly Span[])[],
): Span[][] {
  let column = 0;
  const cells = row.cells.map((cell) => {
    const own = columns.slice(column, column + cell.columns).filter((w) => w > 0);
    column += cell.columns;
    const room = sum(own) + GAP * Math.max(0, own.length - 1);
    return { room, align: cell.align, lines: room > 0 ? cell.lines.flatMap((line) => wrap(line, room)) : [] };
  });
  const shown = cells.filter((cell) => cell.room > 0);
  const height = Math.max(1, ...shown.map((cell) => cell.lines.length));
  const out: Span[][] = [];
  for (let y = 0; y < height; y++) {
    const line: Span[] = [];
    /** Spaces due before the next text, so that none stand at the end. */
    let due = 0;
    for (const cell of shown) {
      const spans = cell.lines[y] ?? [];
      const left = Math.max(0, cell.room - width(spans));
      const before = cell.align === "right" ? left : cell.align === "center" ? left >> 1 : 0;
      due += before;
      if (spans.length > 0) {
        if (due > 0) line.push(spaces(due));
        line.push(...spans);
        due = 0;
      }
      due += left - before + GAP;
    }
    out.push(line);
  }
  if (row.header) {
    const rule = columns.filter((w) => w > 0).map((w) => "─".repeat(w));
    out.push([{ text: rule.join(" ".repeat(GAP)), style: "muted", link: 0 }]);
  }
  return out;
}

/** Small tables of data, set in columns. */
import { safeText } from "./safe.ts";
import type { Line, Span } from "./types.ts";
import { textWidth } from "./width.ts";

/** The text of the span that stands between two cells of a row. */
export const CELL_GAP = "  ";
/** Wider tables would wrap on most screens, and wrapped columns are worse than none. */
const MAX_COLUMN = 40;
const MAX_WIDTH = 100;

function cells(line: Line): Span[][] {
  const out: Span[][] = [[]];
  for (const span of line.spans) {
    if (span.text === CELL_GAP) out.push([]);
    else out.at(-1)?.push(span);
  }
  return out;
}

const cellWidth = (cell: readonly Span[]) =>
  cell.reduce((sum, span) => sum + textWidth(safeText(span.text)), 0);

/** Pads the cells of the lines from `first` on to columns, if every line is a row of the same two or more cells. */
export function alignColumns(lines: Line[], first: number): void {
  const rows = lines.slice(first);
  if (rows.length < 2 || rows.length > 2000) return;
  const table = rows.map(cells);
  const columns = table[0]?.length ?? 0;
  if (columns < 2 || table.some((row) => row.length !== columns)) return;
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...table.map((row) => cellWidth(row[i] ?? []))),
  );
  const total = widths.reduce((sum, width) => sum + width + CELL_GAP.length, 0);
  if (widths.some((width) => width > MAX_COLUMN) || total > MAX_WIDTH) return;
  table.forEach((row, r) => {
    const line = rows[r];
    if (!line) return;
    const spans = row.flatMap((cell, i) => {
      const pad = i === columns - 1 ? 0 : (widths[i] ?? 0) - cellWidth(cell) + CELL_GAP.length;
      return pad > 0 ? [...cell, { text: " ".repeat(pad), style: "plain", link: 0 } as const] : cell;
    });
    lines[first + r] = { ...line, spans };
  });
}

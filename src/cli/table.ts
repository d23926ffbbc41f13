/** Tables of text: aligned and cut on a terminal; whole and tab-separated in a pipe. */
import { safeText } from "../message/safe.ts";
import { cutToWidth, padToWidth, textWidth } from "../message/width.ts";

/** Where the text goes. `columns` is null in a pipe: then nothing is cut or padded. */
export interface Target {
  readonly columns: number | null;
  readonly now: number;
  /** Whether more than ASCII can be shown. */
  readonly utf8: boolean;
}

export interface Column {
  readonly values: readonly string[];
  /** Columns on a terminal; the last column takes what is left. */
  readonly most: number;
  readonly right?: boolean;
}

export function table(columns: readonly Column[], target: Target): string {
  const rows = columns[0]?.values.length ?? 0;
  const lines: string[] = [];
  const widths = columns.map((c) =>
    c.values.reduce((widest, v) => Math.max(widest, Math.min(c.most, textWidth(v))), 0),
  );
  for (let row = 0; row < rows; row++) {
    const cells = columns.map((c) => safeText(c.values[row] ?? ""));
    if (target.columns === null) {
      lines.push(cells.join("\t"));
      continue;
    }
    const padded = cells.map((cell, i) => {
      const width = widths[i] ?? 0;
      if (i === columns.length - 1) return cell;
      return columns[i]?.right ? cell.padStart(width) : padToWidth(cutToWidth(cell, width), width);
    });
    lines.push(cutToWidth(padded.join("  "), target.columns).trimEnd());
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** Text that is struck out, as an old price is: between marks, which go where the screen strikes it out itself. */
import type { Attributes } from "./htmlrules.ts";
import type { Body, Span } from "./types.ts";

export const STRUCK_MARK = "~~";

const ELEMENTS = /^(?:s|del|strike)$/;
const LINE_THROUGH = /(?:^|[;\s])text-decoration(?:-line)?\s*:[^;]*\bline-through\b/i;

/** An element strikes out what is in it; no element within can undo that. */
export function isStruck(name: string, { style }: Attributes): boolean {
  return ELEMENTS.test(name) || (style !== undefined && LINE_THROUGH.test(style));
}

/** The body for a screen that strikes out what is so. */
export function withoutStruckMarks(body: Body): Body {
  const without = (spans: readonly Span[]) =>
    spans.some(({ struck }) => struck === "mark") ? spans.filter(({ struck }) => struck !== "mark") : spans;
  const lines = body.lines.map((line) => {
    const cells = line.row?.cells.map((cell) => ({ ...cell, lines: cell.lines.map(without) }));
    const row = line.row && cells ? { ...line.row, cells } : null;
    return { ...line, spans: without(line.spans), row };
  });
  return { ...body, lines };
}

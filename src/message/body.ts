/** Puts a `Body` together line by line: what the readers of plain text and HTML write into. */
import { safeText } from "./safe.ts";
import type { Body, BodyImage, Line, LinkWarning, Region, Span, SpanStyle, TableRow } from "./types.ts";
import { textWidth } from "./width.ts";

/** Text kept of one message, in UTF-16 units. More than anyone reads; a bound for what hostile input can make of little. */
export const MAX_TEXT = 1024 * 1024;
const MAX_LINKS = 10_000;
const MAX_IMAGES = 2000;
const MAX_WARNINGS = 100;
/** Deeper quoting than this is not told apart. */
export const MAX_QUOTE = 30;

export interface LineShape {
  readonly quote?: number;
  readonly hang?: number;
  readonly pre?: boolean;
  readonly region?: Region;
  readonly heading?: number;
  readonly row?: TableRow | null;
}

export class BodyBuilder {
  readonly lines: Line[] = [];
  readonly links: string[] = [];
  readonly images: BodyImage[] = [];
  readonly warnings: LinkWarning[] = [];
  private tables = 0;
  private readonly numbers = new Map<string, number>();
  private size = 0;

  /** True when `MAX_TEXT` is reached; further lines are dropped. */
  get full(): boolean {
    return this.size >= MAX_TEXT;
  }

  add(spans: readonly Span[], shape: LineShape = {}): void {
    if (this.full) return;
    // Each line counts for something, so that empty ones are bounded too.
    this.size += 8;
    const kept: Span[] = [];
    for (const span of spans) {
      const text = span.text.slice(0, Math.max(0, MAX_TEXT - this.size));
      this.size += text.length + 4;
      if (text) kept.push({ ...span, text });
    }
    this.lines.push({
      spans: kept,
      quote: Math.min(shape.quote ?? 0, MAX_QUOTE),
      hang: shape.hang ?? 0,
      pre: shape.pre ?? false,
      region: shape.region ?? "text",
      heading: shape.heading ?? 0,
      row: shape.row ?? null,
    });
  }

  addText(text: string, style: SpanStyle = "plain", shape: LineShape = {}): void {
    this.add(text ? [{ text, style, link: 0 }] : [], shape);
  }

  /** An empty line, unless nothing or an empty line stands before it. */
  addBlank(quote = 0): void {
    const last = this.lines.at(-1);
    if (last && last.spans.length > 0) {
      this.add([], { quote: Math.min(quote, last.quote), region: last.region });
    }
  }

  /** Puts a span at the end of the last line that has text. */
  appendToLast(span: Span): void {
    const at = this.lines.findLastIndex((line) => line.spans.length > 0);
    const line = this.lines[at];
    if (line) this.lines[at] = { ...line, spans: [...line.spans, span] };
  }

  /** The number (from 1) under which a link's target is listed; the same target has one number. 0: no room. */
  link(target: string): number {
    const known = this.numbers.get(target);
    if (known !== undefined) return known;
    if (this.links.length >= MAX_LINKS) return 0;
    this.links.push(target);
    this.numbers.set(target, this.links.length);
    return this.links.length;
  }

  /** The number (from 1) of a picture. 0: no room. */
  image(image: BodyImage): number {
    return this.images.length < MAX_IMAGES ? this.images.push(image) : 0;
  }

  warn(warning: LinkWarning): void {
    const same = (w: LinkWarning) => w.link === warning.link && w.named === warning.named;
    if (this.warnings.length < MAX_WARNINGS && !this.warnings.some(same)) this.warnings.push(warning);
  }

  /** A number for the rows of one table. */
  newTable(): number {
    return ++this.tables;
  }

  build(): Body {
    while (this.lines.length > 0 && this.lines.at(-1)?.spans.length === 0) this.lines.pop();
    const { lines, links, images, warnings } = this;
    return { lines, links, images, warnings };
  }
}

/** Expands tabs to stops of eight columns, counting columns as a terminal does. */
export function expandTabs(line: string): string {
  if (!line.includes("\t")) return line;
  let out = "";
  let column = 0;
  for (const [i, piece] of line.split("\t").entries()) {
    if (i > 0) {
      const pad = 8 - (column % 8);
      out += " ".repeat(pad);
      column += pad;
    }
    out += piece;
    column += textWidth(safeText(piece));
  }
  return out;
}

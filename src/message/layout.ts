/**
 * A body laid out in terminal columns. This is where body text becomes safe: every span goes through `safeText`
 * before it is measured, and nothing is added after. What is not laid out here (subjects, names, file names) its
 * reader passes through `safeText` itself.
 */
import { hardWrapped, joinLines } from "./hard-wrapped.ts";
import { safeText } from "./safe.ts";
import { type Columns, fitColumns, setRow } from "./tablelayout.ts";
import { atOnce, inTurns } from "./turns.ts";
import type { Body, Line, Region, Span, TableRow } from "./types.ts";
import { graphemes, isSimple, textWidth } from "./width.ts";

export interface DisplayLine {
  /** Safe text. Quote marks and hanging indents are spans too. */
  readonly spans: readonly Span[];
  /** Depth of quoting, for its colour. */
  readonly quote: number;
  readonly region: Region;
  /** Columns; more than asked for only where the line is preformatted. */
  readonly width: number;
}

/** Characters between which a line may break without a space: East Asian ideographs, kana, full-width forms. Korean is broken at its spaces. */
const WIDE = String.raw`\u2e80-\u303e\u3041-\u312f\u3190-\ua4cf\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}`;
/** Closing marks and small kana stay with what they follow. */
const CLOSING = String.raw`\u3001\u3002\uff0c\uff0e\uff01\uff1f\uff1a\uff1b\u300d\u300f\u3011\u3015\uff09\uff3d\uff5d\u30fc\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087\u30a1\u30a3\u30a5\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7`;
const TOKEN = new RegExp(
  String.raw` +|(?:[${WIDE}][${CLOSING}\p{M}\u200c\u200d]*)|[^ ${WIDE}]+[${CLOSING}]*`,
  "gu",
);
/** The pixels and octets of a picture are no two words. */
const WORDS = /(?:\d+×\d+ )?[\d.]+ [kMG]?B\]| +|[^ ]+/g;
const HAS_WIDE = new RegExp(`[${WIDE}]`, "u");
const IS_WIDE = new RegExp(`^[${WIDE}]`, "u");

/** What a line is not broken within: a word, one ideograph, or a run of spaces. May be of several spans. */
interface Token {
  readonly pieces: Span[];
  width: number;
  readonly space: boolean;
  readonly wide: boolean;
}

/** The words for a picture are one, where `whole` says so. */
function tokens(spans: readonly Span[], whole: boolean): Token[] {
  const out: Token[] = [];
  for (const span of spans) {
    const words = HAS_WIDE.test(span.text) ? TOKEN : WORDS;
    const found = whole && span.image !== undefined ? [span.text] : (span.text.match(words) ?? []);
    for (const text of found) {
      const piece = text === span.text ? span : { ...span, text };
      const space = text.startsWith(" ");
      const wide = !space && IS_WIDE.test(text);
      const last = out.at(-1);
      const width = textWidth(text);
      if (last && last.space === space && !wide && !last.wide) {
        last.pieces.push(piece);
        last.width += width;
      } else out.push({ pieces: [piece], width, space, wide });
    }
  }
  return out;
}

const RULE = /^([-=_*~#+.\u2500-\u2550])\1{9,}$/;
const isRule = (spans: readonly Span[]) => spans.length === 1 && RULE.test(spans[0]?.text.trimEnd() ?? "");
const isSeveralWords = ({ text, image }: Span) => image !== undefined && text.includes(" ");

const plain = (text: string): Span => ({ text, style: "plain", link: 0 });

/** "> " for each level, as long as half the line is left for text. */
function quotePrefix(quote: number, width: number): string {
  return "> ".repeat(Math.min(quote, Math.max(0, Math.floor(width / 4))));
}

const NO_LINE: Line = {
  spans: [],
  quote: 0,
  hang: 0,
  pre: false,
  region: "text",
  heading: 0,
  row: null,
};

const safeSpans = (spans: readonly Span[]) =>
  spans.map((span) => {
    const text = safeText(span.text);
    return text === span.text ? span : { ...span, text };
  });

function safeRow(row: TableRow | null): TableRow {
  const cells = row?.cells.map((cell) => ({ ...cell, lines: cell.lines.map(safeSpans) })) ?? [];
  return { table: row?.table ?? 0, header: row?.header ?? false, cells };
}

class Wrapper {
  readonly lines: DisplayLine[] = [];
  private readonly width: number;
  private line = NO_LINE;
  private current: Span[] = [];
  /** Columns taken by `current`, and how many of them are quote marks and hanging indent. */
  private used = 0;
  private indent = 0;

  constructor(width: number) {
    this.width = Math.max(1, Math.floor(width));
  }

  add(line: Line): void {
    this.line = line;
    this.begin(0);
    const spans = safeSpans(line.spans);
    const width = this.used + spans.reduce((sum, span) => sum + textWidth(span.text), 0);
    if (line.pre || width <= this.width) this.push([...this.current, ...spans], width);
    // A rule across a wider page is one across this.
    else if (isRule(spans))
      this.wrap(
        spans.map((rule) => ({ ...rule, text: rule.text.slice(0, Math.max(1, this.width - this.used)) })),
      );
    else this.wrap(spans);
  }

  private push(spans: readonly Span[], width: number): void {
    const { quote, region } = this.line;
    this.lines.push({ spans, quote, region, width });
  }

  /** Columns left for the text of a line beside its quote marks. */
  room(line: Line): number {
    return this.width - quotePrefix(line.quote, this.width).length;
  }

  /** Rows of one table, set in columns; each cell one below the other where the screen is too narrow. */
  addTable(rows: readonly Line[]): void {
    const first = rows[0];
    if (!first) return;
    const cells = rows.map(({ row }) => safeRow(row));
    const columns = fitColumns(cells, this.room(first));
    for (const [i, line] of rows.entries()) {
      this.line = line;
      const row = cells[i];
      if (columns && row) this.addRow(row, columns);
      else if (row) this.addStacked(row, cells[0]?.header ? cells[0] : null);
    }
  }

  private addRow(row: TableRow, columns: Columns): void {
    const narrow = (spans: readonly Span[], width: number) => {
      const wrapper = new Wrapper(width);
      wrapper.add({ ...NO_LINE, spans });
      return wrapper.lines.map((line) => line.spans);
    };
    for (const spans of setRow(row, columns, narrow)) {
      this.begin(0);
      this.push(
        [...this.current, ...spans],
        this.used + spans.reduce((sum, span) => sum + textWidth(span.text), 0),
      );
    }
  }

  private addStacked(row: TableRow, names: TableRow | null): void {
    if (row.header) return;
    row.cells.forEach((cell, i) => {
      const name = names?.cells[i]?.lines.flat() ?? [];
      for (const [j, spans] of cell.lines.entries()) {
        const label = j === 0 && name.length > 0 ? [...name, plain(": ")] : [];
        this.line = { ...this.line, hang: 2 };
        this.begin(0);
        this.wrap([...label, ...spans]);
      }
    });
    this.begin(0);
    this.flush();
  }

  private begin(hang: number): void {
    const prefix = quotePrefix(this.line.quote, this.width);
    this.current = prefix ? [{ text: prefix, style: "muted", link: 0 }] : [];
    if (hang) this.current.push(plain(" ".repeat(hang)));
    this.used = prefix.length + hang;
    this.indent = this.used;
  }

  private flush(): void {
    this.push(this.current, this.used);
  }

  private next(): void {
    this.flush();
    const room = this.room(this.line);
    // A hang that leaves no room for text would break every word.
    this.begin(this.line.hang <= room / 2 ? this.line.hang : 0);
  }

  private put(piece: Span, text: string, width: number): void {
    const last = this.current.at(-1);
    const joins = last?.style === piece.style && last.link === piece.link && last.struck === piece.struck;
    if (last && joins && this.used > this.indent) {
      this.current[this.current.length - 1] = { ...last, text: last.text + text };
    } else this.current.push({ ...piece, text });
    this.used += width;
  }

  private wrap(spans: readonly Span[]): void {
    if (spans.every(({ text, image }) => image === undefined && isSimple(text))) this.wrapSimple(spans);
    else {
      this.wrapAny(tokens(spans, true));
      this.flush();
    }
  }

  /** Text of which each unit is a column: what `wrapAny` does, but by counting, ten times as fast. */
  private wrapSimple(spans: readonly Span[]): void {
    const text = spans.map((span) => span.text).join("");
    /** The span that holds `at`, and where that span begins. */
    let holder = 0;
    let begins = 0;
    const take = (from: number, to: number) => {
      for (let at = from; at < to; ) {
        while (at >= begins + (spans[holder]?.text.length ?? 0)) begins += spans[holder++]?.text.length ?? 0;
        const span = spans[holder];
        if (!span) return;
        const end = Math.min(to, begins + span.text.length);
        const whole = at === begins && end === begins + span.text.length;
        this.current.push(whole ? span : { ...span, text: text.slice(at, end) });
        at = end;
      }
      this.used += to - from;
    };
    const last = text.trimEnd().length;
    const skipSpaces = (from: number) => {
      let to = from;
      while (text.charAt(to) === " ") to++;
      return to;
    };
    let at = 0;
    while (at < last) {
      const room = Math.max(1, this.width - this.used);
      if (last - at <= room) {
        take(at, last);
        break;
      }
      // Behind the last word that fits.
      let end = at + room;
      // Not text.lastIndexOf: in a long word it would look through all lines before.
      if (text.charAt(end) !== " ") end = at + text.slice(at, end).lastIndexOf(" ") + 1;
      while (end > at && text.charAt(end - 1) === " ") end--;
      if (end <= at) {
        const word = skipSpaces(at);
        if (word > at) {
          // Indentation before a word that does not fit behind it.
          at = word;
          continue;
        }
        end = at + room;
      }
      take(at, end);
      at = skipSpaces(end);
      this.next();
    }
    this.flush();
  }

  /** `whole` where words for a picture may still be taken apart, those that are longer than a line. */
  private wrapAny(words: readonly Token[], whole = true): void {
    let gap: Token | null = null;
    let first = true;
    for (const token of words) {
      if (token.space) {
        // Spaces that open the text are indentation; those where it wraps go.
        if (first || this.used > this.indent) gap = token;
        continue;
      }
      if (whole && token.width > this.width - this.indent && token.pieces.some(isSeveralWords)) {
        this.wrapAny([...(gap ? [gap] : []), ...tokens(token.pieces, false)], false);
        gap = null;
        first = false;
        continue;
      }
      const fits = this.used + (gap?.width ?? 0) + token.width <= this.width;
      if (fits && gap) for (const piece of gap.pieces) this.put(piece, piece.text, piece.text.length);
      gap = null;
      if (!fits && this.used > this.indent) {
        this.next();
        first = false;
      }
      if (this.used + token.width <= this.width) {
        for (const piece of token.pieces) this.put(piece, piece.text, textWidth(piece.text));
      } else this.breakUp(token);
    }
  }

  /** A word longer than a line is broken between graphemes. */
  private breakUp(token: Token): void {
    for (const piece of token.pieces) {
      let text = "";
      let width = 0;
      for (const grapheme of graphemes(piece.text)) {
        const used = this.used + width;
        if (used + grapheme.width > this.width && used > this.indent) {
          if (text) this.put(piece, text, width);
          this.next();
          text = "";
          width = 0;
        }
        text += grapheme.text;
        width += grapheme.width;
      }
      if (text) this.put(piece, text, width);
    }
  }
}

/** Lines of a body between two chances of a pause. */
const STEP = 50;

function* steps(body: Body, width: number): Generator<void, DisplayLine[]> {
  const wrapper = new Wrapper(width);
  const counts = yield* hardWrapped(body.lines, (line) => wrapper.room(line));
  let next = 0;
  for (let i = 0; i < body.lines.length; i++) {
    if (i >= next) {
      next = i + STEP;
      yield;
    }
    const line = body.lines[i];
    const table = line?.row?.table;
    if (!line) break;
    if (counts[i]! > 1) {
      wrapper.add(joinLines(body.lines.slice(i, i + counts[i]!)));
      i += counts[i]! - 1;
    } else if (table === undefined) wrapper.add(line);
    else {
      let end = i + 1;
      while (body.lines[end]?.row?.table === table) end++;
      wrapper.addTable(body.lines.slice(i, end));
      i = end - 1;
    }
  }
  return wrapper.lines;
}

/**
 * Lays a body out for `width` columns (at least 1): words are wrapped, paragraphs that were broken for a wider page are
 * broken anew, quotes marked with "> " on every line, list items hang, tables stand in columns. Preformatted lines keep their length; who draws them cuts or scrolls. All text
 * in the result is safe.
 */
export function layoutBody(body: Body, width: number): DisplayLine[] {
  return atOnce(steps(body, width));
}

/** The same, letting others have their turn: for long messages on a screen. */
export function layoutInTurns(body: Body, width: number): Promise<DisplayLine[]> {
  return inTurns(steps(body, width));
}

/** Wraps text at `width` columns, `hang` columns in from the second line; "\n" breaks. The result is safe text. */
export function wrapText(text: string, width: number, hang = 0): string[] {
  const wrapper = new Wrapper(width);
  for (const line of safeText(text, { keepNewlines: true }).split("\n")) {
    wrapper.add({ ...NO_LINE, spans: line ? [plain(line)] : [], hang });
  }
  return wrapper.lines.map((line) => line.spans.map((span) => span.text).join(""));
}

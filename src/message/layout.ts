/**
 * A body laid out in terminal columns. This is where body text becomes safe: every span goes through `safeText`
 * before it is measured, and nothing is added after. What is not laid out here (subjects, names, file names) its
 * reader passes through `safeText` itself.
 */
import { safeText } from "./safe.ts";
import type { Body, Line, Span } from "./types.ts";
import { graphemes, textWidth } from "./width.ts";

export interface DisplayLine {
  /** Safe text. Quote marks and hanging indents are spans too. */
  readonly spans: readonly Span[];
  /** Depth of quoting, for its colour. */
  readonly quote: number;
  /** Columns; more than asked for only where the line is preformatted. */
  readonly width: number;
}

/** Characters between which a line may break without a space: East Asian ideographs, kana, full-width forms, hangul. */
const WIDE = String.raw`\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}`;
/** Closing marks and small kana stay with what they follow. */
const CLOSING = String.raw`\u3001\u3002\uff0c\uff0e\uff01\uff1f\uff1a\uff1b\u300d\u300f\u3011\u3015\uff09\uff3d\uff5d\u30fc\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087\u30a1\u30a3\u30a5\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7`;
const TOKEN = new RegExp(
  String.raw` +|(?:[${WIDE}][${CLOSING}\p{M}\u200c\u200d]*)|[^ ${WIDE}]+[${CLOSING}]*`,
  "gu",
);
const HAS_WIDE = new RegExp(`[${WIDE}]`, "u");
const IS_WIDE = new RegExp(`^[${WIDE}]`, "u");

/** What a line is not broken within: a word, one ideograph, or a run of spaces. May be of several spans. */
interface Token {
  readonly pieces: Span[];
  width: number;
  readonly space: boolean;
  readonly wide: boolean;
}

function tokens(spans: readonly Span[]): Token[] {
  const out: Token[] = [];
  for (const span of spans) {
    const safe = safeText(span.text);
    for (const text of HAS_WIDE.test(safe) ? (safe.match(TOKEN) ?? []) : (safe.match(/ +|[^ ]+/g) ?? [])) {
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

/** Joins neighbours that look alike. */
function joined(pieces: readonly Span[]): Span[] {
  const out: Span[] = [];
  for (const piece of pieces) {
    const last = out.at(-1);
    if (last && last.style === piece.style && last.link === piece.link) {
      out[out.length - 1] = { ...last, text: last.text + piece.text };
    } else out.push(piece);
  }
  return out;
}

const plain = (text: string): Span => ({ text, style: "plain", link: 0 });

/** "> " for each level, as long as half the line is left for text. */
function quotePrefix(quote: number, width: number): string {
  return "> ".repeat(Math.min(quote, Math.max(0, Math.floor(width / 4))));
}

class Wrapper {
  readonly lines: DisplayLine[] = [];
  private readonly width: number;

  constructor(width: number) {
    this.width = Math.max(1, Math.floor(width));
  }

  line(line: Line): void {
    const prefix = quotePrefix(line.quote, this.width);
    const start: Span[] = prefix ? [{ text: prefix, style: "muted", link: 0 }] : [];
    if (line.pre) {
      const spans = joined([...start, ...line.spans.map((span) => ({ ...span, text: safeText(span.text) }))]);
      this.push(spans, line.quote);
      return;
    }
    const room = Math.max(1, this.width - prefix.length);
    // A hang that leaves no room for text would break every word.
    const hang = line.hang <= room / 2 ? line.hang : 0;
    let current: Span[] = [...start];
    let used = 0;
    let gap: Token | null = null;
    let first = true;
    const flush = () => {
      this.push(joined(current), line.quote);
      current = [...start];
      if (hang) current.push(plain(" ".repeat(hang)));
      used = hang;
      gap = null;
      first = false;
    };
    for (const token of tokens(line.spans)) {
      if (token.space) {
        // Spaces that open the text are indentation; those where it wraps go.
        if (first || used > hang) gap = token;
        continue;
      }
      const gapWidth = gap === null ? 0 : Math.min((gap as Token).width, room);
      if (used + gapWidth + token.width <= room) {
        if (gap) current.push(...(gap as Token).pieces);
        current.push(...token.pieces);
        used += gapWidth + token.width;
        gap = null;
        continue;
      }
      if (used > (first ? 0 : hang)) flush();
      else gap = null;
      if (used + token.width <= room) {
        current.push(...token.pieces);
        used += token.width;
        continue;
      }
      // Longer than a line: broken between graphemes.
      for (const piece of token.pieces) {
        let text = "";
        for (const grapheme of graphemes(piece.text)) {
          if (used + grapheme.width > room && used > (first ? 0 : hang)) {
            if (text) current.push({ ...piece, text });
            text = "";
            flush();
          }
          text += grapheme.text;
          used += grapheme.width;
        }
        if (text) current.push({ ...piece, text });
      }
    }
    this.push(joined(current), line.quote);
  }

  private push(spans: readonly Span[], quote: number): void {
    const width = spans.reduce((sum, span) => sum + textWidth(span.text), 0);
    this.lines.push({ spans, quote, width });
  }
}

/**
 * Lays a body out for `width` columns (at least 1): words are wrapped, quotes marked with "> " on every line, list
 * items hang. Preformatted lines keep their length; who draws them cuts or scrolls. All text in the result is safe.
 */
export function layoutBody(body: Body, width: number): DisplayLine[] {
  const wrapper = new Wrapper(width);
  for (const line of body.lines) wrapper.line(line);
  return wrapper.lines;
}

/** Wraps text at `width` columns, `hang` columns in from the second line; "\n" breaks. The result is safe text. */
export function wrapText(text: string, width: number, hang = 0): string[] {
  const wrapper = new Wrapper(width);
  for (const line of safeText(text, { keepNewlines: true }).split("\n")) {
    wrapper.line({ spans: line ? [plain(line)] : [], quote: 0, hang, pre: false });
  }
  return wrapper.lines.map((line) => line.spans.map((span) => span.text).join(""));
}

/** Finds paragraphs whose lines were broken by their author's program, so that a narrower screen may break them anew. */
import type { Line, Span } from "./types.ts";
import { textWidth } from "./width.ts";

/** Programs break lines somewhere between these columns (RFC 5322 §2.1.1 asks for 78, RFC 3676 §4.2 for 66 to 72). */
const narrowest = 58;
const widest = 80;
/** So many lines each of which ends where its author's margin forced it to are no chance. */
const surely = 3;
/** Lines between two chances of a pause. */
const STEP = 200;

/** What follows within a paragraph begins with a word: no list item, no "Name: value", no date, no address to be copied. */
const begins = /^["'“„‘«(]?(?:\p{L}|\d+(?![\d.:)/-]))(?![\w-]*:(?: |\/\/|$))/u;
/** Two sentences may as well be two lines. */
const sentenceEnds = /[.:!?]$/;
const sentenceBegins = /^\p{Lu}/u;
/** Rules, columns, and ideographs, which are joined without a blank. */
const unlikeProse =
  /^[^\p{L}\p{N}\s]{4}|\S {2,}(?<![.!?:] {2})\S|\t|[\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffef]/u;

const textOf = (line: Line) => line.spans.map(({ text }) => text).join("");
const mayJoin = ({ pre, row, heading, region, spans }: Line) =>
  !pre && row === null && heading === 0 && spans.length > 0 && (region === "text" || region === "history");

/**
 * For each line how many, from it on, are one paragraph (1 where it stands by itself): lines after each of which the first
 * word of the next would have gone past the margin that the longest of them shows. Only paragraphs with a line that is
 * wider than `roomFor` leaves are looked for: any other stays as it was sent.
 */
export function* hardWrapped(
  lines: readonly Line[],
  roomFor: (line: Line) => number,
): Generator<void, Uint32Array> {
  const counts = new Uint32Array(lines.length).fill(1);
  const texts: string[] = [];
  const widths = new Uint32Array(lines.length);
  /** The longest line at each depth of quoting. */
  const margins: number[] = [];
  let tooWide = false;
  for (const [i, line] of lines.entries()) {
    if (i % STEP === 0) yield;
    const text = mayJoin(line) ? textOf(line) : "";
    // Nobody's margin is that far out: a long line is a paragraph by itself, or an address.
    const width = text.length > widest ? text.length : textWidth(text);
    texts.push(width > widest ? "" : text);
    widths[i] = width;
    if (width > widest) continue;
    if (width > roomFor(line)) tooWide = true;
    margins[line.quote] = Math.max(margins[line.quote] ?? 0, width);
  }
  if (!tooWide) return counts;

  const words = (i: number) => texts[i]!.slice(lines[i]!.hang);
  /** What an item of a list goes on with stands below its words. */
  const together = (i: number) =>
    texts[i] !== "" &&
    i + 1 < lines.length &&
    lines[i]!.hang === lines[i + 1]!.hang &&
    texts[i + 1]!.search(/[^ ]/) === lines[i]!.hang &&
    lines[i]!.quote === lines[i + 1]!.quote &&
    lines[i]!.region === lines[i + 1]!.region &&
    begins.test(words(i + 1)) &&
    !unlikeProse.test(words(i)) &&
    !unlikeProse.test(words(i + 1));
  const forced = (i: number, margin: number) =>
    widths[i]! + 1 + textWidth(/^\S+/.exec(words(i + 1))?.[0] ?? "") > margin;

  const pair = (i: number) =>
    forced(i, margins[lines[i]!.quote]!) &&
    !(sentenceEnds.test(texts[i]!) && sentenceBegins.test(words(i + 1)));

  let next = 0;
  for (let start = 0; start < lines.length; ) {
    let end = start + 1;
    let margin = widths[start]!;
    while (together(end - 1)) {
      margin = Math.max(margin, widths[end++]!);
      if (end % STEP === 0) yield;
    }
    for (let from = start; from < end; ) {
      let to = from + 1;
      while (margin >= narrowest && to < end && forced(to - 1, margin)) to++;
      const paragraph = to - from >= surely || (to - from === 2 && pair(from));
      const room = roomFor(lines[from]!);
      if (paragraph && widths.subarray(from, to).some((width) => width > room)) counts[from] = to - from;
      from = to;
      if (from >= next) {
        next = from + STEP;
        yield;
      }
    }
    start = end;
  }
  return counts;
}

/** The lines of one paragraph as one. */
export function joinLines(lines: readonly Line[]): Line {
  const [first, ...others] = lines;
  const blank = { text: " ", style: "plain", link: 0 } as const;
  const words = ([span, ...spans]: readonly Span[]) => [{ ...span!, text: span!.text.trimStart() }, ...spans];
  return { ...first!, spans: [...first!.spans, ...others.flatMap(({ spans }) => [blank, ...words(spans)])] };
}

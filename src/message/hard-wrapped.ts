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

/** So far from the longest line of all a line may end that one word more would have been too many. */
const slack = 8;

/** What follows within a paragraph begins with a word: no list item, no "Name: value", no date, no address to be copied. */
const begins =
  /^["'“„‘«(]?(?:\p{L}|\d+(?![\d.:)/-]))(?![\w-]*:(?: |\/\/|$))(?!\S*[\w)\]}]:[^\s\p{Pe}\p{Pf}"'])/u;
/** Two sentences may as well be two lines. */
const sentenceEnds = /[.:!?]$/;
const announces = /:$/;
const sentenceBegins = /^\p{Lu}/u;
const goesOn = /^["'“„‘«]?\p{Ll}/u;
/** Rules, columns, and ideographs, which are joined without a blank. */
const unlikeProse =
  /^[^\p{L}\p{N}\s]{4}|\S {2,}(?<![.!?] {2,3}|: {2})\S|\t|[\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffef]/u;
/** A word as people write them, and what says nothing of whether they did. */
const word = /^["'“„‘«(*_[<]*[\p{L}\p{M}]+(?:[-'’./]+[\p{L}\p{M}]+)*[-.,;:!?)\]>"'”’»*_…]*$/u;
const neutral = /^[-–—\d.,;:()%]+$/;

const statement = /\);$|[{}]$|^[{}]/;

/** Whether at least half of the words are words, and not names and signs of a program; a sentence may end with such. */
function isProse(text: string, ends: boolean): boolean {
  if (statement.test(text)) return false;
  const all = text.split(" ").filter((one) => one !== "" && !neutral.test(one));
  if (ends && all.length < 3 && /[.?!]$/.test(text)) return true;
  const words = all.filter((one) => word.test(one)).length;
  return words > 0 && words * 2 >= all.length;
}

/** Where a patch begins, and what may stand in it: lines of it have their meaning by where they begin. */
const patchBegins = /^(?:diff --git |Index: \S|--- \S+[/.]|@@ -\d)/;
const inPatch = /^(?:[ +@\\-]|$|(?:index|new|old|deleted|rename|copy|similarity|dissimilarity|Binary|GIT) )/;

const textOf = (line: Line) => line.spans.map(({ text }) => text).join("");
const mayJoin = ({ pre, row, heading, region, spans }: Line) =>
  !pre && row === null && heading === 0 && spans.length > 0 && (region === "text" || region === "history");

/**
 * For each line how many, from it on, are one paragraph (1 where it stands by itself): lines after each of which the first
 * word of the next would have gone past the margin that the longest of them shows, or about so where the next goes on in
 * the midst of a sentence. Only paragraphs with a line that is wider than `roomFor` leaves are looked for: any other stays
 * as it was sent.
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
  /** Depths of quoting at which a patch is under way. */
  const patches = new Set<number>();
  let tooWide = false;
  for (const [i, line] of lines.entries()) {
    if (i % STEP === 0) yield;
    const text = mayJoin(line) ? textOf(line) : "";
    if (patchBegins.test(text)) patches.add(line.quote);
    else if (!inPatch.test(text)) patches.delete(line.quote);
    // Nobody's margin is that far out: a long line is a paragraph by itself, or an address.
    const width = text.length > widest ? text.length : textWidth(text);
    texts.push(width > widest || patches.has(line.quote) ? "" : text);
    widths[i] = width;
    if (width > widest) continue;
    if (width > roomFor(line)) tooWide = true;
    margins[line.quote] = Math.max(margins[line.quote] ?? 0, width);
  }
  if (!tooWide) return counts;

  const indents = (i: number) => Math.max(0, texts[i]!.search(/[^ ]/));
  const words = (i: number) => texts[i]!.slice(indents(i));
  const midSentence = (i: number) => !sentenceEnds.test(texts[i]!) && goesOn.test(words(i + 1));
  /** What a paragraph goes on with stands below its words, or, from its second line on, farther to the left. */
  const together = (i: number, first: boolean) =>
    texts[i] !== "" &&
    i + 1 < lines.length &&
    texts[i + 1] !== "" &&
    lines[i + 1]!.hang === indents(i + 1) &&
    (lines[i + 1]!.hang === lines[i]!.hang ||
      (first && lines[i + 1]!.hang < lines[i]!.hang && nearly(i) && midSentence(i))) &&
    lines[i]!.quote === lines[i + 1]!.quote &&
    lines[i]!.region === lines[i + 1]!.region &&
    begins.test(words(i + 1)) &&
    !(announces.test(texts[i]!) && sentenceBegins.test(words(i + 1))) &&
    [i, i + 1].every((at) => !unlikeProse.test(words(at)) && isProse(words(at), at > i));
  const forced = (i: number, margin: number) =>
    widths[i]! + 1 + textWidth(/^\S+/.exec(words(i + 1))?.[0] ?? "") > margin;
  const nearly = (i: number) => forced(i, Math.max(narrowest, margins[lines[i]!.quote]! - slack));

  const apart = (i: number) => sentenceEnds.test(texts[i]!) && sentenceBegins.test(words(i + 1));
  const pair = (i: number) => forced(i, margins[lines[i]!.quote]!) && !apart(i);

  let next = 0;
  for (let start = 0; start < lines.length; ) {
    let end = start + 1;
    let margin = widths[start]!;
    // Verses too go on in the midst of a sentence.
    let verses = false;
    while (together(end - 1, end - 1 === start)) {
      verses ||= midSentence(end - 1) && !nearly(end - 1);
      margin = Math.max(margin, widths[end++]!);
      if (end % STEP === 0) yield;
    }
    for (let from = start; from < end; ) {
      let to = from + 1;
      let evident = false;
      let force = 1;
      for (; margin >= narrowest && to < end; to++) {
        const isForced = forced(to - 1, margin);
        const isEvident = !verses && midSentence(to - 1) && nearly(to - 1);
        if (!isForced && !isEvident) break;
        evident ||= isEvident;
        if (isForced) force++;
      }
      // One sentence that goes on says nothing of the one before it.
      for (let at = from; evident && force < surely && at < to - 1; at++) if (apart(at)) to = at + 1;
      const paragraph = force >= surely || (to - from > 1 && (evident || pair(from)));
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

/** The lines of one paragraph as one, which hangs as its second line does unless it is an item of a list. */
export function joinLines(lines: readonly Line[]): Line {
  const [first, ...others] = lines;
  const blank = { text: " ", style: "plain", link: 0 } as const;
  const words = ([span, ...spans]: readonly Span[]) => [{ ...span!, text: span!.text.trimStart() }, ...spans];
  const item = textOf(first!).slice(0, first!.hang).trim() !== "";
  return {
    ...first!,
    hang: item ? first!.hang : (others[0]?.hang ?? 0),
    spans: [...first!.spans, ...others.flatMap(({ spans }) => [blank, ...words(spans)])],
  };
}

/** Columns that safe text takes in a terminal. Text comes here after `safeText`, so it holds no control and no tab. */
import stringWidth from "fast-string-width";

/** Text of which every UTF-16 unit takes one column: Latin, Greek and Cyrillic letters, and the usual signs. */
const ONE_COLUMN =
  /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u2500-\u257f]*$/;

/** Whether the columns of `s` are its UTF-16 units, so that it can be cut anywhere. */
export const isSimple = (s: string): boolean => ONE_COLUMN.test(s);

/** Joiners have no width of their own; the measure counts one unless they tie an emoji together. */
const JOINERS = /[\u200c\u200d]/;
let segmenter: Intl.Segmenter | undefined;

/** Segmenter's time grows with the square of the length, so long text is cut into pieces of about this many units. */
const CHUNK = 256;

/** The graphemes of `s`; in linear time, for which a cluster longer than any in a language may come in two. */
function* segments(s: string): Generator<string> {
  // Made when first needed: ICU takes 10 ms for the two, and a list of plain names needs neither.
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  const continues = /[\u200c\udc00-\udfff]|\p{M}|\u200d/u;
  for (let from = 0; from < s.length; ) {
    let to = Math.min(s.length, from + CHUNK);
    const most = Math.min(s.length, to + CHUNK);
    while (to < most && (continues.test(s.charAt(to)) || s.charAt(to - 1) === "\u200d")) to++;
    for (const { segment } of segmenter.segment(s.slice(from, to))) yield segment;
    from = to;
  }
}

/** Columns `s` takes: 0 or more; East Asian wide characters and emoji take 2, combining marks 0. */
export function textWidth(s: string): number {
  if (ONE_COLUMN.test(s)) return s.length;
  if (!JOINERS.test(s)) return stringWidth(s);
  let width = 0;
  for (const segment of segments(s)) width += graphemeWidth(segment);
  return width;
}

function graphemeWidth(grapheme: string): number {
  if (!JOINERS.test(grapheme)) return stringWidth(grapheme);
  if (/\p{Extended_Pictographic}/u.test(grapheme)) return Math.min(2, stringWidth(grapheme));
  return stringWidth(grapheme.replace(/[\u200c\u200d]/g, ""));
}

/** Splits `s` into user-perceived characters with the columns of each. */
export function graphemes(s: string): { text: string; width: number }[] {
  const out: { text: string; width: number }[] = [];
  if (ONE_COLUMN.test(s)) for (const c of s) out.push({ text: c, width: 1 });
  else for (const segment of segments(s)) out.push({ text: segment, width: graphemeWidth(segment) });
  return out;
}

/**
 * Cuts `s` to at most `columns`, never inside a grapheme; where something is cut and it fits, `ellipsis` ends the
 * result. A wide character that would stick out is left out, so the result may be a column short.
 */
export function cutToWidth(s: string, columns: number, ellipsis = "…"): string {
  if (columns <= 0) return "";
  if (ONE_COLUMN.test(s)) {
    if (s.length <= columns) return s;
  } else if (s.length <= columns * 64 && textWidth(s) <= columns) return s;
  const tail = textWidth(ellipsis) <= columns ? ellipsis : "";
  const room = columns - textWidth(tail);
  if (ONE_COLUMN.test(s)) return s.slice(0, room) + tail;
  let width = 0;
  let out = "";
  for (const segment of segments(s)) {
    width += graphemeWidth(segment);
    if (width > room) break;
    out += segment;
  }
  return out + tail;
}

/** Cuts or pads `s` with spaces to exactly `columns`. */
export function padToWidth(s: string, columns: number, ellipsis = "…"): string {
  const cut = cutToWidth(s, columns, ellipsis);
  return cut + " ".repeat(Math.max(0, columns - textWidth(cut)));
}

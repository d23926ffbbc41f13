/** Text measured in terminal cells: how wide it is, and how to make it a given width. */
import fastStringWidth from "fast-string-width";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

// Every UTF-16 unit here is one cell of its own: no segmenting, no measuring. Box drawing, dashes and quotes are in it.
const simple =
  /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0373\u0391-\u0482\u048a-\u0556\u2010-\u2027\u2030-\u205e\u2500-\u257f]*$/;
// Formatting characters that show nothing and can reorder or hide what does: none is ever drawn on its own.
const invisible =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;
// Halves of pairs that have lost the other half (with the u flag, whole pairs do not match).
const surrogates = /\p{Surrogate}/gu;
/** Longer clusters are heaps of combining marks; the rest of them is dropped. */
const maxClusterUnits = 32;

/** True where every UTF-16 unit of `text` is exactly one cell. */
export function isSimple(text: string): boolean {
  return simple.test(text);
}

/** Calls `each` for every visible grapheme cluster of `text` with its width, 1 or 2 cells. */
export function eachGrapheme(text: string, each: (cluster: string, width: number) => void): void {
  const clean = text.replace(invisible, "").replace(surrogates, "\ufffd");
  for (const { segment } of segmenter.segment(clean)) {
    if (segment.length === 1 && segment >= " " && segment <= "~") {
      each(segment, 1);
      continue;
    }
    const width = fastStringWidth(segment);
    // Nothing to stand on (a combining mark alone), or a control character.
    if (width > 0) each(segment.slice(0, maxClusterUnits).replace(surrogates, "\ufffd"), Math.min(width, 2));
  }
}

/** Cells that `text` takes. */
export function widthOf(text: string): number {
  if (isSimple(text)) return text.length;
  let total = 0;
  eachGrapheme(text, (_, width) => {
    total += width;
  });
  return total;
}

/** `text` cut to at most `width` cells, ending in `ellipsis` where something was cut and there is room for it. */
export function cut(text: string, width: number, ellipsis = "…"): string {
  if (width <= 0) return "";
  if (text.length <= width && isSimple(text)) return text;
  const room = Math.max(0, width - ellipsis.length);
  // A subject can be a megabyte: only the part that might fit is looked at.
  const head = text.length > 4 * width + 64 ? text.slice(0, 4 * width + 64) : text;
  if (isSimple(head)) return `${head.slice(0, room)}${ellipsis}`.slice(0, width);
  let kept = "";
  let keptWidth = 0;
  let whole = "";
  let total = 0;
  eachGrapheme(head, (cluster, w) => {
    if (total + w <= room) {
      kept += cluster;
      keptWidth += w;
    }
    if (total + w <= width) whole += cluster;
    total += w;
  });
  if (total <= width && head === text) return whole;
  return keptWidth + ellipsis.length <= width ? kept + ellipsis : kept;
}

/** `text` cut or filled with blanks on the right to exactly `width` cells. */
export function pad(text: string, width: number, ellipsis = "…"): string {
  const fitted = cut(text, width, ellipsis);
  return fitted + " ".repeat(Math.max(0, width - widthOf(fitted)));
}

/** `text` cut or filled with blanks on the left to exactly `width` cells. */
export function padStart(text: string, width: number, ellipsis = "…"): string {
  const fitted = cut(text, width, ellipsis);
  return " ".repeat(Math.max(0, width - widthOf(fitted))) + fitted;
}

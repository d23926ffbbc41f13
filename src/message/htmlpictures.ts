/** Pictures of HTML, in words. */
import type { BodyBuilder } from "./body.ts";
import type { Attributes } from "./htmlrules.ts";
import { CELL_GAP } from "./htmltable.ts";
import type { Line, Span } from "./types.ts";

export interface Picture {
  readonly alt: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly contentId: string | null;
  /** What stands for it in the text; empty where nothing needs to. */
  readonly words: string;
  /** The same where it is all there is of a link. */
  readonly linked: string;
}

/** Descriptions that describe nothing. */
const EMPTY_ALT = /^(?:im(?:g|age)|bild|picture|photo|spacer|pixel|banner|icon|\*|[-_.\s]*)$/i;

/** What the word before it says. */
const SAID_ALREADY = /^(?:image|picture|photo) of (?=\S)/i;

const EMOJI = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200d|\ufe0f)+$/u;

/** A file's name that may say something. */
const FILE_NAME = /([^/?#]{1,60})\.(?:png|jpe?g|gif|webp|svg)(?:[?#]|$)/i;

/** Parts of files' names that say nothing of the picture. */
const NOTHING_SAID =
  /^(?:btn|button|icons?|ico|im(?:g|age|ages)|bild|pic|logo|neu|new|final|copy|rgb|standard|small|large|spacer|transparent|pixel|blank|clear|dot|\d+|[a-z]?\d+x?\d*|v\d+)$/i;

/** What the file of a picture without description is called, where those are words: `btn_wine-new.png` is "wine". */
function fileWords(src: string | undefined): string {
  const name = FILE_NAME.exec(src ?? "")?.[1] ?? "";
  const words = name.split(/[-_.+ ]+|%20/).filter((word) => word !== "" && !NOTHING_SAID.test(word));
  // Numbers made by a machine are no words.
  const sound = words.every((word) => /^\p{L}{2,20}\d{0,2}$/u.test(word));
  return sound && words.length <= 4 ? words.join(" ") : "";
}

function pixels(attribute: string | undefined, style: string, property: "width" | "height"): number | null {
  const css = new RegExp(`(?:^|[;\\s])${property}\\s*:\\s*(\\d{1,5})(?:\\.\\d+)?px`, "i").exec(style)?.[1];
  const found = /^\s*(\d{1,5})(?:\.\d+)?(?:px)?\s*$/.exec(attribute ?? "")?.[1] ?? css;
  return found === undefined ? null : Number(found);
}

/**
 * An img element in words: `[image ALT 320×200]`. A picture that is its own text (an emoji) is that text. Spacers and
 * trackers are null; so are decorations without description, unless the message brings them along.
 */
export function picture(attributes: Attributes): Picture | null {
  const { style = "" } = attributes;
  const width = pixels(attributes.width, style, "width");
  const height = pixels(attributes.height, style, "height");
  if ((width ?? 9) <= 2 || (height ?? 9) <= 2) return null;
  const described = (attributes.alt ?? "")
    .replace(/<[^<>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  const alt = (EMPTY_ALT.test(described) ? (attributes.title ?? "").trim() : described).slice(0, 200);
  const contentId = /^cid:(.+)$/i.exec(attributes.src ?? "")?.[1] ?? null;
  const size = width !== null && height !== null ? `${width}×${height}` : "";
  const large = (width ?? 0) >= 64 && (height ?? 0) >= 64;
  const name = alt.replace(SAID_ALREADY, "") || fileWords(attributes.src);
  const bracketed = (...parts: string[]) =>
    `[${["image", ...parts].filter((word) => word !== "").join(" ")}]`;
  let words = "";
  if (alt.length <= 12 && EMOJI.test(alt)) words = alt;
  else if (alt || contentId !== null || large) {
    const small = (width ?? 99) <= 24 && (height ?? 99) <= 24;
    words = bracketed(name, small ? "" : size);
  }
  return { alt, width, height, contentId, words, linked: bracketed(name) };
}

/**
 * Takes out of the lines from `first` on the pictures without a word that lead where some other text leads as well,
 * with the numbers behind them.
 */
export function dropBarePictures({ lines, images }: BodyBuilder, first: number): void {
  const own = lines.slice(first);
  const told = new Set<number>();
  for (const { spans } of own) {
    for (const span of spans) if (span.link > 0 && span.style !== "muted") told.add(span.link);
  }
  const bare = ({ image = 0, link }: Span) => {
    const shown = images[image - 1];
    return shown?.alt === "" && shown.contentId === null && told.has(link);
  };
  lines.length = first;
  for (const line of own) {
    if (line.row || !line.spans.some(bare)) {
      lines.push(line);
      continue;
    }
    const kept = line.spans.filter(
      (span, i, all) => !bare(span) && !(i > 0 && bare(all[i - 1] ?? span) && /^\[\d+\]$/.test(span.text)),
    );
    while (kept[0]?.text === CELL_GAP) kept.shift();
    for (let last = kept.pop(); last; last = kept.pop()) {
      const text = last.text.trimEnd();
      if (text === "") continue;
      kept.push({ ...last, text });
      break;
    }
    if (kept.length > 0) lines.push({ ...line, spans: kept });
  }
}

/** Columns up to which the words of a picture stand beside those of others. */
const SHORT_WORDS = 36;

/**
 * Puts pictures in words that follow one another line by line, as icons do, into one line. Those that the message
 * brings along keep theirs: they may be shown below it.
 */
export function joinPictures({ lines, images }: BodyBuilder, first: number): void {
  const isSmall = ({ spans, row, hang, pre }: Line) =>
    !row &&
    !pre &&
    hang === 0 &&
    spans.some(({ image }) => image !== undefined) &&
    spans.reduce((sum, { text }) => sum + text.length, 0) <= SHORT_WORDS &&
    spans.every(({ image, text, style }) =>
      image === undefined
        ? text.trim() === "" || (style === "muted" && /^\[\d+\]$/.test(text))
        : images[image - 1]?.contentId === null,
    );
  const own = lines.splice(first);
  /** The last line, where it is of pictures alone. */
  let open: Line | null = null;
  for (const line of own) {
    const small = isSmall(line);
    if (small && open && open.quote === line.quote && open.region === line.region) {
      open = besides(open, line);
      lines[lines.length - 1] = open;
      continue;
    }
    lines.push(line);
    open = small ? line : null;
  }
}

const besides = (line: Line, more: Line): Line => ({
  ...line,
  spans: [...line.spans, { text: CELL_GAP, style: "plain", link: 0 }, ...more.spans],
});

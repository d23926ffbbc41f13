/** What the attributes of an element say: whether it is seen, where its link leads, whose words it holds. */
import type { Region, SpanStyle } from "./types.ts";

export type Attributes = Readonly<Record<string, string>>;

const HIDDEN =
  /(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|opacity\s*:\s*0(?:\.0*)?\s*(?:;|!|$)|max-(?:height|width)\s*:\s*0(?:px)?\s*(?:;|!|$)|text-indent\s*:\s*-\d{3,}|left\s*:\s*-\d{3,}px|clip\s*:\s*rect\(\s*0)/i;
/** No height or width, and what sticks out cut off. */
const NO_SIZE = /(?:^|[;\s])(?:height|width)\s*:\s*0(?:px)?\s*(?:;|!|$)/i;
const CUT_OFF = /overflow\s*:\s*hidden/i;
const FONT_SIZE = /(?:^|[;\s])font-size\s*:\s*([\d.]+)\s*(px|pt|em|rem|%)?/i;

/** Whether an element and all in it is kept from view: preheaders, tracking, spam's fillers. */
export function isHidden(attributes: Attributes): boolean {
  const { style } = attributes;
  if (style === undefined) return "hidden" in attributes;
  return "hidden" in attributes || HIDDEN.test(style) || (NO_SIZE.test(style) && CUT_OFF.test(style));
}

const STYLES: ReadonlyMap<string, SpanStyle> = new Map([
  ["b", "bold"],
  ["strong", "bold"],
  ["th", "bold"],
  ["dt", "bold"],
  ["i", "italic"],
  ["em", "italic"],
  ["cite", "italic"],
  ["var", "italic"],
  ["code", "code"],
  ["tt", "code"],
  ["kbd", "code"],
  ["samp", "code"],
  ["h1", "heading"],
  ["h2", "heading"],
  ["h3", "heading"],
  ["h4", "heading"],
  ["h5", "heading"],
  ["h6", "heading"],
]);

/** How text in an element looks, in one that looks like `outer`. */
export function styleOf(name: string, style: string, outer: SpanStyle): SpanStyle {
  const bold = outer === "plain" && /font-weight\s*:\s*(?:bold|[6-9]00)/i.test(style);
  return STYLES.get(name) ?? (bold ? "bold" : outer);
}

/** From this many pixels on a line is a headline, whatever element it is in. */
const HEADLINE = 22;
const IN_PIXELS: Readonly<Record<string, number>> = { px: 1, pt: 4 / 3, em: 16, rem: 16, "%": 0.16 };

/** What `style` says of the size of text: null where it says nothing. Inherited, and children may undo it. */
export function fontSize(style: string): "none" | "text" | "headline" | null {
  const [, size, unit = "px"] = FONT_SIZE.exec(style) ?? [];
  if (size === undefined) return null;
  const pixels = Number(size) * (IN_PIXELS[unit.toLowerCase()] ?? 1);
  // One pixel is what preheaders have that are afraid of 0.
  if (pixels <= 1) return "none";
  return pixels >= HEADLINE ? "headline" : "text";
}

const MAX_STYLE = 64 * 1024;

/**
 * Classes that a style sheet hides at every width: those with `display: none` outside of @media. Only plain
 * `.name { … }` rules are read, and only the first 64 KiB.
 */
export function hiddenClasses(css: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let selector = "";
  const text = css.slice(0, MAX_STYLE).replace(/\/\*[\s\S]*?(?:\*\/|$)|<!--|-->/g, "");
  for (const [, before = "", mark] of text.matchAll(/([^{};]*)([{};]|$)/g)) {
    if (mark === "{") {
      depth++;
      selector = before.trim();
    } else {
      if (depth === 1 && /^\s*(?:display\s*:\s*none|mso-hide\s*:\s*all)/i.test(before)) {
        for (const one of selector.split(",")) {
          const name = /^(?:\w+)?\.([\w-]+)$/.exec(one.trim())?.[1];
          if (name) found.push(name);
        }
        // Said once is enough.
        selector = "";
      }
      if (mark === "}") depth = Math.max(0, depth - 1);
    }
  }
  return found;
}

const MAX_HREF = 8192;

/** A link's address, if it is one that a person can follow; null for scripts, places in the page, and nonsense. */
export function linkTarget(href: string): string | null {
  if (href.length > MAX_HREF) return null;
  const target = href.trim().replace(/[\0-\x20\x7f]+/g, (c) => (c === " " ? "%20" : ""));
  if (target.startsWith("//")) return `https:${target}`;
  return /^(?:https?:\/\/|ftp:\/\/|mailto:|tel:|sms:|news:|xmpp:|matrix:|geo:|magnet:)./i.test(target)
    ? target
    : null;
}

/** Whether an element holds another's words. Some clients indent with blockquote; those say that it has no border. */
export function isQuote(name: string, attributes: Attributes): boolean {
  const { id = "", class: classes = "", style = "" } = attributes;
  if (name === "blockquote") {
    if (attributes.type === "cite" || /\bgmail_quote\b/.test(classes)) return true;
    return !/border\s*:\s*(?:none|0)|border-left-width\s*:\s*0/i.test(style);
  }
  // Yahoo and Outlook for Mac.
  return /^(?:x_)*(?:OLK_SRC_BODY_SECTION|yahoo_quoted_\w+)$/.test(id);
}

/**
 * Whether an element is the header that Outlook and its kin put above the message they answer, which follows it
 * unmarked. Only if it begins with a sender (`QUOTED_SENDER`) is it one.
 */
export function opensHistory(name: string, attributes: Attributes): boolean {
  if (name !== "div" && name !== "td") return false;
  const { id = "", style = "" } = attributes;
  if (/^(?:x_)*divRplyFwdMsg$/.test(id) || attributes["data-marker"] === "__HEADERS__") return true;
  return /border-top\s*:\s*(?:solid\s+)?(?:#[0-9a-f]{3,6}|windowtext)\s+(?:solid\s+)?[\d.]+pt/i.test(style);
}

/** "From:", as mail programs write it in the languages they come in. */
export const QUOTED_SENDER =
  /^[\s*]*(?:from|von|de|da|van|från|fra|od|от|від|lähettäjä|feladó|kimden|gönderen|από|发件人|寄件者|寄件人|差出人|보낸 ?사람|מאת|من)\s*[:：]/i;

/** The region that an element opens by its name; null where it opens none. */
export function regionOf(attributes: Attributes): Region | null {
  const { id, class: classes } = attributes;
  if (id === undefined && classes === undefined) return null;
  if (/(?:^|\s)(?:gmail_signature|moz-signature|protonmail_signature_block)(?:\s|$)/.test(classes ?? ""))
    return "signature";
  return /^(?:x_)*(?:AppleMailSignature|Signature|ms-outlook-mobile-signature)$/i.test(id ?? "")
    ? "signature"
    : null;
}

/** The marker of an item of an ordered list: its type attribute chooses digits, letters or Roman numbers. */
export function itemNumber(n: number, type: string): string {
  if ((type === "a" || type === "A") && n >= 1 && n <= 26 * 27) {
    const letter = (i: number) => String.fromCharCode(97 + i);
    const letters = n <= 26 ? letter(n - 1) : letter(Math.floor((n - 1) / 26) - 1) + letter((n - 1) % 26);
    return type === "A" ? letters.toUpperCase() : letters;
  }
  if ((type === "i" || type === "I") && n >= 1 && n <= 3999) {
    const roman = ROMAN.reduce(
      ({ out, rest }, [value, sign]) => {
        const times = Math.floor(rest / value);
        return { out: out + sign.repeat(times), rest: rest - times * value };
      },
      { out: "", rest: n },
    ).out;
    return type === "I" ? roman.toUpperCase() : roman;
  }
  return String(n);
}

const ROMAN: readonly (readonly [number, string])[] = [
  [1000, "m"],
  [900, "cm"],
  [500, "d"],
  [400, "cd"],
  [100, "c"],
  [90, "xc"],
  [50, "l"],
  [40, "xl"],
  [10, "x"],
  [9, "ix"],
  [5, "v"],
  [4, "iv"],
  [1, "i"],
];

/** Text for a terminal whose locale is not UTF-8: every sign in as many columns, in ASCII. */
import { graphemes } from "../../message/width.ts";

/** Signs of the screen's own, and those of letters that have no ASCII letter in them. */
const signs: Readonly<Record<string, string>> = {
  "│": "|",
  "─": "-",
  "┌": ",",
  "├": "|",
  "└": "`",
  "…": "~",
  "•": "*",
  "·": "-",
  "▸": "+",
  "▾": "-",
  "●": "*",
  "◌": ".",
  "○": "o",
  "↑": "^",
  "✓": "+",
  "✗": "!",
  "×": "x",
  "–": "-",
  "—": "-",
  "‘": "'",
  "’": "'",
  "“": '"',
  "”": '"',
  "„": '"',
  ß: "s",
  æ: "a",
  Æ: "A",
  ø: "o",
  Ø: "O",
  ł: "l",
  Ł: "L",
  "\u00a0": " ",
  "\u2009": " ",
};

function signOf(segment: string, width: number): string {
  const sign = Object.hasOwn(signs, segment)
    ? signs[segment]!
    : segment.normalize("NFKD").replace(/\p{M}/gu, "");
  return /^[\x20-\x7e]+$/.test(sign) ? sign.slice(0, width).padEnd(width) : "?".repeat(width);
}

/** The text in ASCII, as wide as it was: accents go, what has no likeness is a question mark for each column. */
export function toAscii(text: string): string {
  return text.replace(/[^\x00-\x7f]+/g, (run, at: number) => {
    // An accent may follow an ASCII letter.
    const before = text.charAt(at - 1);
    const letter = at > 0 && /[\x20-\x7e]/.test(before) && /^\p{M}/u.test(run) ? before : "";
    const shown = graphemes(letter + run).map(({ text: sign, width }) => signOf(sign, width));
    return shown.join("").slice(letter.length);
  });
}

/**
 * Colours by meaning. Only the terminal's own 16 colours are used, so that it looks at home in any scheme, and SGR is
 * written here: what libraries guess about colour support plays no part.
 */
import type { OwnColours } from "../account/colours.ts";
import type { ColourName } from "../account/settings.ts";
import { showsUtf8 } from "../mail/locale.ts";

/**
 * SGR parameters by meaning: on a dark background, on a light one, and without colour (NO_COLOR), where weight,
 * underline and inverse must do. Of the 16 colours those are used that can be read on either background in the usual
 * palettes (WCAG 2.2, 1.4.3; a test has the ratios): no green or cyan on white, no dark red or brown on black.
 */
export const styles = {
  "text.muted": ["2", "2", "2"],
  "text.strong": ["1", "1", "1"],
  "text.italic": ["3", "3", "3"],
  "text.struck": ["2;9", "2;9", "2"],
  heading: ["1;36", "1;34", "1"],
  code: ["93", "35", ""],
  link: ["4;36", "4;34", "4"],
  "warned-link": ["4;91", "4;31", "4;1"],
  good: ["32", "34", ""],
  doubt: ["93", "35", ""],
  "quote.1": ["36", "34", "2"],
  "quote.2": ["32", "35", "2"],
  "quote.3": ["95", "31", "2"],
  "list.unread": ["1", "1", "1"],
  "list.flagged": ["93", "31", ""],
  "list.marked": ["1;95", "1;35", "1"],
  "list.deleted": ["2;9", "2;9", "2;9"],
  "label.urgent": ["91", "31", ""],
  "label.todo": ["93", "35", ""],
  "label.later": ["2", "2", "2"],
  "label.plain": ["36", "34", ""],
  "bar.focused": ["97;44", "97;44", "7"],
  "bar.unfocused": ["30;47", "30;47", "4"],
  "folder.open": ["1;36", "1;34", "1"],
  "folder.unread": ["1", "1", "1"],
  border: ["2", "2", "2"],
  rule: ["2;4", "2;4", "2;4"],
  key: ["1;36", "1;34", "1"],
  "status.message": ["", "", ""],
  "status.error": ["1;91", "1;31", "1"],
  "status.prompt": ["1;36", "1;34", "1"],
} as const satisfies Record<ColourName, readonly [dark: string, light: string, mono: string]>;

const column = { dark: 0, light: 1, mono: 2 } as const;

export type StyleName = ColourName;

export interface Glyphs {
  readonly vertical: string;
  /** What a rule is made of: blanks are underlined, and take a third of the octets that a line takes. */
  readonly horizontal: string;
  readonly ellipsis: string;
  readonly mark: string;
  /** Before a thread that is folded, and before one whose answers follow. */
  readonly folded: string;
  readonly unfolded: string;
  readonly bullet: string;
  readonly good: string;
  readonly bad: string;
}

const unicode: Glyphs = {
  vertical: "│",
  horizontal: " ",
  ellipsis: "…",
  mark: "•",
  folded: "▸",
  unfolded: "▾",
  bullet: "·",
  good: "✓",
  bad: "✗",
};
const ascii: Glyphs = {
  vertical: "|",
  horizontal: "-",
  ellipsis: "~",
  mark: "*",
  folded: "+",
  unfolded: "-",
  bullet: "-",
  good: "+",
  bad: "!",
};

/** Words and nothing where the others have signs. */
const words: Glyphs = {
  vertical: "",
  horizontal: "",
  ellipsis: "",
  mark: "*",
  folded: "",
  unfolded: "",
  bullet: "attachment",
  good: "good:",
  bad: "bad:",
};

export interface Theme {
  readonly utf8: boolean;
  /** For whoever hears the screen: rows are words, without columns and styles. */
  readonly spoken: boolean;
  readonly glyphs: Glyphs;
  /** `text` in the style of that meaning; `also` is put on top of it. Styles do not nest. */
  style(name: StyleName, text: string, also?: StyleName): string;
  /** `text` as a link to `target` (OSC 8), where that is a web or mail address in printable ASCII. */
  link(target: string, text: string): string;
}

export interface ThemeOptions {
  readonly colours: "dark" | "light" | "mono";
  readonly utf8: boolean;
  readonly spoken?: boolean;
  /** Styles of the person's own; without colour they mean nothing. */
  readonly own?: OwnColours;
}

/** Asks the terminal for its background colour (OSC 11); it need not answer. */
export const backgroundQuery = "\x1b]11;?\x07";

/** Whether an answer to `backgroundQuery` tells of a light background; null for another answer. */
export function isLight(answer: string): boolean | null {
  const parts = /^11;rgba?:([\da-f]{1,4})\/([\da-f]{1,4})\/([\da-f]{1,4})/i.exec(answer)?.slice(1);
  if (!parts) return null;
  const [red = 0, green = 0, blue = 0] = parts.map(
    (part) => Number.parseInt(part, 16) / (16 ** part.length - 1),
  );
  // Relative luminance (ITU-R BT.709), near enough without its gamma.
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5;
}

/** What the environment asks for: NO_COLOR (any value but empty), and the locale's character set. */
export function themeOptions(env: NodeJS.ProcessEnv): ThemeOptions {
  return { colours: env.NO_COLOR || env.TERM === "dumb" ? "mono" : "dark", utf8: showsUtf8(env) };
}

export function createTheme({ colours, utf8, spoken = false, own }: ThemeOptions): Theme {
  const sgrOf = (name: StyleName) =>
    (colours === "mono" ? undefined : own?.[colours][name]) ?? styles[name][column[colours]];
  return {
    utf8,
    spoken,
    glyphs: spoken ? words : utf8 ? unicode : ascii,
    style(name, text, also) {
      if (spoken) return text;
      const sgr = [name, ...(also ? [also] : [])].map(sgrOf).filter((p) => p !== "");
      return sgr.length === 0 || text === "" ? text : `\x1b[${sgr.join(";")}m${text}\x1b[0m`;
    },
    link(target, text) {
      if (spoken || !/^(?:https?:\/\/|mailto:)[\x21-\x7e]{1,1900}$/i.test(target)) return text;
      return `\x1b]8;;${target}\x07${text}\x1b]8;;\x07`;
    },
  };
}

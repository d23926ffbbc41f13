/**
 * Manual pages in man(7) macros. Texts are plain but for two marks: `bold` for what is typed as it stands, and «italic»
 * for what is put in its place. All else is escaped here, so that no text can become a request.
 */

const characters: Readonly<Record<string, string>> = {
  "\\": "\\(rs",
  "-": "\\-",
  "'": "\\(aq",
  "`": "\\(ga",
  '"': "\\(dq",
  "^": "\\(ha",
  "~": "\\(ti",
};

/** Text as it stands: no mark, request or escape in it means anything. A first dot cannot begin a request. */
export function escaped(text: string): string {
  const safe = text
    .replace(/[\\'`"^~-]/g, (c) => characters[c] ?? c)
    .replace(/[^\n\x20-\x7e]/gu, (c) => {
      const code = (c.codePointAt(0) ?? 0).toString(16).toUpperCase();
      return `\\[u${code.padStart(4, "0")}]`;
    });
  return safe.replace(/^\./gm, "\\&.");
}

/** One line of running text, its marks made fonts. */
export function inline(text: string): string {
  const pieces = text
    .replace(/\s+/g, " ")
    .trim()
    .split(/(`[^`]+`|«[^»]+»)/);
  const roff = pieces.map((piece) => {
    const inner = escaped(piece.slice(1, -1));
    if (/^`.+`$/.test(piece)) return `\\fB${inner}\\fR`;
    if (/^«.+»$/.test(piece)) return `\\fI${inner}\\fR`;
    return escaped(piece);
  });
  return roff.join("");
}

/** A fragment as a sentence: a capital, unless it begins with something to be typed, and a full stop. */
export function sentence(text: string): string {
  const capital = /^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}

export function section(title: string, ...parts: readonly string[]): string {
  return `.SH ${inline(title.toUpperCase())}\n${parts.join("")}`;
}

export function subsection(title: string, ...parts: readonly string[]): string {
  return `.SS ${inline(title)}\n${parts.join("")}`;
}

export function paragraph(text: string): string {
  return `.PP\n${inline(text)}\n`;
}

/** A term with what is said of it; further paragraphs stand under the same term. */
export function item(term: string, ...texts: readonly string[]): string {
  const [first = "", ...more] = texts;
  return `.TP\n${inline(term)}\n${inline(first)}\n${more.map((text) => `.IP\n${inline(text)}\n`).join("")}`;
}

/** Parts of an item that are items themselves. */
export function nested(...parts: readonly string[]): string {
  return parts.length === 0 ? "" : `.RS\n${parts.join("")}.RE\n`;
}

/** Lines that are neither filled nor marked. */
export function verbatim(text: string): string {
  return `.PP\n.RS 4\n.EX\n${escaped(text)}\n.EE\n.RE\n`;
}

export interface Page {
  /** `postern-config` */
  readonly name: string;
  /** The section of the manual: 1 commands, 5 files, 7 all else. */
  readonly section: number;
  readonly summary: string;
  readonly parts: readonly string[];
}

/** A whole page; `version` stands at its foot. */
export function page({ name, section: number, summary, parts }: Page, version: string): string {
  const title = `.TH ${escaped(name.toUpperCase())} ${number} "" "postern ${version}" "Postern"`;
  // No word is divided: half of an option or a code cannot be looked up. The macros read this before the title.
  const head = `.\\" Made by "npm run man" from the tables in src: changes belong there or in man/pages.\n.nr HY 0\n${title}\n`;
  return `${head}.ad l\n${section("Name", `${escaped(name)} \\- ${inline(summary)}\n`)}${parts.join("")}`;
}

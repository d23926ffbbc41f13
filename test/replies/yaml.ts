/**
 * Reads the part of YAML 1.2 that fixtures of server replies are written in: block mappings and sequences, plain and
 * quoted scalars over several lines, block scalars, anchors and aliases; `[]` and `{}`. Tags are passed over.
 */
export type Yaml = null | string | number | readonly Yaml[] | YamlMap;
export type YamlMap = ReadonlyMap<string, Yaml>;

export function isMap(value: Yaml | undefined): value is YamlMap {
  return value instanceof Map;
}

const escapes = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["0", "\0"],
  ["e", "\x1b"],
  ["a", "\x07"],
]);

class YamlReader {
  /** Lines still to be read; one that begins a nested value is rewritten with blanks before it. */
  readonly #lines: string[];
  #at = 0;
  readonly #anchors = new Map<string, Yaml>();

  constructor(text: string) {
    this.#lines = text.split("\n").map((line) => (line.startsWith("---") ? "" : line.trimEnd()));
  }

  /** The next line that says something, or null at the end. */
  #line(): string | null {
    while (this.#at < this.#lines.length && /^\s*(#.*)?$/.test(this.#lines[this.#at]!)) this.#at++;
    return this.#lines[this.#at] ?? null;
  }

  #indent(line: string): number {
    return line.length - line.trimStart().length;
  }

  /** A value in the lines indented by at least `least`; null if there are none. */
  block(least: number): Yaml {
    const line = this.#line();
    if (line === null) return null;
    const indent = this.#indent(line);
    if (indent < least) return null;
    const text = line.slice(indent);
    if (/^-( |$)/.test(text)) return this.#sequence(indent);
    if (/^\? /.test(text) || this.#key(text)) return this.#mapping(indent);
    return this.#inline(text, indent, least);
  }

  #sequence(indent: number): Yaml[] {
    const items: Yaml[] = [];
    for (let line = this.#line(); line !== null; line = this.#line()) {
      if (this.#indent(line) !== indent || !/^-( |$)/.test(line.slice(indent))) break;
      const rest = line.slice(indent + 1);
      this.#lines[this.#at] = " ".repeat(indent + 1) + rest;
      items.push(this.block(indent + 1));
    }
    return items;
  }

  #mapping(indent: number): YamlMap {
    const map = new Map<string, Yaml>();
    for (let line = this.#line(); line !== null && this.#indent(line) === indent; line = this.#line()) {
      const text = line.slice(indent);
      if (text.startsWith("? ")) {
        this.#lines[this.#at] = " ".repeat(indent + 2) + text.slice(2);
        const key = String(this.#inline(text.slice(2), indent + 2, indent + 1));
        const value = this.#line();
        if (value?.slice(indent).startsWith(": ")) {
          this.#lines[this.#at] = " ".repeat(indent + 2) + value.slice(indent + 2);
          map.set(key, this.#inline(value.slice(indent + 2), indent + 2, indent + 1));
        }
        continue;
      }
      const found = this.#key(text);
      if (!found) break;
      map.set(found.key, this.#inline(found.rest, indent + text.length - found.rest.length, indent + 1));
    }
    return map;
  }

  /** A key and what follows its colon, or null. */
  #key(text: string): { key: string; rest: string } | null {
    const match = /^(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^"'!&*|>\s][^\n]*?|:[^\n]*?)) *:(?: +|$)/.exec(text);
    if (!match) return null;
    const key = match[1] !== undefined ? this.#unescape(match[1]) : (match[2] ?? match[3] ?? "");
    return { key, rest: text.slice(match[0].length) };
  }

  /** A value that begins at `column` of the current line with `text`; its further lines are indented by `least`. */
  #inline(text: string, column: number, least: number): Yaml {
    const property = /^(?:!\S*|&\S+)(?: +|$)/.exec(text);
    if (property) {
      const anchor = text.startsWith("&") ? property[0].trim().slice(1) : null;
      const value = this.#inline(text.slice(property[0].length), column + property[0].length, least);
      if (anchor !== null) this.#anchors.set(anchor, value);
      return value;
    }
    if (text === "") {
      this.#at++;
      const next = this.#line();
      // A sequence may stand as far left as the key it belongs to.
      const left = next !== null && /^ *- /.test(next) ? least - 1 : least;
      return this.block(left);
    }
    if (text.startsWith("*")) {
      this.#at++;
      return this.#anchors.get(text.slice(1)) ?? null;
    }
    if (/^[|>][-+]?$/.test(text)) return this.#literalBlock(least);
    if (text.startsWith('"')) return this.#doubleQuoted(column);
    return this.#plain(text, least);
  }

  #literalBlock(least: number): string {
    const lines: string[] = [];
    for (this.#at++; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at]!;
      if (line !== "" && this.#indent(line) < least) break;
      lines.push(line.trim());
    }
    return lines.join("\n");
  }

  #doubleQuoted(column: number): string {
    let raw = "";
    let text = this.#lines[this.#at++]!.slice(column + 1);
    for (;;) {
      const end = /^(?:[^"\\]|\\.)*"/.exec(text);
      if (end) return this.#unescape(raw + end[0].slice(0, -1));
      const next = (this.#lines[this.#at++] ?? '"').trimStart();
      const joined = text.endsWith("\\") && !text.endsWith("\\\\");
      raw += joined ? text.slice(0, -1) : `${text} `;
      text = next;
    }
  }

  #unescape(text: string): string {
    return text.replace(/\\(x..|u....|U........|.)/g, (_whole, code: string) => {
      if (/^[xuU]./.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
      return escapes.get(code) ?? code;
    });
  }

  #plain(first: string, least: number): Yaml {
    let text = first;
    for (this.#at++; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at]!;
      if (line === "" || this.#indent(line) < least) break;
      text += ` ${line.trim()}`;
    }
    if (text === "[]") return [];
    if (text === "{}") return new Map();
    const quoted = /^'((?:[^']|'')*)'$/.exec(text);
    if (quoted) return quoted[1]!.replaceAll("''", "'");
    if (text === "~" || text === "null") return null;
    return /^-?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : text;
  }
}

export function parseYaml(text: string): Yaml {
  return new YamlReader(text).block(0);
}

/**
 * Lists of addresses as they stand in From, To and Cc (RFC 5322 §3.4 and §4.4, RFC 6532), read as people wrote them:
 * what is no address by the grammar still names somebody. Light enough for a list of thousands.
 */
import { decodeRaw, decodeWords } from "./header.ts";
import type { Person } from "./types.ts";

/** A word, a quoted string, or the `@` between the halves of an address. */
interface Token {
  readonly text: string;
  readonly kind: "word" | "quoted" | "at";
  /** White space or a comment stands before it. */
  readonly apart: boolean;
}

const at: Token["kind"] = "at";
// `\s` has octets of UTF-8 in it, which these are still.
const space = /[ \t\r\n]+/y;
const word = /[^ \t\r\n()<>[\]:;@\\",]+/y;
/** Senders leave commas and the like in them, which they may not (RFC 2047 §5). */
const encodedWord = /=\?[^? \t\r\n]{1,80}\?[bBqQ]\?[^? \t\r\n]*\?=/y;

/**
 * The people of a list of addresses, at most `most`. `text`: octets of the field's value as a Latin-1 string, folds
 * and all. Members of a group stand in its place; a group without members is one person with the group's name and no
 * `email`. Names are decoded, or taken from a comment; one that only repeats the address is left out. Takes time in
 * proportion to the text, whatever it holds. Never throws.
 */
export function readAddressList(text: string, most = Number.POSITIVE_INFINITY): Person[] {
  return new ListReader(text, most).read();
}

class ListReader {
  readonly #text: string;
  readonly #most: number;
  readonly #people: Person[] = [];
  #position = 0;
  /** Of the address being read: what stands outside of angle brackets, within them, and in its last comment. */
  #tokens: Token[] = [];
  #angle: readonly Token[] | null = null;
  #comment = "";
  /** How many tokens stand before the angle brackets. */
  #named = 0;
  #apart = false;
  #group: { readonly name: string; readonly first: number } | null = null;
  /** These have no end in the rest of the text. */
  readonly #unended = new Set<string>();

  constructor(text: string, most: number) {
    this.#text = text;
    this.#most = most;
  }

  read(): Person[] {
    const text = this.#text;
    while (this.#position < text.length && this.#people.length < this.#most)
      this.#step(text[this.#position]!);
    this.#endAddress();
    this.#endGroup();
    return this.#people.length > this.#most ? this.#people.slice(0, this.#most) : this.#people;
  }

  #step(c: string): void {
    switch (c) {
      case " ":
      case "\t":
      case "\r":
      case "\n":
        this.#match(space);
        this.#apart = true;
        return;
      case ",":
        this.#position++;
        this.#endAddress();
        return;
      case ";":
        this.#position++;
        this.#endAddress();
        this.#endGroup();
        return;
      case ":":
        this.#position++;
        this.#beginGroup();
        return;
      case "<":
        this.#position++;
        // Somebody before whom a comma is missing.
        if (this.#angle) {
          const name = this.#tokens.splice(this.#named);
          this.#endAddress();
          this.#tokens = name;
        }
        this.#angle = this.#angleTokens();
        this.#named = this.#tokens.length;
        this.#apart = true;
        return;
      case "(":
        this.#comment = this.#enclosed(c, ")") ?? this.#comment;
        this.#apart = true;
        return;
      case "@":
        this.#position++;
        this.#push(c, at);
        return;
      case '"': {
        const quoted = this.#enclosed(c, c);
        if (quoted !== null) this.#push(quoted, "quoted");
        return;
      }
      default:
        this.#push(this.#word(), "word");
    }
  }

  #push(text: string, kind: Token["kind"]): void {
    this.#tokens.push({ text, kind, apart: this.#apart });
    this.#apart = false;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    if (found !== null) this.#position += found.length;
    return found;
  }

  /** At least one octet. */
  #word(): string {
    const text = this.#text;
    const c = text[this.#position];
    if (c === "[") {
      // A domain literal, or the like in a name.
      const end = this.#unended.has("]") ? -1 : text.indexOf("]", this.#position);
      if (end < 0) this.#unended.add("]");
      else {
        const literal = text.slice(this.#position, end + 1);
        this.#position = end + 1;
        return literal;
      }
    }
    const found = (c === "=" ? this.#match(encodedWord) : null) ?? this.#match(word);
    if (found !== null) return found;
    const escaped = c === "\\" ? 1 : 0;
    this.#position += 1 + escaped;
    // `>` and `)` that close nothing say nothing.
    return c === ">" || c === ")" ? "" : (text[this.#position - 1] ?? "");
  }

  /** What stands in quotes, or in parentheses, which nest; null where they do not end, and only their beginning is passed over. */
  #enclosed(open: string, close: string): string | null {
    const text = this.#text;
    const start = ++this.#position;
    if (this.#unended.has(close)) return null;
    let out = "";
    let from = start;
    let depth = 1;
    for (let i = start; i < text.length; i++) {
      const c = text[i]!;
      if (c === "\\") {
        out += text.slice(from, i);
        from = ++i;
      } else if (c === close && --depth === 0) {
        this.#position = i + 1;
        return out + text.slice(from, i);
      } else if (c === open && c !== close) depth++;
    }
    this.#unended.add(close);
    return null;
  }

  /** Behind `<`: what stands up to `>`, without a route (RFC 5322 §4.4). */
  #angleTokens(): Token[] {
    const text = this.#text;
    let tokens: Token[] = [];
    let apart = false;
    const push = (found: string, kind: Token["kind"]) => {
      tokens.push({ text: found, kind, apart });
      apart = false;
    };
    while (this.#position < text.length) {
      const c = text[this.#position]!;
      const routed = c === "," && tokens[0]?.kind === at;
      if ((c === "," && !routed) || c === ";" || c === "<") break;
      if (c === '"') push(this.#enclosed(c, c) ?? "", "quoted");
      else if (c === "(") {
        this.#enclosed(c, ")");
        apart = true;
      } else if (this.#match(space) !== null) apart = true;
      else if (c === ">" || c === ":" || c === "@" || c === ",") {
        this.#position++;
        if (c === ">") break;
        if (c === "@") push(c, at);
        else if (c === ":") {
          // `Undisclosed:;` is somebody's name, and no route.
          if (tokens[0]?.kind === "word" && !/^mailto$/i.test(tokens[0].text)) this.#tokens.push(...tokens);
          tokens = [];
        }
      } else push(this.#word(), "word");
    }
    return tokens;
  }

  #endAddress(): void {
    const tokens = this.#tokens;
    const angle = this.#angle;
    const isAt = ({ kind }: Token) => kind === at;
    if (angle !== null) {
      const [first, end] = angle.some(isAt)
        ? bareAddress(angle, angle.findLastIndex(isAt))
        : [0, angle.length];
      this.#add(joined(tokens), angle.slice(first, end));
    } else if (tokens.some(isAt)) this.#addBare(tokens);
    else if (tokens.length === 1 && isMailbox(tokens[0]!)) this.#add("", tokens);
    else this.#add(joined(tokens), []);
    this.#tokens = [];
    this.#angle = null;
    this.#comment = "";
    this.#apart = false;
  }

  /** Addresses without angle brackets: one as a rule, with a name before or behind it. */
  #addBare(tokens: readonly Token[]): void {
    const ats = tokens.flatMap(({ kind }, i) => (kind === at ? i : []));
    let from = 0;
    for (const middle of ats) {
      if (middle < from) continue;
      const [first, end] = bareAddress(tokens, middle, from);
      const last = ats.at(-1)! < end;
      const name = joined(tokens.slice(from, first)) || (last ? joined(tokens.slice(end)) : "");
      this.#add(name, tokens.slice(first, end));
      from = end;
    }
  }

  #add(name: string, address: readonly Token[]): void {
    let email = "";
    // What has but one half is no address, and may be the name of a mailbox.
    if (address[0]?.kind !== at) for (const { text } of address) email += text;
    email = decodeRaw(email.endsWith("@") ? email.slice(0, -1) : email);
    const shown = displayName(name || (email ? this.#comment : ""));
    if (email || shown) this.#people.push({ name: shown === email ? "" : shown, email });
  }

  #beginGroup(): void {
    const named = this.#angle === null && !this.#tokens.some(({ kind }) => kind === at);
    if (named && !this.#group) this.#group = { name: joined(this.#tokens), first: this.#people.length };
    // Or a route, which nobody follows.
    if (named || this.#tokens[0]?.kind === at) this.#tokens = [];
    this.#apart = true;
  }

  #endGroup(): void {
    const group = this.#group;
    this.#group = null;
    if (group && this.#people.length === group.first) this.#add(group.name, []);
  }
}

/** Which of the tokens from `from` on are the address around the `@` at `middle`: those beside it, and what dots join to them. */
function bareAddress(tokens: readonly Token[], middle: number, from = 0): [first: number, end: number] {
  const goesOn = (i: number) =>
    !tokens[i]!.apart || tokens[i]!.text.startsWith(".") || tokens[i - 1]!.text.endsWith(".");
  let first = Math.max(from, middle - 1);
  while (first > from && goesOn(first)) first--;
  let end = Math.min(tokens.length, middle + 2);
  while (end < tokens.length && goesOn(end)) end++;
  return [first, end];
}

/** Whether a word on its own is an address without a host, and no name. */
const isMailbox = ({ kind, text }: Token) => kind === "word" && !text.startsWith("=?");

function joined(tokens: readonly Token[]): string {
  let out = "";
  for (const { text, apart } of tokens) out += apart && out !== "" ? ` ${text}` : text;
  return out;
}

/** A name in which nothing is coded, quoted or folded. */
const plainName = /^[\w.,&@()+-]+(?: [\w.,&@()+-]+)*$/;

/** A name as people read it: decoded, without quotes and folds. */
export function displayName(name: string): string {
  if (name === "" || plainName.test(name)) return name;
  const decoded = decodeWords(name).replace(/\s+/g, " ").trim();
  const quoted = /^(["'])(.*)\1$/s.exec(decoded);
  return (quoted?.[2] ?? decoded).replace(/\\(["\\])/g, "$1").trim();
}

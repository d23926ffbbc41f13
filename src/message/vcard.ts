/**
 * vCards (RFC 6350, RFC 2426, and 2.1 as phones write it): names and mail addresses, and nothing else of them. What is
 * broken costs itself alone, and pictures cost no memory.
 */
import { decodeBytes } from "./charset.ts";
import { fromHex } from "./hex.ts";

export interface VCard {
  /** FN, or what N has of it; empty where there is neither. */
  readonly name: string;
  /** NICKNAME; empty where there is none. */
  readonly nickname: string;
  /** As they stand in the card, the preferred first. */
  readonly emails: readonly string[];
}

interface Line {
  readonly name: string;
  /** In upper case: `TYPE=HOME` and, as in 2.1, `HOME`. */
  readonly params: readonly string[];
  /** Octets as Latin-1. */
  readonly value: string;
}

/** Octets of one line that is of interest, addresses of a card, and lines after which others have their turn. */
const longestLine = 16_384;
const mostEmails = 50;
const linesInTurn = 500;
const wanted = /^(?:[\w-]+\.)?(BEGIN|END|FN|N|NICKNAME|EMAIL)[;:]/i;
const isQuotedPrintable = /^[^:]*;(?:ENCODING=)?"?QUOTED-PRINTABLE"?[;:]/i;

/** The file in UTF-8, or in what else its lines are in: only UTF-16 says so at its beginning. */
function octets(file: Buffer): Buffer {
  if (file[0] === 0xff && file[1] === 0xfe) return Buffer.from(file.toString("utf16le", 2));
  if (file[0] === 0xfe && file[1] === 0xff) {
    const even = Buffer.from(file.subarray(2, file.length & ~1));
    return Buffer.from(even.swap16().toString("utf16le"));
  }
  return file[0] === 0xef && file[1] === 0xbb && file[2] === 0xbf ? file.subarray(3) : file;
}

/** Logical lines of interest, unfolded (RFC 6350 §3.2; soft line breaks of quoted-printable); null for a turn. */
function* logicalLines(file: Buffer): Generator<string | null, void> {
  let line: string | null = null;
  let soft = false;
  let count = 0;
  for (let at = 0; at < file.length; ) {
    const newline = file.indexOf(0x0a, at);
    const end = newline < 0 ? file.length : newline;
    // What is too long is cut, and not looked at further.
    const physical = file.toString("latin1", at, Math.min(end, at + longestLine)).replace(/\r$/, "");
    at = end + 1;
    const folded: boolean = physical.startsWith(" ") || physical.startsWith("\t");
    if (soft || folded) {
      // A soft break has no fold of its own, but some writers add one.
      if (line !== null && line.length < longestLine)
        line = (soft ? line.replace(/=$/, "") : line) + (folded ? physical.slice(1) : physical);
      soft &&= physical.endsWith("=");
    } else {
      if (line !== null) yield line;
      line = wanted.test(physical) ? physical : null;
      soft = physical.endsWith("=") && isQuotedPrintable.test(physical);
    }
    if (++count % linesInTurn === 0) yield null;
  }
  if (line !== null) yield line;
}

/** Null where it is no line of a card. */
function readLine(text: string): Line | null {
  const name = wanted.exec(text)?.[1]?.toUpperCase();
  if (name === undefined) return null;
  const pieces: string[] = [""];
  let quoted = false;
  let at = 0;
  for (; at < text.length; at++) {
    const c = text.charAt(at);
    if (c === '"') quoted = !quoted;
    else if (c === ":" && !quoted) break;
    else if (c === ";" && !quoted) pieces.push("");
    else pieces[pieces.length - 1] += c;
  }
  if (at === text.length) return null;
  return {
    name,
    params: pieces.slice(1).map((piece) => piece.trim().toUpperCase()),
    value: text.slice(at + 1),
  };
}

function param({ params }: Line, name: string): string | null {
  return params.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}

/** The value as text, its escapes (RFC 6350 §3.4) not undone. */
function decoded(line: Line): string {
  const encoding = param(line, "ENCODING");
  const is = (name: string) => encoding === name || line.params.includes(name);
  let bytes = Buffer.from(line.value, "latin1");
  if (is("QUOTED-PRINTABLE")) bytes = Buffer.from(fromHex(line.value, "="), "latin1");
  else if (is("BASE64") || encoding === "B") bytes = Buffer.from(line.value, "base64");
  return decodeBytes(bytes, param(line, "CHARSET"));
}

/** One line of text, escapes undone. */
function unescaped(text: string): string {
  return text
    .replace(/\\(.)/gs, (_, c: string) => (c === "n" || c === "N" ? " " : c))
    .replace(/\s+/g, " ")
    .trim();
}

/** `Lovelace;Ada;King;Lady;` → `Lady Ada King Lovelace` */
function nameOf(text: string): string {
  const [family = "", given = "", more = "", before = "", after = ""] = text
    .split(/(?<!\\);/)
    .map((part) => unescaped(part.replace(/(?<!\\),/g, " ")));
  return [before, given, more, family, after].filter((part) => part !== "").join(" ");
}

/** From 1, the most preferred, to 100 (RFC 6350 §5.3); 101 where nothing is said. */
function preference(line: Line): number {
  const number = Number.parseInt(param(line, "PREF") ?? "", 10);
  if (number >= 1 && number <= 100) return number;
  const types = line.params
    .filter((one) => one.startsWith("TYPE="))
    .flatMap((one) => one.slice(5).split(","));
  return types.includes("PREF") || line.params.includes("PREF") ? 1 : 101;
}

interface Building {
  fn: string;
  n: string;
  nickname: string;
  readonly emails: { readonly email: string; readonly rank: number }[];
}

/** Takes in a line of a card. */
function take(card: Building, line: Line): void {
  if (line.name === "FN") card.fn ||= unescaped(decoded(line));
  else if (line.name === "N") card.n ||= nameOf(decoded(line));
  else if (line.name === "NICKNAME") card.nickname ||= unescaped(decoded(line));
  else if (line.name === "EMAIL" && card.emails.length < mostEmails) {
    const email = unescaped(decoded(line)).replace(/^mailto:/i, "");
    if (email !== "") card.emails.push({ email, rank: preference(line) });
  }
}

function finished({ fn, n, nickname, emails }: Building): VCard {
  const sorted = emails.toSorted((a, b) => a.rank - b.rank).map(({ email }) => email);
  return { name: fn || n || nickname, nickname, emails: sorted };
}

/** Reads a file of cards, and hands on each that has an address. Yields often. Never throws. */
export function* readVCards(file: Buffer, found: (card: VCard) => void): Generator<void, void> {
  let card: Building | null = null;
  const end = () => {
    if (card && card.emails.length > 0) found(finished(card));
    card = null;
  };
  for (const text of logicalLines(octets(file))) {
    if (text === null) {
      yield;
      continue;
    }
    const line = readLine(text);
    if (line?.name === "END") end();
    else if (line?.name === "BEGIN") {
      // One that was never ended, or, in 2.1, that has its agent's within.
      end();
      card = { fn: "", n: "", nickname: "", emails: [] };
    } else if (line && card) take(card, line);
  }
  end();
}

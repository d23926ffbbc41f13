/**
 * Builds one command. The only place that decides how a value goes on the wire (atom, quoted, which kind of literal)
 * and the only place that refuses what would break out of it: CR, LF and NUL (RFC 9051 §4.3, §9, RFC 7888).
 */
import type { Readable } from "node:stream";
import { ImapError } from "../errors.ts";
import { limits } from "../limits.ts";
import { format } from "../uid-set.ts";
import type { UidRanges } from "../values.ts";

/** How literals and 8-bit text may be sent now. */
export interface WriterOptions {
  /** Octets up to which a literal need not wait for `+`; -1 where the server offers neither LITERAL+ nor LITERAL-. */
  readonly nonSynchronizing: number;
  /** UTF8=ACCEPT or IMAP4rev2 is enabled: quoted strings may hold UTF-8. */
  readonly utf8: boolean;
}

/** A command in the pieces it is sent in. */
export type Part =
  | { readonly kind: "bytes"; readonly bytes: Buffer; readonly log: string }
  /** Nothing more may be sent until the server says `+`. */
  | { readonly kind: "wait" }
  | { readonly kind: "stream"; readonly size: number; readonly stream: Readable };

/** A message's text: in memory, or a stream of exactly `size` octets. */
export type MessageSource = Buffer | { readonly size: number; readonly stream: Readable };

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const atomPattern = /^[^\x00-\x20(){%*"\\\]\x7f-\uffff]+$/;
const flagPattern = /^\\?[^\x00-\x20(){%*"\\\]\x7f-\uffff]+$/;
const headerName = /^[\x21-\x39\x3b-\x7e]+$/;
const sectionPattern =
  /^(?:(?:\d{1,9}(?:\.\d{1,9})*)?|(?:\d{1,9}(?:\.\d{1,9})*\.)?(?:HEADER|TEXT)|\d{1,9}(?:\.\d{1,9})*\.MIME)$/i;
const fieldsPattern = /^((?:\d{1,9}(?:\.\d{1,9})*\.)?HEADER\.FIELDS(?:\.NOT)?) \(([^()]+)\)$/i;

function refuse(what: string): never {
  throw new ImapError("ARGUMENT", `${what} cannot be sent to the server.`);
}

/**
 * `""`, `1.2`, `HEADER`, `1.MIME`, `HEADER.FIELDS (SUBJECT DATE)` in the form the answer is filed under: upper case,
 * one space between header names.
 * @throws ImapError ARGUMENT
 */
export function canonicalSection(section: string): string {
  const fields = fieldsPattern.exec(section);
  if (fields) {
    const names = fields[2]!.trim().split(/\s+/);
    for (const name of names)
      if (!headerName.test(name) || /["\]{]/.test(name)) refuse(`The header name "${name}"`);
    return `${fields[1]} (${names.join(" ")})`.toUpperCase();
  }
  if (!sectionPattern.test(section)) refuse(`The section "${section}"`);
  return section.toUpperCase();
}

/** section-binary (RFC 3516 §7): part numbers only. */
function binaryPart(part: string): string {
  return /^(?:\d{1,9}(?:\.\d{1,9})*)?$/.test(part) ? part : refuse(`The section "${part}"`);
}

/** `1-Feb-1994`: the day of `time` (ms since the epoch) in UTC. */
function dateText(time: number): string {
  const d = new Date(time);
  if (Number.isNaN(d.getTime()) || d.getUTCFullYear() < 0 || d.getUTCFullYear() > 9999) refuse("This date");
  return `${d.getUTCDate()}-${months[d.getUTCMonth()]}-${String(d.getUTCFullYear()).padStart(4, "0")}`;
}

export class Writer {
  readonly utf8: boolean;
  readonly #nonSynchronizing: number;
  readonly #parts: Part[] = [];
  #text = "";
  #log = "";

  constructor(tag: string, options: WriterOptions) {
    this.utf8 = options.utf8;
    this.#nonSynchronizing = options.nonSynchronizing;
    this.#text = this.#log = `${tag} `;
  }

  #put(text: string, log = text): this {
    this.#text += text;
    this.#log += log;
    return this;
  }

  sp(): this {
    return this.#put(" ");
  }

  /** A word of the protocol, or an atom of the caller's. */
  atom(text: string): this {
    return atomPattern.test(text) ? this.#put(text) : refuse(`"${text}"`);
  }

  /** A whole command as a person typed it; 8-bit text goes as UTF-8. */
  line(text: string): this {
    if (text === "" || /[\r\n\0]/.test(text))
      refuse(text === "" ? "An empty line" : "Text with a line break");
    return this.#put(Buffer.from(text, "utf8").toString("latin1"), text);
  }

  number(value: number | bigint): this {
    const valid = typeof value === "bigint" ? value >= 0n : Number.isSafeInteger(value) && value >= 0;
    return valid ? this.#put(String(value)) : refuse(`The number ${value}`);
  }

  open(): this {
    return this.#put("(");
  }

  close(): this {
    return this.#put(")");
  }

  /** `(` items, SP between them, `)`. */
  list<T>(items: Iterable<T>, item: (value: T) => void): this {
    this.open();
    this.separated(items, item);
    return this.close();
  }

  separated<T>(items: Iterable<T>, item: (value: T) => void): this {
    let first = true;
    for (const value of items) {
      if (!first) this.sp();
      first = false;
      item(value);
    }
    return this;
  }

  /** Text as string: quoted where that can hold it, else a literal of its UTF-8 bytes. */
  string(text: string): this {
    return this.#bytes(text, /[^\x00-\x7f]/.test(text) ? Buffer.from(text, "utf8") : null);
  }

  /** A mailbox path: one character for each octet. */
  mailbox(path: string): this {
    if (/[^\x00-\xff]/.test(path)) refuse("A mailbox name that is not in the form for the wire");
    if (/[\r\n]/.test(path)) refuse("A mailbox name with a line break");
    return this.#bytes(path, Buffer.from(path, "latin1"));
  }

  /** LIST's pattern: a path with `%` and `*`. */
  pattern(path: string): this {
    return this.mailbox(path);
  }

  #bytes(text: string, bytes: Buffer | null): this {
    if (text.includes("\0")) refuse("Text with a NUL character");
    const plain = /^[\x01-\x09\x0b\x0c\x0e-\x7f]*$/.test(text);
    const quotable = plain || (this.utf8 && !/[\r\n]/.test(text));
    if (!quotable || text.length > limits.quoted) return this.literal(bytes ?? Buffer.from(text, "utf8"));
    const escaped = text.replace(/["\\]/g, "\\$&");
    if (plain) return this.#put(`"${escaped}"`);
    return this.#put(
      `"${Buffer.from(bytes ?? text)
        .toString("latin1")
        .replace(/["\\]/g, "\\$&")}"`,
      `"${escaped}"`,
    );
  }

  /** A string that no log may show. */
  secret(text: string): this {
    const logged = this.#log;
    const parts = this.#parts.length;
    this.string(text);
    for (let i = parts; i < this.#parts.length; i++) {
      const part = this.#parts[i]!;
      if (part.kind === "bytes") this.#parts[i] = { ...part, log: i === parts ? `${logged}[secret]` : "" };
    }
    this.#log = parts === this.#parts.length ? `${logged}[secret]` : "";
    return this;
  }

  /** Base64 (or `=`, `*`) of SASL: bare on the wire, and never in a log. */
  secretBase64(text: string): this {
    return /^[A-Za-z0-9+/=*]*$/.test(text) ? this.#put(text, "[secret]") : refuse("This response");
  }

  literal(bytes: Buffer): this {
    if (bytes.includes(0)) refuse("Text with a NUL character");
    this.#literalHeader(bytes.length);
    this.#text += bytes.toString("latin1");
    this.#log += `(${bytes.length} octets)`;
    return this;
  }

  /** A message as a literal (APPEND), or as literal8, which may hold NUL (RFC 3516). Its bytes are not looked at. */
  message(source: MessageSource, literal8 = false): this {
    if (literal8) this.#put("~");
    if (Buffer.isBuffer(source)) {
      this.#literalHeader(source.length);
      this.#flush();
      this.#parts.push({ kind: "bytes", bytes: source, log: `(${source.length} octets)` });
      return this;
    }
    if (!Number.isSafeInteger(source.size) || source.size < 0) refuse(`A message of ${source.size} octets`);
    this.#literalHeader(source.size);
    this.#flush();
    this.#parts.push({ kind: "stream", size: source.size, stream: source.stream });
    return this;
  }

  #literalHeader(size: number): void {
    const wait = size > this.#nonSynchronizing;
    this.#put(wait ? `{${size}}\r\n` : `{${size}+}\r\n`, `{${size}} `);
    if (!wait) return;
    this.#flush();
    this.#parts.push({ kind: "wait" });
  }

  /** A flag or keyword: `\Seen`, `$Forwarded`. */
  flag(flag: string): this {
    return flagPattern.test(flag) ? this.#put(flag) : refuse(`The flag "${flag}"`);
  }

  flags(flags: readonly string[]): this {
    return this.list(flags, (flag) => this.flag(flag));
  }

  /** A set of messages; never empty, as "no messages" cannot be said. */
  sequenceSet(set: UidRanges): this {
    for (const [first, last] of set)
      if (
        !Number.isInteger(first) ||
        !Number.isInteger(last) ||
        first < 1 ||
        last < first ||
        last > 0xffff_ffff
      )
        refuse(`The range ${first}:${last}`);
    return set.length > 0 ? this.#put(format(set)) : refuse("An empty set of messages");
  }

  /** partial-range (RFC 9394): `1:100`, `-1:-100`. */
  numberRange([from, to]: readonly [number, number]): this {
    const valid = Number.isSafeInteger(from) && Number.isSafeInteger(to);
    return valid ? this.#put(`${from}:${to}`) : refuse(`The range ${from}:${to}`);
  }

  /** A string that must be quoted: a search's tag (RFC 5267). */
  tag(tag: string): this {
    return /^[A-Za-z0-9]+$/.test(tag) ? this.#put(`"${tag}"`) : refuse(`The tag "${tag}"`);
  }

  /** `$`: what the last search saved (RFC 5182). */
  savedSearch(): this {
    return this.#put("$");
  }

  /** `BODY.PEEK[section]<first.count>`. */
  bodyPeek(section: string, partial?: { readonly offset: number; readonly length: number }): this {
    return this.#section("BODY.PEEK", canonicalSection(section), partial);
  }

  /** `BINARY.PEEK[part]<first.count>` (RFC 3516); `part` is numbers, or "" for the whole message. */
  binaryPeek(part: string, partial?: { readonly offset: number; readonly length: number }): this {
    return this.#section("BINARY.PEEK", binaryPart(part), partial);
  }

  /** `BINARY.SIZE[part]`. */
  binarySize(part: string): this {
    return this.#section("BINARY.SIZE", binaryPart(part));
  }

  #section(
    item: string,
    section: string,
    partial?: { readonly offset: number; readonly length: number },
  ): this {
    this.#put(`${item}[${section}]`);
    if (!partial) return this;
    this.#put("<").number(partial.offset);
    return this.#put(".").number(partial.length).#put(">");
  }

  /** `1-Feb-1994`, in UTC. */
  date(time: number): this {
    return this.#put(dateText(time));
  }

  /** `" 1-Feb-1994 12:00:00 +0000"`; `time` is in ms since the epoch. */
  dateTime(time: number): this {
    const clock = new Date(time).toISOString().slice(11, 19);
    return this.#put(`"${dateText(time).padStart(11)} ${clock} +0000"`);
  }

  #flush(): void {
    if (this.#text === "") return;
    this.#parts.push({ kind: "bytes", bytes: Buffer.from(this.#text, "latin1"), log: this.#log });
    this.#text = this.#log = "";
  }

  /** The whole command, CRLF included. */
  end(): readonly Part[] {
    this.#put("\r\n", "");
    this.#flush();
    return this.#parts;
  }
}

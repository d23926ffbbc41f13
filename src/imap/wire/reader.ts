/**
 * Reads one response: methods are named after the grammar (RFC 9051 §9) and read at `position`. Works on the bytes;
 * text is decoded only where a value is text. All of them throw MalformedError where the grammar is not met.
 */
import { limits } from "../limits.ts";
import { maxNumber, normalize } from "../uid-set.ts";
import type { UidRanges } from "../values.ts";
import {
  BACKSLASH,
  COLON,
  CR,
  DQUOTE,
  isDigit,
  LBRACE,
  LF,
  LPAREN,
  MINUS,
  PLUS,
  RBRACE,
  RBRACKET,
  RPAREN,
  SP,
  TILDE,
  ZERO,
} from "./bytes.ts";
import { hashed, intern, internable } from "./intern.ts";
import { decodeText } from "./text.ts";

/** What was read is not what the grammar allows here. Stays inside this room. */
export class MalformedError extends Error {
  constructor(message: string) {
    // A server can bring on tens of thousands of these in one line, and nobody reads their stacks.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Marks the octets that end an atom. Lenient: anything but SP, parentheses, `"`, `{` and controls belongs to it. */
const endsAtom = new Uint8Array(256);
for (let byte = 0; byte <= SP; byte++) endsAtom[byte] = 1;
for (const byte of [LPAREN, RPAREN, DQUOTE, LBRACE, 0x7f]) endsAtom[byte] = 1;

export class Reader {
  readonly buffer: Buffer;
  position: number;
  /** Where the response ends, without its CRLF. */
  readonly end: number;
  /**
   * For a second look at what could not be read: a quoted string then ends only where something can follow it
   * (so that `"a "b" c"` is one string), and SP between values may be missing.
   */
  lenient = false;
  #depth = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
    this.position = 0;
    let end = buffer.length;
    if (end > 0 && buffer[end - 1] === LF) end--;
    if (end > 0 && buffer[end - 1] === CR) end--;
    this.end = end;
  }

  fail(wanted: string): never {
    throw new MalformedError(`${wanted} expected at octet ${this.position}`);
  }

  /** The octet at `position`, or -1 at the end. */
  peek(): number {
    return this.position < this.end ? this.buffer[this.position]! : -1;
  }

  /** Reads the octet if it is the next one. */
  take(byte: number): boolean {
    if (this.position >= this.end || this.buffer[this.position] !== byte) return false;
    this.position++;
    return true;
  }

  expect(byte: number): void {
    if (!this.take(byte)) this.fail(`"${String.fromCharCode(byte)}"`);
  }

  /** One SP; more are tolerated. */
  sp(): void {
    if (!this.take(SP)) this.fail("SP");
    this.skipSp();
  }

  /** Any SP; line breaks too, which a response has where it broke off and went on. */
  skipSp(): void {
    for (; this.position < this.end; this.position++) {
      const byte = this.buffer[this.position]!;
      if (byte !== SP && byte !== CR && byte !== LF) return;
    }
  }

  /** Between two values of a list: SP, which may be missing before the list's end or on a second look. */
  gap(): void {
    const before = this.position;
    this.skipSp();
    if (this.position === before && !this.lenient && this.peek() !== RPAREN) this.fail("SP");
  }

  /** What comes next, at most `octets` of it, as Latin-1; nothing is read. */
  ahead(octets: number): string {
    return this.buffer.toString("latin1", this.position, Math.min(this.position + octets, this.end));
  }

  /** Whether the octets from `from` to `to`, read before, come again; reads them if so. */
  repeats(from: number, to: number): boolean {
    const { buffer, position } = this;
    const length = to - from;
    if (this.lenient || position + length > this.end) return false;
    for (let i = 0; i < length; i++) if (buffer[from + i] !== buffer[position + i]) return false;
    this.position += length;
    return true;
  }

  /** Whether only spaces are left. */
  atEnd(): boolean {
    this.skipSp();
    return this.position >= this.end;
  }

  /** Begins a nested value. Every recursive production calls it, and `leave` at its end. */
  enter(): void {
    if (++this.#depth > limits.depth) throw new MalformedError(`nested more than ${limits.depth} deep`);
  }

  leave(): void {
    this.#depth--;
  }

  /** Back to where an attribute began, after a failure somewhere inside it. */
  rewind(position: number): void {
    this.position = position;
    this.#depth = 0;
  }

  /** An atom, as Latin-1. `]` ends it where `stop` says so (inside a response code). */
  atom(stop = -1): string {
    const { buffer, position: start, end } = this;
    let at = start;
    let hash = 0;
    for (; at < end; at++) {
      const byte = buffer[at]!;
      if (endsAtom[byte] === 1 || byte === stop) break;
      hash = hashed(hash, byte);
    }
    if (at === start) this.fail("an atom");
    this.position = at;
    return at - start <= internable ? intern(buffer, start, at, hash) : buffer.toString("latin1", start, at);
  }

  /** Whether NIL is next; reads it if so. */
  nil(): boolean {
    const { buffer, position: at } = this;
    if (at + 3 > this.end) return false;
    if (
      (buffer[at]! | 0x20) !== 0x6e ||
      (buffer[at + 1]! | 0x20) !== 0x69 ||
      (buffer[at + 2]! | 0x20) !== 0x6c
    )
      return false;
    if (at + 3 < this.end && endsAtom[buffer[at + 3]!] === 0 && buffer[at + 3] !== RBRACKET) return false;
    this.position += 3;
    return true;
  }

  /**
   * A number as servers write it: digits; also quoted, negative (0), with a fraction or an exponent, or NIL (0).
   */
  number(): number {
    const { buffer } = this;
    let at = this.position;
    let value = 0;
    while (at < this.end && isDigit(buffer[at]!)) value = value * 10 + buffer[at++]! - ZERO;
    const next = at < this.end ? buffer[at]! : SP;
    const plain = at > this.position && (endsAtom[next] === 1 || next === RBRACKET || next === COLON);
    if (plain && value <= Number.MAX_SAFE_INTEGER) {
      this.position = at;
      return value;
    }
    if (this.nil()) return 0;
    const text = this.peek() === DQUOTE ? this.quoted() : this.atom(RBRACKET);
    if (!/^[-+]?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(text)) this.fail("a number");
    return Math.max(0, Math.min(Math.round(Number(text)), Number.MAX_SAFE_INTEGER));
  }

  /**
   * UIDVALIDITY. Some servers use more than 32 bits: above 2^53 it is folded into that, so that another value stays
   * another one; sent back, it is one the server does not know, and everything is read anew.
   */
  uidValidity(): number {
    const digits = /^\d{16,}/.exec(this.ahead(64))?.[0];
    if (digits === undefined) return this.number();
    this.position += digits.length;
    const value = BigInt(digits);
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : Number(value % 9_007_199_254_740_881n) || 1;
  }

  /** A mod-sequence or other number of 64 bits; negative ones are 0. */
  number64(): bigint {
    const text = this.atom(RBRACKET);
    if (/^-\d+$/.test(text)) return 0n;
    if (!/^\d{1,20}$/.test(text)) this.fail("a number");
    return BigInt(text);
  }

  /** A UID or sequence number. */
  nzNumber(): number {
    const value = this.number();
    if (value < 1 || value > maxNumber) this.fail("a number from 1 to 4294967295");
    return value;
  }

  /** sequence-set as it was sent, unordered; no `*`. */
  ranges(): [number, number][] {
    const ranges: [number, number][] = [];
    do {
      const first = this.#setNumber();
      ranges.push([first, this.take(0x3a) ? this.#setNumber() : first]);
    } while (this.take(0x2c));
    return ranges;
  }

  sequenceSet(): UidRanges {
    return normalize(this.ranges());
  }

  #setNumber(): number {
    const start = this.position;
    let value = 0;
    while (this.position < this.end && isDigit(this.buffer[this.position]!))
      value = value * 10 + this.buffer[this.position++]! - ZERO;
    if (this.position === start || value < 1 || value > maxNumber) this.fail("a message number");
    return value;
  }

  /** quoted, decoded as text. */
  quoted(): string {
    return decodeText(this.#quotedBytes());
  }

  #quotedBytes(): Buffer {
    const { buffer } = this;
    this.expect(DQUOTE);
    const start = this.position;
    let escapes = 0;
    let at = start;
    for (; ; at++) {
      if (at >= this.end) this.fail('"""');
      const byte = buffer[at]!;
      if (byte === DQUOTE && (!this.lenient || this.#mayFollowString(at + 1))) break;
      if (byte === BACKSLASH && at + 1 < this.end && this.#escapes(buffer, at)) {
        escapes++;
        at++;
      }
    }
    this.position = at + 1;
    const raw = buffer.subarray(start, at);
    if (escapes === 0) return raw;
    const bytes = Buffer.allocUnsafe(raw.length - escapes);
    let to = 0;
    for (let from = 0; from < raw.length; from++) {
      if (raw[from] === BACKSLASH && this.#escapes(raw, from)) from++;
      bytes[to++] = raw[from]!;
    }
    return bytes;
  }

  /** Whether the backslash at `at` escapes what follows; on a second look only what needs escaping. */
  #escapes(raw: Buffer, at: number): boolean {
    return !this.lenient || raw[at + 1] === DQUOTE || raw[at + 1] === BACKSLASH;
  }

  /** Whether what is at `at` can stand behind a string: the list's end, or SP and the beginning of another value. */
  #mayFollowString(at: number): boolean {
    if (at >= this.end) return true;
    const byte = this.buffer[at]!;
    if (byte === RPAREN || byte === RBRACKET) return true;
    return (
      byte === SP && /^ +(?:["(){]|NIL\b|[A-Z]*BODY|\d)/i.test(this.buffer.toString("latin1", at, at + 16))
    );
  }

  /** literal or literal8 (RFC 9051 §4.3); null where it was too large to be part of the response. */
  literal(): Buffer | null {
    this.take(TILDE);
    this.expect(LBRACE);
    const size = this.#digits();
    this.take(PLUS);
    this.expect(RBRACE);
    this.take(CR);
    this.expect(LF);
    if (size > limits.inlineLiteral) return null;
    if (this.position + size > this.end) this.fail("a whole literal");
    const bytes = this.buffer.subarray(this.position, this.position + size);
    this.position += size;
    return bytes;
  }

  #digits(): number {
    let value = 0;
    const start = this.position;
    while (this.position < this.end && isDigit(this.buffer[this.position]!))
      value = value * 10 + this.buffer[this.position++]! - ZERO;
    if (this.position === start) this.fail("a size");
    return value;
  }

  /** Whether a string begins here. */
  atString(): boolean {
    const byte = this.peek();
    return (
      byte === DQUOTE || byte === LBRACE || (byte === TILDE && this.buffer[this.position + 1] === LBRACE)
    );
  }

  /** string: the bytes (valid as long as the response), or null for a literal that went elsewhere. */
  stringBytes(): Buffer | null {
    return this.peek() === DQUOTE ? this.#quotedBytes() : this.literal();
  }

  /** string as text; a literal that went elsewhere reads as empty. */
  string(): string {
    if (this.take(DQUOTE)) {
      // Nearly every string is plain ASCII in quotes: no need to look at it twice.
      const start = this.position;
      const { buffer, end } = this;
      let at = start;
      let hash = 0;
      for (; at < end; at++) {
        const byte = buffer[at]!;
        if (byte === DQUOTE || byte === BACKSLASH || byte >= 0x80) break;
        hash = hashed(hash, byte);
      }
      if (!this.lenient && at < end && buffer[at] === DQUOTE) {
        this.position = at + 1;
        return at - start <= internable
          ? intern(buffer, start, at, hash)
          : buffer.toString("latin1", start, at);
      }
      this.position = start - 1;
    }
    const bytes = this.stringBytes();
    return bytes === null ? "" : decodeText(bytes);
  }

  /** nstring as text. */
  nstring(): string | null {
    if (this.atString()) return this.string();
    if (this.nil()) return null;
    return this.fail("a string or NIL");
  }

  /** astring as text. */
  astring(): string {
    return this.atString() ? this.string() : this.atom();
  }

  /** astring as sent: one character for each octet. */
  astringLatin1(): string {
    if (!this.atString()) return this.atom();
    return this.stringBytes()?.toString("latin1") ?? "";
  }

  /** `(` items `)`; SP between them is optional. `item` must read something or throw. */
  list(item: () => void): void {
    this.expect(LPAREN);
    this.enter();
    this.skipSp();
    while (!this.take(RPAREN)) {
      const before = this.position;
      item();
      this.skipSp();
      if (this.position === before) this.fail('")"');
    }
    this.leave();
  }

  /** Passes over one value of any kind, however deep: atoms, strings, lists, `BODY[…]<…>`. Not recursive. */
  skipValue(): void {
    let depth = 0;
    do {
      this.skipSp();
      const byte = this.peek();
      if (byte === -1) this.fail("a value");
      if (byte === LPAREN) {
        depth++;
        this.position++;
      } else if (byte === RPAREN) {
        if (depth === 0) this.fail("a value");
        depth--;
        this.position++;
      } else if (this.atString()) this.stringBytes();
      else if (endsAtom[byte] === 1) this.position++;
      else this.atom();
    } while (depth > 0);
  }

  /** Whether a negative number or a digit is next. */
  atNumber(): boolean {
    const byte = this.peek();
    return isDigit(byte) || byte === MINUS;
  }

  /** Everything up to the end, as text. */
  rest(): string {
    const text = decodeText(this.buffer.subarray(this.position, this.end));
    this.position = this.end;
    return text;
  }
}

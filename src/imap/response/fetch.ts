import { limits } from "../limits.ts";
import type { FetchedMessage, Invalid } from "../values.ts";
import { DQUOTE, GT, LBRACKET, LF, LPAREN, LT, RBRACKET, RPAREN, SP } from "../wire/bytes.ts";
import { hashed, intern, internable } from "../wire/intern.ts";
import { MalformedError, Reader } from "../wire/reader.ts";
import { readBodyStructure } from "./body-structure.ts";
import { parseDateTime } from "./date-time.ts";
import { readEnvelope } from "./envelope.ts";
import { readExtension } from "./fetch-extension.ts";
import { readFlags } from "./flags.ts";

/** FetchedMessage while it is being read. */
type Draft = { -readonly [K in keyof FetchedMessage]: FetchedMessage[K] };

/** Which large literal is about to come. */
export interface LargeLiteral {
  readonly seq: number;
  /** Null where the server did not say it before the literal. */
  readonly uid: number | null;
  /** As in FetchedMessage.sections. */
  readonly section: string;
  /** It is BINARY[section], already decoded. */
  readonly binary: boolean;
  /** Octets. */
  readonly size: number;
}

/** Where reading stands: seen from outside when a response breaks off at a large literal. */
interface Progress {
  section: string | null;
  binary: boolean;
}

/** msg-att after `* n FETCH ` (RFC 9051 §7.5.2). @throws MalformedError if no part of it can be read */
export function readFetch(r: Reader, seq: number): FetchedMessage {
  const message: Draft = { seq };
  readItems(r, message, { section: null, binary: false });
  return message;
}

/** The same after `* uid UIDFETCH ` (RFC 9586 §3.4). */
export function readUidFetch(r: Reader, uid: number): FetchedMessage {
  return { ...readFetch(r, 0), uid };
}

/** What most servers say before a body: nothing but the UID. */
const plainPrefix = /^\* (\d{1,10}) FETCH \(UID (\d{1,10}) BODY\[([0-9.A-Z]{0,40})\] \{\d+\}\r\n$/;

/** What a response that breaks off after a literal's announcement is about; null if it is no FETCH of a section. */
export function describeLiteral(prefix: Buffer, size: number): LargeLiteral | null {
  const plain = prefix.length < 100 ? plainPrefix.exec(prefix.toString("latin1")) : null;
  if (plain) {
    const [, seq, uid, section = ""] = plain;
    return { seq: Number(seq), uid: Number(uid), section, binary: false, size };
  }
  const start = /^\* (\d{1,10}) (UID)?FETCH /i.exec(prefix.toString("latin1", 0, 32));
  if (!start) return null;
  const number = Number(start[1]);
  const message: Draft = start[2] ? { seq: 0, uid: number } : { seq: number };
  const progress: Progress = { section: null, binary: false };
  // The Reader takes off one CRLF as the response's end, and the announcement needs its own.
  const r = new Reader(Buffer.concat([prefix, Buffer.from("\r\n")]));
  r.position = start[0].length;
  try {
    readItems(r, message, progress);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
  }
  if (progress.section === null) return null;
  const { section, binary } = progress;
  return { seq: message.seq, uid: message.uid ?? null, section, binary, size };
}

function readItems(r: Reader, message: Draft, progress: Progress): void {
  r.expect(LPAREN);
  r.skipSp();
  while (!r.take(RPAREN)) {
    if (r.atEnd()) return; // cut short: what came is good
    const start = r.position;
    const name = itemName(r);
    if (name === "") r.fail("a FETCH item");
    const value = r.position;
    try {
      readItem(r, name, message, progress);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      if (!recover(r, name, value, message, error)) return;
    }
    r.skipSp();
    if (r.position === start) r.fail('")"');
  }
}

/** The names of items in upper case, by the same name as sent: there are few, and each comes with every message. */
const names = new Map<string, string>();

/** Up to SP, a bracket, a parenthesis or `<`, in upper case. */
function itemName(r: Reader): string {
  const { buffer } = r;
  const start = r.position;
  let at = start;
  let hash = 0;
  for (; at < r.end; at++) {
    const byte = buffer[at]!;
    if (byte === SP || byte === LBRACKET || byte === LPAREN || byte === RPAREN || byte === LT) break;
    hash = hashed(hash, byte);
  }
  r.position = at;
  if (at - start > internable) return buffer.toString("latin1", start, at).toUpperCase();
  const sent = intern(buffer, start, at, hash);
  const known = names.get(sent);
  if (known !== undefined) return known;
  const name = sent.toUpperCase();
  if (names.size < 1000) names.set(sent, name);
  return name;
}

function readItem(r: Reader, name: string, message: Draft, progress: Progress): void {
  if (r.peek() === LBRACKET) {
    readSection(r, name, message, progress);
    return;
  }
  r.skipSp();
  switch (name) {
    case "UID":
      message.uid = r.nzNumber();
      return;
    case "FLAGS":
      message.flags = readFlags(r);
      return;
    case "INTERNALDATE": {
      const start = r.position;
      const text = r.nil() ? null : r.string();
      message.internalDate = text === null ? null : parseDateTime(text);
      if (text !== null && message.internalDate === null)
        markInvalid(message, name, "not a date", r.buffer.subarray(start, r.position));
      return;
    }
    case "RFC822.SIZE":
      message.size = r.number();
      return;
    case "ENVELOPE":
      message.envelope = readEnvelope(r);
      return;
    case "BODYSTRUCTURE":
    case "BODY":
      if (/^"" +\(/.test(r.ahead(8))) r.skipValue(); // DavMail
      r.skipSp();
      message.bodyStructure = readBodyStructure(r);
      return;
    case "MODSEQ": {
      r.expect(LPAREN);
      const modSeq = r.number64();
      r.expect(RPAREN);
      if (modSeq > 0n) message.modSeq = modSeq;
      return;
    }
    case "EMAILID":
      message.emailId = objectId(r) ?? undefined;
      return;
    case "THREADID":
      message.threadId = objectId(r);
      return;
    default:
      if (!readExtension(r, name, message)) r.skipValue();
  }
}

/** objectid in its parentheses, or NIL (RFC 8474 §5). */
function objectId(r: Reader): string | null {
  if (r.nil()) return null;
  r.expect(LPAREN);
  const id = r.astring();
  r.expect(RPAREN);
  return id.toUpperCase() === "NIL" ? null : id; // `(NIL)`: Cyrus without conversations
}

/** `BODY[section]<origin> nstring`; a value left out is read as empty. */
function readSection(r: Reader, name: string, message: Draft, progress: Progress): void {
  const section = sectionSpec(r);
  if (r.take(LT)) while (!r.take(GT)) if (r.position++ >= r.end) r.fail('">"');
  r.skipSp();
  if (name === "BINARY.SIZE") {
    message.binarySizes = new Map(message.binarySizes).set(section, r.number());
    return;
  }
  if (name !== "BODY" && name !== "BINARY") {
    r.skipValue();
    return;
  }
  progress.section = section;
  progress.binary = name === "BINARY";
  let bytes: Buffer | null = null;
  if (r.peek() === RPAREN) bytes = Buffer.alloc(0);
  else if (!r.nil()) {
    const sent = r.stringBytes();
    if (sent === null) {
      if (!r.atEnd()) progress.section = null;
      return; // it goes or went to a sink
    }
    bytes = Buffer.from(sent);
  }
  progress.section = null;
  const kind = name === "BINARY" ? "binary" : "sections";
  const known = message[kind];
  const sections = known instanceof Map ? known : new Map<string, Buffer | null>();
  message[kind] = sections.set(section, bytes);
}

/** What stood in brackets, in the form of canonicalSection: few are different, and one comes with every message. */
const specs = new Map<string, string>();

/** `[…]` in the form of canonicalSection. */
function sectionSpec(r: Reader): string {
  r.expect(LBRACKET);
  const start = r.position;
  let plain = true;
  while (r.peek() !== RBRACKET) {
    const byte = r.peek();
    if (byte === -1 || byte === LF) r.fail('"]"');
    if (byte === DQUOTE) {
      plain = false;
      r.quoted();
    } else r.position++;
  }
  const sent = r.buffer.toString("latin1", start, r.position);
  r.position++;
  const known = specs.get(sent);
  if (known !== undefined) return known;
  const text = sent.toUpperCase();
  const spec =
    plain && !text.includes("(")
      ? text
      : text
          .replaceAll('"', "")
          .replace(/\s+/g, " ")
          .replace(/ ?\( ?/, " (")
          .replace(/ \)/, ")");
  if (specs.size < 1000 && sent.length < 1000) specs.set(sent, spec);
  return spec;
}

/**
 * An attribute could not be read: looks again leniently, and failing that marks it invalid and finds where it ends.
 * False: it has no end that can be found, and what follows it is lost.
 */
function recover(r: Reader, name: string, start: number, message: Draft, error: MalformedError): boolean {
  const section = r.buffer[start] === LBRACKET;
  const again = !section && (name === "ENVELOPE" || name === "BODYSTRUCTURE" || name === "BODY");
  if (again) {
    r.lenient = true;
    try {
      r.rewind(start);
      readItem(r, name, message, { section: null, binary: false });
      return true;
    } catch (second) {
      if (!(second instanceof MalformedError)) throw second;
    } finally {
      r.lenient = false;
    }
  }
  const found = skipDamaged(r, section ? behindSection(r, start) : start);
  markInvalid(
    message,
    section ? `${name}[]` : name,
    error.message,
    r.buffer.subarray(start, found ? r.position : r.end),
  );
  return found;
}

/** Where the value of `[…]<…>` at `start` begins, or `start` where that has no end. */
function behindSection(r: Reader, start: number): number {
  r.rewind(start);
  try {
    sectionSpec(r);
    if (r.peek() === LT) r.atom();
    return r.position;
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return start;
  }
}

/** Keeps what came in place of a value. */
function markInvalid(message: Draft, name: string, reason: string, value: Buffer): void {
  const bytes = Buffer.from(value.subarray(0, limits.invalidBytes));
  const invalid: Invalid = { invalid: true, reason, bytes };
  if (name === "ENVELOPE") message.envelope = invalid;
  else if (name === "BODYSTRUCTURE" || name === "BODY") message.bodyStructure = invalid;
  else {
    const all = message.invalid instanceof Map ? message.invalid : new Map<string, Invalid>();
    message.invalid = all.set(name.slice(0, 100), invalid);
  }
}

/** Passes over the value at `start`, first strictly, then leniently; it must be followed by what can follow it. */
function skipDamaged(r: Reader, start: number): boolean {
  try {
    for (const lenient of [false, true]) {
      r.lenient = lenient;
      r.rewind(start);
      try {
        r.skipSp();
        r.skipValue();
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error;
        continue;
      }
      const after = r.position;
      if (r.peek() === SP) return true;
      if (r.take(RPAREN) && r.atEnd()) {
        r.position = after;
        return true;
      }
    }
    return false;
  } finally {
    r.lenient = false;
  }
}

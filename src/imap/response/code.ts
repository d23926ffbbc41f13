import { normalize } from "../uid-set.ts";
import type { AppendUid, CopyUid, UidRanges } from "../values.ts";
import { LBRACKET, LPAREN, RBRACKET, RPAREN } from "../wire/bytes.ts";
import { MalformedError, type Reader } from "../wire/reader.ts";
import { readFlags } from "./flags.ts";

/** resp-text-code (RFC 9051 §7.1 and the extensions that bring codes). `name` is upper case. */
export type ResponseCode =
  | { readonly kind: "capability"; readonly name: string; readonly capabilities: readonly string[] }
  | { readonly kind: "flags"; readonly name: string; readonly flags: readonly string[] }
  | { readonly kind: "number"; readonly name: string; readonly value: number }
  | { readonly kind: "modseq"; readonly name: string; readonly value: bigint }
  | { readonly kind: "set"; readonly name: string; readonly set: UidRanges }
  | { readonly kind: "copyuid"; readonly name: string; readonly copyUid: CopyUid }
  | { readonly kind: "appenduid"; readonly name: string; readonly appendUid: AppendUid }
  | { readonly kind: "id"; readonly name: string; readonly id: string }
  /** INPROGRESS (RFC 9585): how far the command with this tag is; null: not told. */
  | ({ readonly kind: "progress"; readonly name: string } & Progress)
  /** MESSAGELIMIT (RFC 9738): the server stopped after so many messages, at this UID (the lowest one done). */
  | { readonly kind: "limit"; readonly name: string; readonly limit: number; readonly lastUid: number | null }
  /** Every other code, and those whose arguments could not be read; `text` is the arguments as sent (Latin-1). */
  | { readonly kind: "other"; readonly name: string; readonly text: string };

export interface Progress {
  readonly tag: string | null;
  readonly done: number | null;
  /** Of how many; null where it is not known. */
  readonly goal: number | null;
}

/** resp-text: the code, if there is one, and the text for people (hostile). */
export interface ResponseText {
  readonly code: ResponseCode | null;
  readonly text: string;
}

/** resp-text up to the end of the line. Never fails: what is no code is text, and the text may be missing. */
export function readResponseText(r: Reader): ResponseText {
  r.skipSp();
  if (r.peek() !== LBRACKET) return { code: null, text: r.rest() };
  const start = r.position;
  let code: ResponseCode | null = null;
  try {
    r.expect(LBRACKET);
    const name = r.atom(RBRACKET).toUpperCase();
    const begin = r.position;
    try {
      code = readCode(r, name);
      r.skipSp();
      r.expect(RBRACKET);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      const close = r.buffer.indexOf(RBRACKET, r.position);
      if (close < 0 || close >= r.end) r.fail('"]"');
      code = other(r, name, begin, close);
      r.position = close + 1;
    }
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    r.position = start;
    return { code: null, text: r.rest() };
  }
  r.skipSp();
  return { code, text: r.rest() };
}

/** A code whose arguments are not looked at here. */
function other(r: Reader, name: string, from: number, to: number): ResponseCode {
  return { kind: "other", name, text: r.buffer.toString("latin1", from, to).trim() };
}

function readCode(r: Reader, name: string): ResponseCode {
  switch (name) {
    case "CAPABILITY":
      return { kind: "capability", name, capabilities: readCapabilities(r) };
    case "PERMANENTFLAGS":
      r.sp();
      return { kind: "flags", name, flags: readFlags(r) };
    case "UIDVALIDITY":
      r.sp();
      return { kind: "number", name, value: r.uidValidity() };
    case "UIDNEXT":
    case "UNSEEN":
      r.sp();
      return { kind: "number", name, value: r.number() };
    case "HIGHESTMODSEQ":
      r.sp();
      return { kind: "modseq", name, value: r.number64() };
    case "MODIFIED":
    case "DOWNGRADED":
      r.sp();
      return { kind: "set", name, set: r.sequenceSet() };
    case "COPYUID":
      return readCopyUid(r, name);
    case "APPENDUID": {
      r.sp();
      const uidValidity = r.uidValidity();
      r.sp();
      return { kind: "appenduid", name, appendUid: { uidValidity, uids: r.sequenceSet() } };
    }
    case "INPROGRESS":
      return { kind: "progress", name, ...readProgress(r) };
    case "MESSAGELIMIT": {
      r.sp();
      const limit = r.number();
      r.skipSp();
      return { kind: "limit", name, limit, lastUid: r.atNumber() ? r.number() : null };
    }
    case "MAILBOXID": {
      r.sp();
      r.expect(LPAREN);
      const id = r.astring();
      r.expect(RPAREN);
      return { kind: "id", name, id };
    }
    default: {
      const begin = r.position;
      while (r.peek() !== RBRACKET) {
        if (r.peek() === -1) r.fail('"]"');
        if (r.atString()) r.stringBytes();
        else r.position++;
      }
      return other(r, name, begin, r.position);
    }
  }
}

/** `("tag" done goal)`, each of which may be NIL, or nothing. */
function readProgress(r: Reader): Progress {
  r.skipSp();
  if (r.peek() !== LPAREN) return { tag: null, done: null, goal: null };
  r.expect(LPAREN);
  const tag = r.nstring();
  r.sp();
  const done = r.nil() ? null : r.number();
  r.sp();
  const goal = r.nil() ? null : r.number();
  r.expect(RPAREN);
  return { tag, done, goal };
}

/** Capability names up to the end or `]`; a `+` that came off its name is put back (`LITERAL +`). */
export function readCapabilities(r: Reader): string[] {
  const names: string[] = [];
  r.skipSp();
  while (r.peek() !== -1 && r.peek() !== RBRACKET) {
    const name = r.atom(RBRACKET);
    if (name === "+" && /^literal$/i.test(names.at(-1) ?? "")) names.push(`${names.pop()}+`);
    else names.push(name);
    r.skipSp();
  }
  return names;
}

type Range = readonly [number, number];

/** COPYUID's two sets name the same messages in the same order (RFC 4315 §3). */
function readCopyUid(r: Reader, name: string): ResponseCode {
  const begin = r.position;
  r.sp();
  const uidValidity = r.uidValidity();
  r.sp();
  const source = r.ranges();
  r.sp();
  const destination = r.ranges();
  const copyUid = inStep(uidValidity, source, destination);
  return copyUid ? { kind: "copyuid", name, copyUid } : other(r, name, begin, r.position);
}

/**
 * Both sets ascending and still in step; null where their sizes differ or the copies lie in another order than the
 * originals, which no pair of ascending sets can say.
 */
function inStep(
  uidValidity: number,
  source: readonly Range[],
  destination: readonly Range[],
): CopyUid | null {
  const pairs: { from: number; to: number; length: number }[] = [];
  const [a, b] = [source.map(ascending), destination.map(ascending)];
  let [i, j, usedA, usedB] = [0, 0, 0, 0];
  while (i < a.length && j < b.length) {
    const [from, fromEnd] = a[i]!;
    const [to, toEnd] = b[j]!;
    const length = Math.min(fromEnd - from + 1 - usedA, toEnd - to + 1 - usedB);
    pairs.push({ from: from + usedA, to: to + usedB, length });
    usedA += length;
    usedB += length;
    if (from + usedA > fromEnd) {
      i++;
      usedA = 0;
    }
    if (to + usedB > toEnd) {
      j++;
      usedB = 0;
    }
  }
  if (i < a.length || j < b.length) return null;
  pairs.sort((x, y) => x.from - y.from);
  for (let k = 1; k < pairs.length; k++) {
    const [before, pair] = [pairs[k - 1]!, pairs[k]!];
    if (pair.from < before.from + before.length || pair.to < before.to + before.length) return null;
  }
  return {
    uidValidity,
    source: normalize(pairs.map((p): Range => [p.from, p.from + p.length - 1])),
    destination: normalize(pairs.map((p): Range => [p.to, p.to + p.length - 1])),
  };
}

function ascending([first, last]: Range): Range {
  return first <= last ? [first, last] : [last, first];
}

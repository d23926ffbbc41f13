import type { UidRanges } from "../values.ts";
import type { Writer } from "../wire/writer.ts";

/** search-key (RFC 9051 §6.4.4) as a tree. Dates are ms since the epoch, of which the UTC day counts. */
export type SearchKey =
  | { readonly all: true }
  /** A message that has this flag or keyword. */
  | { readonly flag: string }
  /** Anywhere in header or body. */
  | { readonly text: string }
  | { readonly body: string }
  | { readonly from: string }
  | { readonly to: string }
  | { readonly cc: string }
  | { readonly bcc: string }
  | { readonly subject: string }
  /** A header field that contains the value; "" asks whether it is there. */
  | { readonly header: readonly [name: string, value: string] }
  /** By internal date: on that day or later; earlier than that day; on that day. */
  | { readonly since: number }
  | { readonly before: number }
  | { readonly on: number }
  /** By the Date header. */
  | { readonly sentSince: number }
  | { readonly sentBefore: number }
  /** Octets, exclusive. */
  | { readonly larger: number }
  | { readonly smaller: number }
  | { readonly uid: UidRanges }
  /** Changed at this mod-sequence or later (RFC 7162). */
  | { readonly modSeq: bigint }
  | { readonly and: readonly SearchKey[] }
  | { readonly or: readonly SearchKey[] }
  | { readonly not: SearchKey };

const systemFlags = new Map([
  ["\\seen", "SEEN"],
  ["\\answered", "ANSWERED"],
  ["\\flagged", "FLAGGED"],
  ["\\deleted", "DELETED"],
  ["\\draft", "DRAFT"],
  ["\\recent", "RECENT"],
]);

/** Every string of the key. */
export function* searchStrings(key: SearchKey): Generator<string, void, undefined> {
  if ("and" in key) for (const part of key.and) yield* searchStrings(part);
  else if ("or" in key) for (const part of key.or) yield* searchStrings(part);
  else if ("not" in key) yield* searchStrings(key.not);
  else for (const value of Object.values(key).flat()) if (typeof value === "string") yield value;
}

/** Writes one search-key. */
export function writeSearchKey(w: Writer, key: SearchKey): void {
  const word = (name: string) => w.atom(name).sp();
  if ("all" in key) w.atom("ALL");
  else if ("flag" in key) {
    const name = systemFlags.get(key.flag.toLowerCase());
    if (name) w.atom(name);
    else word("KEYWORD").flag(key.flag);
  } else if ("text" in key) word("TEXT").string(key.text);
  else if ("body" in key) word("BODY").string(key.body);
  else if ("from" in key) word("FROM").string(key.from);
  else if ("to" in key) word("TO").string(key.to);
  else if ("cc" in key) word("CC").string(key.cc);
  else if ("bcc" in key) word("BCC").string(key.bcc);
  else if ("subject" in key) word("SUBJECT").string(key.subject);
  else if ("header" in key) word("HEADER").string(key.header[0]).sp().string(key.header[1]);
  else if ("since" in key) word("SINCE").date(key.since);
  else if ("before" in key) word("BEFORE").date(key.before);
  else if ("on" in key) word("ON").date(key.on);
  else if ("sentSince" in key) word("SENTSINCE").date(key.sentSince);
  else if ("sentBefore" in key) word("SENTBEFORE").date(key.sentBefore);
  else if ("larger" in key) word("LARGER").number(key.larger);
  else if ("smaller" in key) word("SMALLER").number(key.smaller);
  else if ("uid" in key) word("UID").sequenceSet(key.uid);
  else if ("modSeq" in key) word("MODSEQ").number(key.modSeq);
  else if ("not" in key) {
    word("NOT");
    writeSearchKey(w, key.not);
  } else if ("and" in key) {
    if (key.and.length === 0) w.atom("ALL");
    else w.list(key.and, (part) => writeSearchKey(w, part));
  } else writeOr(w, key.or);
}

/** OR takes two: a longer list nests to the right, an empty one is met by no message. */
function writeOr(w: Writer, [first, ...rest]: readonly SearchKey[]): void {
  if (first === undefined) w.atom("NOT").sp().atom("ALL");
  else if (rest.length === 0) writeSearchKey(w, first);
  else {
    w.atom("OR").sp();
    writeSearchKey(w, first);
    w.sp();
    writeOr(w, rest);
  }
}

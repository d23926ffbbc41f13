import type { Capabilities } from "../capabilities.ts";
import type { UidRanges } from "../values.ts";
import type { Writer } from "../wire/writer.ts";
import { requires } from "./requires.ts";

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
  | { readonly sentOn: number }
  /** Octets, exclusive. */
  | { readonly larger: number }
  | { readonly smaller: number }
  | { readonly uid: UidRanges }
  /** Changed at this mod-sequence or later (RFC 7162). Needs CONDSTORE. */
  | { readonly modSeq: bigint }
  /** What the last search with `save` found (RFC 5182). Needs SEARCHRES. */
  | { readonly saved: true }
  /** By internal date: not older than so many seconds; older (RFC 5032). Needs WITHIN. */
  | { readonly younger: number }
  | { readonly older: number }
  /** By the day it came into this mailbox (RFC 8514). Needs SAVEDATE. */
  | { readonly savedSince: number }
  | { readonly savedBefore: number }
  | { readonly savedOn: number }
  /** What is much like it, as the server sees it (RFC 6203). Needs SEARCH=FUZZY. */
  | { readonly fuzzy: SearchKey }
  /** Needs OBJECTID (RFC 8474). */
  | { readonly emailId: string }
  | { readonly threadId: string }
  /** As one would type it into Gmail's own search; a label; ids. Needs X-GM-EXT-1. */
  | { readonly gmailRaw: string }
  | { readonly gmailLabel: string }
  | { readonly gmailMessageId: bigint }
  | { readonly gmailThreadId: bigint }
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

/** Whether a charset must be named: RFC 6855 §3 refuses that where UTF8=ACCEPT is enabled. */
function beyondAscii(key: SearchKey): boolean {
  return [...searchStrings(key)].some((text) => /[^\x00-\x7f]/.test(text));
}

/** search-program without RETURN (RFC 9051 §6.4.4): CHARSET where it is needed, and the keys. */
export function writeSearchProgram(w: Writer, criteria: SearchKey, capabilities: Capabilities): void {
  if (!w.utf8 && beyondAscii(criteria)) w.atom("CHARSET").sp().atom("UTF-8").sp();
  writeSearchKeys(w, criteria, capabilities);
}

/** One or more search-keys: a conjunction needs no parentheses here. */
export function writeSearchKeys(w: Writer, criteria: SearchKey, capabilities: Capabilities): void {
  if ("and" in criteria && criteria.and.length > 0)
    w.separated(criteria.and, (key) => writeSearchKey(w, key, capabilities));
  else writeSearchKey(w, criteria, capabilities);
}

/** Every string of the key. */
function* searchStrings(key: SearchKey): Generator<string, void, undefined> {
  if ("and" in key) for (const part of key.and) yield* searchStrings(part);
  else if ("or" in key) for (const part of key.or) yield* searchStrings(part);
  else if ("not" in key) yield* searchStrings(key.not);
  else if ("fuzzy" in key) yield* searchStrings(key.fuzzy);
  else for (const value of Object.values(key).flat()) if (typeof value === "string") yield value;
}

/** Writes one search-key. @throws ImapError UNSUPPORTED, ARGUMENT */
function writeSearchKey(w: Writer, key: SearchKey, capabilities: Capabilities): void {
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
  else if ("sentOn" in key) word("SENTON").date(key.sentOn);
  else if ("uid" in key) word("UID").sequenceSet(key.uid);
  else if ("not" in key) {
    word("NOT");
    writeSearchKey(w, key.not, capabilities);
  } else if ("and" in key) {
    if (key.and.length === 0) w.atom("ALL");
    else w.list(key.and, (part) => writeSearchKey(w, part, capabilities));
  } else if ("or" in key) writeOr(w, key.or, capabilities);
  else writeExtendedKey(w, key, capabilities);
}

/** The keys that not every server knows. */
type ExtendedKey = Extract<
  SearchKey,
  | { modSeq: bigint }
  | { saved: true }
  | { younger: number }
  | { older: number }
  | { savedSince: number }
  | { savedBefore: number }
  | { savedOn: number }
  | { fuzzy: SearchKey }
  | { emailId: string }
  | { threadId: string }
  | { gmailRaw: string }
  | { gmailLabel: string }
  | { gmailMessageId: bigint }
  | { gmailThreadId: bigint }
>;

function writeExtendedKey(w: Writer, key: ExtendedKey, capabilities: Capabilities): void {
  const word = (name: string, needs: string) => {
    requires(capabilities, `searches by ${name}`, needs);
    return w.atom(name).sp();
  };
  if ("modSeq" in key) word("MODSEQ", "CONDSTORE").number(key.modSeq);
  else if ("saved" in key) {
    requires(capabilities, "saved searches", "SEARCHRES");
    w.savedSearch();
  } else if ("younger" in key) word("YOUNGER", "WITHIN").number(key.younger);
  else if ("older" in key) word("OLDER", "WITHIN").number(key.older);
  else if ("savedSince" in key) word("SAVEDSINCE", "SAVEDATE").date(key.savedSince);
  else if ("savedBefore" in key) word("SAVEDBEFORE", "SAVEDATE").date(key.savedBefore);
  else if ("savedOn" in key) word("SAVEDON", "SAVEDATE").date(key.savedOn);
  else if ("fuzzy" in key) {
    word("FUZZY", "SEARCH=FUZZY");
    writeSearchKey(w, key.fuzzy, capabilities);
  } else if ("emailId" in key) word("EMAILID", "OBJECTID").atom(key.emailId);
  else if ("threadId" in key) word("THREADID", "OBJECTID").atom(key.threadId);
  else if ("gmailRaw" in key) word("X-GM-RAW", "X-GM-EXT-1").string(key.gmailRaw);
  else if ("gmailLabel" in key) word("X-GM-LABELS", "X-GM-EXT-1").string(key.gmailLabel);
  else if ("gmailMessageId" in key) word("X-GM-MSGID", "X-GM-EXT-1").number(key.gmailMessageId);
  else word("X-GM-THRID", "X-GM-EXT-1").number(key.gmailThreadId);
}

/** OR takes two: a longer list nests to the right, an empty one is met by no message. */
function writeOr(w: Writer, keys: readonly SearchKey[], capabilities: Capabilities): void {
  const [first, ...rest] = keys;
  if (first === undefined) w.atom("NOT").sp().atom("ALL");
  else if (rest.length === 0) writeSearchKey(w, first, capabilities);
  else {
    w.atom("OR").sp();
    writeSearchKey(w, first, capabilities);
    w.sp();
    writeOr(w, rest, capabilities);
  }
}

import { fromNumbers } from "../uid-set.ts";
import type { SearchUpdate, UidOrder } from "../values.ts";
import { COLON, LPAREN, MINUS, RPAREN } from "../wire/bytes.ts";
import type { Reader } from "../wire/reader.ts";

/** What SEARCH or ESEARCH told (RFC 9051 §7.3.4, RFC 4731, 5267, 6203, 7162, 7377, 9394). */
export interface SearchResponse {
  /** The tag of the command that is answered; null where the server did not say. */
  readonly tag: string | null;
  readonly uid: boolean;
  /** The mailbox it is about, where several are searched. */
  readonly mailbox: { readonly path: string; readonly uidValidity: number } | null;
  /** As sent, in the order asked for. */
  readonly all: UidOrder | null;
  readonly count: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly modSeq: bigint | null;
  /** The part that was asked for. */
  readonly partial: UidOrder | null;
  /** 1 to 100 for each message of `all` or `partial`. */
  readonly relevancy: readonly number[] | null;
  readonly updates: readonly Omit<SearchUpdate, "context">[];
}

const nothing: SearchResponse = {
  tag: null,
  uid: false,
  mailbox: null,
  all: null,
  count: null,
  min: null,
  max: null,
  modSeq: null,
  partial: null,
  relevancy: null,
  updates: [],
};

/** Numbers after `* SEARCH` or `* SORT`, with `(MODSEQ n)` at the end. @throws MalformedError */
export function readNumbers(r: Reader): { numbers: number[]; modSeq: bigint | null } {
  const numbers: number[] = [];
  let modSeq: bigint | null = null;
  while (!r.atEnd()) {
    if (r.take(LPAREN)) {
      r.atom();
      r.sp();
      modSeq = r.number64();
      r.expect(RPAREN);
    } else numbers.push(r.nzNumber());
  }
  return { numbers, modSeq };
}

/** `* SEARCH`. @throws MalformedError */
export function readSearch(r: Reader): SearchResponse {
  const { numbers, modSeq } = readNumbers(r);
  return { ...nothing, all: fromNumbers(numbers), modSeq };
}

type Writable = { -readonly [K in keyof SearchResponse]: SearchResponse[K] };

/** search-correlator, UID and return data after `* ESEARCH`. @throws MalformedError */
export function readEsearch(r: Reader): SearchResponse {
  const found: Writable = { ...nothing };
  const updates: Omit<SearchUpdate, "context">[] = [];
  r.skipSp();
  if (r.peek() === LPAREN) readCorrelator(r, found);
  while (!r.atEnd()) {
    const name = r.atom().toUpperCase();
    if (name === "UID") {
      found.uid = true;
      continue;
    }
    r.sp();
    if (name === "ALL") found.all = r.ranges();
    else if (name === "COUNT") found.count = r.number();
    else if (name === "MIN") found.min = r.number();
    else if (name === "MAX") found.max = r.number();
    else if (name === "MODSEQ") found.modSeq = r.number64();
    else if (name === "PARTIAL") found.partial = readPartial(r);
    else if (name === "RELEVANCY") {
      const scores: number[] = [];
      r.list(() => scores.push(r.number()));
      found.relevancy = scores;
    } else if (name === "ADDTO") readChanges(r, "add", updates);
    else if (name === "REMOVEFROM") readChanges(r, "remove", updates);
    else r.skipValue();
  }
  return { ...found, updates };
}

function readCorrelator(r: Reader, found: Writable): void {
  let path: string | null = null;
  let uidValidity = 0;
  r.list(() => {
    const name = r.atom().toUpperCase();
    r.sp();
    if (name === "MAILBOX") path = r.astringLatin1();
    else if (name === "UIDVALIDITY") uidValidity = r.number();
    else {
      const value = r.astring();
      if (name === "TAG") found.tag = value;
    }
  });
  if (path !== null) found.mailbox = { path, uidValidity };
}

/** `(1:100 set)` or `(-1:-100 NIL)`: the part as asked for, and what is in it. */
function readPartial(r: Reader): UidOrder {
  r.expect(LPAREN);
  r.take(MINUS);
  r.nzNumber();
  r.expect(COLON);
  r.take(MINUS);
  r.nzNumber();
  r.sp();
  const set = r.nil() ? [] : r.ranges();
  r.expect(RPAREN);
  return set;
}

/** `(position set …)`. */
function readChanges(r: Reader, kind: SearchUpdate["kind"], to: Omit<SearchUpdate, "context">[]): void {
  r.list(() => {
    const position = r.number();
    r.sp();
    to.push({ kind, position, uids: r.ranges() });
  });
}

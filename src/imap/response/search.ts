import { fromNumbers } from "../uid-set.ts";
import type { UidRanges } from "../values.ts";
import { LPAREN, RPAREN } from "../wire/bytes.ts";
import type { Reader } from "../wire/reader.ts";

/** What SEARCH or ESEARCH found (RFC 9051 §7.3.4, RFC 4731, RFC 7162). */
export interface SearchResponse {
  /** The tag of the command that is answered; null where the server did not say. */
  readonly tag: string | null;
  readonly uid: boolean;
  readonly all: UidRanges | null;
  readonly count: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly modSeq: bigint | null;
}

/** Numbers after `* SEARCH`, with `(MODSEQ n)` at the end. @throws MalformedError */
export function readSearch(r: Reader): SearchResponse {
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
  const all = fromNumbers(numbers);
  return { tag: null, uid: false, all, count: numbers.length, min: null, max: null, modSeq };
}

/** search-correlator, UID and return data after `* ESEARCH`. @throws MalformedError */
export function readEsearch(r: Reader): SearchResponse {
  let tag: string | null = null;
  let uid = false;
  const found: Partial<Record<"count" | "min" | "max", number>> & { all?: UidRanges; modSeq?: bigint } = {};
  r.skipSp();
  if (r.peek() === LPAREN) {
    r.list(() => {
      const name = r.atom().toUpperCase();
      r.sp();
      const value = r.astring();
      if (name === "TAG") tag = value;
    });
  }
  while (!r.atEnd()) {
    const name = r.atom().toUpperCase();
    if (name === "UID") {
      uid = true;
      continue;
    }
    r.sp();
    if (name === "ALL") found.all = r.sequenceSet();
    else if (name === "COUNT") found.count = r.number();
    else if (name === "MIN") found.min = r.number();
    else if (name === "MAX") found.max = r.number();
    else if (name === "MODSEQ") found.modSeq = r.number64();
    else r.skipValue();
  }
  const { all = null, count = null, min = null, max = null, modSeq = null } = found;
  return { tag, uid, all, count, min, max, modSeq };
}

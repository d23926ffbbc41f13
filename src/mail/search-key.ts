/** A query as SEARCH keys (RFC 9051 §6.4.4), as far as the server can answer it. */
import type { Capabilities, SearchKey } from "../imap/index.ts";
import type { Query } from "./query.ts";
import { attachable, type TextField } from "./query-terms.ts";
import { dayMs } from "./query-values.ts";

/** What a server offers beyond the keys that all have. */
export interface SearchOffers {
  /** Ages in seconds (RFC 5032). */
  readonly within: boolean;
  /** Searches for what is much like a text (RFC 6203). */
  readonly fuzzy: boolean;
  /** Conversations by the server's own ids (RFC 8474). */
  readonly objectId: boolean;
  /** Gmail's own: labels, and all that its web page can search. */
  readonly gmail: boolean;
}

export function searchOffers(capabilities: Capabilities): SearchOffers {
  return {
    within: capabilities.has("WITHIN"),
    fuzzy: capabilities.has("SEARCH=FUZZY"),
    objectId: capabilities.has("OBJECTID"),
    gmail: capabilities.has("X-GM-EXT-1"),
  };
}

/** flag-keyword (RFC 9051 §9): an atom. */
const keyword = /^\\?[^\x00-\x20\x7f-\u{10ffff}(){%*"\\\]]+$/u;
const mostOctets = 4_294_967_295;
const nothing: SearchKey = { not: { all: true } };

/** The keys; null where the server cannot answer the whole query, and it has to be planned (search-plan.ts). Never throws. */
export function toSearchKey(query: Query, offers: SearchOffers, now: number): SearchKey | null {
  switch (query.kind) {
    case "all":
      return { all: true };
    case "and":
    case "or": {
      const keys = query.of.map((q) => toSearchKey(q, offers, now));
      const known = keys.filter((key) => key !== null);
      if (known.length < keys.length) return null;
      return query.kind === "and" ? { and: known } : { or: known };
    }
    case "not": {
      const key = toSearchKey(query.of, offers, now);
      return key && { not: key };
    }
    case "flag":
      return flagKey(query.flag, offers);
    case "since":
      if (query.by === "day") return { since: query.at };
      return offers.within ? { younger: secondsSince(query.at, now) } : null;
    case "before":
      if (query.by === "day") return { before: query.at };
      return offers.within ? { older: secondsSince(query.at, now) } : null;
    // Beyond 32 bits a server may not read on (RFC 3501 §9), and no message is so large.
    case "larger":
      return query.octets > mostOctets ? nothing : { larger: query.octets };
    case "smaller":
      return query.octets > mostOctets ? { all: true } : { smaller: query.octets };
    case "header":
      return { header: [query.name, query.text] };
    case "text":
      return textKey(query.field, query.text);
    case "like":
      return offers.fuzzy ? { fuzzy: { text: query.text } } : { text: query.text };
    case "raw":
      return offers.gmail ? { gmailRaw: query.text } : null;
    case "file":
      return offers.gmail ? { gmailRaw: `filename:${quoted(query.text)}` } : null;
    case "has":
      return offers.gmail && attachable[query.what].type === "" ? { gmailRaw: "has:attachment" } : null;
    case "threadId":
      return threadKey(query.id, offers);
    // Known here; the server has nothing to add.
    case "uids":
    case "in":
    case "thread":
      return null;
  }
}

/** At least one second (RFC 5032 §2). */
function secondsSince(at: number, now: number): number {
  return Math.max(1, Math.round((now - at) / 1000));
}

/** Gmail's labels are no keywords; a text that can be neither is on no message. */
function flagKey(flag: string, { gmail }: SearchOffers): SearchKey {
  const keys: SearchKey[] = [];
  if (keyword.test(flag)) keys.push({ flag });
  if (gmail && !flag.startsWith("\\")) keys.push({ gmailLabel: flag });
  const [first] = keys;
  if (!first) return nothing;
  return keys.length === 1 ? first : { or: keys };
}

function threadKey(id: string, { gmail, objectId }: SearchOffers): SearchKey | null {
  if (objectId && /^[\w-]{1,255}$/.test(id)) return { threadId: id };
  return gmail && /^\d{1,20}$/.test(id) ? { gmailThreadId: BigInt(id) } : null;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', " ")}"`;
}

/** Spelt out, so that each key has the type that SearchKey gives it. */
function textKey(field: TextField, text: string): SearchKey {
  switch (field) {
    case "from":
      return { from: text };
    case "to":
      return { to: text };
    case "cc":
      return { cc: text };
    case "bcc":
      return { bcc: text };
    case "subject":
      return { subject: text };
    case "body":
      return { body: text };
    case "text":
      return { text };
  }
}

/**
 * What a server without WITHIN can say of a date by the second: surely on its side, and possibly, to be looked at here.
 * A server counts days in a time zone of its own, so there is a day more on either side.
 */
export function byDays({ kind, at }: Extract<Query, { kind: "since" | "before" }>): {
  sure: Query;
  possible: Query;
} {
  const day = (days: number): Query => ({ kind, at: (Math.floor(at / dayMs) + days) * dayMs, by: "day" });
  return kind === "since" ? { sure: day(2), possible: day(-1) } : { sure: day(-1), possible: day(2) };
}

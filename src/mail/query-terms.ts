/** The terms of the query language; its parser and its man page are made from these tables. */

export interface QueryTerm {
  readonly aliases?: readonly string[];
  /** What follows the colon, for help. */
  readonly value: string;
  readonly help: string;
}

/** Terms that look for a text in one place: a SEARCH key each (RFC 9051 §6.4.4). */
export const textTerms = {
  from: { value: "TEXT", help: "TEXT is in the From field" },
  to: { value: "TEXT", help: "TEXT is in the To field" },
  cc: { value: "TEXT", help: "TEXT is in the Cc field" },
  bcc: { value: "TEXT", help: "TEXT is in the Bcc field" },
  subject: { value: "TEXT", help: "TEXT is in the subject" },
  body: { value: "TEXT", help: "TEXT is in the body" },
  text: { value: "TEXT", help: "TEXT is in the header or the body" },
} as const satisfies Readonly<Record<string, QueryTerm>>;

export type TextField = keyof typeof textTerms;

export const otherTerms = {
  header: { value: "NAME=TEXT", help: "TEXT is in the header field NAME" },
  mid: { value: "TEXT", help: "TEXT is in the Message-ID" },
  is: { value: "STATE", help: "the message is in this state" },
  label: { aliases: ["keyword"], value: "KEYWORD", help: "the message has this keyword" },
  after: { aliases: ["since"], value: "DAY", help: "arrived on that day or later" },
  before: { value: "DAY", help: "arrived before that day" },
  on: { value: "DAY", help: "arrived on that day" },
  newer: { value: "AGE", help: "arrived within this time" },
  older: { value: "AGE", help: "arrived longer ago" },
  larger: { value: "SIZE", help: "has more octets than this" },
  smaller: { value: "SIZE", help: "has fewer octets than this" },
} as const satisfies Readonly<Record<string, QueryTerm>>;

/** Words after `is:`: the flag that must be there, or with `not` must be missing. */
export const states: Readonly<Record<string, { readonly flag: string; readonly not?: boolean }>> = {
  unread: { flag: "\\Seen", not: true },
  new: { flag: "\\Seen", not: true },
  read: { flag: "\\Seen" },
  seen: { flag: "\\Seen" },
  flagged: { flag: "\\Flagged" },
  starred: { flag: "\\Flagged" },
  answered: { flag: "\\Answered" },
  draft: { flag: "\\Draft" },
  deleted: { flag: "\\Deleted" },
};

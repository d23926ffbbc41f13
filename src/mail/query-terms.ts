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
  header: { value: "NAME=TEXT", help: "TEXT is in the header field NAME; without TEXT, the field is there" },
  mid: { value: "TEXT", help: "TEXT is in the Message-ID" },
  is: { value: "STATE", help: "the message is in this state" },
  label: {
    aliases: ["keyword"],
    value: "KEYWORD",
    help: "the message has this keyword, or on Gmail this label",
  },
  has: { value: "WHAT", help: "this is attached" },
  file: { aliases: ["filename"], value: "TEXT", help: "TEXT is in the name of a file that is attached" },
  after: { aliases: ["since"], value: "DAY", help: "arrived on that day or later" },
  before: { value: "DAY", help: "arrived before that day" },
  on: { value: "DAY", help: "arrived on that day" },
  newer: { value: "AGE", help: "arrived within this time" },
  older: { value: "AGE", help: "arrived longer ago" },
  larger: { value: "SIZE", help: "has more octets than this" },
  smaller: { value: "SIZE", help: "has fewer octets than this" },
  in: { aliases: ["folder"], value: "FOLDER", help: "the message is in this folder" },
  thread: {
    value: "MESSAGE",
    help: "the message is in the thread of that one, which has this UID or, with an @ in it, this Message-ID",
  },
  like: {
    aliases: ["fuzzy"],
    value: "TEXT",
    help: "the words of TEXT, or ones much like them, are anywhere in the message",
  },
  raw: { value: "TEXT", help: "what Gmail's own search finds for TEXT" },
} as const satisfies Readonly<Record<string, QueryTerm>>;

/** Words after `is:`: the flag that must be there, or with `not` must be missing. */
export const states: Readonly<Record<string, { readonly flag: string; readonly not?: boolean }>> = {
  unread: { flag: "\\Seen", not: true },
  unseen: { flag: "\\Seen", not: true },
  new: { flag: "\\Seen", not: true },
  read: { flag: "\\Seen" },
  seen: { flag: "\\Seen" },
  flagged: { flag: "\\Flagged" },
  starred: { flag: "\\Flagged" },
  answered: { flag: "\\Answered" },
  replied: { flag: "\\Answered" },
  forwarded: { flag: "$Forwarded" },
  draft: { flag: "\\Draft" },
  deleted: { flag: "\\Deleted" },
  important: { flag: "$Important" },
  junk: { flag: "$Junk" },
  spam: { flag: "$Junk" },
};

/** Words after `has:`: how the media type of something attached begins; all begin with "". */
export const attachable = {
  attachment: { type: "", help: "Something is attached." },
  image: { type: "image/", help: "A picture is attached; one that stands in the text does not count." },
  audio: { type: "audio/", help: "A sound is attached." },
  video: { type: "video/", help: "A film is attached." },
  pdf: { type: "application/pdf", help: "A PDF file is attached." },
  calendar: { type: "text/calendar", help: "An invitation, or another part of a calendar, is attached." },
} as const satisfies Readonly<Record<string, { readonly type: string; readonly help: string }>>;

export type Attachable = keyof typeof attachable;

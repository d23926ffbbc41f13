/** A message as a row of the index, and back. */
import { json, number, numberOrNull, text, textOrNull } from "./database.ts";
import type { Row } from "./driver.ts";
import { baseSubject, fold } from "./fold.ts";
import { words } from "./mailboxes.ts";
import { mostPeople, type StoredMessage, type StoredMessageInput, type StoredPerson } from "./types.ts";

/** Characters of a sort key: enough to sort by, and a hostile subject does not fill the index. */
const sortKeyLength = 80;
const foldedLength = 1000;
/** At the end of a folded text that was cut; of private use, so that no text has it. */
export const cutMark = "\ue001";
/** Characters kept of one References field: those of the first id, which begins the discussion, and of the newest. */
const referencesLength = 2000;

/** What `messageOf` reads. */
export const columns = `uid, flags, mod_seq, internal_date, sent_at, size, subject, people, message_id, in_reply_to,
  reference_ids, thread_id, email_id, EXISTS (SELECT 1 FROM body WHERE body.message = message.id) AS cached`;

const insert = `
INSERT INTO message (mailbox, uid, flags, seen, mod_seq, internal_date, sent_at, size, subject, people,
  message_id, in_reply_to, reference_ids, thread_id, email_id, sort_from, sort_subject, folded_subject, folded_from,
  folded_to, folded_cc)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** Takes the mailbox's id and `valuesOf`. What is known stays as it is. */
export const insertNew = `${insert} ON CONFLICT (mailbox, uid) DO NOTHING`;

/** The same, but what is known as of a later mod-sequence alone stays as it is. */
export const upsert = `${insert}
ON CONFLICT (mailbox, uid) DO UPDATE SET flags = excluded.flags, seen = excluded.seen,
  mod_seq = excluded.mod_seq, internal_date = excluded.internal_date, sent_at = excluded.sent_at,
  size = excluded.size, subject = excluded.subject, people = excluded.people,
  message_id = excluded.message_id, in_reply_to = excluded.in_reply_to,
  reference_ids = excluded.reference_ids, thread_id = excluded.thread_id,
  email_id = excluded.email_id, sort_from = excluded.sort_from, sort_subject = excluded.sort_subject,
  folded_subject = excluded.folded_subject, folded_from = excluded.folded_from, folded_to = excluded.folded_to,
  folded_cc = excluded.folded_cc
WHERE excluded.mod_seq = '0' OR CAST(excluded.mod_seq AS INTEGER) >= CAST(mod_seq AS INTEGER)`;

export function valuesOf(message: StoredMessageInput): (string | number | null)[] {
  const [from, to, cc] = [columnsOf(message.from), columnsOf(message.to), columnsOf(message.cc)];
  const folded = fold(message.subject.slice(0, foldedLength));
  const subjectCut = message.subject.length > foldedLength ? cutMark : "";
  return [
    message.uid,
    flagColumn(message.flags),
    isSeen(message.flags),
    message.modSeq,
    integer(message.internalDate),
    message.sentAt === null ? null : integer(message.sentAt),
    integer(message.size),
    message.subject,
    `[${from.json},${to.json},${cc.json}]`,
    message.messageId,
    message.inReplyTo,
    referencesColumn(message.references),
    message.threadId,
    message.emailId,
    from.sortKey,
    baseSubject(folded).slice(0, sortKeyLength),
    folded + subjectCut,
    from.folded,
    to.folded,
    cc.folded,
  ];
}

interface PeopleColumns {
  readonly json: string;
  readonly sortKey: string;
  readonly folded: string;
}

/** Many messages share one array of people. */
const peopleColumns = new WeakMap<readonly StoredPerson[], PeopleColumns>();

function columnsOf(people: readonly StoredPerson[]): PeopleColumns {
  const known = peopleColumns.get(people);
  if (known) return known;
  const [first] = people;
  const made = {
    json: JSON.stringify(people.map(({ name, email }) => [name, email])),
    sortKey: fold((first?.name || first?.email || "").slice(0, sortKeyLength)),
    folded: foldedPeople(people),
  };
  peopleColumns.set(people, made);
  return made;
}

function foldedPeople(people: readonly StoredPerson[]): string {
  const texts = people.map(({ name, email }) => `${name} <${email}>`).join(", ");
  const cut = texts.length > foldedLength || people.length >= mostPeople ? cutMark : "";
  return fold(texts.slice(0, foldedLength)) + cut;
}

function referencesColumn(references: readonly string[]): string {
  const whole = references.join(" ");
  if (whole.length <= referencesLength) return whole;
  const [first = "", ...others] = references;
  let newest = "";
  for (const id of others.toReversed()) {
    if (first.length + newest.length + id.length + 1 > referencesLength) break;
    newest = ` ${id}${newest}`;
  }
  return first + newest;
}

export function messageOf(row: Row): StoredMessage {
  const [from, to, cc] = json<[string, string][][]>(row, "people").map(peopleOf);
  return {
    uid: number(row, "uid"),
    flags: words(text(row, "flags")),
    modSeq: text(row, "mod_seq"),
    internalDate: number(row, "internal_date"),
    sentAt: numberOrNull(row, "sent_at"),
    size: number(row, "size"),
    subject: text(row, "subject"),
    from: from ?? [],
    to: to ?? [],
    cc: cc ?? [],
    messageId: textOrNull(row, "message_id"),
    inReplyTo: textOrNull(row, "in_reply_to"),
    references: words(text(row, "reference_ids")),
    threadId: textOrNull(row, "thread_id"),
    emailId: textOrNull(row, "email_id"),
    cached: number(row, "cached") === 1,
  };
}

function peopleOf(list: readonly [string, string][]): StoredPerson[] {
  return list.map(([name, email]) => ({ name, email }));
}

/** Many messages share one array of flags. */
const flagColumns = new WeakMap<readonly string[], string>();

export function flagColumn(flags: readonly string[]): string {
  const known = flagColumns.get(flags);
  if (known !== undefined) return known;
  const column = [...new Set(flags)].sort().join(" ");
  flagColumns.set(flags, column);
  return column;
}

export function isSeen(flags: readonly string[]): number {
  return flags.some((flag) => flag.toLowerCase() === "\\seen") ? 1 : 0;
}

/** A number that SQLite can keep and give back; servers send sizes and dates beyond any. */
export function integer(value: number): number {
  return Number.isSafeInteger(Math.trunc(value)) ? Math.trunc(value) : 0;
}

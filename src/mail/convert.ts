/** From what the server sent to what the index keeps: words decoded, faults made harmless. */
import {
  type Address,
  type Envelope,
  type FetchedMessage,
  type FetchQuery,
  isInvalid,
  type ServerQuirks,
} from "../imap/index.ts";
import { displayName, readAddressList } from "../message/address-list.ts";
import { decodeRaw, decodeWords, eachField, parseDateHeader } from "../message/header.ts";
import { messageIds, mostPeople, type StoredMessageInput, type StoredPerson } from "../store/index.ts";

/**
 * The header fields that a row needs. Most servers keep these at hand, and send them with less work and fewer octets
 * than an ENVELOPE, which lacks References.
 */
const fieldsSection = "HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID IN-REPLY-TO REFERENCES)";
/** What goes with an ENVELOPE where the server has that at hand. */
const referencesSection = "HEADER.FIELDS (REFERENCES)";
/** Octets of them that are read; more is no header. */
const mostHeader = 256 * 1024;

const always: FetchQuery = {
  flags: true,
  internalDate: true,
  size: true,
  emailId: true,
  threadId: true,
  gmailMessageId: true,
  gmailThreadId: true,
};
const byFields: FetchQuery = { ...always, sections: [{ section: fieldsSection, keep: mostHeader }] };
const byEnvelope: FetchQuery = {
  ...always,
  envelope: true,
  sections: [{ section: referencesSection, keep: mostHeader }],
};

/** What a row of the index needs, as this server has it at hand; the ids are asked only where it offers them. */
export function listData({ quirks }: { readonly quirks: Pick<ServerQuirks, "envelopeAtHand"> }): FetchQuery {
  return quirks.envelopeAtHand ? byEnvelope : byFields;
}

/** The fields that came; null where the server has none, undefined where it tells of something else. */
function headerOf({ sections }: FetchedMessage): Buffer | null | undefined {
  const header = sections?.get(fieldsSection);
  if (header !== undefined || !sections) return header;
  // Named in another order than they were asked for.
  for (const [section, bytes] of sections)
    if (section.startsWith("HEADER.FIELDS (") && section !== referencesSection) return bytes;
  return undefined;
}

/** Whether the answer to `listData` came, sound or not, and not a change of flags that nobody asked for. */
export function isListed(message: FetchedMessage): boolean {
  const { envelope, invalid } = message;
  return envelope !== undefined || headerOf(message) !== undefined || invalid?.has("BODY[]") === true;
}

/** No subject is worth more than this on any screen; a hostile one may be megabytes. */
const subjectLimit = 2000;

const subjectOf = (text: string) => decodeWords(text.slice(0, subjectLimit * 4)).slice(0, subjectLimit);

/** By the array that many messages share: few are different. */
const kept = new WeakMap<readonly string[], readonly string[]>();

function keptFlags(flags: readonly string[]): readonly string[] {
  const known = kept.get(flags);
  if (known) return known;
  const sorted = flags.filter((flag) => flag !== "\\Recent").sort();
  kept.set(flags, sorted);
  return sorted;
}

/** People by the text of a field: few are different. */
const people = new Map<string, readonly StoredPerson[]>();
const cachedPeople = { most: 6_000, longest: 200 } as const;

function peopleOf(field: string): readonly StoredPerson[] {
  const known = people.get(field);
  if (known) return known;
  const read = readAddressList(field, mostPeople);
  if (field.length > cachedPeople.longest) return read;
  if (people.size >= cachedPeople.most) people.clear();
  people.set(field, read);
  return read;
}

type HeaderRow = Pick<
  StoredMessageInput,
  "sentAt" | "subject" | "from" | "to" | "cc" | "messageId" | "inReplyTo" | "references"
>;

/** What a header says for the index. A field that stands there twice counts once, but all lists of people do. */
export function headerRow(header: Buffer): HeaderRow {
  let date = "";
  let subject = "";
  let from = "";
  let to = "";
  let cc = "";
  let messageId = "";
  let inReplyTo = "";
  let references = "";
  eachField(header.toString("latin1", 0, mostHeader), (name, value) => {
    if (name === "date") date ||= value;
    else if (name === "subject") subject ||= value;
    else if (name === "from") from += from ? `, ${value}` : value;
    else if (name === "to") to += to ? `, ${value}` : value;
    else if (name === "cc") cc += cc ? `, ${value}` : value;
    else if (name === "message-id") messageId ||= value;
    else if (name === "in-reply-to") inReplyTo ||= value;
    else if (name === "references") references ||= value;
  });
  return {
    sentAt: parseDateHeader(date),
    subject: subjectOf(subject),
    from: peopleOf(from),
    to: peopleOf(to),
    cc: peopleOf(cc),
    messageId: decodeRaw(messageId) || null,
    inReplyTo: decodeRaw(inReplyTo) || null,
    references: messageIds(decodeRaw(references)),
  };
}

/** The people of an ENVELOPE as `readAddressList` has those of a field. */
function addressees(list: readonly Address[]): StoredPerson[] {
  const found: StoredPerson[] = [];
  let group: { readonly name: string; readonly first: number } | null = null;
  for (const { name, mailbox, host } of list) {
    if (found.length >= mostPeople) break;
    if (host === null) {
      if (group && found.length === group.first && group.name) found.push({ name: group.name, email: "" });
      group = mailbox === null ? null : { name: displayName(mailbox), first: found.length };
      continue;
    }
    // Cyrus leaves the white space of the obsolete form where it was, and makes up a host.
    const local = (mailbox ?? "").replaceAll(" . ", ".");
    const email = host && host !== "unspecified-domain" ? `${local}@${host}` : local;
    const shown = displayName(name ?? "");
    if (email || shown) found.push({ name: shown === email ? "" : shown, email });
  }
  return found;
}

/** What an ENVELOPE and the field References, as it was sent, say for the index. */
function envelopeRow(envelope: Envelope, references: Buffer): HeaderRow {
  return {
    sentAt: parseDateHeader(envelope.date ?? ""),
    subject: subjectOf(envelope.subject ?? ""),
    from: addressees(envelope.from),
    to: addressees(envelope.to),
    cc: addressees(envelope.cc),
    messageId: envelope.messageId?.trim() || null,
    inReplyTo: envelope.inReplyTo?.trim() || null,
    references: headerRow(references).references,
  };
}

const noHeader = Buffer.alloc(0);

/** What the answer to `listData` says of the header. */
function rowOf(fetched: FetchedMessage): HeaderRow {
  const header = headerOf(fetched);
  const { envelope, sections } = fetched;
  if (header || envelope === undefined || isInvalid(envelope)) return headerRow(header ?? noHeader);
  return envelopeRow(envelope, sections?.get(referencesSection) ?? noHeader);
}

/** The row for one fetched message, or null where it has no UID (RFC 9051 lets FETCH come without being asked for). */
export function toStoredMessage(fetched: FetchedMessage, now: number): StoredMessageInput | null {
  const { uid } = fetched;
  if (uid === undefined || fetched.flags === undefined) return null;
  const header = rowOf(fetched);
  return {
    uid,
    flags: keptFlags(fetched.flags),
    modSeq: String(fetched.modSeq ?? 0n),
    internalDate: fetched.internalDate ?? header.sentAt ?? now,
    size: fetched.size ?? 0,
    ...header,
    threadId: fetched.threadId ?? fetched.gmailThreadId ?? null,
    emailId: fetched.emailId ?? fetched.gmailMessageId ?? null,
  };
}

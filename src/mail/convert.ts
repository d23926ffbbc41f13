/** From what the server sent to what the index keeps: words decoded, faults made harmless. */
import { type FetchedMessage, type FetchQuery, isInvalid } from "../imap/index.ts";
import { decodeAddresses, decodeWords, parseDateHeader } from "../message/header.ts";
import { messageIds, mostPeople, type StoredMessageInput } from "../store/index.ts";

/** The only header field that threads need and ENVELOPE lacks. */
const referencesSection = "HEADER.FIELDS (REFERENCES)";

/** What a row of the index needs; the ids are asked only where the server offers them. */
export const listData: FetchQuery = {
  flags: true,
  internalDate: true,
  size: true,
  envelope: true,
  emailId: true,
  threadId: true,
  gmailMessageId: true,
  gmailThreadId: true,
  sections: [{ section: referencesSection }],
};

/** No subject is worth more than this on any screen; a hostile one may be megabytes. */
const subjectLimit = 2000;

/** By the array that many messages share: few are different. */
const kept = new WeakMap<readonly string[], readonly string[]>();

function keptFlags(flags: readonly string[]): readonly string[] {
  const known = kept.get(flags);
  if (known) return known;
  const sorted = flags.filter((flag) => flag !== "\\Recent").sort();
  kept.set(flags, sorted);
  return sorted;
}

/** The row for one fetched message, or null where it has no UID (RFC 9051 lets FETCH come without being asked for). */
export function toStoredMessage(fetched: FetchedMessage, now: number): StoredMessageInput | null {
  const { uid, envelope } = fetched;
  if (uid === undefined || fetched.flags === undefined) return null;
  const sound = envelope === undefined || isInvalid(envelope) ? null : envelope;
  const sentAt = sound?.date ? parseDateHeader(sound.date) : null;
  return {
    uid,
    flags: keptFlags(fetched.flags),
    modSeq: String(fetched.modSeq ?? 0n),
    internalDate: fetched.internalDate ?? sentAt ?? now,
    sentAt,
    size: fetched.size ?? 0,
    subject: decodeWords((sound?.subject ?? "").slice(0, subjectLimit * 4)).slice(0, subjectLimit),
    from: decodeAddresses((sound?.from ?? []).slice(0, mostPeople)),
    to: decodeAddresses((sound?.to ?? []).slice(0, mostPeople)),
    cc: decodeAddresses((sound?.cc ?? []).slice(0, mostPeople)),
    messageId: sound?.messageId?.trim() || null,
    inReplyTo: sound?.inReplyTo?.trim() || null,
    references: messageIds(fetched.sections?.get(referencesSection)?.toString("latin1") ?? ""),
    threadId: fetched.threadId ?? fetched.gmailThreadId ?? null,
    emailId: fetched.emailId ?? fetched.gmailMessageId ?? null,
  };
}

/** What the local copy keeps: rows of the index, and operations not yet on the server. */

export interface StoredMailbox {
  readonly id: number;
  /** The server's name, byte for byte (Latin-1): the key. */
  readonly path: string;
  /** The name for people. */
  readonly name: string;
  readonly delimiter: string | null;
  /** `\sent`, `\noselect`, … lower case. */
  readonly attributes: readonly string[];
  /** 0 = not known yet: nothing of this mailbox is cached. */
  readonly uidValidity: number;
  /** Up to here, exclusively, the index has been brought in step; 0 = never. */
  readonly uidNext: number;
  /**
   * Every row here is as the server had it at this mod-sequence or later (RFC 7162), and none of them was expunged
   * before it. Decimal; "0" = not known.
   */
  readonly highestModSeq: string;
  /** The index has every message from this UID up to `uidNext` that the server had when it was last in step. */
  readonly completeFrom: number;
  /** It has all of them. */
  readonly complete: boolean;
  /** Rows of the index, those with provisional UIDs among them. */
  readonly rows: number;
  /** Of `rows`, those that are not \Seen. */
  readonly unread: number;
  /** As the server last said (LIST-STATUS, STATUS, SELECT); null = not told. */
  readonly messages: number | null;
  readonly unseen: number | null;
  /** MAILBOXID (RFC 8474), which outlives a RENAME; null = not told. */
  readonly mailboxId: string | null;
}

/** What one line of LIST tells; what it does not tell leaves the stored value as it is. */
export interface ListedRow {
  readonly path: string;
  readonly name: string;
  readonly delimiter: string | null;
  readonly attributes: readonly string[];
  readonly messages?: number;
  readonly unseen?: number;
}

/** What SELECT, STATUS or a finished sync tells; absent values stay as they are. */
export type MailboxState = Partial<
  Pick<
    StoredMailbox,
    "uidValidity" | "uidNext" | "highestModSeq" | "completeFrom" | "messages" | "unseen" | "mailboxId"
  >
>;

/**
 * UIDs from here on are ours: the message is on its way into this mailbox (moved, copied or appended), and the server
 * has not told its UID yet. Servers' UIDs have 32 bits (RFC 9051 §2.3.1.1).
 */
export const firstProvisionalUid = 2 ** 32;

/** Both ends are in it. */
export type UidRange = readonly [first: number, last: number];

/** Paths of mailboxes of our own begin so, as no server's can, whose octets are Latin-1. They are never listed. */
export const ownPath = "\u0100";
/** Where messages that were removed for good wait for the server to confirm it. */
export const limboPath = `${ownPath}removed`;

/** As many people of one field as a message is kept with; a list this long may have gone on. */
export const mostPeople = 50;

export interface StoredPerson {
  readonly name: string;
  readonly email: string;
}

/** One message of the index. Texts are decoded but not made safe for a terminal. */
export interface StoredMessage {
  /** May be provisional, see `firstProvisionalUid`. */
  readonly uid: number;
  /** As the server spells them: `\Seen`, `$Forwarded`, … sorted. */
  readonly flags: readonly string[];
  readonly modSeq: string;
  /** Milliseconds since the epoch. */
  readonly internalDate: number;
  /** Date header, milliseconds; null where missing or unreadable. */
  readonly sentAt: number | null;
  readonly size: number;
  readonly subject: string;
  readonly from: readonly StoredPerson[];
  readonly to: readonly StoredPerson[];
  readonly cc: readonly StoredPerson[];
  readonly messageId: string | null;
  readonly inReplyTo: string | null;
  /** Message-IDs of the References field, oldest first; empty where there are none or they were not asked for. */
  readonly references: readonly string[];
  /** THREADID (RFC 8474), or Gmail's X-GM-THRID. Null where the server has neither. */
  readonly threadId: string | null;
  /** EMAILID (RFC 8474), or Gmail's X-GM-MSGID: the same id is the same content. Null where the server has neither. */
  readonly emailId: string | null;
  /** The whole message is in the maildir. */
  readonly cached: boolean;
}

/** A message to be stored; whether its body is cached is the store's own knowledge. */
export type StoredMessageInput = Omit<StoredMessage, "cached">;

/** The whole new set of flags of one message; without `modSeq` the stored one stays. */
export interface FlagChange {
  readonly uid: number;
  readonly flags: readonly string[];
  readonly modSeq?: string;
}

/** What tells a message whose UID is not valid any more. */
export interface Identity
  extends Pick<StoredMessage, "uid" | "emailId" | "messageId" | "size" | "internalDate"> {
  /** The message itself, or a part of it, is cached. */
  readonly kept: boolean;
}

/** A message found again under another UID, with what belongs to its new place. */
export interface Renumbered
  extends Pick<StoredMessage, "uid" | "flags" | "modSeq" | "internalDate" | "emailId"> {
  /** The UID under which the store has it. */
  readonly from: number;
}

/**
 * `arrival` is by UID, `date` by INTERNALDATE; `from` by the first author's name or address and `subject` by the
 * base subject (RFC 5256 §2.1), both folded. Equal keys are in UID order.
 */
export type SortKey = "arrival" | "date" | "from" | "subject" | "size";

export type SortValue = string | number;

export interface WindowQuery {
  readonly sort: SortKey;
  /** Newest (largest, last) first. */
  readonly descending: boolean;
  readonly offset: number;
  readonly limit: number;
  /** Only these UIDs (a search's hits), where given. */
  readonly uids?: readonly number[];
}

/** Which threads show their first message alone: all, or none, `but` these. */
export interface Folds {
  readonly all: boolean;
  readonly but: ReadonlySet<number>;
}

export interface ThreadQuery extends WindowQuery {
  /** Absent: no thread is folded. */
  readonly folds?: Folds | undefined;
}

/** Where a message stands by the time it came. */
export interface Place {
  /** Milliseconds since the epoch. */
  readonly internalDate: number;
  readonly uid: number;
}

/** A message of the index whose whole source is not kept. */
export interface MissingBody extends Place {
  /** As the server told; octets. */
  readonly size: number;
}

/** A message in its place among those of its thread. */
export interface ThreadRow {
  readonly message: StoredMessage;
  /** Names the thread in its mailbox, until the cache is made anew or two threads turn out to be one. */
  readonly thread: number;
  /** Messages of the whole thread in this mailbox. */
  readonly messages: number;
  /** Those of them that are not \Seen. */
  readonly unread: number;
  /** When the newest of them arrived. */
  readonly newest: number;
  /** The UID of the message that the thread stands in the list by. */
  readonly standsBy: number;
  /** As many of them as the list has: all, or the hits among them. */
  readonly shown: number;
  /** This row stands for all of them. */
  readonly folded: boolean;
  /** Which row of the thread, among those shown: 0 for the first. */
  readonly place: number;
  /**
   * 0: begins the thread; n: answers the nearest row before it at n - 1. Where several begin it, as what they answer
   * is not here, they are all at 1, and no row is at 0.
   */
  readonly depth: number;
  /** For lines between rows. Bit 0: a sibling follows; bit n: one follows the ancestor n levels up; 31 levels. */
  readonly guides: number;
}

/** Takes one message's bytes as they arrive; nothing is visible before `commit`. */
export interface BodyWriter {
  write(chunk: Uint8Array): void;
  /**
   * Puts the message into the maildir. False, and nothing kept, where the index no longer has the message
   * (expunged meanwhile).
   */
  commit(): boolean;
  /** Forgets what was written; harmless after `commit`. */
  abort(): void;
}

/** How far an entry of the journal has come. */
export type JournalState =
  /** To be sent. */
  | "pending"
  /** Sent, outcome unknown. */
  | "sent"
  /** Refused: kept until the person decides. */
  | "failed"
  /** The server has confirmed it; kept to be taken back. */
  | "done"
  /** Taken back before it was sent; kept to be done again. */
  | "undone";

/** A change asked for, and what became of it. `mail` defines what `payload` and `note` hold. */
export interface JournalEntry {
  /** Rising in the order in which entries are to be sent. */
  readonly id: number;
  readonly createdAt: number;
  readonly kind: string;
  readonly payload: string;
  readonly state: JournalState;
  /** The person's change that it belongs to; null: none that can be taken back. */
  readonly step: number | null;
  /** The entry of the step that it does again or takes back; its own id where it is the first to do it. */
  readonly origin: number;
  /** It takes the step back. */
  readonly backward: boolean;
  /** What had to be noted before it was sent. */
  readonly note: string | null;
  /** Why it failed, as a word; null where it has not. */
  readonly code: string | null;
  readonly error: string | null;
}

export interface NewJournalEntry extends Pick<JournalEntry, "kind" | "payload"> {
  /** The message of an APPEND. */
  readonly source?: Uint8Array;
  readonly step?: number | null;
  readonly origin?: number;
  readonly backward?: boolean;
  readonly state?: "pending" | "sent";
  readonly note?: string | null;
}

/** Where the server has a message. */
export interface JournalPlace {
  /** Null: nowhere any more. */
  readonly path: string | null;
  /** 0: not known. */
  readonly uidValidity: number;
  /** Null: in the mailbox, under a UID that was not told. */
  readonly uid: number | null;
  /** Where `uid` is null, the least that it can be. */
  readonly least: number;
  /** The mailbox's `highestModSeq` when this was noted: the flags of the message in the index are not older. */
  readonly modSeq: string;
}

/** A message that entries of the journal name, wherever it goes; its provisional UID is `firstProvisionalUid + id`. */
export interface JournalMessage
  extends JournalPlace,
    Pick<StoredMessage, "messageId" | "emailId" | "size" | "internalDate"> {
  readonly id: number;
}

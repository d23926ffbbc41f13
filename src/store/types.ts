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
  /** The index has every message below `uidNext` that the server had when it was last in step. */
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
    "uidValidity" | "uidNext" | "highestModSeq" | "complete" | "messages" | "unseen" | "mailboxId"
  >
>;

/**
 * UIDs from here on are ours: the message is on its way into this mailbox (moved, copied or appended), and the server
 * has not told its UID yet. Servers' UIDs have 32 bits (RFC 9051 §2.3.1.1).
 */
export const firstProvisionalUid = 2 ** 32;

/** Both ends are in it. */
export type UidRange = readonly [first: number, last: number];

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

export interface WindowQuery {
  readonly sort: SortKey;
  /** Newest (largest, last) first. */
  readonly descending: boolean;
  readonly offset: number;
  readonly limit: number;
  /** Only these UIDs (a search's hits), where given. */
  readonly uids?: readonly number[];
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

/** A change asked for and not yet confirmed by the server. `mail` defines what `payload` holds. */
export interface JournalEntry {
  readonly id: number;
  readonly createdAt: number;
  readonly kind: string;
  readonly payload: string;
  /** `pending`: to be sent; `sent`: sent, outcome unknown; `failed`: refused, kept for the person to decide. */
  readonly state: "pending" | "sent" | "failed";
  readonly error: string | null;
}

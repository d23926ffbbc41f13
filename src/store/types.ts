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
  readonly uidNext: number;
  /** Decimal; "0" = not known. */
  readonly highestModSeq: string;
  /** As the server last said (LIST-STATUS, STATUS, SELECT); null = not told. */
  readonly messages: number | null;
  readonly unseen: number | null;
}

export interface StoredPerson {
  readonly name: string;
  readonly email: string;
}

/** One message of the index. Texts are decoded but not made safe for a terminal. */
export interface StoredMessage {
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
  /** The whole message is in the maildir. */
  readonly cached: boolean;
}

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

/**
 * The values the protocol client speaks in: what servers say, read once and typed.
 * Names are those of RFC 9051 §7 and §9 and of the extension that brings the value.
 */

/** Part of a reply that could not be read. The damage stays here: the rest of the response is valid. */
export interface Invalid {
  readonly invalid: true;
  /** What was wrong, for a log or a status line. */
  readonly reason: string;
  /** The bytes as the server sent them (cut to 64 KiB). */
  readonly bytes: Buffer;
}

export function isInvalid(value: unknown): value is Invalid {
  return typeof value === "object" && value !== null && (value as { invalid?: unknown }).invalid === true;
}

/**
 * One address of an ENVELOPE (RFC 9051 §7.5.2). Strings are as sent (RFC 2047 words not decoded); 8-bit bytes
 * are read as UTF-8 if they are valid UTF-8, else as Latin-1. A group begins with `host: null` and a mailbox
 * (the group's name), and ends with both null.
 */
export interface Address {
  readonly name: string | null;
  readonly mailbox: string | null;
  readonly host: string | null;
}

/** ENVELOPE (RFC 9051 §7.5.2); `date`, `subject` and the ids are the header's text, undecoded. */
export interface Envelope {
  readonly date: string | null;
  readonly subject: string | null;
  readonly from: readonly Address[];
  readonly sender: readonly Address[];
  readonly replyTo: readonly Address[];
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly bcc: readonly Address[];
  readonly inReplyTo: string | null;
  readonly messageId: string | null;
}

export interface Disposition {
  /** Lower case: `attachment`, `inline`, … */
  readonly type: string;
  readonly params: ReadonlyMap<string, string>;
}

/** A leaf of BODYSTRUCTURE, or a message/rfc822 (which has `envelope` and `body`). */
export interface BodyPart {
  readonly kind: "part";
  /** The number FETCH BODY[…] takes: `1`, `1.2`, … (RFC 9051 §6.4.5.1). */
  readonly section: string;
  /** Lower case. */
  readonly type: string;
  /** Lower case. */
  readonly subtype: string;
  /** Names in lower case; values as sent (RFC 2231 and 2047 not decoded). */
  readonly params: ReadonlyMap<string, string>;
  readonly id: string | null;
  readonly description: string | null;
  /** Lower case; `7bit` where the server sent none. */
  readonly encoding: string;
  /** Octets as transferred (encoded). */
  readonly size: number;
  /** Lines, for text and message parts. */
  readonly lines: number | null;
  readonly envelope: Envelope | null;
  readonly body: BodyStructure | null;
  readonly md5: string | null;
  readonly disposition: Disposition | null;
  readonly language: readonly string[];
  readonly location: string | null;
}

export interface BodyMultipart {
  readonly kind: "multipart";
  /** Empty for the top of the message. */
  readonly section: string;
  readonly subtype: string;
  readonly params: ReadonlyMap<string, string>;
  readonly parts: readonly BodyStructure[];
  readonly disposition: Disposition | null;
  readonly language: readonly string[];
  readonly location: string | null;
}

export type BodyStructure = BodyPart | BodyMultipart;

/** What one `* n FETCH` said, with what was asked for and what came unasked. */
export interface FetchedMessage {
  /** 0 where the server names messages by UID alone (UIDONLY, RFC 9586). */
  readonly seq: number;
  readonly uid?: number;
  /** As sent; system flags with their backslash. */
  readonly flags?: readonly string[];
  /** Milliseconds since the epoch; null where the server had none that could be read. */
  readonly internalDate?: number | null;
  /** RFC822.SIZE, octets. */
  readonly size?: number;
  readonly envelope?: Envelope | Invalid;
  readonly bodyStructure?: BodyStructure | Invalid;
  /** RFC 7162. */
  readonly modSeq?: bigint;
  /** RFC 8474. */
  readonly emailId?: string;
  readonly threadId?: string | null;
  /**
   * BODY[section], by section as asked (upper case, no partial): `""`, `1.2`, `HEADER`, `1.MIME`,
   * `HEADER.FIELDS (SUBJECT)`. Null is NIL. A section that went to a sink is absent.
   */
  readonly sections?: ReadonlyMap<string, Buffer | null>;
  /** BINARY[section] (RFC 3516): as `sections`, with the transfer encoding undone by the server. */
  readonly binary?: ReadonlyMap<string, Buffer | null>;
  /** BINARY.SIZE[section]: octets when decoded. */
  readonly binarySizes?: ReadonlyMap<string, number>;
  /** The beginning of the text (RFC 8970), at most 256 characters; null: the server has none, or not yet. */
  readonly preview?: string | null;
  /** When it came into this mailbox (RFC 8514), ms since the epoch; null where the mailbox does not say. */
  readonly saveDate?: number | null;
  /** X-GM-MSGID and X-GM-THRID: numbers of 64 bits, in decimal. */
  readonly gmailMessageId?: string;
  readonly gmailThreadId?: string;
  /** X-GM-LABELS as text; system labels with their backslash. */
  readonly gmailLabels?: readonly string[];
  /** Other items that came and could not be read (`FLAGS`, `INTERNALDATE`, …), by name in upper case. */
  readonly invalid?: ReadonlyMap<string, Invalid>;
}

/** One line of LIST (RFC 9051 §7.3.1, 5258, 6154, 5819, 8440, 9590), with what was told beside it. */
export interface ListedMailbox {
  /** The name on the wire, byte for byte (Latin-1 string): the key for every later command. */
  readonly path: string;
  /** The name for people: modified UTF-7 or UTF-8 decoded, leniently; not yet made safe for a terminal. */
  readonly name: string;
  readonly delimiter: string | null;
  /** Lower case, with backslash: `\noselect`, `\sent`, … */
  readonly attributes: ReadonlySet<string>;
  readonly status: MailboxStatus | null;
  /** Why a mailbox that does not match is listed: what its children are, lower case (`subscribed`). RFC 5258 §4. */
  readonly childInfo?: readonly string[];
  /** The path it had, or was asked for by, where that differs (RFC 9051 §6.3.9.7). */
  readonly oldPath?: string;
  /** What the one logged in may do with it; absent where not asked or not told. */
  readonly rights?: Rights;
  /** The entries asked for; absent where not asked or not told. */
  readonly metadata?: Metadata;
}

/**
 * Rights to a mailbox, one letter each (RFC 4314 §2.1), without the obsolete `c` and `d`: what they stand for is
 * there in their place.
 */
export type Rights = ReadonlySet<string>;

/** Annotations by entry name (`/private/comment`, lower case); null where there is none (RFC 5464). */
export type Metadata = ReadonlyMap<string, Buffer | null>;

/** STATUS (RFC 9051 §7.3.4); only what was asked and answered. 0 in `uidValidity` means unknown. */
export interface MailboxStatus {
  readonly messages?: number;
  readonly uidNext?: number;
  readonly uidValidity?: number;
  readonly unseen?: number;
  readonly recent?: number;
  readonly deleted?: number;
  /** Octets that expunging the deleted messages would free (RFC 9208). */
  readonly deletedStorage?: number;
  readonly size?: number;
  readonly highestModSeq?: bigint;
  readonly mailboxId?: string;
  /** Octets of the largest message that may be appended; null: no limit of its own (RFC 7889). */
  readonly appendLimit?: number | null;
}

/** What SELECT or EXAMINE told (RFC 9051 §6.3.2), kept up to date while the mailbox is selected. */
export interface SelectedMailbox {
  readonly path: string;
  readonly readOnly: boolean;
  readonly exists: number;
  /** 0 where the server gave none: UIDs then mean nothing beyond this session. */
  readonly uidValidity: number;
  readonly uidNext: number | null;
  readonly highestModSeq: bigint | null;
  readonly flags: readonly string[];
  /** Null where the server did not say: then all flags may be tried. */
  readonly permanentFlags: readonly string[] | null;
  readonly mailboxId: string | null;
}

/** UIDs as ranges, never expanded (RFC 9051 `sequence-set` without `*`): ascending, disjoint, both ends included. */
export type UidRanges = readonly (readonly [first: number, last: number])[];

/** UIDs in an order of their own, as ranges: one that descends counts down. Never expanded. */
export type UidOrder = readonly (readonly [from: number, to: number])[];

/** The messages the last search with `save` found: the server remembers them (RFC 5182). */
export const savedSearch = "$";

/** Which messages a command is about. */
export type MessageSet = UidRanges | typeof savedSearch;

/** COPYUID (RFC 4315), source and destination in step. */
export interface CopyUid {
  readonly uidValidity: number;
  readonly source: UidRanges;
  readonly destination: UidRanges;
}

/** APPENDUID (RFC 4315). */
export interface AppendUid {
  readonly uidValidity: number;
  readonly uids: UidRanges;
}

/** Untagged changes to the selected mailbox, as the connection reports them. `uid` is null where it is not known. */
export type MailboxEvent =
  | { readonly kind: "exists"; readonly exists: number }
  | { readonly kind: "expunge"; readonly seq: number; readonly uid: number | null }
  | { readonly kind: "vanished"; readonly earlier: boolean; readonly uids: UidRanges }
  | { readonly kind: "fetch"; readonly message: FetchedMessage; readonly uid: number | null };

/** News of mailboxes that no command asked for: other sessions' doings, or NOTIFY (RFC 5465). Paths as on the wire. */
export type FolderEvent =
  /** Created, renamed (`oldPath`), deleted (`\nonexistent`), or its subscription or attributes changed. */
  | { readonly kind: "list"; readonly mailbox: ListedMailbox }
  | { readonly kind: "status"; readonly path: string; readonly status: MailboxStatus }
  /** Entries that changed, names only; the path "" is the server. */
  | { readonly kind: "metadata"; readonly path: string; readonly entries: readonly string[] };

/** A change of what a search with `update` had found (RFC 5267), in the order they are told. */
export interface SearchUpdate {
  /** The search's, as SearchResult told it. */
  readonly context: string;
  readonly kind: "add" | "remove";
  /** Counted from 1; 0: where its UID has it (a search), or anywhere (a removal). */
  readonly position: number;
  readonly uids: UidOrder;
}

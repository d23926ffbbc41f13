/** Accounts, mailboxes and messages as the rest of the program means them. */
import type { UidRanges } from "../imap/index.ts";
import type { StoredMessage, ThreadRow } from "../store/index.ts";

/** What a folder is for (RFC 6154 special use, and the inbox). */
export type Role = "inbox" | "drafts" | "sent" | "archive" | "junk" | "trash" | "all" | "flagged";

export interface Folder {
  /** The server's name, byte for byte: the key. */
  readonly path: string;
  /** The name for people; raw, not yet made safe for a terminal. */
  readonly name: string;
  /** The last level of `name`. */
  readonly leaf: string;
  /** Levels above this one. */
  readonly depth: number;
  readonly role: Role | null;
  /** False for a level that holds only other folders. */
  readonly selectable: boolean;
  /** As the server last told; null where it has not. */
  readonly messages: number | null;
  readonly unread: number | null;
  /** As of the last time it was opened (RFC 9051 §2.3.1.1, RFC 7162); null before. */
  readonly uidValidity: number | null;
  readonly uidNext: number | null;
  readonly highestModSeq: string | null;
}

export type Message = StoredMessage;

/** A message in its place in a thread. */
export type ThreadMessage = ThreadRow;

/** The line to the server, as the status line shows it. */
export type LineState =
  | { readonly kind: "offline" }
  /** `since` in milliseconds since the epoch; `waitedMs`: so long the server has owed us an answer and sent no byte. */
  | { readonly kind: "connecting"; readonly since: number; readonly waitedMs: number }
  | { readonly kind: "online"; readonly since: number; readonly waitedMs: number }
  /** Down; the next attempt is at `retryAt` (milliseconds since the epoch), null where there is none. */
  | { readonly kind: "down"; readonly error: Error; readonly retryAt: number | null };

/** What changed, for whoever shows it. */
export type MailEvent =
  | { readonly kind: "line"; readonly state: LineState }
  | { readonly kind: "folders" }
  | { readonly kind: "messages"; readonly path: string }
  /** The server has told of these messages: that they are new, have changed or are gone; the index has it now. */
  | { readonly kind: "told"; readonly path: string; readonly uids: UidRanges }
  /** Messages that had changed are in their threads now. */
  | { readonly kind: "threads"; readonly path: string }
  /** New messages came in while the folder was watched. */
  | { readonly kind: "arrived"; readonly path: string; readonly count: number }
  /** What takes a while is getting on: ours, or a command that the server is at (RFC 9585). */
  | {
      readonly kind: "progress";
      readonly path: string;
      readonly doing: "headers" | "flags" | "command";
      readonly done: number;
      readonly total: number;
    }
  /** Something the person must know: a server's ALERT, an operation that was refused. */
  | { readonly kind: "notice"; readonly level: "info" | "error"; readonly text: string };

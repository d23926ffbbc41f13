/** What is under way to the server, laid over what comes from it. */
import type { StoredMailbox } from "../../store/index.ts";

/** A UID names a message together with these (RFC 9051 §2.3.1.1). */
export type Numbering = Pick<StoredMailbox, "path" | "uidValidity">;

/** What pending operations on this numbering of a mailbox have done to the index and the server does not know yet. */
export interface Overlay {
  /** Whether one has taken the message out of the index. */
  hidden(mailbox: Numbering, uid: number): boolean;
  /** All of these, each once. */
  hiddenUids(mailbox: Numbering): readonly number[];
  /** UIDs of which `flags` says another thing than the server may. */
  flagged(mailbox: Numbering): readonly number[];
  flags(mailbox: Numbering, uid: number, flags: readonly string[]): readonly string[];
  /** How many messages a mailbox is to show where the server has so many. */
  counted(mailbox: Numbering, messages: number): number;
  /** Rows have come in; `complete`: the index has all that the server has. */
  landed(mailbox: Numbering, complete: boolean): void;
}

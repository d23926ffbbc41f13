import type { JournalPlace } from "../../store/index.ts";

/** What came of an operation, message by message. */
export class Performed {
  /** Messages of the operation for which it is done. */
  readonly done = new Set<number>();
  /** Where messages are now; the copies, for a copy. */
  readonly places = new Map<number, JournalPlace>();
  /** Another program removed them. */
  readonly gone: number[] = [];
  readonly refused = new Map<number, Error>();
  /** The server cannot remove single messages: these are flagged deleted. */
  readonly left: number[] = [];
  /** A command was refused as some of its messages had just been removed: it may have been carried out in part. */
  halfway = false;
}

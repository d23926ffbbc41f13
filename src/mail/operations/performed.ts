import type { JournalPlace } from "../../store/index.ts";
import type { Note } from "./operation.ts";

/** Where a message came to, under which UID where that is known, what was noted before, and the UIDVALIDITY told. */
export type Arrival = readonly [path: string, uid: number | null, note: Note, told?: number];

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

  /** Notes where a message, or its copy, is now; without UID it is looked for when it is needed. */
  arrive(id: number, [path, uid, { least, uidValidity }, told = uidValidity]: Arrival, as = id): void {
    this.done.add(id);
    const validity = uid === null ? uidValidity : told;
    this.places.set(as, { path, uidValidity: validity, uid, least, modSeq: "0" });
  }
}

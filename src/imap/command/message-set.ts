import type { Session } from "../session.ts";
import { contains } from "../uid-set.ts";
import { type MessageSet, savedSearch } from "../values.ts";
import type { Writer } from "../wire/writer.ts";
import { requires } from "./requires.ts";

/** Writes a sequence-set, or `$` (RFC 5182). @throws ImapError ARGUMENT, UNSUPPORTED */
export function writeMessageSet(w: Writer, set: MessageSet, session: Session): void {
  if (set !== savedSearch) {
    w.sequenceSet(set);
    return;
  }
  requires(session.capabilities, "saved searches", "SEARCHRES");
  w.savedSearch();
}

/** Whether a message that is told may be of the set: which ones the server saved is not known here. */
export function mayContain(set: MessageSet, n: number | null | undefined): boolean {
  return set === savedSearch || (n != null && contains(set, n));
}

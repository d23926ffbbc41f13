/**
 * Where the index and the server have not the same messages: which are gone, which are missing. Only what a whole
 * answer to UID SEARCH does not name is gone; a FETCH that passes a message over says nothing.
 */
import { type UidRanges, uidSet } from "../../imap/index.ts";
import type { UidRange } from "../../store/index.ts";
import { breathe } from "./pace.ts";
import type { SyncContext, View } from "./view.ts";

const { count, intersect, normalize, subtract, union } = uidSet;

/** Most of what goes is young: so many of the newest are looked at first, and all only where that does not explain it. */
const windows = [2_000, 20_000] as const;

/** Removes what is gone; resolves to what is missing, as far as the server would tell. @throws ImapError, StoreError */
export async function compare(context: SyncContext, view: View): Promise<UidRanges> {
  const { messages } = context.store;
  const { id } = view.mailbox;
  // With UIDs missing anywhere, counts explain nothing.
  for (const newest of view.completeFrom <= 1 ? windows : []) {
    const from = messages.uidFromEnd(id, newest - 1);
    if (from === null) break;
    const missing = await compareFrom(context, view, from);
    if (missing && view.held + count(missing) === view.exists) return missing;
  }
  return (await compareFrom(context, view, 1)) ?? [];
}

/** The same for UIDs from `from` on; null where the answer cannot be whole. */
async function compareFrom(context: SyncContext, view: View, from: number): Promise<UidRanges | null> {
  const { messages } = context.store;
  const { id } = view.mailbox;
  // What comes in while we ask may not be in the answer, and be in the index by the time that it is read.
  const { uidNext, exists } = view;
  const server = await view.ask(from);
  if (!server) return null;
  const known: UidRange[] = [];
  for (const piece of messages.uidRanges(id, from)) {
    known.push(...piece);
    await breathe();
  }
  const here = normalize(known);
  const { hidden } = view;
  // At most what the index has there, and what is hidden, can lie below: where that is too little, the answer was cut.
  const below = messages.serverCount(id) - count(here) + count(hidden);
  const least = Math.min(exists, view.exists) - below;
  const whole = view.connection.quirks.sequenceNumbersLie || count(server) >= least;
  if (!whole) return null;
  const asked = intersect(union(here, hidden), [[from, Math.max(from, uidNext - 1)]]);
  await view.remove(subtract(asked, server));
  const there = from === 1 ? (view.onServer ?? server) : server;
  return subtract(there, union(union(here, hidden), view.withheld));
}

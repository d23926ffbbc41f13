/** Flags of what the index has: those that changed, where the server can tell (CONDSTORE), else all, newest first. */
import { performance } from "node:perf_hooks";
import { Pace } from "./pace.ts";
import type { SyncContext, View } from "./view.ts";

/** Messages asked for in one command: half a second on any line. */
const slices = { least: 100, begin: 2_000, most: 10_000, targetMs: 500 } as const;
/** Where fewer are to be asked for, that is soon done. */
const worthTelling = 5_000;

/** False where it gave way before all were there. @throws ImapError, StoreError */
export async function refreshFlags(
  context: SyncContext,
  view: View,
  giveWay: () => boolean,
): Promise<boolean> {
  const { store } = context;
  const { id, highestModSeq } = view.mailbox;
  const bounds = store.messages.uidBounds(id);
  if (!view.staleFlags || !bounds) return true;
  if (view.staleFlags === "changed") {
    const query = { flags: true, modSeq: true, changedSince: BigInt(highestModSeq) };
    await view.fetch([[1, bounds[1]]], query);
    return true;
  }
  const pace = new Pace(slices);
  const total = store.messages.serverCount(id);
  let done = 0;
  for (let { upTo } = view.staleFlags; upTo >= bounds[0]; ) {
    if (giveWay()) return false;
    const { amount } = pace;
    const first = store.messages.uidFromEnd(id, amount - 1, upTo + 1) ?? bounds[0];
    const began = performance.now();
    await view.fetch([[first, upTo]], { flags: true, modSeq: true });
    pace.took(performance.now() - began, amount);
    upTo = first - 1;
    view.staleFlags = { upTo };
    done = Math.min(total, done + amount);
    if (total >= worthTelling)
      context.emit({ kind: "progress", path: view.mailbox.path, doing: "flags", done, total });
  }
  return true;
}

/** What the server's counts leave out as long as it has not been told of everything. */
import type { Store } from "../../store/index.ts";
import type { Ledger, LocalPlace } from "./ledger.ts";

export interface Counts {
  readonly messages: number;
  readonly unseen: number;
}

/** What open entries change of the messages and the unread ones that the server has, by the local copy's paths. */
export function countsOpen(store: Store, ledger: Ledger): ReadonlyMap<string, Counts> {
  const counts = new Map<string, Counts>();
  const add = (path: string, messages: number, unseen: number) => {
    const now = counts.get(path) ?? { messages: 0, unseen: 0 };
    counts.set(path, { messages: now.messages + messages, unseen: now.unseen + unseen });
  };
  const differences = [...ledger.differences()];
  const flags = flagsThere(
    store,
    differences.flatMap(({ to }) => to ?? []),
  );
  for (const { from, to, seen } of differences) {
    const now = to && flags.get(to.path)?.get(to.uid);
    const unseen = now ? unseenOf(now) : 0;
    if (to && to.path === from) add(from, 0, seen);
    else {
      // The server counts it as it was before the changes of \Seen that wait.
      if (from !== null) add(from, -1, seen - unseen);
      if (to) add(to.path, 1, unseen);
    }
  }
  return counts;
}

/** What a message with these flags adds to the unread ones. */
export function unseenOf(flags: readonly string[]): 0 | 1 {
  return flags.some((flag) => flag.toLowerCase() === "\\seen") ? 0 : 1;
}

/** The flags of messages where the local copy has them, by path and UID. */
function flagsThere(
  store: Store,
  places: readonly LocalPlace[],
): ReadonlyMap<string, ReadonlyMap<number, readonly string[]>> {
  const uids = new Map<string, number[]>();
  for (const { path, uid } of places) {
    const there = uids.get(path);
    if (there) there.push(uid);
    else uids.set(path, [uid]);
  }
  return new Map(
    [...uids].map(([path, those]) => {
      const mailbox = store.mailboxes.byPath(path);
      return [path, mailbox ? store.messages.flagsOf(mailbox.id, those) : new Map()];
    }),
  );
}

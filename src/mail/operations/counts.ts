/** What the server's counts leave out as long as it has not been told of everything. */
import type { Store } from "../../store/index.ts";
import type { Difference, Ledger } from "./ledger.ts";

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
  const unread = unreadAmong(store, differences);
  for (const { from, to, seen } of differences) {
    const unseen = to && unread.get(to.path)?.has(to.uid) ? 1 : 0;
    if (to && to.path === from) add(from, 0, seen);
    else {
      // The server counts it as it was before the changes of \Seen that wait.
      if (from !== null) add(from, -1, seen - unseen);
      if (to) add(to.path, 1, unseen);
    }
  }
  return counts;
}

/** Those that are unread where they are now, by path. */
function unreadAmong(store: Store, differences: readonly Difference[]): ReadonlyMap<string, Set<number>> {
  const uids = new Map<string, number[]>();
  for (const { to } of differences) {
    if (!to) continue;
    const there = uids.get(to.path);
    if (there) there.push(to.uid);
    else uids.set(to.path, [to.uid]);
  }
  return new Map(
    [...uids].map(([path, those]) => {
      const mailbox = store.mailboxes.byPath(path);
      return [path, new Set(mailbox ? store.messages.unreadAmong(mailbox.id, those) : [])];
    }),
  );
}

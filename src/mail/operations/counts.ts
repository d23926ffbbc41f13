/** What the server's counts leave out as long as it has not been told of everything. */
import type { Store } from "../../store/index.ts";
import type { Ledger } from "./ledger.ts";

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
  for (const { from, to, seen } of ledger.differences()) {
    const mailbox = to && store.mailboxes.byPath(to.path);
    const row = mailbox ? store.messages.get(mailbox.id, to.uid) : null;
    const unseen = row && !row.flags.some((flag) => flag.toLowerCase() === "\\seen") ? 1 : 0;
    if (to && to.path === from) add(from, 0, seen);
    else {
      // The server counts it as it was before the changes of \Seen that wait.
      if (from !== null) add(from, -1, seen - unseen);
      if (to) add(to.path, 1, unseen);
    }
  }
  return counts;
}

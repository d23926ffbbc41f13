/** Finding messages: by the server's SEARCH on line, by the rows of the index off line. */
import { uidSearch, uidSet } from "../imap/index.ts";
import type { Store } from "../store/index.ts";
import { matches, type Query } from "./query.ts";
import { toSearchKey } from "./search-key.ts";
import type { Session } from "./session.ts";
import type { Sync } from "./sync.ts";

/** Rows looked at between two turns of the event loop. */
const scanSize = 2_000;

/** UIDs of the server's hits, ascending, of messages that are there. */
export async function searchServer(
  { session, sync, store }: { readonly session: Session; readonly sync: Sync; readonly store: Store },
  path: string,
  query: Query,
): Promise<number[]> {
  return session.within(path, async (connection) => {
    const { uids } = await connection.run(uidSearch(toSearchKey(query)));
    // The answer may be 1:4294967295; what is there is not.
    const hits = [...uidSet.iterate(uidSet.intersect(await sync.there(connection), uids))];
    if (!connection.quirks.searchUntrue) return hits;
    // This server passes some keys over: its hits are looked at again, as far as rows can tell.
    await sync.fill(connection, hits);
    const mailbox = store.mailboxes.byPath(path);
    return hits.filter((uid) => {
      const row = mailbox && store.messages.get(mailbox.id, uid);
      return row && matches(query, row);
    });
  });
}

/** UIDs of the rows that match, ascending. */
export async function searchIndex(store: Store, mailboxId: number, query: Query): Promise<number[]> {
  const hits: number[] = [];
  const order = { sort: "arrival", descending: false, limit: scanSize } as const;
  for (let offset = 0; ; offset += scanSize) {
    const rows = store.messages.window(mailboxId, { ...order, offset });
    for (const row of rows) if (matches(query, row)) hits.push(row.uid);
    if (rows.length < scanSize) return hits;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** `thread:` in a query: which messages it means, before the query is asked of anyone. */
import { mapTerms, type Query } from "./query.ts";

/** Messages of one Message-ID whose threads are looked for: copies, of which there are few. */
const mostHeads = 10;

interface Finder {
  /** UIDs that a query finds, ascending. */
  find(query: Query): Promise<readonly number[]>;
  /** All messages of the thread of one. */
  threadOf(uid: number): Promise<readonly { readonly message: { readonly uid: number } }[]>;
  /** The server's ids of the threads of these messages, null where it has none of one; null: of any. */
  idsOf?(uids: readonly number[]): Promise<readonly (string | null)[] | null>;
}

/** The same query with the messages, or the threads of the server, that each `thread:` means. */
export async function withThreads(query: Query, finder: Finder): Promise<Query> {
  const wanted = new Set<number | string>();
  mapTerms(query, (term) => {
    if (term.kind === "thread") wanted.add(term.of);
    return term;
  });
  if (wanted.size === 0) return query;
  const found = new Map<number | string, Query>();
  for (const of of wanted) found.set(of, await members(of, finder));
  return mapTerms(query, (term) => (term.kind === "thread" ? (found.get(term.of) ?? term) : term));
}

async function members(of: number | string, { find, threadOf, idsOf }: Finder): Promise<Query> {
  const heads =
    typeof of === "number"
      ? [of]
      : (await find({ kind: "header", name: "Message-ID", text: of })).slice(-mostHeads);
  const ids = idsOf ? await idsOf(heads) : null;
  const known = ids?.filter((id) => id !== null) ?? [];
  if (ids && heads.length > 0 && known.length === heads.length)
    return { kind: "or", of: [...new Set(known)].map((id) => ({ kind: "threadId", id })) };
  const uids = new Set<number>();
  for (const head of heads) {
    if (uids.has(head)) continue;
    for (const { message } of await threadOf(head)) uids.add(message.uid);
  }
  return { kind: "uids", uids: [...uids] };
}

/** What `list` and `search` share: a query, a sort order, a part of the list, and the messages they give. */
import type { Folder } from "../mail/index.ts";
import type { Context, Params, Values } from "./definition.ts";
import { UsageError } from "./definition.ts";
import type { Result } from "./result.ts";

export const sortKeys = ["arrival", "date", "from", "subject", "size"] as const;
export type SortKey = (typeof sortKeys)[number];

export const listOptions = {
  limit: { type: "number", alias: "n", help: "at most this many (default 50)" },
  sort: {
    type: "text",
    words: sortKeys.flatMap((key) => [key, `-${key}`]),
    help: "arrival, date, from, subject or size; -date turns the order (default -arrival)",
  },
  "before-uid": { type: "number", help: "only UIDs below this one: where the last list ended, by its next" },
  "after-uid": { type: "number", help: "only UIDs above this one" },
  threads: { type: "flag", help: "thread after thread, answers below what they answer" },
} as const satisfies Params;

type ListOptions = Values<typeof listOptions>;

/** Reads `-date` or `date`; a leading minus means largest first. */
export function parseSort(text: string): { sort: SortKey; descending: boolean } {
  const descending = text.startsWith("-");
  const name = descending ? text.slice(1) : text;
  const sort = sortKeys.find((key) => key === name);
  if (!sort)
    throw new UsageError(
      `there is no sort order "${text}"`,
      `use one of ${sortKeys.join(", ")}, with - to turn it`,
    );
  return { sort, descending };
}

/** UIDs between two others, that are not of them themselves. */
export function between(
  uids: readonly number[],
  { "before-uid": before = Infinity, "after-uid": after = 0 }: Partial<ListOptions>,
): readonly number[] {
  return uids.filter((uid) => uid < before && uid > after);
}

/** Messages by a query, or the newest of all. */
export async function listed(context: Context, query: string, options: ListOptions): Promise<Result> {
  const { mail } = context;
  parseSort(options.sort ?? "-arrival");
  const asked = await context.folder();
  const found = query.trim() === "" ? null : await mail.find(asked, query);
  return shown(context, found?.folder ?? asked, found, options);
}

/** A list of a folder, or of what was `found` in it. */
export async function shown(
  { mail }: Context,
  folder: Folder,
  found: { readonly uids: readonly number[]; readonly notes: readonly string[] } | null,
  options: ListOptions,
): Promise<Result> {
  const order = parseSort(options.sort ?? "-arrival");
  const limit = options.limit ?? 50;
  const bounded = options["before-uid"] !== undefined || options["after-uid"] !== undefined;
  const all = found?.uids ?? (bounded ? await mail.uids(folder) : null);
  const uids = all === null ? null : between(all, options);
  const window = { ...order, offset: 0, limit, ...(uids ? { uids } : {}) };
  const total = found ? found.uids.length : await mail.total(folder);
  const notes = found?.notes ?? [];
  if (options.threads)
    return { kind: "threads", items: await mail.threads.rows(folder, window), folder, total, notes };
  const items = await mail.rows(folder, window);
  const more = order.sort === "arrival" && items.length < (uids?.length ?? total);
  return { kind: "messages", items, folder, total, next: more ? (items.at(-1)?.uid ?? null) : null, notes };
}

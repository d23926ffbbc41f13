/** What `list` and `search` share: a query, a sort order, a limit, and the messages they give. */
import type { Context, Params, Result, Values } from "./definition.ts";
import { UsageError } from "./definition.ts";

export const sortKeys = ["arrival", "date", "from", "subject", "size"] as const;
export type SortKey = (typeof sortKeys)[number];

export const listOptions = {
  limit: { type: "number", alias: "n", help: "at most this many (default 50)" },
  sort: {
    type: "text",
    help: "arrival, date, from, subject or size; -date turns the order (default -arrival)",
  },
  threads: { type: "flag", help: "thread after thread, answers below what they answer" },
} as const satisfies Params;

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

export async function listed(
  context: Context,
  query: string,
  options: Values<typeof listOptions>,
): Promise<Result> {
  const { mail } = context;
  const order = parseSort(options.sort ?? "-arrival");
  const limit = options.limit ?? 50;
  const asked = await context.folder();
  const found = query.trim() === "" ? null : await mail.find(asked, query);
  const folder = found?.folder ?? asked;
  const window = { ...order, offset: 0, limit, ...(found ? { uids: found.uids } : {}) };
  const told = options.threads
    ? ({ kind: "threads", items: await mail.threads.rows(folder, window) } as const)
    : ({ kind: "messages", items: await mail.rows(folder, window) } as const);
  const total = found ? found.uids.length : await mail.total(folder);
  return { ...told, folder, total, notes: found?.notes ?? [] };
}

import { type SortBy, sortedUids } from "../mail/index.ts";
import { defineCommand, UsageError } from "./definition.ts";

const orders = ["arrival", "date", "from", "to", "cc", "subject", "size"] as const;

/** `from,-date`: by author, and of each the newest first. Throws UsageError. */
function parseOrder(text: string): SortBy[] {
  return text.split(",").map((word) => {
    const by = orders.find((order) => order === word.replace(/^-/, ""));
    if (by) return { by, reverse: word.startsWith("-") };
    throw new UsageError(
      `there is no sort order "${word}"`,
      `use ${orders.join(", ")}, with - to turn one, and commas between several`,
    );
  });
}

export const sort = defineCommand({
  name: "sort",
  summary:
    "Print the ids of a folder in an order, the server's own where it sorts: sort from,-date is:unread",
  imap: "UID SORT, or UID SEARCH and UID FETCH",
  args: {
    order: {
      type: "text",
      required: true,
      words: orders,
      help: `${orders.join(", ")}; -date turns it; from,-date by both`,
    },
    query: { type: "query", repeat: true, help: "only messages that match, as in search" },
  },
  options: { limit: { type: "number", alias: "n", help: "at most this many" } },
  returns: ["ids"],
  async run(context, { order, query, limit }) {
    const by = parseOrder(order);
    const { mail } = context;
    const asked = await context.folder();
    const words = query.join(" ").trim();
    const found = words === "" ? null : await mail.find(asked, words);
    const folder = found?.folder ?? asked;
    const uids = (await mail.server.sorted(folder, by, found?.uids ?? null)) ?? (await sortedHere());
    async function sortedHere() {
      const within = found?.uids ?? (await mail.uids(folder));
      const all = {
        sort: "arrival",
        descending: false,
        offset: 0,
        limit: within.length,
        uids: within,
      } as const;
      return sortedUids(await mail.rows(folder, all), by);
    }
    const items = limit === undefined ? uids : uids.slice(0, limit);
    return { kind: "ids", folder, items, total: uids.length, notes: found?.notes ?? [] };
  },
});

import { defineCommand } from "./definition.ts";
import { searched, searchOptions } from "./searching.ts";

export const count = defineCommand({
  name: "count",
  summary: "Count the messages of a folder, or those that match a query",
  imap: "SELECT, UID SEARCH",
  args: { query: { type: "query", repeat: true, help: "only messages that match, as in search" } },
  options: {
    "exit-code": searchOptions["exit-code"],
    server: searchOptions.server,
    local: searchOptions.local,
    "all-folders": searchOptions["all-folders"],
  },
  returns: ["count"],
  run: (context, { query, ...options }) => searched(context, query.join(" "), { ...options, count: true }),
});

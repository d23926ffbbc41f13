import { defineCommand } from "./definition.ts";
import { listed, listOptions } from "./listing.ts";

export const list = defineCommand({
  name: "list",
  aliases: ["ls"],
  summary: "List the newest messages of a folder, or those that match a query",
  imap: "SELECT, UID SEARCH, UID FETCH",
  args: { query: { type: "query", repeat: true, help: "only messages that match, as in search" } },
  options: listOptions,
  run: (context, { query, ...options }) => listed(context, query.join(" "), options),
});

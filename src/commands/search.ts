import { defineCommand } from "./definition.ts";
import { searched, searchOptions } from "./searching.ts";

export const search = defineCommand({
  name: "search",
  summary: "List the messages that match a query: from:ada is:unread newer:2d -subject:spam",
  imap: "SELECT, UID SEARCH",
  args: {
    query: {
      type: "query",
      repeat: true,
      required: true,
      help: "from: to: subject: body: is: after: larger: …",
    },
  },
  options: searchOptions,
  returns: ["messages", "threads", "ids", "count", "hits"],
  run: (context, { query, ...options }) => searched(context, query.join(" "), options),
});

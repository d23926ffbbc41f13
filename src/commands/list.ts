import { defineCommand } from "./definition.ts";
import { listed, listOptions } from "./listing.ts";

export const list = defineCommand({
  name: "list",
  aliases: ["ls"],
  summary: "List the newest messages of a folder, or those that match a query",
  imap: "SELECT, UID SEARCH, UID FETCH",
  args: { query: { type: "query", repeat: true, help: "only messages that match, as in search" } },
  options: {
    ...listOptions,
    unread: { type: "flag", help: "only unread ones: is:unread" },
    flagged: { type: "flag", help: "only flagged ones: is:flagged" },
  },
  returns: ["messages", "threads"],
  run(context, { query, unread, flagged, ...options }) {
    const states = [...(unread ? ["is:unread"] : []), ...(flagged ? ["is:flagged"] : [])];
    const asked = query.join(" ").trim();
    const both = states.length > 0 && asked !== "" ? `(${asked})` : asked;
    return listed(context, [both, ...states].join(" ").trim(), options);
  },
});

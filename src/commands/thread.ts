import { defineCommand } from "./definition.ts";
import { resolveMessage } from "./ids.ts";

export const thread = defineCommand({
  name: "thread",
  summary: "List all messages of the folder that belong to the same discussion as this one",
  imap: "SELECT, UID FETCH",
  args: { id: { type: "messages", repeat: true, help: "any message of it, as list shows it" } },
  options: {},
  returns: ["threads"],
  async run(context, { id }) {
    const { folder, uid } = await resolveMessage(context, id);
    const items = await context.mail.threads.of(folder, uid);
    return { kind: "threads", folder, items, total: items.length };
  },
});

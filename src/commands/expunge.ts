import { defineCommand } from "./definition.ts";
import { count } from "./flag.ts";
import { resolveIds } from "./ids.ts";

export const expunge = defineCommand({
  name: "expunge",
  summary:
    "Remove for good the messages flagged \\Deleted: those named, or with --all every one in the folder",
  imap: "UID EXPUNGE",
  args: { id: { type: "messages", repeat: true, help: "only these of the deleted messages" } },
  options: { all: { type: "flag", help: "every message flagged \\Deleted, whoever flagged it" } },
  async run(context, { id, all }) {
    const { mail } = context;
    const folder = await context.folder();
    const deleted = await mail.search(folder, "is:deleted");
    const named = all ? deleted : await resolveIds(context, folder, id);
    const uids = named.filter((uid) => deleted.includes(uid));
    if (uids.length === 0) {
      return { kind: "change", folder, uids, sent: true, text: "no message there is flagged deleted" };
    }
    if (all && !(await context.confirm(`Remove ${count(uids)} flagged deleted for good?`))) {
      return { kind: "change", folder, uids: [], sent: true, text: "nothing was removed" };
    }
    const { sent } = await mail.remove(folder, uids);
    return { kind: "change", folder, uids, sent, text: `removed ${count(uids)} for good` };
  },
});

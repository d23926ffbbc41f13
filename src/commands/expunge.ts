import { defineCommand } from "./definition.ts";
import { count } from "./flag.ts";
import { resolveMessages } from "./ids.ts";

export const expunge = defineCommand({
  name: "expunge",
  summary:
    "Remove for good the messages flagged \\Deleted: those named, or with --all every one in the folder",
  imap: "UID EXPUNGE",
  args: { id: { type: "messages", repeat: true, help: "only these of the deleted messages" } },
  options: { all: { type: "flag", help: "every message flagged \\Deleted, whoever flagged it" } },
  returns: ["change"],
  changes: true,
  async run(context, { id, all }) {
    const { mail } = context;
    const chosen = all ? null : await resolveMessages(context, id);
    const folder = chosen?.folder ?? (await context.folder());
    const deleted = await mail.search(folder, "is:deleted");
    const named = chosen?.uids ?? deleted;
    const uids = named.filter((uid) => deleted.includes(uid));
    if (uids.length === 0) {
      return { kind: "change", folder, uids, sent: true, text: "no message there is flagged deleted" };
    }
    if (context.dryRun) {
      const text = `would remove ${count(uids)} for good`;
      return { kind: "change", folder, uids, sent: true, dryRun: true, text };
    }
    if (all && !(await context.confirm(`Remove ${count(uids)} flagged deleted for good?`))) {
      return { kind: "change", folder, uids: [], sent: true, text: "nothing was removed" };
    }
    const { sent } = await mail.remove(folder, uids);
    return { kind: "change", folder, uids, sent, text: `removed ${count(uids)} for good` };
  },
});

import { defineCommand } from "./definition.ts";
import { count } from "./flag.ts";
import { resolveMessages } from "./ids.ts";
import { transferParams, transferred } from "./transfer.ts";

export const deleteMessages = defineCommand({
  name: "delete",
  aliases: ["rm"],
  summary: "Move messages to the Trash; in the Trash, or with --permanent, remove them for good",
  imap: "UID MOVE; for good: UID STORE +FLAGS (\\Deleted), UID EXPUNGE",
  args: transferParams.args,
  options: { permanent: { type: "flag", help: "remove them for good: this cannot be undone" } },
  returns: ["change"],
  changes: true,
  async run(context, { id, permanent }) {
    const { folder, uids } = await resolveMessages(context, id);
    if (!permanent && folder.role !== "trash")
      return transferred(context, "move", { folder, uids }, await context.mail.findFolder("@trash"));
    if (context.dryRun) {
      const text = `would remove ${count(uids)} for good`;
      return { kind: "change", folder, uids, sent: true, dryRun: true, text };
    }
    if (!permanent && !(await context.confirm(`Remove ${count(uids)} for good?`))) {
      return { kind: "change", folder, uids: [], sent: true, text: "nothing was removed" };
    }
    const { sent } = await context.mail.remove(folder, uids);
    return { kind: "change", folder, uids, sent, text: `removed ${count(uids)} for good` };
  },
});

import { defineCommand } from "./definition.ts";
import { count } from "./flag.ts";
import { resolveIds } from "./ids.ts";
import { transfer, transferParams } from "./transfer.ts";

export const deleteMessages = defineCommand({
  name: "delete",
  aliases: ["rm"],
  summary: "Move messages to the Trash; in the Trash, or with --permanent, remove them for good",
  imap: "UID MOVE; for good: UID STORE +FLAGS (\\Deleted), UID EXPUNGE",
  args: transferParams.args,
  options: { permanent: { type: "flag", help: "remove them for good: this cannot be undone" } },
  async run(context, { id, permanent }) {
    const folder = await context.folder();
    if (!permanent && folder.role !== "trash") return transfer(context, "move", id, "@trash");
    const uids = await resolveIds(context, folder, id);
    if (!permanent && !(await context.confirm(`Remove ${count(uids)} for good?`))) {
      return { kind: "change", folder, uids: [], sent: true, text: "nothing was removed" };
    }
    const { sent } = await context.mail.remove(folder, uids);
    return { kind: "change", folder, uids, sent, text: `removed ${count(uids)} for good` };
  },
});

import { defineCommand } from "./definition.ts";
import { resolveMessages } from "./ids.ts";
import { transferParams, transferred } from "./transfer.ts";

export const junk = defineCommand({
  name: "junk",
  aliases: ["spam"],
  summary: "Move messages to the Junk folder, marked as junk; with --not, back to the inbox, marked as not",
  imap: "UID STORE ($Junk, $NotJunk), UID MOVE",
  args: transferParams.args,
  options: { not: { type: "flag", help: "they are no junk" } },
  returns: ["change"],
  changes: true,
  async run(context, { id, not }) {
    const { mail } = context;
    const { folder, uids } = await resolveMessages(context, id);
    const target = await mail.findFolder(not ? "INBOX" : "@junk");
    const [gone, come] = not ? ["$Junk", "$NotJunk"] : ["$NotJunk", "$Junk"];
    if (!context.dryRun)
      // Filters learn from the keywords (RFC 5788); a folder that keeps none is no reason to leave junk where it is.
      await Promise.all([
        mail.flag(folder, uids, "remove", [gone]).catch(() => undefined),
        mail.flag(folder, uids, "add", [come]).catch(() => undefined),
      ]);
    return transferred(context, "move", { folder, uids }, target);
  },
});

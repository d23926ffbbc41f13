import { defineCommand } from "./definition.ts";
import { splitFlagWords } from "./flags.ts";
import { resolveMessages } from "./ids.ts";

export const flag = defineCommand({
  name: "flag",
  aliases: ["tag"],
  summary: "Set, remove or toggle flags and keywords: flag 5 +seen -flagged, flag 1:9 +$Work",
  imap: "UID STORE",
  args: {
    words: { type: "messages", repeat: true, required: true, help: "ids, and +FLAG, -FLAG or toggle FLAG" },
  },
  options: {},
  returns: ["change"],
  changes: true,
  async run(context, { words }) {
    const { mail } = context;
    const { ids, changes } = splitFlagWords(words);
    const { folder, uids } = await resolveMessages(context, ids);
    let sent = true;
    const done: string[] = [];
    for (const { mode, flag } of changes) {
      const add = mode === "add" || (mode === "toggle" && !(await mail.allHave(folder, uids, flag)));
      if (!context.dryRun)
        sent = (await mail.flag(folder, uids, add ? "add" : "remove", [flag])).sent && sent;
      done.push(`${add ? "+" : "-"}${flag.replace("\\", "")}`);
    }
    const text = `${context.dryRun ? "would set " : ""}${done.join(" ")} on ${count(uids)}`;
    return { kind: "change", folder, uids, sent, text, dryRun: context.dryRun ?? false };
  },
});

/** "1 message", "3 messages". */
export function count(uids: readonly number[]): string {
  return uids.length === 1 ? "1 message" : `${uids.length} messages`;
}

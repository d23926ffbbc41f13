import { defineCommand } from "./definition.ts";
import { splitFlagWords } from "./flags.ts";
import { resolveIds } from "./ids.ts";

export const flag = defineCommand({
  name: "flag",
  aliases: ["tag"],
  summary: "Set, remove or toggle flags and keywords: flag 5 +seen -flagged, flag 1:9 +$Work",
  imap: "UID STORE",
  args: {
    words: { type: "messages", repeat: true, required: true, help: "ids, and +FLAG, -FLAG or toggle FLAG" },
  },
  options: {},
  async run(context, { words }) {
    const { mail } = context;
    const { ids, changes } = splitFlagWords(words);
    const folder = await context.folder();
    const uids = await resolveIds(context, folder, ids);
    let sent = true;
    const done: string[] = [];
    for (const { mode, flag } of changes) {
      const add = mode === "add" || (mode === "toggle" && !(await mail.allHave(folder, uids, flag)));
      sent = (await mail.flag(folder, uids, add ? "add" : "remove", [flag])).sent && sent;
      done.push(`${add ? "+" : "-"}${flag.replace("\\", "")}`);
    }
    return { kind: "change", folder, uids, sent, text: `${done.join(" ")} on ${count(uids)}` };
  },
});

/** "1 message", "3 messages". */
export function count(uids: readonly number[]): string {
  return uids.length === 1 ? "1 message" : `${uids.length} messages`;
}

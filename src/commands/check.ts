import { defineCommand } from "./definition.ts";

export const check = defineCommand({
  name: "check",
  summary: "Tell how many messages of the folder are unread, without opening it",
  imap: "STATUS",
  args: {},
  options: {
    "exit-code": { type: "flag", help: "end with 0 where there are any, with 1 where there are none" },
  },
  returns: ["count"],
  async run({ mail, folder: chosen }, { "exit-code": asks }) {
    const folder = await chosen();
    const { unread } = await mail.server.counts(folder);
    const count = unread ?? 0;
    return { kind: "count", folder, count, notes: [], nothing: asks && count === 0 };
  },
});

import { defineCommand } from "./definition.ts";

export const quota = defineCommand({
  name: "quota",
  aliases: [],
  summary: "Show how much room there is on the server for the folder, and how much of it is used",
  imap: "GETQUOTAROOT",
  args: {},
  options: {},
  returns: ["quota"],
  async run(context) {
    return { kind: "quota", items: await context.mail.server.quota(await context.folder()) };
  },
});

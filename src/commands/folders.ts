import { defineCommand } from "./definition.ts";

export const folders = defineCommand({
  name: "folders",
  aliases: ["mailboxes"],
  summary: "List the folders with their unread and total counts",
  imap: "LIST, STATUS",
  args: {},
  options: {},
  returns: ["folders"],
  async run({ mail }) {
    return { kind: "folders", items: await mail.refreshFolders() };
  },
});

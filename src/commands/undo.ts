import { defineCommand } from "./definition.ts";

export const undo = defineCommand({
  name: "undo",
  summary: "Take back the last change of this session",
  imap: "UID MOVE back, UID STORE",
  args: {},
  options: {},
  screenOnly: true,
  async run(context) {
    const { text, folder, sent } = await context.mail.undo();
    return { kind: "change", folder, uids: [], sent, text };
  },
});

import { defineCommand } from "./definition.ts";

export const undo = defineCommand({
  name: "undo",
  summary:
    "Take back the last change, of whatever session, or on the screen a message that is about to be sent; again for the one before it",
  imap: "UID MOVE back, UID STORE, RENAME back",
  args: {},
  options: {},
  returns: ["change"],
  changes: true,
  async run(context) {
    const { text, folder, sent } = await context.mail.undo();
    return { kind: "change", folder, uids: [], sent, text };
  },
});

export const redo = defineCommand({
  name: "redo",
  summary: "Do again what was taken back last",
  imap: "UID MOVE, UID STORE, APPEND",
  args: {},
  options: {},
  returns: ["change"],
  changes: true,
  async run(context) {
    const { text, folder, sent } = await context.mail.redo();
    return { kind: "change", folder, uids: [], sent, text };
  },
});

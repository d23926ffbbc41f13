import { defineCommand } from "./definition.ts";
import { transfer, transferParams } from "./transfer.ts";

export const move = defineCommand({
  name: "move",
  aliases: ["mv"],
  summary: "Move messages to another folder",
  imap: "UID MOVE, or UID COPY + UID STORE + UID EXPUNGE; to another account APPEND + UID MOVE",
  ...transferParams,
  returns: ["change"],
  changes: true,
  run: (context, { id, to, create }) => transfer(context, "move", id, to, create),
});

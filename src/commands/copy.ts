import { defineCommand } from "./definition.ts";
import { transfer, transferParams } from "./transfer.ts";

export const copy = defineCommand({
  name: "copy",
  aliases: ["cp"],
  summary: "Copy messages to another folder",
  imap: "UID COPY; to another account APPEND",
  ...transferParams,
  returns: ["change"],
  changes: true,
  run: (context, { id, to, create }) => transfer(context, "copy", id, to, create),
});

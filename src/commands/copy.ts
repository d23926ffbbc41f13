import { defineCommand } from "./definition.ts";
import { transfer, transferParams } from "./transfer.ts";

export const copy = defineCommand({
  name: "copy",
  aliases: ["cp"],
  summary: "Copy messages to another folder",
  imap: "UID COPY",
  ...transferParams,
  run: (context, { id, to }) => transfer(context, "copy", id, to),
});

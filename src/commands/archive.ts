import { defineCommand } from "./definition.ts";
import { transfer, transferParams } from "./transfer.ts";

export const archive = defineCommand({
  name: "archive",
  summary: "Move messages to the Archive folder",
  imap: "UID MOVE",
  args: transferParams.args,
  options: {},
  returns: ["change"],
  changes: true,
  run: (context, { id }) => transfer(context, "move", id, "@archive"),
});

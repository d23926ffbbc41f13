import { defineCommand } from "./definition.ts";
import { fateOptions, messageOptions, withOptions } from "./writing/options.ts";
import { openDesk, write } from "./writing/write.ts";

export const mailto = defineCommand({
  name: "mailto",
  summary:
    "Write a message that a mailto address begins: its recipients, subject and text, and nothing else of it",
  imap: "APPEND to Drafts and Sent; SMTP",
  args: { address: { type: "text", required: true, help: "mailto:… (RFC 6068)" } },
  options: { ...messageOptions, ...fateOptions },
  returns: ["written", "bytes"],
  changes: true,
  alone: true,
  async run(context, values) {
    const desk = await openDesk(context);
    const { mailtoDraft } = await import("../send/reply/anew.ts");
    const draft = await withOptions(context, mailtoDraft(desk.writing, values.address), values);
    return write(context, desk, { draft, complete: values.body !== undefined }, values);
  },
});

import { defineCommand } from "./definition.ts";
import { fateOptions, messageOptions, templateOption, withOptions } from "./writing/options.ts";
import { openDesk, write } from "./writing/write.ts";

export const compose = defineCommand({
  name: "compose",
  aliases: ["mail"],
  summary: "Write a message: in your editor where there is a terminal, else from options and standard input",
  imap: "APPEND to Drafts and Sent; SMTP",
  args: { recipient: { type: "address", repeat: true, help: "who it is to, as with --to" } },
  options: { ...messageOptions, ...templateOption, ...fateOptions },
  returns: ["written", "bytes"],
  changes: true,
  alone: true,
  async run(context, values) {
    const desk = await openDesk(context);
    const { newDraft } = await import("../send/reply/anew.ts");
    const { from } = values;
    // Whom the command line names comes first: a template speaks to them.
    const to = [...values.recipient, ...values.to].join(", ");
    const begun = newDraft(desk.writing, { to, ...(from === undefined ? {} : { from }) });
    const draft = await withOptions(
      context,
      begun,
      { ...values, to: [] },
      { kind: "new", template: values.template, writing: desk.writing },
    );
    return write(context, desk, { draft, complete: values.body !== undefined }, values);
  },
});

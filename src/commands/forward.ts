import { defineCommand } from "./definition.ts";
import { resolveMessage } from "./ids.ts";
import { fateOptions, messageOptions, templateOption, withOptions } from "./writing/options.ts";
import { openDesk, write } from "./writing/write.ts";

export const forward = defineCommand({
  name: "forward",
  summary: "Pass a message on: in the text with its files, or as a whole",
  imap: "UID FETCH; GENURLAUTH; APPEND (CATENATE) to Drafts and Sent; SMTP (BURL); UID STORE +FLAGS ($Forwarded)",
  args: { id: { type: "messages", repeat: true, help: "the message, as list shows it" } },
  options: {
    ...messageOptions,
    ...templateOption,
    attached: { type: "flag", help: "as a whole, as an attachment" },
    ...fateOptions,
  },
  returns: ["written", "bytes"],
  changes: true,
  alone: true,
  async run(context, values) {
    const { mail } = context;
    const { folder, uid } = await resolveMessage(context, values.id);
    const desk = await openDesk(context);
    const { original, uidValidity } = await desk.original(folder, uid);
    const [{ forward: passOn }, { passParts, passWhole }] = await Promise.all([
      import("../send/reply/forward.ts"),
      import("../send/reply/parts.ts"),
    ]);
    const id = desk.drafts.newId();
    const directory = desk.drafts.filesOf(id);
    const attachments = values.attached
      ? [await passWhole(mail, original, directory)]
      : await passParts(mail, original, directory);
    const { from } = values;
    const inline = !values.attached;
    const passed = passOn(original, desk.writing, uidValidity, { inline, attachments, from });
    const draft = await withOptions(context, passed, values, {
      kind: "forward",
      template: values.template,
      writing: desk.writing,
      original: original.message,
    });
    return write(context, desk, { draft, id, complete: values.body !== undefined }, values);
  },
});

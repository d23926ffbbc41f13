import type { DraftAttachment } from "../send/compose/draft.ts";
import { defineCommand } from "./definition.ts";
import { resolveTogether } from "./ids.ts";
import { fateOptions, messageOptions, templateOption, withOptions } from "./writing/options.ts";
import { openDesk, write } from "./writing/write.ts";

export const forward = defineCommand({
  name: "forward",
  summary: "Pass messages on in one: in its text, with their files, or each as a whole",
  imap: "UID FETCH; GENURLAUTH; APPEND (CATENATE) to Drafts and Sent; SMTP (BURL); UID STORE +FLAGS ($Forwarded)",
  args: { id: { type: "messages", repeat: true, help: "the messages, as list shows them" } },
  options: {
    ...messageOptions,
    ...templateOption,
    attached: { type: "flag", help: "each as a whole, as an attachment" },
    ...fateOptions,
  },
  returns: ["written", "bytes"],
  changes: true,
  alone: true,
  together: true,
  async run(context, values) {
    const { mail } = context;
    const chosen = await resolveTogether(context, values.id);
    const desk = await openDesk(context);
    const originals = await desk.originals(chosen);
    const [{ forward: passOn }, { passParts, passWhole }] = await Promise.all([
      import("../send/reply/forward.ts"),
      import("../send/reply/parts.ts"),
    ]);
    const id = desk.drafts.newId();
    const directory = desk.drafts.filesOf(id);
    const attachments: DraftAttachment[] = [];
    // One after the other: what is saved takes no name that another has.
    for (const original of originals)
      attachments.push(
        ...(values.attached
          ? [await passWhole(mail, original, directory)]
          : await passParts(mail, original, directory)),
      );
    const { from } = values;
    const inline = !values.attached;
    const passed = passOn(originals, desk.writing, { inline, attachments, from });
    const draft = await withOptions(context, passed, values, {
      kind: "forward",
      template: values.template,
      writing: desk.writing,
      original: originals[0].message,
    });
    return write(context, desk, { draft, id, complete: values.body !== undefined }, values);
  },
});

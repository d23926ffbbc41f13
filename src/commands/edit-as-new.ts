import { defineCommand } from "./definition.ts";
import { resolveMessage } from "./ids.ts";
import { fateOptions, messageOptions, withOptions } from "./writing/options.ts";
import { openDesk, write } from "./writing/write.ts";

export const editAsNew = defineCommand({
  name: "edit-as-new",
  aliases: ["resume"],
  summary: "Write a message anew from one that there is; a draft of the Drafts folder is gone on with",
  imap: "UID FETCH; APPEND to Drafts and Sent; SMTP; UID EXPUNGE of the draft once it is sent",
  args: { id: { type: "messages", repeat: true, help: "the message, as list shows it" } },
  options: { ...messageOptions, ...fateOptions },
  returns: ["written", "bytes"],
  changes: true,
  alone: true,
  async run(context, values) {
    const { folder, uid } = await resolveMessage(context, values.id);
    const desk = await openDesk(context);
    const original = await desk.original(folder, uid);
    const [{ editAsNew: anew }, { saveParts }] = await Promise.all([
      import("../send/reply/anew.ts"),
      import("../send/reply/parts.ts"),
    ]);
    const flags = context.mail.message(folder, uid)?.flags ?? [];
    const isDraft = folder.role === "drafts" || flags.includes("\\Draft");
    const place = { path: folder.path, uidValidity: original.uidValidity, uid };
    const kept = isDraft ? await desk.draftAt(place) : null;
    const id = kept?.id ?? desk.drafts.newId();
    const begun =
      kept?.draft ??
      anew(original, desk.writing, await saveParts(context.mail, original, desk.drafts.filesOf(id)), isDraft);
    const draft = await withOptions(context, begun, values);
    // It takes the place of the one on the server, and that one goes when it is sent.
    if (isDraft && !values.print && !context.dryRun) await desk.drafts.setPlace(id, place);
    const complete = values.body !== undefined;
    return write(
      context,
      desk,
      { draft, id, complete, begun: isDraft, spoilt: kept?.spoilt ?? null },
      values,
    );
  },
});

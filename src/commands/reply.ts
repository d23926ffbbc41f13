import type { ReplyKind } from "../send/reply/recipients.ts";
import { type Command, defineCommand } from "./definition.ts";
import { resolveTogether } from "./ids.ts";
import { fateOptions, messageOptions, templateOption, withOptions } from "./writing/options.ts";
import { openDesk, write } from "./writing/write.ts";

function answer(kind: ReplyKind, summary: string, aliases: readonly string[] = []): Command {
  return defineCommand({
    name: kind,
    aliases,
    summary,
    imap: "UID FETCH; APPEND to Drafts and Sent; SMTP; UID STORE +FLAGS (\\Answered)",
    args: {
      id: { type: "messages", repeat: true, help: "the message, or several that one answers at once" },
    },
    options: {
      ...messageOptions,
      ...templateOption,
      quote: { type: "flag", help: "quote the message below the text that a script gives" },
      ...fateOptions,
    },
    returns: ["written", "bytes"],
    changes: true,
    alone: true,
    together: true,
    async run(context, values) {
      const chosen = await resolveTogether(context, values.id);
      const desk = await openDesk(context);
      const originals = await desk.originals(chosen);
      const [{ replyTo }, { factsOf }] = await Promise.all([
        import("../send/reply/reply.ts"),
        import("../send/reply/warnings.ts"),
      ]);
      const quote = values.quote || context.writer !== undefined;
      const answered = replyTo(kind, originals, desk.writing, { quote, from: values.from });
      const draft = await withOptions(context, answered, values, {
        kind: "reply",
        template: values.template,
        writing: desk.writing,
        original: originals[0].message,
      });
      const facts = factsOf(originals, desk.writing);
      return write(context, desk, { draft, facts, complete: values.body !== undefined }, values);
    },
  });
}

export const reply = answer("reply", "Answer the author of a message, or whom they ask to answer", [
  "answer",
]);
export const replyAll = answer("reply-all", "Answer all that a message was for", ["group-reply"]);
export const replyList = answer("reply-list", "Answer to the mailing list that a message came by");

import { type Context, defineCommand } from "./definition.ts";
import { resolveMessage } from "./ids.ts";
import type { Result } from "./result.ts";
import { answered, nothingDone } from "./writing/answered.ts";
import { openDesk } from "./writing/write.ts";

export const unsubscribe = defineCommand({
  name: "unsubscribe",
  summary:
    "Leave the mailing list that a message came by: by one POST where it offers that (RFC 8058), else by mail, else on its page; asks first",
  imap: "UID FETCH; HTTPS, or SMTP and APPEND to Sent",
  args: { id: { type: "messages", repeat: true, help: "a message of the list" } },
  options: { mail: { type: "flag", help: "by mail, even if there is another way" } },
  returns: ["written"],
  changes: true,
  alone: true,
  async run(context, values) {
    const { folder, uid } = await resolveMessage(context, values.id);
    const desk = await openDesk(context);
    const { original } = await desk.original(folder, uid);
    const { leavingDraft, waysOut } = await import("../send/answers/leaving.ts");
    const { post, page, to, unproven } = waysOut(original.message);
    const doubt = unproven ? " (unproven sender)" : "";
    if (post !== null && !values.mail) {
      const { host } = new URL(post);
      if (context.dryRun) return nothingDone(`would post to ${host}`);
      if (!(await context.confirm(`POST to ${host} to leave this list?${doubt}`))) return stayed;
      const { MailError, postOneClick } = await import("../mail/index.ts");
      try {
        await postOneClick(post, context.signal ?? new AbortController().signal);
        return told("sent", `${host} says that you are off the list`);
      } catch (error) {
        if (!(error instanceof MailError) || error.code === "CANCELLED" || !context.open) throw error;
        if (!(await context.confirm(`${error.message}. Open its page?`))) return stayed;
        return opened(context, post);
      }
    }
    if (to.length > 0 || values.mail) {
      const draft = leavingDraft(original, desk.writing);
      const people = to.join(", ");
      if (!context.dryRun && !(await context.confirm(`Write to ${people} to leave this list?${doubt}`)))
        return stayed;
      return answered(context, desk, `a message to ${people}`, (by, notBefore) =>
        by.post(draft, { notBefore }),
      );
    }
    const address = page ?? "";
    if (!context.open || context.dryRun) return nothingDone(`this list is left on its page: ${address}`);
    if (!(await context.confirm(`Open ${new URL(address).host} to leave this list?${doubt}`))) return stayed;
    return opened(context, address);
  },
});

const stayed = nothingDone("you stay on the list");

const told = (state: "sent" | "nothing", text: string): Result => ({
  ...{ kind: "written", state, text, id: null, messageId: null, notes: [] },
});

async function opened(context: Context, page: string): Promise<Result> {
  return nothingDone((await context.open?.(page)) ?? page);
}

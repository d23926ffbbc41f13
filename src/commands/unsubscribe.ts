import { type Context, defineCommand } from "./definition.ts";
import { resolveMessage } from "./ids.ts";
import { answered } from "./writing/answered.ts";
import { openDesk } from "./writing/write.ts";
import { type Written, written } from "./writing/writer.ts";

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
    const original = await desk.original(folder, uid);
    const { leavingDraft, waysOut } = await import("../send/answers/leaving.ts");
    const { post, page, to, unproven } = waysOut(original.message);
    const doubt = unproven ? " (unproven sender)" : "";
    if (post !== null && !values.mail) return byPost(context, post, doubt);
    if (to.length > 0 || values.mail) {
      const draft = leavingDraft(original, desk.writing);
      const people = to.join(", ");
      if (!context.dryRun && !(await context.confirm(`Write to ${people} to leave this list?${doubt}`)))
        return stayed;
      return answered(context, desk, `a message to ${people}`, (by, notBefore) =>
        by.post(draft, { notBefore }),
      );
    }
    return onPage(context, page ?? "", (host) => `Open ${host} to leave this list?${doubt}`);
  },
});

const stayed = written("nothing", "you stay on the list");

async function byPost(context: Context, post: string, doubt: string): Promise<Written> {
  const { host } = new URL(post);
  if (context.dryRun) return written("nothing", `would post to ${host}`);
  if (!(await context.confirm(`POST to ${host} to leave this list?${doubt}`))) return stayed;
  const { MailError, postOneClick } = await import("../mail/index.ts");
  const { signal = new AbortController().signal } = context;
  try {
    const work = (until: AbortSignal) => postOneClick(post, until);
    await (context.waiting?.("leaving the list…", work) ?? work(signal));
  } catch (error) {
    if (!context.openPage || !(error instanceof MailError) || error.code === "CANCELLED") throw error;
    return onPage(context, post, () => `${error.message}. Open its page?`);
  }
  const text = `${host} says that you are off the list`;
  return written("sent", text);
}

/** Leaves it to the person, on a page. */
async function onPage(context: Context, page: string, question: (host: string) => string): Promise<Written> {
  if (!context.openPage || context.dryRun)
    return written("nothing", `this list is left on its page: ${page}`);
  if (!(await context.confirm(question(new URL(page).host)))) return stayed;
  return written("nothing", await context.openPage(page));
}

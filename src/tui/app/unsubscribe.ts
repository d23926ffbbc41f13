/** Leaving the mailing list that the open message came by: always asked first. */
import { UsageError } from "../../commands/index.ts";
import { MailError, postOneClick } from "../../mail/index.ts";
import { describeAuthentication } from "../../message/authentication.ts";
import type { Unsubscribe } from "../../message/mailing-list.ts";
import type { ReadableMessage } from "../../message/types.ts";
import type { App } from "./app.ts";
import { openReader } from "./opening.ts";
import { openPage } from "./outside.ts";

/** A list that is left tells its sender that somebody reads here: worth a word where the sender may be another. */
function doubt({ authentication, headers }: ReadableMessage): string {
  const proven =
    authentication &&
    describeAuthentication(authentication, headers.from[0]?.email ?? "").verdict === "proven";
  return proven ? "" : " (unproven sender)";
}

export async function unsubscribe(app: App): Promise<void> {
  const { message } = openReader(app);
  const leaving = message?.list?.unsubscribe;
  if (!message || !leaving)
    throw new UsageError("this message does not say how to leave a list", "look for a link in its text");
  const { page, oneClick } = leaving;
  if (page === null) {
    await byMail(app, message, leaving);
    return;
  }
  if (!URL.canParse(page)) throw new UsageError(`the way out is no address: ${page}`, "nothing can be done");
  const { host, href } = new URL(page);
  if (oneClick) {
    if (!(await app.dialog.confirm(`POST to ${host} to leave this list?${doubt(message)}`))) return;
    try {
      await app.tasks.run("leaving the list…", (signal) => postOneClick(href, signal));
      app.say(`${host} says that you are off the list`);
      return;
    } catch (error) {
      if (!(error instanceof MailError) || error.code === "CANCELLED") throw error;
      if (!(await app.dialog.confirm(`${error.message}. Open its page?`))) return;
    }
  } else if (!(await app.dialog.confirm(`Open ${host} to leave this list?${doubt(message)}`))) return;
  await openPage(app, href);
}

/** Writes what the list asks for, from the address that it has; it goes out as any message does. */
async function byMail(app: App, message: ReadableMessage, { mail }: Unsubscribe): Promise<void> {
  if (!mail) return;
  const to = mail.to.join(", ");
  if (!(await app.dialog.confirm(`Write to ${to} to leave this list?${doubt(message)}`))) return;
  const [{ Desk }, { newDraft }, { chooseIdentity }] = await Promise.all([
    import("../../send/desk.ts"),
    import("../../send/reply/anew.ts"),
    import("../../send/reply/identity.ts"),
  ]);
  const desk = new Desk(app.mail);
  const { to: people, cc } = message.headers;
  const { address } = chooseIdentity(
    desk.writing,
    [...people, ...cc].map(({ email }) => email),
  );
  const { subject } = mail;
  const draft = newDraft(desk.writing, { from: address, to, subject: subject || "unsubscribe" });
  const entry = await desk.post({ ...draft, body: `${mail.body}\n` });
  app.say(`a message to ${to} is on its way (:outbox drop ${entry.id} stops it)`);
}

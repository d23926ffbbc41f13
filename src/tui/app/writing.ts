/** Writing on the screen: a line for whom it is to, the person's editor, then the message as it has become. */
import { imapUrl } from "../../commands/ids.ts";
import { editFile } from "../../commands/writing/talk.ts";
import { discarded } from "../../commands/writing/write.ts";
import type { Wish, Writer, Written } from "../../commands/writing/writer.ts";
import type { Composition } from "../../send/composition.ts";
import type { App } from "./app.ts";
import { showResult } from "./results.ts";
import { ReviewPage } from "./review.ts";

export function writerOf(app: App): Writer {
  return {
    write: (composition, wish) => write(app, composition, wish),
    lend: (work) => app.host.handOver(work),
    posted: (desk, entry) => app.outgoing.posted(desk, entry, null),
  };
}

async function write(app: App, composition: Composition, wish: Wish): Promise<Written> {
  app.outgoing.back(composition.id);
  if (!wish.complete) {
    if (!wish.begun && !(await addressed(app, composition))) return discarded(composition);
    await editDraft(app, composition);
  }
  return ReviewPage.open(app, composition, wish.notBefore);
}

/** Goes on with a message that was sent, or left. */
export function writeOn(app: App, composition: Composition): void {
  const work = ReviewPage.open(app, composition, null);
  app.try(work.then((result) => showResult(app, result, composition.desk.mail)));
}

/** A new message; where some were left unfinished, first asks whether to go on with those. */
export async function composeOrGoOn(app: App): Promise<void> {
  const { Desk } = await import("../../send/desk.ts");
  const { here, there } = await new Desk(app.mail).postponed();
  const many = here.length + there.length;
  const what = many === 1 ? "the message" : `one of the ${many} messages`;
  const goesOn = many > 0 && (await app.dialog.confirm(`Go on with ${what} you postponed?`));
  const [first] = here;
  const [only] = there;
  if (!goesOn) app.execute("compose", null);
  else if (only === undefined) app.execute(many === 1 ? `draft edit ${first?.id}` : "draft", null);
  else if (many > 1 || app.list.source.merged) app.execute("go @drafts", null);
  else app.execute(`edit-as-new ${imapUrl(null, only.folder, only.uid)}`, null);
}

/** Asks for what a new message lacks; false where the person will not write it after all. */
async function addressed(app: App, composition: Composition): Promise<boolean> {
  const { fields } = await composition.review();
  const text = (wanted: string) => fields.find(({ name }) => name === wanted)?.value ?? "";
  if (["To", "Cc", "Bcc"].some((name) => text(name) !== "")) return true;
  const complete = app.addressBook.completion(composition.desk.mail);
  const to = await app.dialog.ask({ prefix: "To: ", text: "", emptyToo: true, complete });
  if (to === null) return false;
  if (to !== "") await composition.set("To", to);
  if (text("Subject") !== "") return true;
  const subject = await app.dialog.ask({ prefix: "Subject: ", text: "", emptyToo: true });
  if (subject) await composition.set("Subject", subject);
  return true;
}

/** Lends the terminal to the person's editor. */
export async function editDraft(app: App, composition: Composition): Promise<void> {
  const fine = await app.host.handOver(() => composition.edit(editFile));
  if (!fine) app.say("the editor ended with an error", true);
}

/** A person at a shell's terminal: the editor, what the message has become, a question; over again until it is decided. */
import { formatSize } from "../../mail/format.ts";
import type { Composition } from "../../send/composition.ts";
import { SendError } from "../../send/errors.ts";
import type { Entry } from "../../send/outbox/entry.ts";
import { type Talk, terminalTalk } from "./talk.ts";
import { deliverNow, discarded, keepDraft, scheduled, secondsOf } from "./write.ts";
import type { Wish, Written } from "./writer.ts";

export async function converse(composition: Composition, { complete, notBefore }: Wish): Promise<Written> {
  const talk = terminalTalk;
  if (!complete) await edit(composition, talk);
  for (;;) {
    const { spoilt } = composition;
    if (spoilt) tell(talk, spoilt);
    else await review(composition, talk);
    const question = spoilt
      ? "[e]dit again, [p] keep as a draft? "
      : "[y] send, [e]dit, [a]ttach, [n] discard, [p] keep as a draft? ";
    switch (await talk.ask(question, spoilt ? "ep" : "yeanp")) {
      case "p":
        return keepDraft(composition);
      case "e":
        await edit(composition, talk);
        break;
      case "a":
        await attach(composition, talk);
        break;
      case "n":
        if ((await talk.ask("discard this message? [y/n] ", "yn")) !== "y") break;
        return discarded(composition);
      default: {
        const sent = await send(composition, talk, notBefore);
        if (sent) return sent;
      }
    }
  }
}

function tell(talk: Talk, error: SendError): void {
  talk.say(`! ${error.message}`);
  talk.say(`  ${error.hint}`);
}

async function edit(composition: Composition, talk: Talk): Promise<void> {
  if (!(await composition.edit((file) => talk.edit(file)))) talk.say("the editor ended with an error");
}

async function review(composition: Composition, talk: Talk): Promise<void> {
  const { fields, files, protection, problem, warnings } = await composition.review();
  talk.say("");
  for (const { name, value } of fields)
    if (value !== "" || name === "Subject") talk.say(`${`${name}:`.padEnd(9)} ${value}`);
  for (const { name, size } of files)
    talk.say(`Attached: ${name} (${size === null ? "not there" : formatSize(size)})`);
  const done = [protection.sign ? "signed" : "", protection.encrypt ? "encrypted" : ""].filter(Boolean);
  if (done.length > 0) talk.say(`Protect:  ${done.join(", ")}`);
  for (const warning of warnings) talk.say(`! ${warning}`);
  if (problem) tell(talk, problem);
}

async function attach(composition: Composition, talk: Talk): Promise<void> {
  const path = (await talk.line("file: "))?.trim();
  if (!path) return;
  await trying(talk, () => composition.attach(path));
}

/** Null where it cannot be done; what is wrong is told. */
async function trying<T>(talk: Talk, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SendError)) throw error;
    tell(talk, error);
    return null;
  }
}

/** Null where it cannot be sent as it is, or was called back. */
async function send(composition: Composition, talk: Talk, notBefore: number | null): Promise<Written | null> {
  const { desk } = composition;
  const delay = notBefore === null ? desk.writing.sendDelay : 0;
  const entry: Entry | null = await trying(talk, () => composition.post(notBefore ?? Date.now() + delay));
  if (!entry) return null;
  if (notBefore !== null) return scheduled(entry);
  if (await talk.wait(delay, `sending in ${secondsOf(delay)}; C-c calls it back`))
    return deliverNow(desk, entry);
  await desk.callBack(entry.id);
  return null;
}

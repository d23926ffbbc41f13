/** From a draft to what becomes of it: printed, kept, sent at once by a script, or edited and looked over by a person. */
import { formatSize } from "../../mail/format.ts";
import type { Draft } from "../../send/compose/draft.ts";
import type { Desk } from "../../send/desk.ts";
import type { Delivered } from "../../send/outbox/deliver.ts";
import type { Entry } from "../../send/outbox/entry.ts";
import type { WarningFacts } from "../../send/reply/warnings.ts";
import type { Context } from "../definition.ts";
import type { Result } from "../result.ts";
import type { FateValues } from "./options.ts";
import type { Talk, Writer } from "./talk.ts";
import { sendingTime } from "./time.ts";

export type Written = Extract<Result, { kind: "written" }>;

/** The account's desk; in a shell gpg may ask for a passphrase by it. */
export async function openDesk({ mail, crypto, writer }: Context): Promise<Desk> {
  const { Desk } = await import("../../send/desk.ts");
  return new Desk(mail, { crypto: { ...crypto, ask: writer?.waits ?? false } });
}

/** Does something that may need a passphrase: where it does, the person gets the terminal to type it. */
export async function asking<T>(
  { writer }: Context,
  desk: Desk,
  work: (desk: Desk) => Promise<T>,
): Promise<T> {
  try {
    return await work(desk);
  } catch (error) {
    const { SendError } = await import("../../send/errors.ts");
    if (!(error instanceof SendError) || error.code !== "PASSPHRASE" || !writer || desk.crypto.ask)
      throw error;
    return writer.talk(() => work(desk.asking()));
  }
}

export interface Beginning {
  readonly draft: Draft;
  /** Among the drafts; a new one where it is none yet. */
  readonly id?: string;
  readonly facts?: WarningFacts;
  /** Its text is there: the person looks it over, and edits it if they want to. */
  readonly complete: boolean;
}

/** Does with a draft what the command line says, or the person. */
export async function write(
  context: Context,
  desk: Desk,
  beginning: Beginning,
  { at, draft: keep, print }: FateValues,
): Promise<Result> {
  const { draft } = beginning;
  if (print) return printed(draft, desk);
  const notBefore = at === undefined ? null : sendingTime(at, Date.now());
  const id = beginning.id ?? desk.drafts.newId();
  if (context.dryRun) {
    const { envelope, messageId } = await desk.built(draft);
    const text = `would send a message to ${envelope.to.join(", ")}`;
    return { kind: "written", state: "nothing", text, id: null, messageId, notes: [] };
  }
  if (keep) return keepDraft(desk, id, draft);
  const { writer } = context;
  if (writer)
    return writer.talk((talk) =>
      new Conversation(desk.asking(), talk, writer, { ...beginning, id }).run(notBefore),
    );
  await desk.drafts.save(id, draft);
  const entry = await desk.post(draft, { draft: id, ...(notBefore === null ? {} : { notBefore }) });
  return notBefore === null ? deliverNow(desk, entry) : scheduled(entry);
}

async function printed(draft: Draft, desk: Desk): Promise<Result> {
  const { message } = await desk.built(draft, { unfinished: true });
  const stream = desk.mail.sending.pieces.stream(message());
  return { kind: "bytes", stream, fileName: null, mediaType: "message/rfc822" };
}

/** Keeps a draft here and, where there is a line, in the Drafts folder. */
export async function keepDraft(desk: Desk, id: string, draft: Draft): Promise<Written> {
  await desk.drafts.save(id, draft);
  const notes: string[] = [];
  try {
    await desk.drafts.push(id, desk.mail, desk.crypto);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    notes.push(`it is not in the Drafts folder yet: ${error.message}`);
  }
  return { kind: "written", state: "draft", text: `kept as draft ${id}`, id, messageId: null, notes };
}

function scheduled(entry: Entry): Written {
  const time = new Date(entry.notBefore).toLocaleString("sv-SE").slice(0, 16);
  const text = `message ${entry.id} is in the outbox until ${time}`;
  const notes = ["it is sent while a screen is open then, or by outbox flush"];
  return { kind: "written", state: "scheduled", text, id: entry.id, messageId: entry.messageId, notes };
}

/** Hands a message over now, and tells what came of it. Throws SendError "NOT_SENT" where a person has to decide. */
export async function deliverNow(desk: Desk, entry: Entry): Promise<Written> {
  const [delivered] = desk.mail.offline ? [] : await desk.deliver([entry.id]);
  return told(desk, entry, delivered ?? { entry, outcome: "waiting" });
}

async function told(desk: Desk, { id, messageId }: Entry, { entry, outcome }: Delivered): Promise<Written> {
  const { reason, envelope } = entry;
  if (outcome === "held") {
    const { SendError } = await import("../../send/errors.ts");
    const why = reason ?? { text: "it could not be sent", hint: "" };
    throw new SendError("NOT_SENT", why.text, `it is in the outbox as ${id}: ${why.hint}`);
  }
  const base = { kind: "written", id, messageId } as const;
  if (outcome !== "sent") {
    const why = reason === null ? "" : `: ${reason.text}`;
    return {
      ...base,
      state: "waits",
      text: `message ${id} waits in the outbox`,
      notes: [`not sent yet${why}`],
    };
  }
  // Those who were refused have an entry of their own.
  const left = await Promise.all([`${id}-t`, `${id}-r`].map((other) => desk.outbox.get(other)));
  const notes = left.flatMap((other) => (other?.reason ? [`${other.reason.text} (outbox ${other.id})`] : []));
  const refused = left.reduce((sum, other) => sum + (other?.envelope.to.length ?? 0), 0);
  const many = envelope.to.length - refused;
  if (reason !== null) notes.push(reason.text);
  return { ...base, state: "sent", text: `sent to ${many === 1 ? "1 address" : `${many} addresses`}`, notes };
}

/** A person at the terminal: the editor, what the message has become, a question; over again until it is decided. */
class Conversation {
  readonly #desk: Desk;
  readonly #talk: Talk;
  readonly #writer: Writer;
  readonly #beginning: Beginning;
  readonly #id: string;
  #draft: Draft;

  constructor(desk: Desk, talk: Talk, writer: Writer, beginning: Beginning & { id: string }) {
    this.#desk = desk;
    this.#talk = talk;
    this.#writer = writer;
    this.#beginning = beginning;
    this.#id = beginning.id;
    this.#draft = beginning.draft;
  }

  async run(notBefore: number | null): Promise<Written> {
    await this.#desk.drafts.save(this.#id, this.#draft);
    let readable = this.#beginning.complete || (await this.#edit());
    for (;;) {
      if (readable) await this.#review();
      const question = readable
        ? "[s]end, [e]dit, [a]ttach, [d]raft, [q] discard? "
        : "[e]dit again, keep as [d]raft? ";
      const answer = await this.#talk.ask(question, readable ? "seaqd" : "ed");
      if (answer === "d")
        return keepDraft(this.#desk, this.#id, (await this.#desk.drafts.get(this.#id)).draft);
      if (answer === "e") readable = await this.#edit();
      if (answer === "a") await this.#attach();
      if (answer === "q" && (await this.#discarded())) {
        return { kind: "written", state: "nothing", text: "discarded", id: null, messageId: null, notes: [] };
      }
      if (answer !== "s") continue;
      const sent = await this.#send(notBefore);
      if (sent) return sent;
    }
  }

  /** False where what was written cannot be read as a draft; it is kept as it is. */
  async #edit(): Promise<boolean> {
    const { drafts } = this.#desk;
    const file = await drafts.beginEditing(this.#id);
    if (!(await this.#talk.edit(file))) this.#talk.say("the editor ended with an error");
    return this.#trying(async () => {
      this.#draft = await drafts.endEditing(this.#id);
    });
  }

  /** Tells what is wrong with the message; false where something is. */
  async #trying(work: () => Promise<void>): Promise<boolean> {
    const { SendError } = await import("../../send/errors.ts");
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof SendError)) throw error;
      this.#talk.say(`! ${error.message}`);
      this.#talk.say(`  ${error.hint}`);
      return false;
    }
  }

  async #review(): Promise<void> {
    const [{ addressFields, listOf, fieldOf }, { warningsFor }, { attachedFile }, { stat }] =
      await Promise.all([
        import("../../send/compose/draft.ts"),
        import("../../send/reply/warnings.ts"),
        import("../../send/compose/build.ts"),
        import("node:fs/promises"),
      ]);
    this.#talk.say("");
    for (const name of addressFields) {
      const value = listOf(this.#draft, name);
      if (value !== "") this.#talk.say(`${`${name}:`.padEnd(9)} ${value}`);
    }
    this.#talk.say(`Subject:  ${fieldOf(this.#draft, "Subject")}`);
    for (const attachment of this.#draft.attachments) {
      const { part } = attachment;
      const size = part
        ? `${formatSize(part.size)}, from ${part.path}`
        : await stat(attachedFile(attachment)).then(
            (found) => formatSize(found.size),
            () => "not there",
          );
      this.#talk.say(`Attached: ${attachment.name ?? attachment.path} (${size})`);
    }
    const { writing, mail } = this.#desk;
    const known = mail.sending.writtenTo();
    const facts = {
      ...this.#beginning.facts,
      ...(known ? { known: (email: string) => known.has(email.toLowerCase()) } : {}),
    };
    for (const warning of warningsFor(this.#draft, writing, facts)) this.#talk.say(`! ${warning}`);
  }

  async #attach(): Promise<void> {
    const path = (await this.#talk.line("file: "))?.trim();
    if (!path) return;
    const attachment = {
      path,
      name: null,
      mediaType: null,
      disposition: "attachment",
      contentId: null,
    } as const;
    this.#draft = { ...this.#draft, attachments: [...this.#draft.attachments, attachment] };
    await this.#desk.drafts.save(this.#id, this.#draft);
  }

  async #discarded(): Promise<boolean> {
    if ((await this.#talk.ask("discard this message? [y/n] ", "yn")) !== "y") return false;
    await this.#desk.drafts.remove(this.#id, this.#desk.mail);
    return true;
  }

  /** Null where it cannot be sent as it is, or was called back. */
  async #send(notBefore: number | null): Promise<Written | null> {
    const desk = this.#desk;
    const delay = notBefore === null ? desk.writing.sendDelay : 0;
    let entry: Entry | null = null;
    await this.#trying(async () => {
      entry = await desk.post(this.#draft, { draft: this.#id, notBefore: notBefore ?? Date.now() + delay });
    });
    const posted = entry as Entry | null;
    if (!posted) return null;
    if (notBefore !== null) return scheduled(posted);
    if (!this.#writer.waits) {
      const text = `sending in ${Math.round(delay / 1000)} s (outbox undo ${posted.id} calls it back)`;
      return {
        kind: "written",
        state: "scheduled",
        text,
        id: posted.id,
        messageId: posted.messageId,
        notes: [],
      };
    }
    if (!(await this.#talk.wait(delay, `sending in ${Math.round(delay / 1000)} s; C-c calls it back`))) {
      await desk.callBack(posted.id);
      return null;
    }
    return deliverNow(desk, posted);
  }
}

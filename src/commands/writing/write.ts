/** From a draft to what becomes of it: printed, kept, sent at once by a script, or edited and looked over by a person. */
import type { Draft } from "../../send/compose/draft.ts";
import type { Composition } from "../../send/composition.ts";
import type { Desk } from "../../send/desk.ts";
import type { SendError } from "../../send/errors.ts";
import type { Delivered } from "../../send/outbox/deliver.ts";
import type { Entry } from "../../send/outbox/entry.ts";
import type { WarningFacts } from "../../send/reply/warnings.ts";
import type { Context } from "../definition.ts";
import type { Result } from "../result.ts";
import type { FateValues } from "./options.ts";
import { sendingTime } from "./time.ts";
import { type Wish, type Writer, type Written, written } from "./writer.ts";

/** The account's desk; in a shell gpg may ask for a passphrase by it. */
export async function openDesk({ mail, crypto, writer }: Context): Promise<Desk> {
  const { Desk } = await import("../../send/desk.ts");
  return new Desk(mail, { crypto: { ...crypto, ask: writer !== undefined && !writer.posted } });
}

/** Does something that may need a passphrase: where it does, the person gets the terminal to type it. */
export async function asking<T>(
  writer: Writer | undefined,
  desk: Desk,
  work: (desk: Desk) => Promise<T>,
): Promise<T> {
  try {
    return await work(desk);
  } catch (error) {
    const { SendError } = await import("../../send/errors.ts");
    if (!(error instanceof SendError) || error.code !== "PASSPHRASE" || !writer || desk.crypto.ask)
      throw error;
    return writer.lend(() => work(desk.asking()));
  }
}

export interface Beginning {
  readonly draft: Draft;
  /** Among the drafts; a new one where it is none yet. */
  readonly id?: string;
  readonly facts?: WarningFacts;
  readonly complete: Wish["complete"];
  readonly begun?: Wish["begun"];
  /** What is wrong with what an editor has left of it. */
  readonly spoilt?: SendError | null;
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
    return written("nothing", text, { messageId });
  }
  const { Composition } = await import("../../send/composition.ts");
  const { facts, spoilt = null, complete, begun = false } = beginning;
  const composition = new Composition(desk, { id, draft, facts, spoilt });
  if (keep) return keepDraft(composition);
  if (!spoilt) await composition.save();
  const { writer } = context;
  if (writer) return writer.write(composition, { complete, begun, notBefore });
  const entry = await composition.post(notBefore ?? Date.now());
  return notBefore === null ? deliverNow(desk, entry) : scheduled(entry);
}

async function printed(draft: Draft, desk: Desk): Promise<Result> {
  const { message } = await desk.built(draft, { unfinished: true });
  const stream = desk.mail.sending.pieces.stream(message());
  return { kind: "bytes", stream, fileName: null, mediaType: "message/rfc822" };
}

/** Keeps a draft here and, where there is a line, in the Drafts folder. */
export async function keepDraft(composition: Composition): Promise<Written> {
  const { desk, id, spoilt } = composition;
  const notes: string[] = [];
  if (spoilt) notes.push(`what the editor left cannot be read yet: ${spoilt.message}`);
  else await composition.save();
  try {
    await desk.drafts.push(id, desk.mail, desk.crypto);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    notes.push(`it is not in the Drafts folder yet: ${error.message}`);
  }
  return written("draft", `kept as draft ${id}`, { id }, notes);
}

export async function discarded(composition: Composition): Promise<Written> {
  await composition.discard();
  return written("nothing", "discarded");
}

export const secondsOf = (ms: number): string => `${Math.ceil(ms / 1_000)} s`;

/** Of a message that is to go out at a time. */
export function scheduled(entry: Entry): Written {
  const time = new Date(entry.notBefore).toLocaleString("sv-SE").slice(0, 16);
  const text = `message ${entry.id} is in the outbox until ${time}`;
  const notes = ["it is sent while a screen is open then, or by outbox flush"];
  return written("scheduled", text, entry, notes);
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
  const of = { id, messageId };
  if (outcome !== "sent") {
    const why = reason === null ? "" : `: ${reason.text}`;
    return written("waits", `message ${id} waits in the outbox`, of, [`not sent yet${why}`]);
  }
  // Those who were refused have an entry of their own.
  const left = await Promise.all([`${id}-t`, `${id}-r`].map((other) => desk.outbox.get(other)));
  const notes = left.flatMap((other) => (other?.reason ? [`${other.reason.text} (outbox ${other.id})`] : []));
  const refused = left.reduce((sum, other) => sum + (other?.envelope.to.length ?? 0), 0);
  const many = envelope.to.length - refused;
  if (reason !== null) notes.push(reason.text);
  return written("sent", `sent to ${many === 1 ? "1 address" : `${many} addresses`}`, of, notes);
}

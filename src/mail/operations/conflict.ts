/** Why an operation was refused, and what a person can do about it. */
import { ImapError } from "../../imap/index.ts";
import type { Store } from "../../store/index.ts";
import { isLineDown, MailError } from "../errors.ts";
import { describe } from "./describe.ts";
import { createdBy, readOperation } from "./operation.ts";

/** Whether the server or the state of the mail, and not the line, is the reason: trying again alone will not help. */
export function isRefusal(error: unknown): error is Error {
  if (error instanceof MailError) return error.code !== "OFFLINE";
  return error instanceof ImapError && ["NO", "BAD", "UNSUPPORTED", "ARGUMENT"].includes(error.code);
}

/** The line failed, not the operation: it goes out with the next one. */
export function mustWait(error: unknown): boolean {
  return isLineDown(error) || (error instanceof MailError && error.code === "OFFLINE");
}

interface Sentence {
  readonly text: string;
  /** What can be done where the change is kept. */
  readonly hint: string;
  /** What can be done where it is not. */
  readonly once: string;
}

function sentence(text: string, first: string): Sentence {
  return { text, hint: `${first} and retry, or drop it`, once: `${first} and do it again` };
}

const noFolder = sentence("there is no such folder", "create it");
const later = "wait a little";

/** By response code (RFC 9051 §7.1, RFC 5530) or a code of ours. */
const sentences: Readonly<Record<string, Sentence>> = {
  GONE: {
    text: "another program has removed it",
    hint: "retry puts what is cached of it there, drop lets it go",
    once: "list the folder again",
  },
  STALE: {
    text: "the server has numbered the folder anew, and it was not found again",
    hint: "list the folder and do it again; drop lets this go",
    once: "list the folder and do it again",
  },
  TRYCREATE: noFolder,
  NONEXISTENT: noFolder,
  ALREADYEXISTS: sentence("there is a folder of that name already", "rename or remove it"),
  OVERQUOTA: sentence("the mailbox is full", "make room on the server"),
  "READ-ONLY": sentence("the folder may only be read", "ask its owner for the right"),
  NOPERM: sentence("the server does not allow it", "ask its administrator for the right"),
  TOOBIG: {
    text: "the message is larger than the server takes",
    hint: "drop it, and leave out an attachment",
    once: "leave out an attachment",
  },
  INUSE: sentence("another program is using the folder", later),
  UNAVAILABLE: sentence("the server cannot do it now", later),
  LIMIT: sentence("it is more than the server allows", later),
};

/** What servers say that tell no code (Cyrus). */
const phrases: readonly (readonly [RegExp, string])[] = [
  [/\bover ?quota\b|\bquota (?:is |has been )?exceeded\b|\bexceeds (?:the )?quota\b/i, "OVERQUOTA"],
  [/\bpermission denied\b/i, "NOPERM"],
  [/\b(?:mailbox|folder) (?:does not|doesn't) exist\b/i, "NONEXISTENT"],
  [/\b(?:mailbox|folder) already exists\b/i, "ALREADYEXISTS"],
];

/** The word for a refusal that a person can look up. */
export function codeOf(error: Error): string {
  if (error instanceof ImapError) {
    const { responseCode, code, serverText = "" } = error;
    return responseCode ?? phrases.find(([phrase]) => phrase.test(serverText))?.[1] ?? code;
  }
  return error instanceof MailError ? error.code : "REFUSED";
}

/** The error as it is told. `kept`: the person has a choice; where nothing is left, it is the server's word. */
export function explained(error: Error, kept: boolean): Error {
  if (!(error instanceof ImapError)) return error;
  const { code, message, serverText } = error;
  const responseCode = codeOf(error);
  const sentence = sentences[responseCode];
  if (!sentence) return error;
  return new ImapError(code, kept ? sentence.text : message, {
    hint: kept ? sentence.hint : sentence.once,
    ...(responseCode === code ? {} : { responseCode }),
    ...(serverText === undefined ? {} : { serverText }),
    cause: error,
  });
}

/** An error as it is told where nothing of the change is kept, however it was `explained` before. */
export function unkept(error: unknown): unknown {
  return error instanceof ImapError && error.cause instanceof ImapError
    ? explained(error.cause, false)
    : error;
}

/** What to do about a refusal of this code. */
export function hintFor(code: string | null, kept = true): string {
  return sentences[code ?? ""]?.[kept ? "hint" : "once"] ?? "retry it, or drop it";
}

/** Why, in words, where the server's own are not enough. */
export function reasonFor(code: string | null, error: string | null): string {
  return sentences[code ?? ""]?.text ?? error ?? "the server refused it";
}

/** What the server has told another process of a change of ours. */
export function refusedElsewhere(code: string | null, error: string | null): Error {
  const text = reasonFor(code, error);
  const hint = hintFor(code);
  if (code === null) return new MailError("NOT_DONE", text, hint);
  return new ImapError("NO", text, { hint, responseCode: code });
}

/** Why a message cannot be named: it has not come to be. Null where nothing keeps it from that. */
export function blockage(store: Store, id: number): MailError | null {
  const maker = store.journal.failed().find((entry) => createdBy(readOperation(entry)).includes(id));
  if (!maker) return null;
  const text = `it waits for ${describe(store, [readOperation(maker)])}, which was refused`;
  return new MailError("BLOCKED", text, `retry or drop change ${maker.id}`);
}

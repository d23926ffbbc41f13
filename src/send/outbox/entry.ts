/** A message in the outbox: what is known of it besides its text. */
import type { Origin } from "../compose/draft.ts";
import type { KeptPiece } from "../kept-pieces.ts";
import type { Envelope } from "../submission/types.ts";

/**
 * `waiting`: for its time, a connection, or another try. `sending`: it is being handed over, or that was cut short.
 * `sent`: it has been; what follows is yet to be done. `held`: a person has to decide.
 */
export type EntryState = "waiting" | "sending" | "sent" | "held";

export interface Reason {
  /** A SubmissionErrorCode, or the code of what else failed. */
  readonly code: string;
  /** May hold the server's words: hostile text. */
  readonly text: string;
  readonly hint: string;
}

export interface Refused {
  readonly address: string;
  readonly text: string;
  /** The server may take it later. */
  readonly temporary: boolean;
}

export interface Entry {
  readonly id: string;
  /** Milliseconds since the epoch, as all times here. */
  readonly created: number;
  /** Not before this, by the person's wish. */
  readonly notBefore: number;
  /** Not before this, after a try that failed. */
  readonly retryAt: number;
  readonly state: EntryState;
  readonly envelope: Envelope;
  readonly messageId: string;
  readonly subject: string;
  /** What the message is made of, in its order. */
  readonly pieces: readonly KeptPiece[];
  /** Octets of the message. */
  readonly size: number;
  /** Its header is UTF-8. */
  readonly utf8Header: boolean;
  /** The Bcc field for one's own copy, with CRLF. */
  readonly bcc: string;
  readonly origin: Origin | null;
  /** A copy is wanted in the Sent folder. */
  readonly copy: boolean;
  /** The copy was begun: before another one is made, it is looked for. */
  readonly copying: boolean;
  /** The draft it was made from, which goes when it is sent. */
  readonly draft: string | null;
  readonly attempts: number;
  /** Why it waits, or is held. */
  readonly reason: Reason | null;
  /** Recipients that were refused while others were taken. */
  readonly refused: readonly Refused[];
}

export function writeEntry(entry: Entry): string {
  return `${JSON.stringify({ version: 1, ...entry }, null, 1)}\n`;
}

/** Entries of an older version name one message by `uid`. */
function readOrigin(origin: (Origin & { readonly uid?: number }) | null): Origin | null {
  if (!origin || origin.uid === undefined) return origin;
  const { uid, ...where } = origin;
  return { ...where, uids: [uid] };
}

/** Our own writing; null where it is not (a file system that lost it). */
export function readEntry(text: string): Entry | null {
  try {
    const { version, ...read } = JSON.parse(text) as Entry & { version?: unknown };
    const entry = { ...read, origin: readOrigin(read.origin) };
    const whole = Array.isArray(entry.envelope?.to) && Array.isArray(entry.pieces);
    return version === 1 && typeof entry.id === "string" && whole ? entry : null;
  } catch {
    return null;
  }
}

/** Runs bytes through framer and parser as a connection does, and finds what came out damaged. */
import { ImapError } from "../../src/imap/errors.ts";
import { parseResponse, type Response } from "../../src/imap/response/response.ts";
import { type FetchedMessage, isInvalid } from "../../src/imap/values.ts";
import { abbreviate, Framer } from "../../src/imap/wire/framer.ts";
import { MalformedError } from "../../src/imap/wire/reader.ts";

export interface Checked {
  readonly responses: readonly Response[];
  /** Attributes that could not be read: name and reason. */
  readonly invalid: readonly string[];
  /** Responses that were skipped, and the limit that ended it if one did. */
  readonly skipped: readonly string[];
  readonly ended: ImapError | null;
  /** Bytes left over that belong to no whole response. */
  readonly unread: boolean;
}

/** The attributes of a message that say they are invalid. */
export function invalidAttributes(message: FetchedMessage): string[] {
  const found: string[] = [];
  if (isInvalid(message.envelope)) found.push(`ENVELOPE: ${message.envelope.reason}`);
  if (isInvalid(message.bodyStructure)) found.push(`BODYSTRUCTURE: ${message.bodyStructure.reason}`);
  for (const [name, { reason }] of message.invalid ?? []) found.push(`${name}: ${reason}`);
  return found;
}

/** Feeds `pieces` in turn. @throws what is a fault of ours: any error but those the room's borders allow */
export function check(pieces: Iterable<Buffer>): Checked {
  const responses: Response[] = [];
  const invalid: string[] = [];
  const skipped: string[] = [];
  let ended: ImapError | null = null;
  const framer = new Framer({
    response(bytes) {
      try {
        const response = parseResponse(bytes);
        responses.push(response);
        if (response.kind === "fetch") invalid.push(...invalidAttributes(response.message));
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error;
        skipped.push(`${error.message}: ${abbreviate(bytes).slice(0, 100)}`);
      }
    },
    literal: () => undefined,
    sinkFailed: () => {},
    pause: () => {},
    resume: () => {},
  });
  try {
    for (const piece of pieces) framer.push(piece);
  } catch (error) {
    if (!(error instanceof ImapError)) throw error;
    ended = error;
  }
  return { responses, invalid, skipped, ended, unread: framer.unread };
}

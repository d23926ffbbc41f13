/** One's own copy of a message: as others get it, and with whom the blind copies went to. */
import type { Octets } from "../kept-pieces.ts";

/** `bcc`: the field with its CRLF; empty where there is none. */
export async function* ownCopy(bcc: string, message: Octets): Octets {
  if (bcc !== "") yield Buffer.from(bcc);
  yield* message;
}

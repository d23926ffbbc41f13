/** One's own copy of a message: as others get it, and with whom the blind copies went to. */
import { Readable } from "node:stream";

/** `bcc`: the field with its CRLF; empty where there is none. `message` is opened when the copy is read. */
export function ownCopy(bcc: string, message: () => Readable): Readable {
  return bcc === "" ? message() : Readable.from(behind(Buffer.from(bcc), message), { objectMode: false });
}

async function* behind(field: Buffer, message: () => Readable): AsyncGenerator<Buffer> {
  yield field;
  for await (const chunk of message()) yield chunk as Buffer;
}

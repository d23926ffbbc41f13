/**
 * Parts that lie on the server, in a message that is built: nodemailer writes a mark where each of them belongs, with
 * the header of the part before it, and what reads the message gets the part named there.
 */
import { randomBytes } from "node:crypto";
import MimeNode from "nodemailer/lib/mime-node";
import type { LastingPiece } from "../../mail/pieces.ts";
import type { Octets } from "../kept-pieces.ts";
import type { DraftAttachment, ServerPart } from "./draft.ts";

/** Digits of the number at the end of a mark. */
const digits = 5;

export class PartMarks {
  /** No text of any message has it by chance. */
  readonly #token = randomBytes(24).toString("base64url");
  readonly #parts: ServerPart[] = [];

  /** The header of the part, and a mark for what is in it. */
  rawPart(attachment: DraftAttachment, part: ServerPart, filename: string): string {
    const { mediaType, disposition, contentId } = attachment;
    const type = mediaType ?? "application/octet-stream";
    const child = new MimeNode("multipart/mixed").createChild(type, { filename });
    child.setHeader("Content-Transfer-Encoding", part.encoding);
    child.setHeader("Content-Disposition", disposition);
    if (contentId !== null) child.setHeader("Content-Id", `<${contentId}>`);
    const known = this.#parts.indexOf(part);
    const number = known < 0 ? this.#parts.push(part) - 1 : known;
    return `${child.buildHeaders()}\r\n\r\n${this.#token}${String(number).padStart(digits, "0")}`;
  }

  /** The message with its parts in place of the marks. */
  async *resolved(message: AsyncIterable<Buffer>): Octets {
    const length = this.#token.length + digits;
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of message) {
      let octets: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (;;) {
        const at = octets.indexOf(this.#token);
        if (at < 0 || at + length > octets.length) break;
        if (at > 0) yield octets.subarray(0, at);
        yield this.#named(octets.toString("latin1", at + this.#token.length, at + length));
        octets = octets.subarray(at + length);
      }
      // The end may be the beginning of a mark.
      const sure = this.#parts.length === 0 ? octets.length : Math.max(0, octets.length - length + 1);
      if (sure > 0) yield octets.subarray(0, sure);
      rest = octets.subarray(sure);
    }
    if (rest.length > 0) yield rest;
  }

  #named(number: string): LastingPiece {
    const part = this.#parts[Number(number)];
    if (!part) throw new Error(`no part ${number}`);
    return part;
  }
}

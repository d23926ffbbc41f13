/** Whether the header of a message is UTF-8 beyond ASCII (RFC 6532): found out as the message goes by. */
import { isUtf8 } from "node:buffer";

/** A header (RFC 5322 §2.2) beyond this is not looked through. Octets. */
const most = 1 << 20;

export class HeaderWatch {
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #tail: Buffer = Buffer.alloc(0);
  #over = false;

  /** The header has ended, or is not looked through any further. */
  get over(): boolean {
    return this.#over;
  }

  /** The next octets of the message. */
  look(chunk: Buffer): void {
    if (this.#over) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const seam = Buffer.concat([this.#tail, chunk]);
    this.#over = this.#length > most || seam.includes("\r\n\r\n");
    this.#tail = seam.subarray(-3);
  }

  /** In other encodings beyond ASCII it is no message of RFC 6532. */
  get utf8(): boolean {
    const whole = Buffer.concat(this.#chunks);
    const end = whole.indexOf("\r\n\r\n");
    const header = end < 0 ? whole : whole.subarray(0, end);
    return header.some((octet) => octet >= 0x80) && isUtf8(header);
  }
}

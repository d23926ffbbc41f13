import { Duplex } from "node:stream";
import { constants, createDeflateRaw, createInflateRaw } from "node:zlib";
import { ImapError } from "../errors.ts";
import { limits } from "../limits.ts";

/**
 * The line below, compressed both ways (RFC 4978). What is written goes out at once. A server that sends far more
 * than it could honestly compress is cut off.
 */
export class Deflated extends Duplex {
  readonly #line: Duplex;
  readonly #inflate = createInflateRaw();
  readonly #deflate = createDeflateRaw({ flush: constants.Z_SYNC_FLUSH });
  #received = 0;
  #inflated = 0;

  /** @param unread what came behind the OK to COMPRESS */
  constructor(line: Duplex, unread: Buffer) {
    super({ readableHighWaterMark: 1 << 18 });
    this.#line = line;
    const failed = (error: Error) =>
      this.destroy(new ImapError("SYNTAX", "What the server compressed cannot be read.", { cause: error }));
    this.#inflate.on("error", failed).on("data", (chunk: Buffer) => this.#told(chunk));
    this.#deflate.on("error", failed).on("data", (chunk: Buffer) => line.write(chunk));
    line.on("data", (chunk: Buffer) => this.#heard(chunk));
    line.on("close", () => this.destroy());
    if (unread.length > 0) this.#heard(unread);
  }

  #heard(chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#inflate.write(chunk)) return;
    this.#line.pause();
    this.#inflate.once("drain", () => this.#line.resume());
  }

  #told(chunk: Buffer): void {
    this.#inflated += chunk.length;
    if (this.#inflated > limits.inflateFree + this.#received * limits.inflateRatio) {
      this.destroy(new ImapError("LIMIT", "The server sent far more than it could honestly compress."));
    } else if (!this.push(chunk)) this.#inflate.pause();
  }

  override _read(): void {
    this.#inflate.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#deflate.write(chunk, () => {
      if (this.#line.writableNeedDrain) this.#line.once("drain", () => done());
      else done();
    });
  }

  override _writev(chunks: readonly { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), "binary", done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#inflate.destroy();
    this.#deflate.destroy();
    this.#line.destroy();
    done(error);
  }
}

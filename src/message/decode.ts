/** Transfer encodings undone (RFC 2045 §6), as a stream for attachments of any size and at once for text. */
import { PassThrough, Readable, Transform, type TransformCallback } from "node:stream";
import { type AttachmentStream, type MailParser, partDecoder } from "./mailparser.ts";

/** base64 and quoted-printable, by mailparser: tolerant of line ends, missing padding and stray characters. */
class MimeDecoder extends Transform {
  private readonly kind: "base64" | "quoted-printable";
  private parser: MailParser | null = null;
  private content: Readable | null = null;

  constructor(kind: "base64" | "quoted-printable") {
    super();
    this.kind = kind;
  }

  override _construct(done: (error?: Error | null) => void) {
    partDecoder(this.kind).then((parser) => {
      this.parser = parser;
      parser.on("data", (part: AttachmentStream) => {
        const { type, content } = part;
        if (type !== "attachment" || !(content instanceof Readable)) return;
        this.content = content;
        content.on("data", (chunk: Buffer) => {
          if (!this.push(chunk)) content.pause();
        });
        content.on("end", () => part.release());
      });
      parser.on("error", (error: Error) => this.destroy(error));
      done();
    }, done);
  }

  override _read(size: number) {
    this.content?.resume();
    super._read(size);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
    if (this.parser?.write(chunk) === false) this.parser.once("drain", () => done());
    else done();
  }

  override _flush(done: TransformCallback) {
    this.parser?.once("end", () => done());
    this.parser?.end();
  }
}

/** uuencode (POSIX): lines between `begin` and `end`, each with its length in its first character. */
class UuDecoder extends Transform {
  private rest = "";
  private inside = false;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
    const lines = (this.rest + chunk.toString("latin1")).split("\n");
    // No line of uuencode is longer than 62 characters; what is, is not one.
    this.rest = (lines.pop() ?? "").slice(0, 200);
    for (const line of lines) this.line(line);
    done();
  }

  override _flush(done: TransformCallback) {
    this.line(this.rest);
    done();
  }

  private line(text: string) {
    if (!this.inside) {
      this.inside = /^begin(?:-base64)? [0-7]{3,4} /.test(text);
      return;
    }
    if (/^end\s*$/.test(text)) {
      this.inside = false;
      return;
    }
    const length = (text.charCodeAt(0) - 32) & 63;
    if (text === "" || length === 0) return;
    const out = Buffer.alloc(Math.ceil(length / 3) * 3);
    for (let i = 1, at = 0; at < length; i += 4, at += 3) {
      let word = 0;
      for (let k = 0; k < 4; k++) word = (word << 6) | (((text.charCodeAt(i + k) || 32) - 32) & 63);
      out.writeUIntBE(word, at, 3);
    }
    this.push(out.subarray(0, length));
  }
}

/**
 * A stream from a part's bytes as transferred to its contents, in constant memory. `encoding` is a
 * Content-Transfer-Encoding in lower case; one that is not known passes the bytes through, as RFC 2045 §6.4 asks.
 */
export function decodePart(encoding: string): Transform {
  switch (encoding) {
    case "base64":
    case "quoted-printable":
      return new MimeDecoder(encoding);
    case "quoted":
      return new MimeDecoder("quoted-printable");
    case "x-uuencode":
    case "x-uue":
    case "uuencode":
      return new UuDecoder();
    default:
      return new PassThrough();
  }
}

/** The contents of a part that is all in memory. Rejects only if the decoder itself fails. */
export async function decodeAll(bytes: Buffer, encoding: string): Promise<Buffer> {
  const decoder = decodePart(encoding);
  if (decoder instanceof PassThrough) return bytes;
  const chunks: Buffer[] = [];
  decoder.end(bytes);
  for await (const chunk of decoder) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Transfer encodings undone (RFC 2045 §6), as a stream for attachments of any size and at once for text. */
import { PassThrough, Transform, type TransformCallback } from "node:stream";

/**
 * base64 (RFC 2045 §6.8): characters outside of the alphabet are passed over, padding may be missing, and what
 * follows padding is read on (blocks that were put together).
 */
class Base64Decoder extends Transform {
  /** Up to three characters that wait for the rest of their group. */
  private rest = "";

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
    this.feed(chunk.toString("latin1").replace(/[^A-Za-z0-9+/=]+/g, ""));
    done();
  }

  override _flush(done: TransformCallback) {
    this.feed("=");
    done();
  }

  private feed(text: string) {
    const blocks = (this.rest + text).split(/=+/);
    this.rest = blocks.pop() ?? "";
    for (const block of blocks) if (block.length > 1) this.push(Buffer.from(block, "base64"));
    const whole = this.rest.length - (this.rest.length % 4);
    if (whole > 0) this.push(Buffer.from(this.rest.slice(0, whole), "base64"));
    this.rest = this.rest.slice(whole);
  }
}

const EQUALS = 61;
const hexValue = (octet = 0): number => {
  if (octet >= 48 && octet <= 57) return octet - 48;
  const letter = octet | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
};

/** quoted-printable (RFC 2045 §6.7): "=" that encodes nothing stays as it is; white space before a line end goes. */
class QuotedPrintableDecoder extends Transform {
  /** The last line begun; long ones are handed on in pieces. */
  private rest: Buffer = Buffer.alloc(0);

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
    const bytes = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk;
    // What stands after the last line end may be cut in an escape, or be white space that is to go.
    let end = bytes.lastIndexOf(10) + 1;
    if (end === 0 && bytes.length > LONG_LINE) end = wholeEnd(bytes);
    this.rest = Buffer.from(bytes.subarray(end));
    if (end > 0) this.push(unquote(bytes.subarray(0, end)));
    done();
  }

  override _flush(done: TransformCallback) {
    if (this.rest.length > 0) this.push(unquote(this.rest));
    done();
  }
}

const LONG_LINE = 64 * 1024;

/** Where a line without end can be cut: not in an escape, nor in white space. */
function wholeEnd(line: Buffer): number {
  let end = line.length - 3;
  while (
    end > 0 &&
    (line.subarray(end - 3, end).includes(EQUALS) || line[end - 1] === 32 || line[end - 1] === 9)
  )
    end--;
  return end;
}

function unquote(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bytes.length);
  let to = 0;
  for (let at = 0; at < bytes.length; at++) {
    const octet = bytes[at] ?? 0;
    if (octet === EQUALS) {
      const high = hexValue(bytes[at + 1]);
      const low = hexValue(bytes[at + 2]);
      if (high >= 0 && low >= 0) {
        out[to++] = high * 16 + low;
        at += 2;
        continue;
      }
      const next = afterBlanks(bytes, at + 1);
      if (isLineEnd(bytes, next)) {
        // A soft break.
        at = bytes[next] === 13 && bytes[next + 1] === 10 ? next + 1 : next;
        continue;
      }
    } else if (octet === 32 || octet === 9) {
      const next = afterBlanks(bytes, at);
      if (isLineEnd(bytes, next)) {
        at = next - 1;
        continue;
      }
      while (at < next) out[to++] = bytes[at++] ?? 0;
      at--;
      continue;
    }
    out[to++] = octet;
  }
  return out.subarray(0, to);
}

function afterBlanks(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 32 || bytes[at] === 9) at++;
  return at;
}

const isLineEnd = (bytes: Buffer, at: number) => at >= bytes.length || bytes[at] === 10 || bytes[at] === 13;

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
      return new Base64Decoder();
    case "quoted-printable":
    case "quoted":
      return new QuotedPrintableDecoder();
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

/**
 * A message as PGP/MIME (RFC 3156): what the content is moves inside, with its Content- fields; who it is from and for
 * stays above. What is signed is sent octet by octet as it was signed.
 */
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import type { CryptoTools } from "../../message/crypto/types.ts";
import { encrypted, micalg, type Readers, Signer } from "./gpg.ts";

/** One of them is there. */
export interface Protection {
  /** The key to sign with, as gpg takes it; null: it is not signed. */
  readonly sign: string | null;
  /** Null: it is not encrypted. */
  readonly readers: Readers | null;
}

interface Entity {
  /** Fields of the message, with CRLF. */
  readonly header: string;
  /** What is protected: Content- fields, an empty line, the content. */
  content(): AsyncGenerator<Buffer>;
}

const latin1 = (text: string) => Buffer.from(text, "latin1");

/** Takes a message apart; its line ends are CRLF. */
async function split(message: Readable): Promise<Entity> {
  const chunks = message[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head = "";
  let end = -1;
  while (end < 0) {
    const next = await chunks.next();
    if (next.done) break;
    head += next.value.toString("latin1");
    end = head.indexOf("\r\n\r\n");
  }
  const header = end < 0 ? head : head.slice(0, end + 2);
  const fields = header.match(/[^\r\n]+(?:\r\n[ \t][^\r\n]*)*\r\n/g) ?? [];
  const isContent = (field: string) => /^content-/i.test(field);
  return {
    header: fields.filter((field) => !isContent(field)).join(""),
    async *content() {
      yield latin1(`${fields.filter(isContent).join("")}${end < 0 ? "\r\n" : head.slice(end + 2)}`);
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
    },
  };
}

async function* signed({ header, content }: Entity, own: string, tools: CryptoTools) {
  const boundary = `=_s${randomBytes(18).toString("hex")}`;
  yield latin1(
    `${header}Content-Type: multipart/signed; micalg=${micalg};\r\n` +
      ` protocol="application/pgp-signature"; boundary="${boundary}"\r\n\r\n--${boundary}\r\n`,
  );
  const signer = new Signer(own, tools);
  try {
    for await (const chunk of content()) {
      await signer.write(chunk);
      yield chunk;
    }
    const signature = await signer.end();
    // The line end before a boundary is the boundary's (RFC 3156 §5).
    yield latin1(
      `\r\n--${boundary}\r\nContent-Type: application/pgp-signature; name="signature.asc"\r\n` +
        `Content-Description: OpenPGP signature\r\n\r\n${signature.toString("latin1")}\r\n--${boundary}--\r\n`,
    );
  } finally {
    signer.stop();
  }
}

async function* sealed(
  { header, content }: Entity,
  readers: Readers,
  sign: string | null,
  tools: CryptoTools,
) {
  const boundary = `=_e${randomBytes(18).toString("hex")}`;
  yield latin1(
    `${header}Content-Type: multipart/encrypted;\r\n protocol="application/pgp-encrypted"; boundary="${boundary}"\r\n\r\n` +
      `--${boundary}\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\r\n` +
      `--${boundary}\r\nContent-Type: application/octet-stream; name="encrypted.asc"\r\n` +
      `Content-Disposition: inline; filename="encrypted.asc"\r\n\r\n`,
  );
  yield* encrypted(content(), readers, sign, tools);
  yield latin1(`\r\n--${boundary}--\r\n`);
}

/**
 * The message signed and encrypted as `protection` says, as it is read. To be signed, its content has to be of 7 bits.
 * The stream fails with SendError NO_KEY, PASSPHRASE, GPG, and as `message` does.
 */
export function protectedMessage(message: Readable, protection: Protection, tools: CryptoTools): Readable {
  const { sign, readers } = protection;
  async function* whole(): AsyncGenerator<Buffer> {
    try {
      const entity = await split(message);
      if (readers) yield* sealed(entity, readers, sign, tools);
      else if (sign !== null) yield* signed(entity, sign, tools);
    } finally {
      message.destroy();
    }
  }
  return Readable.from(whole(), { objectMode: false });
}

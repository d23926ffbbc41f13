/**
 * Messages made of pieces, of which some lie on the server already: parts of other messages that go along unchanged.
 * They are read as they are sent, or not at all: where the server can, it puts them in itself (CATENATE, RFC 4469), or
 * lets the server for sending fetch them (URLAUTH, RFC 4467).
 */
import { Readable } from "node:stream";
import {
  type AppendMessage,
  append,
  type CatenatePart,
  type Connection,
  formatImapUrl,
  genUrlAuth,
  ImapError,
  type ImapUrl,
  select,
} from "../imap/index.ts";
import { MailError } from "./errors.ts";
import { fetchSections } from "./sections.ts";

/** Octets of a message on the server, as they are there: `section` as for BODY[…], "" for the whole message. */
export interface ServerPiece {
  readonly path: string;
  readonly uidValidity: number;
  readonly uid: number;
  readonly section: string;
  readonly size: number;
}

/** A piece that has yet to be sent: with what it is found by where it is no longer where it was. */
export interface LastingPiece extends ServerPiece {
  /** Of the message; angle brackets included. */
  readonly messageId: string | null;
  /** EMAILID of the message (RFC 8474). */
  readonly emailId: string | null;
  /** Octets of the whole message (RFC822.SIZE). */
  readonly messageSize: number;
}

/** Octets of our own, read anew with each call. */
export interface OwnPiece {
  readonly size: number;
  stream(): Readable;
}

export type Piece = OwnPiece | ServerPiece;

export interface PiecesOptions {
  /** Whose server it is; as in IMAP URLs. */
  readonly host: string;
  readonly user: string;
  /** The connection there is, for commands that need no mailbox. */
  connected(): Promise<Connection>;
  /** One of its own, for what takes long. */
  another(): Promise<Connection>;
  /** How the server calls a folder. */
  serverPath(path: string): string;
}

/** So much is fetched at once, in octets; twice as much is held in memory. */
const atOnce = 512 * 1024;

export function ownPiece(octets: Buffer): OwnPiece {
  return { size: octets.length, stream: () => Readable.from([octets], { objectMode: false }) };
}

export function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { size }) => sum + size, 0);
}

const gone = () =>
  new MailError("GONE", "A message that was to go along is no longer where it was.", "Attach it anew.");

export class Pieces {
  readonly #options: PiecesOptions;

  constructor(options: PiecesOptions) {
    this.#options = options;
  }

  /**
   * All octets in their order; what lies on the server comes over a connection of its own, as fast as it is read.
   * Fails with MailError GONE, ImapError.
   */
  stream(pieces: Iterable<Piece> | AsyncIterable<Buffer | Piece>): Readable {
    return Readable.from(this.#octets(pieces), { objectMode: false });
  }

  async *#octets(pieces: Iterable<Piece> | AsyncIterable<Buffer | Piece>): AsyncGenerator<Buffer> {
    let connection: Connection | null = null;
    try {
      for await (const piece of pieces) {
        if (Buffer.isBuffer(piece)) yield piece;
        else if ("uid" in piece) {
          connection ??= await this.#options.another();
          yield* this.#fetched(connection, piece);
        } else for await (const chunk of piece.stream()) yield chunk as Buffer;
      }
    } finally {
      connection?.destroy();
    }
  }

  /** The next octets are asked for before those that came are used up. */
  async *#fetched(connection: Connection, piece: ServerPiece): AsyncGenerator<Buffer> {
    await this.#enter(connection, piece);
    const ask = async (offset: number) => {
      const length = Math.min(atOnce, piece.size - offset);
      const octets = await octetsOf(connection, piece, offset, length);
      if (octets.length !== length) throw gone();
      return octets;
    };
    let next = piece.size > 0 ? ask(0) : null;
    for (let offset = 0; next !== null; ) {
      const octets: Buffer = await next;
      offset += octets.length;
      next = offset < piece.size ? ask(offset) : null;
      // Told when it is waited for.
      next?.catch(() => {});
      yield octets;
    }
  }

  async #enter(connection: Connection, { path, uidValidity }: ServerPiece): Promise<void> {
    const name = this.#options.serverPath(path);
    const entered = connection.selected?.path === name ? connection.selected : null;
    const selected = entered ?? (await connection.run(select(name, { readOnly: true })));
    if (selected.uidValidity !== uidValidity) throw gone();
  }

  /** How many octets a piece has in truth, by reading all of it. Fails with ImapError. */
  async measure(piece: ServerPiece): Promise<number> {
    const connection = await this.#options.another();
    try {
      await this.#enter(connection, piece);
      for (let offset = 0; ; offset += atOnce) {
        const { length } = await octetsOf(connection, piece, offset, atOnce);
        if (length < atOnce) return offset + length;
      }
    } finally {
      connection.destroy();
    }
  }

  /**
   * URLs by which the server for sending may fetch the pieces, as `user`; null where the server does not give any. They
   * hold no longer than until `expires` (ms since the epoch), and for that user alone.
   */
  async authorize(
    pieces: readonly ServerPiece[],
    user: string,
    expires: number,
  ): Promise<readonly string[] | null> {
    const connection = await this.#options.connected();
    if (!connection.capabilities.has("URLAUTH")) return null;
    const { host, user: owner } = this.#options;
    const expire = new Date(expires).toISOString().replace(/\.\d+/, "");
    const urls = pieces.map((piece) =>
      formatImapUrl({ ...this.#url(piece), host, user: owner, expire, access: `submit+${user}` }),
    );
    const told = await connection.run(genUrlAuth(urls));
    return told.length === urls.length && told.every((url, i) => url.startsWith(urls[i] ?? "\0"))
      ? told
      : null;
  }

  #url({ path, uidValidity, uid, section }: ServerPiece): ImapUrl {
    const mailbox = this.#options.serverPath(path);
    return { mailbox, uidValidity, uid, ...(section === "" ? {} : { section }) };
  }

  /**
   * Stores a message in a folder. What lies on the server is put in by the server where it can; else it comes from there
   * and goes back. Throws as the line does.
   */
  async append(
    path: string,
    pieces: readonly Piece[],
    { flags = [], internalDate = Date.now() }: Pick<AppendMessage, "flags" | "internalDate"> = {},
  ): Promise<void> {
    const connection = await this.#options.connected();
    const name = this.#options.serverPath(path);
    await this.stored(connection, pieces, (source) =>
      connection.run(append(name, { flags, internalDate, source })),
    );
  }

  /** Has a message stored by whatever of its forms the server takes; resolves to what came of it. */
  async stored<T>(
    connection: Connection,
    pieces: readonly Piece[],
    store: (source: AppendMessage["source"]) => Promise<T>,
  ): Promise<T> {
    if (connection.capabilities.has("CATENATE") && pieces.some((piece) => "uid" in piece)) {
      try {
        return await store(pieces.filter(({ size }) => size > 0).map((piece) => this.#catenated(piece)));
      } catch (error) {
        if (!(error instanceof ImapError) || error.responseCode !== "BADURL") throw error;
      }
    }
    return store({ size: sizeOf(pieces), stream: this.stream(pieces) });
  }

  #catenated(piece: Piece): CatenatePart {
    if ("uid" in piece) return { url: formatImapUrl(this.#url(piece)) };
    return { text: { size: piece.size, stream: piece.stream() } };
  }
}

/** At most `length` octets of a piece of the mailbox that is selected; none where it has no more, or is not there. */
async function octetsOf(
  connection: Connection,
  { uid, section }: ServerPiece,
  offset: number,
  length: number,
): Promise<Buffer> {
  const wanted = [{ section, partial: { offset, length } }];
  const found = await fetchSections(connection, [[uid, uid]], wanted);
  const [octets] = found.get(uid)?.values() ?? [];
  return octets ?? Buffer.alloc(0);
}

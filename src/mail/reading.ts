/** Messages and their parts: from the cache where they are, else from the server, as little of them as will do. */
import { createReadStream } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import {
  type BodyStructure,
  type Connection,
  type FetchedMessage,
  fetch,
  isInvalid,
  type LiteralSink,
  uidSet,
} from "../imap/index.ts";
import type { CryptoTools, OpenedMessage } from "../message/crypto/types.ts";
import type { Attachment, ReadableMessage, ReadOptions } from "../message/types.ts";
import type { BodyWriter, Store, StoredMessage } from "../store/index.ts";
import { listData, toStoredMessage } from "./convert.ts";
import { wholeLimit } from "./download/pass.ts";
import { MailError } from "./errors.ts";
import type { Session } from "./session.ts";
import { decodeStructure, encodeStructure } from "./structure.ts";

/** MIME and HTML are loaded when the first message is opened: a list does without them. */
const messageRoom = () => import("../message/index.ts");

/** A message, by the ids the server and the store know it by. */
export interface MessageRef {
  readonly path: string;
  readonly mailboxId: number;
  readonly uid: number;
}

/** Receives a literal, whatever its size, into the maildir. */
function bodySink(writer: BodyWriter): LiteralSink {
  return { write: (chunk) => writer.write(chunk), end: () => undefined, abort: () => writer.abort() };
}

/** What was found of a message's protection, and how it reads now. */
export interface ProtectedMessage extends OpenedMessage {
  readonly message: ReadableMessage;
}

export class Reading {
  readonly #store: Store;
  readonly #session: Session;

  constructor(store: Store, session: Session) {
    this.#store = store;
    this.#session = session;
  }

  /** The message's row; one that was never listed gets it now, as the cache holds only what the index knows. */
  async #row(ref: MessageRef): Promise<StoredMessage> {
    const known = this.#store.messages.get(ref.mailboxId, ref.uid);
    if (known) return known;
    const onMessage = (message: FetchedMessage) => {
      const row = message.uid === ref.uid ? toStoredMessage(message, Date.now()) : null;
      if (row && message.envelope !== undefined) this.#store.messages.put(ref.mailboxId, [row]);
    };
    await this.#session.within(ref.path, (connection) =>
      connection.run(fetch(uidSet.fromNumbers([ref.uid]), listData, { onMessage })),
    );
    const fetched = this.#store.messages.get(ref.mailboxId, ref.uid);
    if (!fetched) throw gone(ref.uid);
    return fetched;
  }

  /** The message as people read it. Throws MailError "NO_MESSAGE", or "OFFLINE" where it is not cached. */
  async read(ref: MessageRef, options: ReadOptions = {}): Promise<ReadableMessage> {
    const { readMessage, readParts, chooseTextParts } = await messageRoom();
    const cached = this.#store.bodies.read(ref.mailboxId, ref.uid);
    if (cached) return readMessage(cached, options);
    if ((await this.#row(ref)).size > wholeLimit) {
      const structure = await this.structure(ref);
      if (structure) {
        const wanted = chooseTextParts(structure, options);
        const sections = await this.#sections(ref, ["HEADER", ...wanted]);
        const parts = new Map(wanted.map((section) => [section, sections.get(section) ?? Buffer.alloc(0)]));
        return readParts({ header: sections.get("HEADER") ?? Buffer.alloc(0), structure, parts }, options);
      }
    }
    return readMessage(await this.#whole(ref), options);
  }

  /** The message with its signatures checked and what is encrypted decrypted. Throws as `read` does. */
  async readProtected(
    ref: MessageRef,
    tools: CryptoTools,
    options: ReadOptions = {},
  ): Promise<ProtectedMessage> {
    const whole = await this.#whole(ref);
    const { openProtected } = await import("../message/crypto/index.ts");
    const { readMessage } = await messageRoom();
    const opened = await openProtected(whole, tools);
    return { ...opened, message: await readMessage(opened.source ?? whole, options) };
  }

  /** Brings the whole message into the cache, if it is not there. */
  async #keep(ref: MessageRef): Promise<void> {
    if (this.#store.bodies.path(ref.mailboxId, ref.uid) !== null) return;
    await this.#row(ref);
    await this.#session.within(ref.path, (connection) => this.#download(connection, ref));
  }

  async #whole(ref: MessageRef): Promise<Buffer> {
    await this.#keep(ref);
    const body = this.#store.bodies.read(ref.mailboxId, ref.uid);
    if (!body) throw gone(ref.uid);
    return body;
  }

  async #download(connection: Connection, ref: MessageRef): Promise<void> {
    const writer = this.#store.bodies.create(ref.mailboxId, ref.uid);
    let complete = false;
    try {
      await connection.run(
        fetch(
          uidSet.fromNumbers([ref.uid]),
          { sections: [{ section: "" }] },
          {
            sink: ({ uid }) => {
              if (uid !== null && uid !== ref.uid) return undefined;
              complete = true;
              return bodySink(writer);
            },
            onMessage: ({ uid, sections }) => {
              const body = sections?.get("");
              if (uid !== ref.uid || !body) return;
              writer.write(body);
              complete = true;
            },
          },
        ),
      );
    } catch (error) {
      writer.abort();
      throw error;
    }
    if (!complete) {
      writer.abort();
      throw gone(ref.uid);
    }
    writer.commit();
  }

  /** BODYSTRUCTURE, kept in the index; null where the server's is broken and the message must be read whole. */
  async structure(ref: MessageRef): Promise<BodyStructure | null> {
    const stored = this.#store.messages.bodyStructure(ref.mailboxId, ref.uid);
    if (stored !== null) return decodeStructure(stored);
    let found: BodyStructure | null | undefined;
    await this.#session.within(ref.path, (connection) =>
      connection.run(
        fetch(
          uidSet.fromNumbers([ref.uid]),
          { bodyStructure: true },
          {
            onMessage: ({ uid, bodyStructure }) => {
              if (uid === ref.uid && bodyStructure) found = isInvalid(bodyStructure) ? null : bodyStructure;
            },
          },
        ),
      ),
    );
    if (found === undefined) throw gone(ref.uid);
    if (found) this.#store.messages.setBodyStructure(ref.mailboxId, ref.uid, encodeStructure(found));
    return found;
  }

  /** Small sections, from the cache or the server; several in one flight. */
  async #sections(ref: MessageRef, wanted: readonly string[]): Promise<Map<string, Buffer>> {
    const found = new Map<string, Buffer>();
    for (const section of wanted) {
      const kept = this.#store.bodies.getPart(ref.mailboxId, ref.uid, section);
      if (kept) found.set(section, kept);
    }
    const missing = wanted.filter((section) => !found.has(section));
    if (missing.length === 0) return found;
    const streamed = new Map<string, Buffer[]>();
    await this.#session.within(ref.path, (connection) =>
      connection.run(
        fetch(
          uidSet.fromNumbers([ref.uid]),
          { sections: missing.map((section) => ({ section })) },
          {
            sink: ({ section }) => {
              const chunks: Buffer[] = [];
              streamed.set(section, chunks);
              return {
                write: (chunk) => void chunks.push(chunk),
                end: () => undefined,
                abort: () => streamed.delete(section),
              };
            },
            onMessage: ({ uid, sections }) => {
              if (uid !== ref.uid) return;
              for (const [section, bytes] of sections ?? []) if (bytes) found.set(section, bytes);
            },
          },
        ),
      ),
    );
    for (const [section, chunks] of streamed) found.set(section, Buffer.concat(chunks));
    for (const section of missing) {
      const bytes = found.get(section);
      if (bytes) this.#store.bodies.putPart(ref.mailboxId, ref.uid, section, bytes);
    }
    if (found.size === 0) throw gone(ref.uid);
    return found;
  }

  /** The header, or only some of its fields. */
  async header(ref: MessageRef, fields: readonly string[]): Promise<Buffer> {
    const cached = this.#store.bodies.read(ref.mailboxId, ref.uid);
    const whole = cached ? headerOf(cached) : (await this.#sections(ref, ["HEADER"])).get("HEADER");
    if (!whole) throw gone(ref.uid);
    return fields.length === 0 ? whole : chooseFields(whole, fields);
  }

  /** The source as a stream, never in memory as a whole. */
  async source(ref: MessageRef): Promise<Readable> {
    await this.#keep(ref);
    const path = this.#store.bodies.path(ref.mailboxId, ref.uid);
    if (path === null) throw gone(ref.uid);
    return createReadStream(path);
  }

  /** One part, decoded, as a stream: only this part is fetched, and never held in memory. */
  async part(ref: MessageRef, section: string): Promise<{ attachment: Attachment; stream: Readable }> {
    const { decodePart, extractAttachment, listAttachments } = await messageRoom();
    const cached = this.#store.bodies.read(ref.mailboxId, ref.uid);
    if (cached) {
      const part = await extractAttachment(cached, section);
      if (!part) throw noPart(section);
      const { mediaType, fileName, bytes, encoding } = part;
      const attachment: Attachment = {
        section,
        fileName,
        mediaType,
        size: bytes.length,
        disposition: "attachment",
        contentId: null,
      };
      return { attachment, stream: Readable.from([bytes]).pipe(decodePart(encoding)) };
    }
    // A file inside of a part is found in the whole message alone.
    const structure = section.includes(":") ? null : await this.structure(ref);
    if (!structure) {
      await this.#keep(ref);
      return this.part(ref, section);
    }
    const leaf = findPart(structure, section);
    if (!leaf) throw noPart(section);
    const attachment: Attachment = listAttachments(structure).find((a) => a.section === section) ?? {
      section,
      fileName: null,
      mediaType: `${leaf.type}/${leaf.subtype}`,
      size: leaf.size,
      disposition: "inline",
      contentId: leaf.id,
    };
    return { attachment, stream: this.#stream(ref, section).pipe(decodePart(leaf.encoding)) };
  }

  #stream(ref: MessageRef, section: string): Readable {
    const raw = new PassThrough();
    const write = (chunk: Buffer) =>
      new Promise<void>((resolve, reject) => {
        if (raw.destroyed) reject(new Error("the reader went away"));
        else if (raw.write(chunk)) resolve();
        else raw.once("drain", resolve).once("close", resolve);
      });
    this.#session
      .within(ref.path, (connection) =>
        connection.run(
          fetch(
            uidSet.fromNumbers([ref.uid]),
            { sections: [{ section }] },
            {
              sink: () => ({ write, end: () => undefined, abort: (error) => void raw.destroy(error) }),
              onMessage: ({ uid, sections }) => {
                const bytes = uid === ref.uid ? sections?.get(section) : null;
                if (bytes) raw.write(bytes);
              },
            },
          ),
        ),
      )
      .then(
        () => raw.end(),
        (error: Error) => raw.destroy(error),
      );
    return raw;
  }
}

function gone(uid: number): MailError {
  return new MailError(
    "NO_MESSAGE",
    `there is no message ${uid} any more`,
    "another program may have removed it: list the folder again",
  );
}

function noPart(section: string): MailError {
  return new MailError(
    "NO_PART",
    `the message has no part ${section}`,
    "open the message: its parts are listed at the end",
  );
}

function findPart(
  structure: BodyStructure,
  section: string,
): Extract<BodyStructure, { kind: "part" }> | null {
  const queue: BodyStructure[] = [structure];
  for (let node = queue.shift(); node; node = queue.shift()) {
    if (node.kind === "multipart") queue.push(...node.parts);
    else if (node.section === section) return node;
    else if (node.body) queue.push(node.body);
  }
  return null;
}

function headerOf(message: Buffer): Buffer {
  const ends = ["\r\n\r\n", "\n\n", "\r\r"]
    .map((end) => [message.indexOf(end), end.length] as const)
    .filter(([at]) => at >= 0);
  const [at, length] = ends.sort((a, b) => a[0] - b[0])[0] ?? [message.length, 0];
  return message.subarray(0, at + length);
}

/** The lines of the named fields, with their continuations, and the empty line. */
function chooseFields(header: Buffer, fields: readonly string[]): Buffer {
  const wanted = new Set(fields.map((name) => name.toLowerCase()));
  const kept = header
    .toString("latin1")
    .split(/(?:\r\n|\r|\n)(?![ \t])/)
    .filter((line) =>
      wanted.has(
        line
          .slice(0, Math.max(0, line.indexOf(":")))
          .trim()
          .toLowerCase(),
      ),
    );
  return Buffer.from(`${[...kept, ""].join("\r\n")}\r\n`, "latin1");
}

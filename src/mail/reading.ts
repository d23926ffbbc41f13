/** Messages and their parts: from the cache where they are, else from the server, as little of them as will do. */
import type { FileHandle } from "node:fs/promises";
import { PassThrough, pipeline, Readable } from "node:stream";
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
import { drained } from "../message/drained.ts";
import type { Step } from "../message/part-source.ts";
import type { Attachment, ReadableMessage, ReadOptions } from "../message/types.ts";
import {
  type BodyWriter,
  firstProvisionalUid,
  type Store,
  type StoredMessage,
  StoreError,
} from "../store/index.ts";
import type { Room } from "./download/room.ts";
import { wholeLimit } from "./download/whole-limit.ts";
import { fetchWholes } from "./download/wholes.ts";
import { isLineDown, MailError, storeErrorIn } from "./errors.ts";
import { firstLook, lookLimit } from "./first-look.ts";
import { chooseFields, headerOf } from "./header-block.ts";
import { fetchSections, type Sections } from "./sections.ts";
import type { Session } from "./session.ts";
import { decodeStructure, encodeStructure, findPart, partSizes, stepsTo } from "./structure.ts";

/** MIME and HTML are loaded when the first message is opened: a list does without them. */
const messageRoom = () => import("../message/index.ts");

/** A message, by the ids the server and the store know it by. */
export interface MessageRef {
  readonly path: string;
  readonly mailboxId: number;
  readonly uid: number;
}

/** Of a message kept whole only so much is held in memory to be read: text comes before attachments. Octets. */
const memoryLimit = 32 * 1024 * 1024;
/** How often a body that goes while it is being opened is brought again. */
const openTries = 3;
/** More of a text is not asked for. Octets. */
const textLimit = 8 * 1024 * 1024;
/** What a server calls a part (RFC 9051 §6.4.5). */
const partNumber = /^\d+(?:\.\d+)*$/;
/** No header is longer. Octets. */
const headerLimit = 1024 * 1024;

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
  readonly #room: Room;
  /** Bodies under way, by what they are of. */
  readonly #keeping = new Map<string, Promise<void>>();

  constructor(store: Store, session: Session, room: Room) {
    this.#store = store;
    this.#session = session;
    this.#room = room;
  }

  /** Runs commands with the message's mailbox selected. */
  async #within<T>(ref: MessageRef, work: (connection: Connection) => Promise<T>): Promise<T> {
    if (ref.uid >= firstProvisionalUid) throw onItsWay();
    return this.#session.within(ref.path, work);
  }

  /** Asks in the flight that selects the message's mailbox, where that is not done yet. */
  async #asked<T>(ref: MessageRef, ask: (connection: Connection) => Promise<T>): Promise<T> {
    if (ref.uid >= firstProvisionalUid) throw onItsWay();
    return this.#session.asked(ref.path, { ask, blind: true }, (answer) => answer);
  }

  /** The message's row; one that was never listed gets it now, as the cache holds only what the index knows. */
  async #row(ref: MessageRef, section = ""): Promise<StoredMessage> {
    const { messages } = this.#store;
    if (!messages.get(ref.mailboxId, ref.uid)) await this.#look(ref, false, section);
    const row = messages.get(ref.mailboxId, ref.uid);
    if (!row) throw gone(ref);
    return row;
  }

  /** Keeps what the first look at a message shows, with all of a `section` that is small; `known`: it has a row. */
  async #look(ref: MessageRef, known: boolean, section = ""): Promise<void> {
    const ask = (connection: Connection) => firstLook(connection, ref.uid, known, section);
    const { row, structure, bytes } = await this.#asked(ref, ask);
    const { messages, bodies } = this.#store;
    if (row) messages.put(ref.mailboxId, [row]);
    if (row && structure) messages.setBodyStructure(ref.mailboxId, ref.uid, encodeStructure(structure));
    if (!bytes || bodies.sizeOf(ref.mailboxId, ref.uid) !== null) return;
    try {
      await this.#room.make(bytes.length);
      if (section === "") bodies.put(ref.mailboxId, ref.uid, bytes);
      else bodies.putPart(ref.mailboxId, ref.uid, section, bytes);
    } catch (error) {
      // Who needs the text asks for it, and says why it cannot be had.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /** The message as people read it. Throws MailError "NO_MESSAGE", or "OFFLINE" where it is not cached. */
  async read(ref: MessageRef, options: ReadOptions = {}): Promise<ReadableMessage> {
    // What reads it is loaded while the answer is on its way.
    const loading = messageRoom().then((room) => {
      room.expectMessage();
      return room;
    });
    const [row, { readMessage, readParts, chooseTextParts }] = await Promise.all([this.#row(ref), loading]);
    if (row.size > wholeLimit) {
      const structure = await this.#structureFor(ref, row);
      if (structure) {
        const parts = await this.#sections(
          ref,
          ["HEADER", ...chooseTextParts(structure, options)],
          partSizes(structure),
        );
        return readParts({ header: parts.get("HEADER") ?? Buffer.alloc(0), structure, parts }, options);
      }
    }
    return readMessage(await this.#inMemory(ref, row), options);
  }

  /** The message with its signatures checked and what is encrypted decrypted. Throws as `read` does. */
  async readProtected(
    ref: MessageRef,
    tools: CryptoTools,
    options: ReadOptions = {},
  ): Promise<ProtectedMessage> {
    const whole = await this.#inMemory(ref, await this.#row(ref));
    const { openProtected } = await import("../message/crypto/index.ts");
    const { readMessage } = await messageRoom();
    const opened = await openProtected(whole, tools);
    return { ...opened, message: await readMessage(opened.source ?? whole, options) };
  }

  /** What the parts of a large message are called, unless it is to be read whole: its parts may not be asked for. */
  async #structureFor(ref: MessageRef, { cached }: StoredMessage): Promise<BodyStructure | null> {
    if (!cached) return this.structure(ref);
    const stored = this.#store.messages.bodyStructure(ref.mailboxId, ref.uid);
    const kept = this.#store.bodies.sections(ref.mailboxId, ref.uid);
    return stored !== null && kept.includes("HEADER") ? decodeStructure(stored) : null;
  }

  /** A message that is kept whole, or as much of it as asked for; null where it is not kept. */
  async #beginning(ref: MessageRef, octets: number): Promise<Buffer | null> {
    const size = this.#store.bodies.sizeOf(ref.mailboxId, ref.uid);
    if (size === null) return null;
    if (size <= wholeLimit) return this.#store.bodies.read(ref.mailboxId, ref.uid);
    const file = await this.#store.bodies.open(ref.mailboxId, ref.uid);
    if (file === null) return null;
    const chunks: Buffer[] = [];
    for await (const chunk of file.createReadStream({ start: 0, end: octets - 1 })) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** The whole message, open for reading; it is fetched if it is not kept. The caller closes it. */
  async #open(ref: MessageRef): Promise<FileHandle> {
    for (let tried = 0; tried < openTries; tried++) {
      const file = await this.#store.bodies.open(ref.mailboxId, ref.uid);
      if (file) return file;
      await this.#keep(ref);
    }
    throw gone(ref);
  }

  /** Brings the whole message into the cache; who asks while it comes waits for the same. */
  #keep(ref: MessageRef): Promise<void> {
    const key = `${ref.mailboxId} ${ref.uid}`;
    const underWay = this.#keeping.get(key);
    if (underWay) return underWay;
    const started = this.#bring(ref).finally(() => this.#keeping.delete(key));
    this.#keeping.set(key, started);
    return started;
  }

  async #bring(ref: MessageRef): Promise<void> {
    const row = await this.#row(ref);
    const kept = () => this.#store.bodies.sizeOf(ref.mailboxId, ref.uid) !== null;
    if (!kept() && row.size <= lookLimit) await this.#look(ref, true);
    if (kept()) return;
    await this.#room.make(row.size);
    try {
      await this.#within(ref, (connection) =>
        row.size > wholeLimit ? this.#downloadLarge(connection, ref, row) : this.#download(connection, ref),
      );
    } catch (error) {
      throw error instanceof StoreError && error.code === "gone" ? gone(ref) : error;
    }
  }

  /** As much of the message as is read in memory. On a full disk it is read all the same, and not kept. */
  async #inMemory(ref: MessageRef, { size }: StoredMessage): Promise<Buffer> {
    const kept = await this.#beginning(ref, memoryLimit);
    if (kept) return kept;
    try {
      await this.#keep(ref);
    } catch (error) {
      if (!isDiskFull(error) || size > wholeLimit) throw error;
      const found = await this.#asked(ref, (connection) =>
        fetchSections(connection, [[ref.uid, ref.uid]], [{ section: "" }]),
      );
      const source = found.get(ref.uid)?.get("");
      if (source) return source;
    }
    const body = await this.#beginning(ref, memoryLimit);
    if (!body) throw gone(ref);
    return body;
  }

  /** Written by a thread of its own, as the disk may take its time for it. */
  async #downloadLarge(connection: Connection, ref: MessageRef, row: StoredMessage): Promise<void> {
    const writer = this.#store.bodies.bulk(ref.mailboxId);
    try {
      const came = await fetchWholes(connection, [row], writer, { alone: true });
      await writer.settled();
      if (came.size === 0) throw gone(ref);
    } finally {
      await writer.close();
    }
    this.#store.bodies.noteReading(ref.mailboxId, ref.uid);
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
              // What answers another one's question for the same message is not written behind ours.
              if (complete || (uid !== null && uid !== ref.uid)) return undefined;
              complete = true;
              return bodySink(writer);
            },
            onMessage: ({ uid, sections }) => {
              const body = sections?.get("");
              if (complete || uid !== ref.uid || !body) return;
              writer.write(body);
              complete = true;
            },
          },
        ),
      );
    } catch (error) {
      writer.abort();
      throw storeErrorIn(error);
    }
    if (!complete) {
      writer.abort();
      throw gone(ref);
    }
    writer.commit();
  }

  /** BODYSTRUCTURE, kept in the index; null where the server's is broken and the message must be read whole. */
  async structure(ref: MessageRef): Promise<BodyStructure | null> {
    const stored = this.#store.messages.bodyStructure(ref.mailboxId, ref.uid);
    if (stored !== null) return decodeStructure(stored);
    const found = await this.#asked(ref, async (connection) => {
      let told: BodyStructure | null | undefined;
      const onMessage = ({ uid, bodyStructure }: FetchedMessage) => {
        if (uid === ref.uid && bodyStructure) told = isInvalid(bodyStructure) ? null : bodyStructure;
      };
      await connection.run(fetch(uidSet.fromNumbers([ref.uid]), { bodyStructure: true }, { onMessage }));
      return told;
    });
    if (found === undefined) throw gone(ref);
    if (found) this.#store.messages.setBodyStructure(ref.mailboxId, ref.uid, encodeStructure(found));
    return found;
  }

  /**
   * Small sections, from the cache or the server; several in one flight. With the line down, those that are kept; of a
   * text that is too long only its beginning. `sizes` in octets, as far as they are known.
   */
  async #sections(
    ref: MessageRef,
    wanted: readonly string[],
    sizes: ReadonlyMap<string, number> = new Map(),
  ): Promise<Map<string, Buffer>> {
    const { bodies } = this.#store;
    const found = new Map<string, Buffer>();
    for (const section of wanted) {
      const kept = bodies.getPart(ref.mailboxId, ref.uid, section);
      if (kept) found.set(section, kept);
    }
    const missing = wanted.filter((section) => !found.has(section));
    if (missing.length === 0) return found;
    const cut = (section: string) => (sizes.get(section) ?? 0) > textLimit;
    const query = missing.map((section) => ({
      section,
      ...(cut(section) ? { partial: { offset: 0, length: textLimit + 1 } } : {}),
    }));
    let came: Sections | undefined;
    try {
      const fetched = await this.#asked(ref, (connection) =>
        fetchSections(connection, [[ref.uid, ref.uid]], query),
      );
      came = fetched.get(ref.uid);
    } catch (error) {
      if (found.size === 0 || !isOffline(error)) throw error;
    }
    for (const [section, bytes] of came ?? []) {
      found.set(section, bytes);
      if (!cut(section)) await this.#keepPart(ref, section, bytes);
    }
    if (found.size === 0) throw gone(ref);
    return found;
  }

  /** What cannot be kept, as the disk is full, is read all the same. */
  async #keepPart(ref: MessageRef, section: string, content: Buffer): Promise<void> {
    try {
      await this.#room.make(content.length);
      this.#store.bodies.putPart(ref.mailboxId, ref.uid, section, content);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
  }

  /** The header, or only some of its fields. */
  async header(ref: MessageRef, fields: readonly string[]): Promise<Buffer> {
    const cached = await this.#beginning(ref, headerLimit);
    const whole = cached ? headerOf(cached) : (await this.#sections(ref, ["HEADER"])).get("HEADER");
    if (!whole) throw gone(ref);
    return fields.length === 0 ? whole : chooseFields(whole, fields);
  }

  /** The source as a stream, never in memory as a whole. What there is no room to keep is only passed on. */
  async source(ref: MessageRef): Promise<Readable> {
    const { size } = await this.#row(ref);
    const kept = this.#store.bodies.sizeOf(ref.mailboxId, ref.uid) !== null;
    if (!kept && !this.#room.mayHold(size)) return this.#stream(ref, "");
    try {
      return (await this.#open(ref)).createReadStream({ start: 0 });
    } catch (error) {
      if (isDiskFull(error)) return this.#stream(ref, "");
      throw error;
    }
  }

  /** One part, decoded, as a stream: only this part is fetched, and never held in memory. */
  async part(ref: MessageRef, section: string): Promise<{ attachment: Attachment; stream: Readable }> {
    const { decodePart, extractAttachment, listAttachments } = await messageRoom();
    const known = await this.#row(ref, partNumber.test(section) ? section : "");
    // A small message comes whole before it has been asked how it is made.
    const small = !known.cached && known.size <= lookLimit;
    if (small && !this.#store.bodies.getPart(ref.mailboxId, ref.uid, section)) await this.#look(ref, true);
    const row = await this.#row(ref);
    const stored = this.#store.messages.bodyStructure(ref.mailboxId, ref.uid);
    const kept = stored === null ? null : this.#store.bodies.getPart(ref.mailboxId, ref.uid, section);
    // A file inside of a part is found in the whole message alone.
    const inside = section.includes(":");
    const fromFile = row.cached && !kept && !inside;
    // A small message is read whole; so is a large one of which nobody can tell how it is made.
    const structure =
      inside || (fromFile && row.size <= wholeLimit)
        ? null
        : fromFile && stored === null
          ? await this.structure(ref).catch(() => null)
          : await this.structure(ref);
    const steps = fromFile && structure ? stepsTo(structure, section) : null;
    if (!structure) {
      const file = await this.#open(ref);
      const source = await file.readFile().finally(() => file.close());
      const part = await extractAttachment(source, section);
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
    const stream = kept
      ? Readable.from([kept])
      : steps
        ? await this.#fromFile(ref, steps)
        : this.#stream(ref, section);
    // Whoever gives up what is decoded gives up what it is decoded from.
    return { attachment, stream: pipeline(stream, decodePart(leaf.encoding), () => {}) };
  }

  /** A part out of the message that is kept, of which nothing more than a piece is in memory. */
  async #fromFile(ref: MessageRef, steps: readonly Step[]): Promise<Readable> {
    const { partSource } = await import("../message/part-source.ts");
    const file = await this.#open(ref);
    const whole = file.createReadStream({ start: 0 });
    const part = Readable.from(partSource(whole, steps), { objectMode: false });
    // Given up before its first octet, it would not have begun to read, and the file would stay open.
    return part.once("close", () => whole.destroy());
  }

  #stream(ref: MessageRef, section: string): Readable {
    const raw = new PassThrough();
    // Another one's question for the same part may be answered to us as well.
    let taken = false;
    const write = async (chunk: Buffer) => {
      if (raw.destroyed) throw new Error("the reader went away");
      if (!raw.write(chunk)) await drained(raw);
    };
    this.#within(ref, (connection) =>
      connection.run(
        fetch(
          uidSet.fromNumbers([ref.uid]),
          { sections: [{ section }] },
          {
            sink: (literal) => {
              if (taken || literal.section !== section || (literal.uid ?? ref.uid) !== ref.uid)
                return undefined;
              taken = true;
              return { write, end: () => undefined, abort: (error) => void raw.destroy(error) };
            },
            onMessage: ({ uid, sections }) => {
              const bytes = uid === ref.uid && !taken ? sections?.get(section) : null;
              if (!bytes) return;
              taken = true;
              raw.write(bytes);
            },
          },
        ),
      ),
    ).then(
      () => raw.end(),
      (error: Error) => raw.destroy(error),
    );
    return raw;
  }
}

/** Whether it is the line that is missing, by will or not. */
function isOffline(error: unknown): boolean {
  return isLineDown(error) || (error instanceof MailError && error.code === "OFFLINE");
}

function isDiskFull(error: unknown): boolean {
  return error instanceof StoreError && error.code === "disk-full";
}

function onItsWay(): MailError {
  return new MailError(
    "NO_MESSAGE",
    "the message is on its way into this folder, and its text is not here yet",
    "open it when the server has confirmed that it has come",
  );
}

function gone({ path, uid }: MessageRef): MailError {
  return new MailError(
    "NO_MESSAGE",
    `${path} has no message ${uid}`,
    'it may just have been removed: "postern list" shows the ids',
  );
}

function noPart(section: string): MailError {
  return new MailError(
    "NO_PART",
    `the message has no part ${section}`,
    "open the message: its parts are listed at the end",
  );
}

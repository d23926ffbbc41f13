/**
 * Messages that are to be sent, on the disk of this machine: a directory each below the account's state, with the
 * message as others get it and what is known of it. Nothing is told as done before it is there; who works on one has
 * its lock.
 */
import { randomInt } from "node:crypto";
import { link, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { StreamedMessage } from "../../mail/index.ts";
import { ownPiece, type Piece } from "../../mail/pieces.ts";
import { asStoreError, ProcessLock } from "../../store/index.ts";
import type { Origin } from "../compose/draft.ts";
import { makePrivateDirectory, namesIn, replaceFile, syncDirectory } from "../disk.ts";
import { SendError } from "../errors.ts";
import { type Octets, readPieces, writePieces } from "../kept-pieces.ts";
import type { Envelope } from "../submission/types.ts";
import { HeaderWatch } from "../utf8-header.ts";
import { type Entry, readEntry, writeEntry } from "./entry.ts";

/** A message on its way into the outbox. */
export interface Outgoing {
  /** As others get it: CRLF line ends, no Bcc. It is read once. */
  message(): Octets;
  readonly bcc: string;
  readonly messageId: string;
  readonly envelope: Envelope;
  readonly subject: string;
  readonly origin: Origin | null;
  readonly copy: boolean;
  readonly draft: string | null;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
}

const dayMs = 86_400_000;
/** Letters of an id, without those that are easily taken for one another. */
const letters = "23456789abcdefghjkmnpqrstvwxyz";
const newId = () => Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join("");

/** The right to work on one entry. */
export interface Claim {
  readonly entry: Entry;
  release(): void;
}

export class Outbox {
  readonly directory: string;

  /** `stateDir`: of the account. */
  constructor(stateDir: string) {
    this.directory = join(stateDir, "outbox");
  }

  #path(id: string, ...names: string[]): string {
    return join(this.directory, id, ...names);
  }

  /** Puts a message into the outbox; it is on the disk when this resolves. Throws StoreError, and what its text throws. */
  async add(outgoing: Outgoing): Promise<Entry> {
    const { messageId, bcc, envelope, subject, origin, copy, draft, notBefore } = outgoing;
    return this.#place(async (directory) => {
      const header = new HeaderWatch();
      const { size, pieces } = await writePieces(join(directory, "message"), outgoing.message(), (chunk) =>
        header.look(chunk),
      );
      return {
        ...{ messageId, bcc, envelope, subject, origin, copy, draft, notBefore, size, pieces },
        ...{ created: Date.now(), retryAt: 0, state: "waiting", utf8Header: header.utf8, copying: false },
        ...{ attempts: 0, reason: null, refused: [] },
      };
    });
  }

  /** A second entry with the same message, for some of its recipients; `id` makes it the same one when it is tried again. */
  async split(entry: Entry, id: string, change: Partial<Entry>): Promise<void> {
    if (await this.get(id)) return;
    await this.#place(async (directory) => {
      await link(this.#path(entry.id, "message"), join(directory, "message"));
      return { ...entry, ...change };
    }, id);
  }

  /** Makes a directory where nobody looks, and gives it its name when all of it is on the disk. */
  async #place(fill: (directory: string) => Promise<Omit<Entry, "id">>, wanted?: string): Promise<Entry> {
    const id = wanted ?? newId();
    const hidden = join(this.directory, `.${newId()}${newId()}.tmp`);
    await makePrivateDirectory(hidden);
    try {
      const entry = { ...(await fill(hidden)), id };
      await replaceFile(join(hidden, "entry.json"), writeEntry(entry));
      await rename(hidden, this.#path(id));
      await syncDirectory(this.directory);
      return entry;
    } catch (error) {
      await rm(hidden, { recursive: true, force: true });
      const code = (error as NodeJS.ErrnoException).code;
      if (wanted === undefined && (code === "ENOTEMPTY" || code === "EEXIST")) return this.#place(fill);
      throw code !== undefined && "syscall" in (error as object) ? asStoreError(error, hidden) : error;
    }
  }

  /** The oldest first. */
  async list(): Promise<Entry[]> {
    const found = await Promise.all((await namesIn(this.directory)).map((id) => this.get(id)));
    return found.filter((entry) => entry !== null).sort((a, b) => a.created - b.created);
  }

  async get(id: string): Promise<Entry | null> {
    if (!/^[a-z0-9-]{1,20}$/.test(id)) return null;
    try {
      return readEntry(await readFile(this.#path(id, "entry.json"), "utf8"));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") return null;
      throw asStoreError(error, this.#path(id));
    }
  }

  /** Takes the right to work on an entry; null where another process has it, or where it is gone. */
  async claim(id: string): Promise<Claim | null> {
    if (!(await this.get(id))) return null;
    const lock = new ProcessLock(this.#path(id, "lock"));
    try {
      if (!lock.tryLock()) return null;
    } catch (error) {
      // Gone in between.
      if (!(await this.get(id))) return null;
      throw error;
    }
    const entry = await this.get(id);
    if (entry) return { entry, release: () => lock.unlock() };
    lock.unlock();
    return null;
  }

  /** Changes an entry that one has claimed; on the disk when this resolves. */
  async update(entry: Entry, change: Partial<Entry>): Promise<Entry> {
    const next = { ...entry, ...change };
    await replaceFile(this.#path(entry.id, "entry.json"), writeEntry(next));
    return next;
  }

  /** Removes an entry that one has claimed: what says what it is goes first. */
  async remove({ id }: Entry): Promise<void> {
    try {
      await rm(this.#path(id, "entry.json"), { force: true });
      await syncDirectory(this.#path(id));
      await rm(this.#path(id), { recursive: true, force: true });
    } catch (error) {
      throw asStoreError(error, this.#path(id));
    }
  }

  /** Removes what a crash has left of entries that were never told of, or are done with. */
  async sweep(): Promise<void> {
    for (const name of await readdir(this.directory).catch(() => [])) {
      const path = join(this.directory, name);
      const begun = await stat(name.startsWith(".") ? path : join(path, "entry.json")).catch(() => null);
      const stale = name.startsWith(".") && begun !== null && Date.now() - begun.mtimeMs > dayMs;
      if (stale || (begun === null && !name.startsWith(".")))
        await rm(path, { recursive: true, force: true });
    }
  }

  /** The message as others get it. */
  pieces({ id, pieces }: Entry): Piece[] {
    return readPieces(this.#path(id, "message"), pieces);
  }

  /** The message as one keeps it: who had a blind copy is told. */
  copy(entry: Entry): StreamedMessage {
    const { bcc, messageId } = entry;
    const field = bcc === "" ? [] : [ownPiece(Buffer.from(bcc))];
    return { messageId, pieces: [...field, ...this.pieces(entry)] };
  }

  /** Takes a message back that has not gone out. Throws SendError "NO_ENTRY", "TOO_LATE". */
  async takeBack(id: string): Promise<Entry> {
    const claim = await this.claim(id);
    if (!claim) {
      if (await this.get(id))
        throw new SendError(
          "TOO_LATE",
          `message ${id} is being sent now`,
          "it cannot be called back any more",
        );
      throw new SendError(
        "NO_ENTRY",
        `there is no message ${id} in the outbox`,
        '"postern outbox" lists them',
      );
    }
    const { entry } = claim;
    try {
      if (entry.state === "sent")
        throw new SendError("TOO_LATE", `message ${id} has been sent`, "it cannot be called back any more");
      await this.remove(entry);
      return entry;
    } finally {
      claim.release();
    }
  }
}

import { readFileSync } from "node:fs";
import { type FileHandle, open as openFile } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { FileWriter, type Seal } from "./body-writer.ts";
import { type Arriving, BulkWriter, type Delivery, type Written } from "./bulk-writer.ts";
import { bytes, type Database, number, text } from "./database.ts";
import type { Row } from "./driver.ts";
import { StoreError } from "./error.ts";
import { evict } from "./eviction.ts";
import { filesWillGo } from "./foreign.ts";
import { type Mailboxes, words } from "./mailboxes.ts";
import { baseName, fileSize, Maildir, onFile, removeFile, temporaryName } from "./maildir.ts";
import { type MissingQuery, type MissingSlice, missingBodies } from "./missing.ts";
import { type BodyWriter, firstProvisionalUid } from "./types.ts";

/** How exactly the time of the last reading is kept, milliseconds: not every reading should be a write. */
const readPrecision = 3600 * 1000;

/**
 * Whole messages in the maildirs, and single parts of those too large to keep whole. A file is written in tmp/, then
 * the index learns of it, then it is moved to cur/: a kill in between leaves nothing that is not found again.
 * Where there is no fsync, what a power failure has spoilt is told by size and checksum, and comes back from the server.
 */
export class Bodies {
  readonly #database: Database;
  readonly #mailboxes: Mailboxes;
  readonly #fsync: boolean;
  readonly #swept = new Set<number>();

  /** `fsync`: each message is on the disk before the index has it. */
  constructor(database: Database, mailboxes: Mailboxes, fsync: boolean) {
    this.#database = database;
    this.#mailboxes = mailboxes;
    this.#fsync = fsync;
  }

  /**
   * The file that holds the whole message, or null; its content is not looked at, see `open`. Another program may have
   * renamed it (found again, and the name that the index knows stays, so that changed flags are noticed) or deleted it
   * (forgotten); one that was cut short is deleted.
   */
  path(mailboxId: number, uid: number): string | null {
    const row = this.#row(mailboxId, uid);
    if (!row) return null;
    const maildir = this.#maildir(mailboxId);
    const file = maildir.find(text(row, "file"));
    if (file && !maildir.isTemporary(file.path) && fileSize(file.path) === row.size) return file.path;
    return this.#database.transaction(() => this.#repair(mailboxId, uid, fileSize));
  }

  /** Octets of the whole message, or null where the index knows of none; whether it is sound is not looked at. */
  sizeOf(mailboxId: number, uid: number): number | null {
    const row = this.#row(mailboxId, uid);
    return row && number(row, "size");
  }

  /** The whole message in memory, or null where it is not cached as it came. Counts as reading unless `peek`. */
  read(mailboxId: number, uid: number, { peek = false } = {}): Buffer | null {
    const content = this.#content(mailboxId, uid) ?? this.#mended(mailboxId, uid);
    if (content && !peek) this.#noteReading("body", "", mailboxId, uid);
    return content;
  }

  /**
   * The whole message as it came, open for reading, or null; it may be of any size. Counts as reading. Who has it open
   * keeps it, wherever the file goes meanwhile. The caller closes it.
   */
  async open(mailboxId: number, uid: number): Promise<FileHandle | null> {
    const path = this.path(mailboxId, uid);
    const row = path === null ? null : this.#row(mailboxId, uid);
    if (path === null || !row) return null;
    const file = await openFile(path).catch(() => null);
    if (file === null) return null;
    try {
      if ((await checksumOf(file)) === row.checksum) {
        this.#noteReading("body", "", mailboxId, uid);
        return file;
      }
    } catch (error) {
      await file.close();
      throw error;
    }
    await file.close();
    this.#database.transaction(() => this.#spoilt(mailboxId, uid, path, number(row, "checksum")));
    return null;
  }

  #content(mailboxId: number, uid: number): Buffer | null {
    const row = this.#row(mailboxId, uid);
    const maildir = this.#maildir(mailboxId);
    const file = row && maildir.find(text(row, "file"));
    // What a kill has left in tmp/ is mended, which brings it to its place.
    if (!file || maildir.isTemporary(file.path)) return null;
    const content = onFile<Buffer | null>(file.path, () => readFileSync(file.path), null);
    return content && isSealed(content, row) ? content : null;
  }

  /** What is left once row and file have been made to agree. */
  #mended(mailboxId: number, uid: number): Buffer | null {
    if (!this.#row(mailboxId, uid)) return null;
    const look = (path: string, row: Row) => {
      const content = onFile<Buffer | null>(path, () => readFileSync(path), null);
      return content && isSealed(content, row) ? content.length : null;
    };
    this.#database.transaction(() => this.#repair(mailboxId, uid, look));
    return this.#content(mailboxId, uid);
  }

  /**
   * Begins to store a message of the index, which has been read. Throws StoreError `gone` where the index does not have
   * it.
   */
  create(mailboxId: number, uid: number): BodyWriter {
    const row = this.#database.get(
      `SELECT uid_validity, internal_date FROM message JOIN mailbox ON mailbox.id = mailbox
       WHERE mailbox = ? AND uid = ?`,
      mailboxId,
      uid,
    );
    if (!row) throw new StoreError("gone", `Message ${uid} is not in the index.`, "Read the list again.");
    const uidValidity = number(row, "uid_validity");
    const base = baseName(uidValidity, uid, number(row, "internal_date"));
    const maildir = this.#maildir(mailboxId);
    if (!this.#swept.has(mailboxId)) maildir.sweep();
    this.#swept.add(mailboxId);
    const temporary = maildir.openTemporary(temporaryName(base));
    return new FileWriter({
      ...temporary,
      fsync: this.#fsync,
      keep: (seal) => this.#keep(mailboxId, uid, uidValidity, base, temporary.path, seal),
    });
  }

  /** Stores a whole message of the index, which has been read. Throws StoreError as `create` and its writer do. */
  put(mailboxId: number, uid: number, source: Uint8Array): void {
    const writer = this.create(mailboxId, uid);
    writer.write(source);
    writer.commit();
  }

  /** Begins to store many messages of a mailbox, which nobody has read. */
  bulk(mailboxId: number): BulkWriter {
    const uidValidity = this.#mailboxes.byId(mailboxId)?.uidValidity ?? 0;
    const maildir = this.#maildir(mailboxId);
    maildir.make();
    return new BulkWriter({
      fsync: this.#fsync,
      temporary: ({ uid, internalDate }: Arriving) =>
        maildir.temporary(temporaryName(baseName(uidValidity, uid, internalDate))),
      keep: (written) => this.#keepAll(mailboxId, uidValidity, written),
    });
  }

  /** The part's content as `putPart` was given it, or null. `section` as in BODY[section]. */
  getPart(mailboxId: number, uid: number, section: string): Buffer | null {
    const row = this.#database.get(
      `SELECT content FROM part JOIN message ON message.id = message
       WHERE mailbox = ? AND uid = ? AND section = ?`,
      mailboxId,
      uid,
      section,
    );
    if (!row) return null;
    this.#noteReading("part", section, mailboxId, uid);
    return bytes(row, "content");
  }

  /** Keeps one part that was read; ignored where the message is not in the store. */
  putPart(mailboxId: number, uid: number, section: string, content: Uint8Array): void {
    this.#putPart(mailboxId, uid, section, content, Date.now());
  }

  /** Keeps parts that nobody has read. */
  putUnreadParts(mailboxId: number, { uid, internalDate }: Arriving, parts: ReadonlyMap<string, Uint8Array>) {
    this.#database.transaction(() => {
      for (const [section, content] of parts)
        this.#putPart(mailboxId, uid, section, content, lastUse(internalDate));
    });
  }

  #putPart(mailboxId: number, uid: number, section: string, content: Uint8Array, usedAt: number): void {
    this.#database.run(
      `INSERT INTO part (message, section, content, used_at)
       SELECT id, ?, ?, ? FROM message WHERE mailbox = ? AND uid = ?
       ON CONFLICT (message, section) DO UPDATE SET content = excluded.content,
         used_at = max(used_at, excluded.used_at)`,
      section,
      content,
      usedAt,
      mailboxId,
      uid,
    );
  }

  /** The sections of which `getPart` has the content. */
  sections(mailboxId: number, uid: number): string[] {
    return this.#database
      .all(
        "SELECT section FROM part JOIN message ON message.id = message WHERE mailbox = ? AND uid = ?",
        mailboxId,
        uid,
      )
      .map((row) => text(row, "section"));
  }

  /** Messages that are not kept whole, newest first: one slice of the mailbox. */
  missing(mailboxId: number, query: MissingQuery): MissingSlice {
    return missingBodies(this.#database, mailboxId, query);
  }

  /** Octets of all bodies and parts kept: at once, however many there are. */
  size(): number {
    const row = this.#database.get("SELECT octets FROM kept");
    return row ? number(row, "octets") : 0;
  }

  /**
   * One step of forgetting what was not used for longest: at most `most` bodies and parts, a few milliseconds of work.
   * Only what was last used before `before` (milliseconds since the epoch). Returns octets freed; 0: there is none.
   */
  evict(octets: number, before = Number.MAX_SAFE_INTEGER, most = 50): number {
    return evict(this.#database, (mailboxId) => this.#maildir(mailboxId), { octets, before, most });
  }

  /** Forgets what was not used for longest, until at most `maxBytes` are kept. Returns octets freed. */
  trim(maxBytes: number): number {
    let freed = 0;
    for (let step = 1; step > 0; freed += step) step = this.evict(this.size() - maxBytes);
    return freed;
  }

  /** Names of the files of those of `uids` (a JSON array) that are cached. */
  files(mailboxId: number, uids: string): string[] {
    return this.#database
      .all(
        `SELECT body.file FROM message JOIN body ON body.message = message.id
         WHERE mailbox = ? AND uid IN (SELECT value FROM json_each(?))`,
        mailboxId,
        uids,
      )
      .map((row) => text(row, "file"));
  }

  /** The same of messages that are to be removed in this write: their files are to go when it is done. */
  leaving(mailboxId: number, uids: string): string[] {
    const files = this.files(mailboxId, uids);
    if (files.length > 0) filesWillGo(this.#database, mailboxId);
    return files;
  }

  removeFiles(mailboxId: number, files: readonly string[]): void {
    if (files.length === 0) return;
    const maildir = this.#maildir(mailboxId);
    for (const file of files) maildir.remove(file);
  }

  /** Renames the files of messages whose flags have changed; one that is gone is forgotten. */
  followFlags(mailboxId: number, changes: readonly { uid: number; flags: readonly string[] }[]): void {
    if (changes.length === 0) return;
    const rows = this.#database.all(
      `SELECT message.id, uid, body.file FROM message JOIN body ON body.message = message.id
       WHERE mailbox = ? AND uid IN (SELECT value FROM json_each(?))`,
      mailboxId,
      JSON.stringify(changes.map(({ uid }) => uid)),
    );
    if (rows.length === 0) return;
    const flags = new Map(changes.map((change) => [change.uid, change.flags]));
    const maildir = this.#maildir(mailboxId);
    for (const row of rows) {
      const old = text(row, "file");
      const name = maildir.setFlags(old, flags.get(number(row, "uid")) ?? []);
      if (name === null) this.#database.run("DELETE FROM body WHERE message = ?", number(row, "id"));
      else if (name !== old) {
        this.#database.run("UPDATE body SET file = ? WHERE message = ?", name, number(row, "id"));
      }
    }
  }

  /**
   * Gives the files of messages that have new UIDs their new names, and deletes all others of the mailbox. A kill
   * in between costs bodies, which come back from the server; a name never holds another message's.
   */
  renumber(
    mailboxId: number,
    uidValidity: number,
    kept: readonly { id: number; uid: number; internalDate: number; flags: readonly string[] }[],
  ): void {
    const maildir = this.#maildir(mailboxId);
    if (kept.length === 0 && !this.#anyProvisional(mailboxId)) {
      maildir.clear();
      // Others may be about to write there.
      maildir.make();
      return;
    }
    const messages = new Map(kept.map((message) => [message.id, message]));
    const rows = this.#database.all(
      "SELECT message.id, file FROM message JOIN body ON body.message = message.id WHERE mailbox = ? AND uid < ?",
      mailboxId,
      firstProvisionalUid,
    );
    // All leave before the first arrives, as the new name of one may be the old name of another.
    const leaving = rows.map((row) => {
      const file = text(row, "file");
      const message = messages.get(number(row, "id"));
      if (!message) {
        maildir.remove(file);
        return () => undefined;
      }
      const base = baseName(uidValidity, message.uid, message.internalDate);
      const withdrawn = maildir.withdraw(file, base);
      return () => {
        if (withdrawn === null) this.#database.run("DELETE FROM body WHERE message = ?", message.id);
        else {
          const naming = maildir.naming(base, message.flags, withdrawn);
          maildir.deliver(withdrawn.path, naming, withdrawn);
          this.#database.run("UPDATE body SET file = ? WHERE message = ?", naming.written, message.id);
        }
      };
    });
    for (const arrive of leaving) arrive();
  }

  #anyProvisional(mailboxId: number): boolean {
    const sql =
      "SELECT 1 FROM message JOIN body ON message = message.id WHERE mailbox = ? AND uid >= ? LIMIT 1";
    return this.#database.get(sql, mailboxId, firstProvisionalUid) !== null;
  }

  #keep(
    mailboxId: number,
    uid: number,
    uidValidity: number,
    base: string,
    temporary: string,
    seal: Seal,
  ): boolean {
    const maildir = this.#maildir(mailboxId);
    const place = this.#database.transaction(() => {
      const row = this.#database.get(
        `SELECT message.id, flags FROM message JOIN mailbox ON mailbox.id = mailbox
         WHERE mailbox = ? AND uid = ? AND uid_validity = ?`,
        mailboxId,
        uid,
        uidValidity,
      );
      if (!row) return null;
      const [known] = this.files(mailboxId, JSON.stringify([uid]));
      const earlier = known === undefined ? null : maildir.find(known);
      const naming = maildir.naming(base, words(text(row, "flags")), earlier);
      this.#database.run(
        `INSERT INTO body (message, file, size, checksum, used_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (message) DO UPDATE SET file = excluded.file, size = excluded.size,
           checksum = excluded.checksum, used_at = excluded.used_at`,
        number(row, "id"),
        naming.written,
        seal.size,
        seal.checksum,
        Date.now(),
      );
      return { naming, earlier };
    });
    if (place) maildir.deliver(temporary, place.naming, place.earlier);
    return place !== null;
  }

  /** The same for many: those that are in the index, and that nobody else has brought in meanwhile. */
  #keepAll(mailboxId: number, uidValidity: number, written: readonly Written[]): Delivery[] {
    const maildir = this.#maildir(mailboxId);
    return this.#database.transaction(() => {
      const rows = this.#database.all(
        `SELECT message.id, uid, flags FROM message JOIN mailbox ON mailbox.id = mailbox
         LEFT JOIN body ON body.message = message.id
         WHERE mailbox = ? AND uid IN (SELECT value FROM json_each(?)) AND uid_validity = ?
           AND body.message IS NULL`,
        mailboxId,
        JSON.stringify(written.map(({ message }) => message.uid)),
        uidValidity,
      );
      const wanted = new Map(rows.map((row) => [number(row, "uid"), row]));
      const values: (string | number)[][] = [];
      const deliveries = written.map(({ message, temporary, size, checksum }): Delivery => {
        const row = wanted.get(message.uid);
        if (!row) return { temporary, path: null };
        wanted.delete(message.uid);
        const base = baseName(uidValidity, message.uid, message.internalDate);
        const naming = maildir.naming(base, words(text(row, "flags")), null);
        values.push([number(row, "id"), naming.written, size, checksum, lastUse(message.internalDate)]);
        return { temporary, path: maildir.finished(naming.name) };
      });
      this.#database.run(
        `INSERT INTO body (message, file, size, checksum, used_at)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)`,
        JSON.stringify(values),
      );
      return deliveries;
    });
  }

  #row(mailboxId: number, uid: number): Row | null {
    return this.#database.get(
      `SELECT message.id, file, body.size, checksum FROM message JOIN body ON body.message = message.id
       WHERE mailbox = ? AND uid = ?`,
      mailboxId,
      uid,
    );
  }

  /**
   * Looks again, now that no other process of ours is half-way through a change, and makes row and file agree. `look`
   * tells a file's size, or null where it is not what was written.
   */
  #repair(mailboxId: number, uid: number, look: (path: string, row: Row) => number | null): string | null {
    const row = this.#row(mailboxId, uid);
    if (!row) return null;
    const maildir = this.#maildir(mailboxId);
    const name = text(row, "file");
    for (const file of maildir.candidates(name)) {
      if (look(file.path, row) !== row.size) removeFile(file.path);
      else if (!maildir.isTemporary(file.path)) return file.path;
      else {
        const path = maildir.arrive(file);
        if (path !== null) return path;
      }
    }
    // One that went from tmp/ to its place while it was looked for.
    const arrived = maildir.find(name);
    if (arrived && look(arrived.path, row) === row.size) return arrived.path;
    this.#database.run("DELETE FROM body WHERE message = ?", number(row, "id"));
    return null;
  }

  /** The file is not what was written: both go, unless another process has mended it meanwhile. */
  #spoilt(mailboxId: number, uid: number, path: string, checksum: number): void {
    const row = this.#row(mailboxId, uid);
    if (row?.checksum !== checksum) return;
    removeFile(path);
    this.#database.run("DELETE FROM body WHERE message = ?", number(row, "id"));
  }

  /** The whole message was read, and is to be kept rather than what was not. */
  noteReading(mailboxId: number, uid: number): void {
    this.#noteReading("body", "", mailboxId, uid);
  }

  #noteReading(table: "body" | "part", section: string, mailboxId: number, uid: number): void {
    const now = Date.now();
    const old = this.#database.get(
      `SELECT ${table}.rowid AS id FROM ${table} JOIN message ON message.id = message
       WHERE mailbox = ? AND uid = ? AND used_at < ? ${table === "part" ? "AND section = ?" : ""}`,
      mailboxId,
      uid,
      now - readPrecision,
      ...(table === "part" ? [section] : []),
    );
    if (old) {
      this.#database.run(`UPDATE ${table} SET used_at = ? WHERE rowid = ?`, now, number(old, "id"));
    }
  }

  #maildir(mailboxId: number): Maildir {
    return new Maildir(this.#mailboxes.directory(mailboxId));
  }
}

/** What was never read counts as used when it came: new mail is kept rather than old. Milliseconds since the epoch. */
function lastUse(internalDate: number): number {
  return Math.min(Math.trunc(internalDate), Date.now());
}

function isSealed(content: Uint8Array, { size, checksum }: Row): boolean {
  return content.length === size && crc32(content) === checksum;
}

/** CRC-32 of a file of any size; null where it cannot be read to its end. It stays open. */
async function checksumOf(file: FileHandle): Promise<number | null> {
  let checksum = 0;
  const chunks = file.createReadStream({ start: 0, autoClose: false, highWaterMark: 256 * 1024 });
  try {
    for await (const chunk of chunks) checksum = crc32(chunk, checksum);
    return checksum;
  } catch {
    return null;
  }
}

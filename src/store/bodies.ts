import { closeSync, readFileSync, writeSync } from "node:fs";
import { bytes, type Database, number, text } from "./database.ts";
import type { Row } from "./driver.ts";
import { asStoreError, StoreError } from "./error.ts";
import { type Mailboxes, words } from "./mailboxes.ts";
import { baseName, fileSize, Maildir, onFile, removeFile } from "./maildir.ts";
import { type BodyWriter, firstProvisionalUid } from "./types.ts";

/** How exactly the time of the last reading is kept, milliseconds: not every reading should be a write. */
const readPrecision = 3600 * 1000;

let writers = 0;

/** Whole messages in the maildirs, and single parts of those too large to keep whole. */
export class Bodies {
  readonly #database: Database;
  readonly #mailboxes: Mailboxes;
  readonly #swept = new Set<number>();

  constructor(database: Database, mailboxes: Mailboxes) {
    this.#database = database;
    this.#mailboxes = mailboxes;
  }

  /**
   * The file that holds the whole message, or null. Another program may have renamed it (found again, and the name
   * that the index knows stays, so that changed flags are noticed) or deleted it (forgotten); one cut short by a power
   * failure is deleted.
   */
  path(mailboxId: number, uid: number): string | null {
    const row = this.#row(mailboxId, uid);
    if (!row) return null;
    const path = this.#maildir(mailboxId).locate(text(row, "file"));
    if (path !== null && fileSize(path) === row.size) return path;
    return this.#database.transaction(() => this.#repair(mailboxId, uid));
  }

  /** The whole message, or null where it is not cached. */
  read(mailboxId: number, uid: number): Buffer | null {
    const path = this.path(mailboxId, uid);
    if (path === null) return null;
    const content = onFile<Buffer | null>(path, () => readFileSync(path), null);
    if (content) this.#noteReading("body", "", mailboxId, uid);
    return content;
  }

  /**
   * Begins to store a message of the index. Throws StoreError `gone` where the index does not have it.
   * No fsync: a kill loses nothing, and a file that a power failure cut short is told by its size.
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
    const temporary = maildir.openTemporary(`${base}.${process.pid}_${writers++}`);
    return new FileWriter(temporary.path, temporary.descriptor, (size) =>
      this.#keep(mailboxId, uid, uidValidity, base, temporary.path, size),
    );
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

  /** Keeps one part; ignored where the message is not in the store. */
  putPart(mailboxId: number, uid: number, section: string, content: Uint8Array): void {
    this.#database.run(
      `INSERT OR REPLACE INTO part (message, section, content, read_at)
       SELECT id, ?, ?, ? FROM message WHERE mailbox = ? AND uid = ?`,
      section,
      content,
      Date.now(),
      mailboxId,
      uid,
    );
  }

  /** Octets of all bodies and parts kept. */
  size(): number {
    const row = this.#database.get(
      `SELECT (SELECT coalesce(sum(size), 0) FROM body) +
              (SELECT coalesce(sum(length(content)), 0) FROM part) AS n`,
    );
    return row ? number(row, "n") : 0;
  }

  /** Forgets what has not been read for longest, until at most `maxBytes` are kept. Returns octets freed. */
  trim(maxBytes: number): number {
    let excess = this.size() - maxBytes;
    let freed = 0;
    while (excess > 0) {
      const batch = this.#database.all(
        `SELECT message, '' AS section, file, size, read_at FROM body
         UNION ALL SELECT message, section, NULL, length(content), read_at FROM part
         ORDER BY read_at, message LIMIT 500`,
      );
      if (batch.length === 0) break;
      const before = freed;
      for (const row of batch) {
        if (excess <= 0) break;
        if (row.file === null) {
          this.#database.run(
            "DELETE FROM part WHERE message = ? AND section = ?",
            number(row, "message"),
            text(row, "section"),
          );
        } else if (!this.#forget(number(row, "message"), text(row, "file"))) continue;
        excess -= number(row, "size");
        freed += number(row, "size");
      }
      if (freed === before) break;
    }
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
          const name = maildir.deliver(withdrawn.path, base, message.flags, withdrawn);
          this.#database.run("UPDATE body SET file = ? WHERE message = ?", name, message.id);
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

  /**
   * The file appears and the index learns of it under one lock, so that no process sees one without the other.
   * A kill in between leaves a file that the same message's next writing replaces.
   */
  #keep(
    mailboxId: number,
    uid: number,
    uidValidity: number,
    base: string,
    temporary: string,
    size: number,
  ): boolean {
    return this.#database.transaction(() => {
      const row = this.#database.get(
        `SELECT message.id, flags FROM message JOIN mailbox ON mailbox.id = mailbox
         WHERE mailbox = ? AND uid = ? AND uid_validity = ?`,
        mailboxId,
        uid,
        uidValidity,
      );
      if (!row) return false;
      const maildir = this.#maildir(mailboxId);
      const flags = words(text(row, "flags"));
      const [earlier] = this.files(mailboxId, JSON.stringify([uid]));
      const name = maildir.deliver(
        temporary,
        base,
        flags,
        earlier === undefined ? null : maildir.find(earlier),
      );
      this.#database.run(
        "INSERT OR REPLACE INTO body (message, file, size, read_at) VALUES (?, ?, ?, ?)",
        number(row, "id"),
        name,
        size,
        Date.now(),
      );
      return true;
    });
  }

  #row(mailboxId: number, uid: number): Row | null {
    return this.#database.get(
      `SELECT message.id, body.file, body.size FROM message JOIN body ON body.message = message.id
       WHERE mailbox = ? AND uid = ?`,
      mailboxId,
      uid,
    );
  }

  /** Looks again, now that no other process of ours is half-way through a change, and makes row and file agree. */
  #repair(mailboxId: number, uid: number): string | null {
    const row = this.#row(mailboxId, uid);
    if (!row) return null;
    const path = this.#maildir(mailboxId).locate(text(row, "file"));
    if (path !== null && fileSize(path) === row.size) return path;
    if (path !== null) removeFile(path);
    this.#database.run("DELETE FROM body WHERE message = ?", number(row, "id"));
    return null;
  }

  /** False where another program has changed the flags of the file, which are to be noticed first. */
  #forget(message: number, file: string): boolean {
    const row = this.#database.get("SELECT mailbox FROM message WHERE id = ?", message);
    if (row && !this.#maildir(number(row, "mailbox")).evict(file)) return false;
    this.#database.run("DELETE FROM body WHERE message = ?", message);
    return true;
  }

  #noteReading(table: "body" | "part", section: string, mailboxId: number, uid: number): void {
    const now = Date.now();
    const old = this.#database.get(
      `SELECT ${table}.rowid AS id FROM ${table} JOIN message ON message.id = message
       WHERE mailbox = ? AND uid = ? AND read_at < ? ${table === "part" ? "AND section = ?" : ""}`,
      mailboxId,
      uid,
      now - readPrecision,
      ...(table === "part" ? [section] : []),
    );
    if (old) {
      this.#database.run(`UPDATE ${table} SET read_at = ? WHERE rowid = ?`, now, number(old, "id"));
    }
  }

  #maildir(mailboxId: number): Maildir {
    return new Maildir(this.#mailboxes.directory(mailboxId));
  }
}

class FileWriter implements BodyWriter {
  readonly #path: string;
  readonly #keep: (size: number) => boolean;
  #descriptor: number | null;
  #size = 0;

  constructor(path: string, descriptor: number, keep: (size: number) => boolean) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#keep = keep;
  }

  write(chunk: Uint8Array): void {
    const descriptor = this.#open();
    try {
      for (let done = 0; done < chunk.length; ) done += writeSync(descriptor, chunk, done);
    } catch (error) {
      this.abort();
      throw asStoreError(error, this.#path);
    }
    this.#size += chunk.length;
  }

  commit(): boolean {
    const descriptor = this.#open();
    this.#descriptor = null;
    let kept = false;
    try {
      closeSync(descriptor);
      kept = this.#keep(this.#size);
    } catch (error) {
      throw asStoreError(error, this.#path);
    } finally {
      if (!kept) removeFile(this.#path);
    }
    return kept;
  }

  abort(): void {
    if (this.#descriptor === null) return;
    closeSync(this.#descriptor);
    this.#descriptor = null;
    removeFile(this.#path);
  }

  #open(): number {
    if (this.#descriptor === null) {
      throw new StoreError("bug", "A message was written to after its end.");
    }
    return this.#descriptor;
  }
}

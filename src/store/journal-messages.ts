import { type Database, number, numberOrNull, text, textOrNull } from "./database.ts";
import type { Row } from "./driver.ts";
import type { JournalMessage, JournalPlace } from "./types.ts";

function messageOf(row: Row): JournalMessage {
  return {
    id: number(row, "id"),
    path: textOrNull(row, "path"),
    uidValidity: number(row, "uid_validity"),
    uid: numberOrNull(row, "uid"),
    least: number(row, "least"),
    modSeq: text(row, "mod_seq"),
    messageId: textOrNull(row, "message_id"),
    emailId: textOrNull(row, "email_id"),
    size: number(row, "size"),
    internalDate: number(row, "internal_date"),
  };
}

/** The messages that the journal's entries name, and where the server has them, as far as it has confirmed. */
export class JournalMessages {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Begins to follow a message. */
  add(message: Omit<JournalMessage, "id">): number {
    return this.#database.insert(
      `INSERT INTO message (path, uid_validity, uid, least, mod_seq, message_id, email_id, size, internal_date)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      message.path,
      message.uidValidity,
      message.uid,
      message.least,
      message.modSeq,
      message.messageId,
      message.emailId,
      message.size,
      message.internalDate,
    );
  }

  /** Those of `ids` that are followed, in the order of their ids. */
  get(ids: readonly number[]): JournalMessage[] {
    if (ids.length === 0) return [];
    return this.#database
      .all(
        "SELECT * FROM message WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
        JSON.stringify(ids),
      )
      .map(messageOf);
  }

  /** Those followed of the messages that the server has at `path` under `uids`. */
  at(path: string, uids: readonly number[]): JournalMessage[] {
    if (uids.length === 0) return [];
    return this.#database
      .all(
        "SELECT * FROM message WHERE path = ? AND uid IN (SELECT value FROM json_each(?)) ORDER BY id",
        path,
        JSON.stringify(uids),
      )
      .map(messageOf);
  }

  /** Those at `path` whose UID the server has not told. */
  untold(path: string): JournalMessage[] {
    return this.#database
      .all("SELECT * FROM message WHERE path = ? AND uid IS NULL ORDER BY id", path)
      .map(messageOf);
  }

  /** The UIDs of all that are followed at `path`. */
  uidsAt(path: string): number[] {
    return this.#database
      .all("SELECT uid FROM message WHERE path = ? AND uid IS NOT NULL", path)
      .map((row) => number(row, "uid"));
  }

  /** Notes where the server has a message now. */
  place(id: number, { path, uidValidity, uid, least, modSeq }: JournalPlace): void {
    this.#database.run(
      "UPDATE message SET path = ?, uid_validity = ?, uid = ?, least = ?, mod_seq = ? WHERE id = ?",
      path,
      uidValidity,
      uid,
      least,
      modSeq,
      id,
    );
  }

  /** Follows a RENAME of the mailbox and, with `below` (its path and the delimiter), of those below it. */
  rename(path: string, newPath: string, below: string | null): void {
    this.#database.run("UPDATE message SET path = ? WHERE path = ?", newPath, path);
    if (below === null) return;
    this.#database.run(
      "UPDATE message SET path = ? || substr(path, ?) WHERE substr(path, 1, ?) = ?",
      newPath,
      path.length + 1,
      below.length,
      below,
    );
  }

  /** Forgets those that no entry names in its payload, where that is JSON with their ids in `messages` or `copies`. */
  prune(): void {
    this.#database.run(
      `WITH named AS (SELECT payload FROM entry WHERE json_valid(payload))
       DELETE FROM message WHERE id NOT IN (
         SELECT value FROM named, json_each(named.payload, '$.messages')
         UNION SELECT value FROM named, json_each(named.payload, '$.copies'))`,
    );
  }
}

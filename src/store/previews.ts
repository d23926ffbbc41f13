import { type Database, number, text } from "./database.ts";

/** How messages begin, as far as somebody has looked at them in a list; part of the index. */
export const previewSchema = `
CREATE TABLE preview (
  message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE,
  text TEXT NOT NULL                     -- empty where the message has no text
);
`;

export class Previews {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The beginnings that are kept of these messages, by UID. */
  of(mailboxId: number, uids: readonly number[]): Map<number, string> {
    const rows = this.#database.all(
      `SELECT uid, text FROM message JOIN preview ON message = message.id
       WHERE mailbox = ? AND uid IN (SELECT value FROM json_each(?))`,
      mailboxId,
      JSON.stringify(uids),
    );
    return new Map(rows.map((row) => [number(row, "uid"), text(row, "text")]));
  }

  /** Keeps them; those of messages that are not in the store are passed over. */
  put(mailboxId: number, texts: ReadonlyMap<number, string>): void {
    if (texts.size === 0) return;
    this.#database.transaction(() => {
      for (const [uid, beginning] of texts)
        this.#database.run(
          `INSERT OR REPLACE INTO preview (message, text)
           SELECT id, ? FROM message WHERE mailbox = ? AND uid = ?`,
          beginning,
          mailboxId,
          uid,
        );
    });
  }
}

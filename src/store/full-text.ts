/** The full text of what is cached: SQLite's FTS5, which keeps no second copy of the text. */
import { bytes, type Database, number, text } from "./database.ts";
import { fieldWords, searchable, tokenizer } from "./words.ts";

/**
 * `indexed` says what `words` has of a message, and outlives its body in the cache. What is cached and not indexed
 * waits in `unindexed`: whoever writes a body, a part or a structure need not know of it.
 */
export const fullTextSchema = `
CREATE VIRTUAL TABLE words USING fts5(body, files, header, fields, content = '', contentless_delete = 1,
  tokenize = "${tokenizer}");
-- Left to itself, FTS5 merges while it writes, for tens of milliseconds at times: see FullText.merge.
INSERT INTO words (words, rank) VALUES ('automerge', 0), ('crisismerge', 500), ('usermerge', 8);
CREATE VIRTUAL TABLE word USING fts5vocab(words, instance);
CREATE TABLE indexed (
  message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE,
  header INTEGER NOT NULL,               -- 1: all of it
  body INTEGER NOT NULL,                 -- 1: all of it
  attached TEXT                          -- media types separated by spaces; NULL = not known
);
CREATE TRIGGER indexed_removed AFTER DELETE ON indexed BEGIN
  DELETE FROM words WHERE rowid = OLD.message;
END;
CREATE TABLE unindexed (message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE);
CREATE TRIGGER body_unindexed AFTER INSERT ON body
WHEN NOT EXISTS (SELECT 1 FROM indexed WHERE message = NEW.message AND header AND body AND attached IS NOT NULL) BEGIN
  INSERT OR IGNORE INTO unindexed VALUES (NEW.message);
END;
CREATE TRIGGER part_unindexed AFTER INSERT ON part
WHEN NOT EXISTS (SELECT 1 FROM indexed WHERE message = NEW.message AND header AND body) BEGIN
  INSERT OR IGNORE INTO unindexed VALUES (NEW.message);
END;
CREATE TRIGGER structure_unindexed AFTER INSERT ON structure
WHEN NOT EXISTS (SELECT 1 FROM indexed WHERE message = NEW.message AND attached IS NOT NULL) BEGIN
  INSERT OR IGNORE INTO unindexed VALUES (NEW.message);
END;
`;

/** Pages of the index written by one `merge`. */
const mergePages = 64;

/** What there is to find in one message. */
export interface TextToIndex {
  /** Decoded; null where the header is not here. */
  readonly fields: readonly { readonly name: string; readonly value: string }[] | null;
  /** As `searchable` made it: that may be done piece by piece. */
  readonly body: string;
  /** `body` is all of it. */
  readonly whole: boolean;
  readonly files: readonly string[];
  /** Media types of what is attached; null where that is not known. */
  readonly attached: readonly string[] | null;
}

/** A message of which something is cached that the index does not have. */
export interface Unindexed {
  readonly message: number;
  readonly mailboxId: number;
  readonly uid: number;
}

export class FullText {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** What waits to be indexed, the latest first. */
  waiting(limit: number): Unindexed[] {
    return this.#database
      .all(
        `SELECT message, mailbox, uid FROM unindexed JOIN message ON message.id = unindexed.message
         ORDER BY message DESC LIMIT ?`,
        limit,
      )
      .map((row) => ({
        message: number(row, "message"),
        mailboxId: number(row, "mailbox"),
        uid: number(row, "uid"),
      }));
  }

  /** Every part that is kept of a message, by section; looking does not count as reading. */
  parts({ message }: Unindexed): Map<string, Buffer> {
    const rows = this.#database.all("SELECT section, content FROM part WHERE message = ?", message);
    return new Map(rows.map((row) => [text(row, "section"), bytes(row, "content")]));
  }

  /** Puts texts into the index, in one write. Less than what is there already changes nothing. */
  put(texts: readonly (readonly [Unindexed, TextToIndex])[]): void {
    this.#database.transaction(() => {
      for (const [{ message }, text] of texts) {
        // Another process may have done it, or removed the message.
        if (this.#database.run("DELETE FROM unindexed WHERE message = ?", message) > 0)
          this.#put(message, text);
      }
    });
  }

  #put(message: number, { fields, body, whole, files, attached }: TextToIndex): void {
    const [hasHeader, hasBody] = [fields ? 1 : 0, whole ? 1 : 0];
    const old = this.#database.get("SELECT header, body FROM indexed WHERE message = ?", message);
    const less = old && (number(old, "header") > hasHeader || number(old, "body") > hasBody);
    if (!less && (fields || body !== "" || files.length > 0)) {
      this.#database.run(
        "INSERT OR REPLACE INTO words (rowid, body, files, header, fields) VALUES (?, ?, ?, ?, ?)",
        message,
        body,
        searchable(files.join("\n")),
        searchable((fields ?? []).map(({ value }) => value).join("\n")),
        (fields ?? []).map(({ name, value }) => fieldWords(name, value)).join(" "),
      );
    }
    this.#database.run(
      `INSERT INTO indexed (message, header, body, attached) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET header = max(header, excluded.header), body = max(body, excluded.body),
         attached = coalesce(excluded.attached, attached)`,
      message,
      hasHeader,
      hasBody,
      attached?.join(" ") ?? null,
    );
  }

  /**
   * Does a piece of the work that keeps the index small and quick: some milliseconds. False where none is left. To be
   * called once for each `put`, and afterwards until it returns false.
   */
  merge(): boolean {
    const changes = () => number(this.#database.get("SELECT total_changes() AS n") ?? {}, "n");
    const before = changes();
    this.#database.run("INSERT INTO words (words, rank) VALUES ('merge', ?)", mergePages);
    // As the manual of FTS5 has it: one change is the command itself.
    return changes() - before >= 2;
  }
}

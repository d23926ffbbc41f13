import { type Database, number, text, textOrNull } from "./database.ts";
import type { Row } from "./driver.ts";
import { StoreError } from "./error.ts";
import { openPrivate } from "./schema.ts";
import type { JournalEntry } from "./types.ts";

function stateOf(row: Row): JournalEntry["state"] {
  const state = text(row, "state");
  return state === "sent" || state === "failed" ? state : "pending";
}

function entryOf(row: Row): JournalEntry {
  return {
    id: number(row, "id"),
    createdAt: number(row, "created_at"),
    kind: text(row, "kind"),
    payload: text(row, "payload"),
    state: stateOf(row),
    error: textOrNull(row, "error"),
  };
}

/** Changes not yet confirmed by the server, in the order they were asked for. Every write is on disk on return. */
export class Journal {
  readonly #database: Database;
  readonly #lockPath: string;
  #lock: Database | null = null;

  /** `lockPath` is a file beside the journal that is only ever locked, never written. */
  constructor(database: Database, lockPath: string) {
    this.#database = database;
    this.#lockPath = lockPath;
  }

  /**
   * Takes the right to bring the journal to the server, so that two processes do not both send one change.
   * False where another process has it. It ends with `unlock`, with `close`, and with the process, however that ends.
   */
  tryLock(): boolean {
    if (this.#lock) return true;
    const lock = openPrivate(this.#lockPath);
    try {
      lock.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
    } catch (error) {
      lock.close();
      if (error instanceof StoreError && error.code === "locked") return false;
      throw error;
    }
    this.#lock = lock;
    return true;
  }

  unlock(): void {
    this.#lock?.close();
    this.#lock = null;
  }

  close(): void {
    this.unlock();
    this.#database.close();
  }

  append(kind: string, payload: string): JournalEntry {
    const createdAt = Date.now();
    const id = this.#database.insert(
      "INSERT INTO entry (created_at, kind, payload) VALUES (?, ?, ?)",
      createdAt,
      kind,
      payload,
    );
    return { id, createdAt, kind, payload, state: "pending", error: null };
  }

  /** What is still to be brought to the server (`pending`, `sent`), oldest first. */
  pending(): JournalEntry[] {
    return this.#database.all("SELECT * FROM entry WHERE state <> 'failed' ORDER BY id").map(entryOf);
  }

  /** What the server refused, oldest first. */
  failed(): JournalEntry[] {
    return this.#database.all("SELECT * FROM entry WHERE state = 'failed' ORDER BY id").map(entryOf);
  }

  get(id: number): JournalEntry | null {
    const row = this.#database.get("SELECT * FROM entry WHERE id = ?", id);
    return row && entryOf(row);
  }

  /** `error` says why an entry failed. Throws StoreError `gone` where the entry has been removed. */
  mark(id: number, state: JournalEntry["state"], error: string | null = null): void {
    if (this.#database.run("UPDATE entry SET state = ?, error = ? WHERE id = ?", state, error, id) === 0) {
      throw new StoreError("gone", `Journal entry ${id} is not there.`, "Another process has finished it.");
    }
  }

  /** The server has confirmed the entry, or the person has given it up; harmless where it is gone. */
  remove(id: number): void {
    this.#database.run("DELETE FROM entry WHERE id = ?", id);
  }

  /** Changes when another process has changed the journal. */
  changeCounter(): number {
    const row = this.#database.get("PRAGMA data_version");
    return row ? number(row, "data_version") : 0;
  }
}

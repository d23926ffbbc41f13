import { bytes, type Database, number, numberOrNull, text, textOrNull } from "./database.ts";
import type { Row } from "./driver.ts";
import { StoreError } from "./error.ts";
import { JournalMessages } from "./journal-messages.ts";
import { ProcessLock } from "./lock.ts";
import type { JournalEntry, JournalState, NewJournalEntry } from "./types.ts";

/** Everything but the source of an APPEND, which may be large. */
const columns = "id, created_at, kind, payload, state, step, origin, backward, note, code, error";

const states: ReadonlySet<string> = new Set<JournalState>(["pending", "sent", "failed", "done", "undone"]);
const isState = (state: string): state is JournalState => states.has(state);

function entryOf(row: Row): JournalEntry {
  const state = text(row, "state");
  return {
    id: number(row, "id"),
    createdAt: number(row, "created_at"),
    kind: text(row, "kind"),
    payload: text(row, "payload"),
    state: isState(state) ? state : "pending",
    step: numberOrNull(row, "step"),
    origin: numberOrNull(row, "origin") ?? number(row, "id"),
    backward: number(row, "backward") === 1,
    note: textOrNull(row, "note"),
    code: textOrNull(row, "code"),
    error: textOrNull(row, "error"),
  };
}

/** What a mark may say beside the new state. */
export interface MarkDetails {
  readonly note?: string | null;
  readonly code?: string | null;
  readonly error?: string | null;
}

/**
 * Changes asked for: those not yet confirmed by the server, in the order they were asked for, and the last ones that
 * were, to be taken back. Every write is on disk on return.
 */
export class Journal {
  /** The messages that entries name. */
  readonly messages: JournalMessages;
  readonly #database: Database;
  readonly #lock: ProcessLock;
  #ticks = 0;

  /** `lockPath` is a file beside the journal that is only ever locked, never written. */
  constructor(database: Database, lockPath: string) {
    this.#database = database;
    this.#lock = new ProcessLock(lockPath);
    this.messages = new JournalMessages(database);
  }

  /**
   * Takes the right to bring the journal to the server, so that two processes do not both send one change.
   * False where another process has it. It ends with `unlock`, with `close`, and with the process, however that ends.
   */
  tryLock(): boolean {
    return this.#lock.tryLock();
  }

  unlock(): void {
    this.#lock.unlock();
  }

  close(): void {
    this.unlock();
    this.#database.close();
  }

  /** Runs `work` as one write of the journal: all of it or nothing, and on disk once. */
  transaction<T>(work: () => T): T {
    return this.#database.transaction(work);
  }

  append(entry: NewJournalEntry): JournalEntry {
    return this.transaction(() => {
      this.#tick();
      const id = this.#database.insert(
        `INSERT INTO entry (created_at, kind, payload, source, state, step, origin, backward, note)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        Date.now(),
        entry.kind,
        entry.payload,
        entry.source ?? null,
        entry.state ?? "pending",
        entry.step ?? null,
        entry.origin ?? null,
        entry.backward ? 1 : 0,
        entry.note ?? null,
      );
      const made = this.get(id);
      if (!made) throw new StoreError("bug", "A journal entry just written is not there.");
      return made;
    });
  }

  /** What is still to be brought to the server (`pending`, `sent`), oldest first. */
  pending(): JournalEntry[] {
    return this.#select("WHERE state IN ('pending', 'sent') ORDER BY id");
  }

  /** What the server refused, oldest first. */
  failed(): JournalEntry[] {
    return this.#select("WHERE state = 'failed' ORDER BY id");
  }

  /** All entries, oldest first. */
  all(): JournalEntry[] {
    return this.#select("ORDER BY id");
  }

  get(id: number): JournalEntry | null {
    return this.#select("WHERE id = ?", id)[0] ?? null;
  }

  /** The message of an APPEND; null where there is none. */
  source(id: number): Buffer | null {
    const row = this.#database.get("SELECT source FROM entry WHERE id = ? AND source IS NOT NULL", id);
    return row && bytes(row, "source");
  }

  /** `pending` → `sent`, noting what a second try must know. False where it is not pending any more: not ours to send. */
  claim(id: number, note: string | null): boolean {
    return this.#exchange(id, "pending", "sent", note);
  }

  /** `pending` → `undone`. False where it is not pending any more: the server may have it. */
  cancel(id: number): boolean {
    return this.#exchange(id, "pending", "undone", null);
  }

  #exchange(id: number, from: JournalState, to: JournalState, note: string | null): boolean {
    return this.transaction(() => {
      this.#tick();
      const sql = "UPDATE entry SET state = ?, note = ? WHERE id = ? AND state = ?";
      return this.#database.run(sql, to, note, id, from) > 0;
    });
  }

  /** Details not given stay as they are. Throws StoreError `gone` where the entry has been removed. */
  mark(id: number, state: JournalState, details: MarkDetails = {}): void {
    this.transaction(() => {
      const old = this.get(id);
      if (!old) {
        throw new StoreError("gone", `Journal entry ${id} is not there.`, "Another process has finished it.");
      }
      this.#tick();
      const { note, code, error } = { ...old, ...details };
      const sql = "UPDATE entry SET state = ?, note = ?, code = ?, error = ? WHERE id = ?";
      this.#database.run(sql, state, note, code, error, id);
    });
  }

  rewrite(id: number, payload: string): void {
    this.transaction(() => {
      this.#tick();
      this.#database.run("UPDATE entry SET payload = ? WHERE id = ?", payload, id);
    });
  }

  /** The entry is settled and nobody can take it back; harmless where it is gone. */
  remove(id: number): void {
    this.transaction(() => {
      this.#tick();
      this.#database.run("DELETE FROM entry WHERE id = ?", id);
    });
  }

  /** Begins a change of the person's: what was taken back before it cannot be done again any more. */
  newStep(): number {
    return this.transaction(() => {
      this.#database.run("UPDATE step SET state = 'closed' WHERE state = 'undone'");
      return this.#database.insert("INSERT INTO step DEFAULT VALUES");
    });
  }

  setStep(step: number, state: "done" | "undone" | "closed"): void {
    this.#database.run("UPDATE step SET state = ? WHERE id = ?", state, step);
  }

  /** The step that is next to be taken back, or (`undone`) to be done again. */
  nextStep(state: "done" | "undone"): number | null {
    const end = state === "done" ? "max" : "min";
    const row = this.#database.get(`SELECT ${end}(id) AS id FROM step WHERE state = ?`, state);
    return row && numberOrNull(row, "id");
  }

  /** The entries of a step that are there, oldest first. */
  ofStep(step: number): JournalEntry[] {
    return this.#select("WHERE step = ? ORDER BY id", step);
  }

  /**
   * Forgets steps that are settled: the closed ones, those beyond the last `most`, and those before the last whose
   * APPENDs hold `octets`; and messages that nothing names any more.
   */
  prune(most: number, octets: number): void {
    this.transaction(() => {
      const open = "SELECT step FROM entry WHERE state IN ('pending', 'sent', 'failed') AND step IS NOT NULL";
      const settled = this.#database.all(
        `SELECT id, state, coalesce((SELECT sum(length(source)) FROM entry WHERE step = step.id), 0) AS size
         FROM step WHERE id NOT IN (${open}) ORDER BY id DESC`,
      );
      let held = 0;
      let kept = 0;
      for (const row of settled) {
        if (row.state !== "closed") {
          held += number(row, "size");
          if (++kept <= most && held <= octets) continue;
        }
        this.#database.run("DELETE FROM entry WHERE step = ?", number(row, "id"));
        this.#database.run("DELETE FROM step WHERE id = ?", number(row, "id"));
      }
      this.messages.prune();
    });
  }

  /** Rises with every change of what the index should show. */
  clock(): number {
    const row = this.#database.get("SELECT at FROM clock");
    return row ? number(row, "at") : 0;
  }

  /** By how much this process has made the clock rise. */
  get ticks(): number {
    return this.#ticks;
  }

  #tick(): void {
    this.#database.run("UPDATE clock SET at = at + 1");
    this.#database.afterCommit(() => {
      this.#ticks++;
    });
  }

  /** Changes when another process has changed the journal. */
  changeCounter(): number {
    const row = this.#database.get("PRAGMA data_version");
    return row ? number(row, "data_version") : 0;
  }

  #select(rest: string, ...parameters: number[]): JournalEntry[] {
    return this.#database.all(`SELECT ${columns} FROM entry ${rest}`, ...parameters).map(entryOf);
  }
}

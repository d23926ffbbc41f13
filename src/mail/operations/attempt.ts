import type { Store } from "../../store/index.ts";
import type { Ledger } from "./ledger.ts";
import { type Note, nothingNoted, type OpenEntry, readNote } from "./operation.ts";

/** The entry was taken back, or another process has sent it. */
export class Superseded extends Error {}

/** One try of one entry. */
export class Attempt {
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #entry: OpenEntry["entry"];
  /** There was one before, and its answer never came. */
  readonly retry: boolean;
  #claimed: boolean;
  note: Note;

  constructor(store: Store, ledger: Ledger, { entry }: OpenEntry) {
    this.#store = store;
    this.#ledger = ledger;
    this.#entry = entry;
    // The state in the journal, not ours.
    const state = store.journal.get(entry.id)?.state;
    if (state !== "pending" && state !== "sent") throw new Superseded();
    this.retry = state === "sent";
    this.#claimed = this.retry;
    this.note = this.retry ? readNote(entry) : nothingNoted;
  }

  /** To be called before anything is sent that changes something. @throws Superseded */
  begin(note: Note = this.note): void {
    if (this.#claimed) return;
    this.note = note;
    if (!this.#store.journal.claim(this.#entry.id, JSON.stringify(note))) throw new Superseded();
    this.#claimed = true;
    this.#ledger.update(this.#entry.id);
  }

  /**
   * The same for several entries, in one write; returns those that were not taken back, nor sent by another process.
   * Those that are tried again keep what was noted before.
   */
  static beginAll(store: Store, attempts: readonly Attempt[], note: Note): Attempt[] {
    const text = JSON.stringify(note);
    const begun = store.journal.transaction(() =>
      attempts.filter((one) => one.#claimed || store.journal.claim(one.#entry.id, text)),
    );
    for (const one of begun) {
      if (one.#claimed) continue;
      one.note = note;
      one.#claimed = true;
      one.#ledger.update(one.#entry.id);
    }
    return begun;
  }

  /** The message to be appended. */
  source(): Buffer {
    const source = this.#store.journal.source(this.#entry.id);
    if (!source) throw new Superseded();
    return source;
  }

  /** Keeps what a second try must know. */
  record(note: Note): void {
    this.note = note;
    this.#store.journal.mark(this.#entry.id, "sent", { note: JSON.stringify(note) });
    this.#ledger.update(this.#entry.id);
  }
}

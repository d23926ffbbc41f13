/**
 * Undo and redo. What a person did is a step of the journal; taking it back, or doing it again, adds entries to the
 * step, or takes out those that were not sent. So it works on line and off, and in the next session.
 */
import type { JournalEntry, Store } from "../../store/index.ts";
import { asError, MailError } from "../errors.ts";
import { describe, describeUndone, pathOf } from "./describe.ts";
import type { Operations } from "./index.ts";
import { createdBy, inverse, messagesOf, type Operation, readOperation } from "./operation.ts";
import type { Made } from "./queue.ts";

export interface Undone {
  /** What was done, in words. */
  readonly text: string;
  /** The folder in which the change had been made. */
  readonly path: string;
  readonly sent: boolean;
}

/** What became of a change that was taken back before it was whole. */
export interface TakenBack {
  /** So many of the messages that it made are there still, or may be. */
  readonly left: number;
  /** They go with the next connection. */
  readonly waits: boolean;
  /** Why they do not go; null where the server did as it was told. */
  readonly error: Error | null;
}

export class History {
  readonly #store: Store;
  readonly #operations: Operations;

  constructor(store: Store, operations: Operations) {
    this.#store = store;
    this.#operations = operations;
  }

  /** Takes back the last change that can be. Throws MailError "NOTHING_TO_UNDO", and what `enter` throws. */
  async undo(): Promise<Undone> {
    const { journal } = this.#store;
    this.#operations.ledger.refresh();
    for (;;) {
      const step = journal.nextStep("done");
      if (step === null) throw nothing("undo", "changes that are not there any more cannot be taken back");
      const live = this.#live(step);
      if (live.length === 0) {
        // Refused, or dropped.
        journal.setStep(step, "closed");
        continue;
      }
      const operations = live.map(readOperation);
      const { made, cancelled } = await this.#reversed(live, step);
      if (made.length + cancelled === 0) {
        journal.setStep(step, "closed");
        throw new MailError(
          "NOTHING_TO_UNDO",
          `${describe(this.#store, operations)} cannot be undone: the server has done it`,
          "undo again takes back the change before it",
        );
      }
      return this.#finish(step, "undone", describeUndone(this.#store, operations), operations[0], () => made);
    }
  }

  /** Takes back a step that is given up before it is whole: neither undo nor redo knows of it afterwards. */
  async takeBack(step: number): Promise<TakenBack> {
    const { journal } = this.#store;
    this.#operations.ledger.refresh();
    const { made } = await this.#reversed(this.#live(step), step);
    const error = await this.#operations
      .enter(() => {
        journal.setStep(step, "closed");
        return made;
      })
      .then(() => null, asError);
    // The first that is refused is told of at once: the others have yet to be answered.
    if (error) await this.#operations.settled();
    const entries = journal.ofStep(step);
    // What was refused, and with it the wish to take it back, is as it should be.
    const idle = entries.filter(
      ({ state, backward, code }) => state === "failed" && (!backward || code === "BLOCKED"),
    );
    for (const { id } of idle) journal.remove(id);
    const open = entries.filter(({ state }) => state === "pending" || state === "sent").map(readOperation);
    const unsettled = new Set(open.flatMap(messagesOf));
    const created = entries
      .filter((entry) => !idle.includes(entry))
      .map(readOperation)
      .flatMap(createdBy);
    const left = journal.messages.get(created).filter(({ id, path }) => path !== null || unsettled.has(id));
    return { left: left.length, waits: unsettled.size > 0, error: left.length > 0 ? error : null };
  }

  /** The parts of a step that have been done, or are to be. */
  #live(step: number): JournalEntry[] {
    return this.#latest(step).filter(
      ({ backward, state }) => !backward && state !== "undone" && state !== "failed",
    );
  }

  /** Takes out those parts of a step that were not sent, the last one first, and makes what takes back the others. */
  async #reversed(
    live: readonly JournalEntry[],
    step: number,
  ): Promise<{ made: readonly Made[]; cancelled: number }> {
    const made: Made[] = [];
    let cancelled = 0;
    for (const entry of live.toReversed()) {
      const open = this.#operations.ledger.find(entry.id);
      if (open && (await this.#operations.cancel(open))) {
        cancelled++;
        continue;
      }
      const operation = inverse(readOperation(this.#store.journal.get(entry.id) ?? entry));
      if (operation) made.push({ operation, step, origin: entry.origin, backward: true });
    }
    return { made, cancelled };
  }

  /** Does again what was taken back last. Throws MailError "NOTHING_TO_UNDO", and what `enter` throws. */
  async redo(): Promise<Undone> {
    const { journal } = this.#store;
    this.#operations.ledger.refresh();
    const step = journal.nextStep("undone");
    if (step === null)
      throw nothing("redo", "only what was undone, with no other change since, can be done again");
    const again: JournalEntry[] = [];
    const operations: Operation[] = [];
    for (const entry of this.#latest(step)) {
      if (!entry.backward && entry.state !== "undone") continue;
      const first = this.#firstOf(step, entry.origin) ?? entry;
      operations.push(readOperation(first));
      const open = entry.backward ? this.#operations.ledger.find(entry.id) : undefined;
      if (open && (await this.#operations.cancel(open))) journal.remove(entry.id);
      else again.push(first);
    }
    return this.#finish(step, "done", `did again: ${describe(this.#store, operations)}`, operations[0], () =>
      again.map((entry) => {
        const source = journal.source(entry.id);
        if (entry.state === "undone") journal.remove(entry.id);
        return {
          operation: readOperation(entry),
          step,
          origin: entry.origin,
          ...(source ? { source } : {}),
        };
      }),
    );
  }

  async #finish(
    step: number,
    state: "done" | "undone",
    text: string,
    operation: Operation | undefined,
    make: () => readonly Made[],
  ): Promise<Undone> {
    const { sent } = await this.#operations.enter(() => {
      this.#store.journal.setStep(step, state);
      return make();
    });
    return { text, path: operation ? pathOf(operation) : "INBOX", sent };
  }

  /** The last entry, not refused, of each part of a step. */
  #latest(step: number): JournalEntry[] {
    const latest = new Map<number, JournalEntry>();
    for (const entry of this.#store.journal.ofStep(step)) {
      if (entry.state !== "failed") latest.set(entry.origin, entry);
    }
    return [...latest.values()];
  }

  /** The last entry that did a part of a step. */
  #firstOf(step: number, origin: number): JournalEntry | undefined {
    return this.#store.journal
      .ofStep(step)
      .findLast((entry) => entry.origin === origin && !entry.backward && entry.state !== "failed");
  }
}

function nothing(what: "undo" | "redo", hint: string): MailError {
  return new MailError("NOTHING_TO_UNDO", `there is nothing to ${what}`, hint);
}

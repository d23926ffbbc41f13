/**
 * Undo and redo. What a person did is a step of the journal; taking it back, or doing it again, adds entries to the
 * step, or takes out those that were not sent. So it works on line and off, and in the next session.
 */
import type { JournalEntry, Store } from "../../store/index.ts";
import { MailError } from "../errors.ts";
import { describe, describeUndone, pathOf } from "./describe.ts";
import type { Operations } from "./index.ts";
import { inverse, type Operation, readOperation } from "./operation.ts";
import type { Made } from "./queue.ts";

export interface Undone {
  /** What was done, in words. */
  readonly text: string;
  /** The folder in which the change had been made. */
  readonly path: string;
  readonly sent: boolean;
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
      const live = this.#latest(step).filter(
        ({ backward, state }) => !backward && state !== "undone" && state !== "failed",
      );
      if (live.length === 0) {
        // Refused, or dropped.
        journal.setStep(step, "closed");
        continue;
      }
      const operations = live.map(readOperation);
      const made: Made[] = [];
      let back = 0;
      for (const entry of live.toReversed()) {
        const open = this.#operations.ledger.find(entry.id);
        if (open && (await this.#operations.cancel(open))) {
          back++;
          continue;
        }
        const operation = inverse(readOperation(journal.get(entry.id) ?? entry));
        if (operation) made.push({ operation, step, origin: entry.origin, backward: true });
      }
      if (made.length + back === 0) {
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

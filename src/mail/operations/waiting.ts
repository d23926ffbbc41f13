/** What waits for the server and what it refused, as a person sees it; and what they decide about it. */
import type { JournalEntry, Store } from "../../store/index.ts";
import { MailError } from "../errors.ts";
import { hintFor, reasonFor } from "./conflict.ts";
import { describe } from "./describe.ts";
import type { Operations } from "./index.ts";
import { createdBy, messagesOf, nowhere, type Operation, readOperation, relocation } from "./operation.ts";
import type { Made } from "./queue.ts";

/** A change that is not on the server. */
export interface Waiting {
  /** For `retry` and `drop`. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `waits` for a connection; `sent`, but the answer never came; `refused`: the person decides. */
  readonly state: "waits" | "sent" | "refused";
  /** What it does, in words. */
  readonly text: string;
  /** The folder in which it was made. */
  readonly path: string;
  /** Why it was refused, as a word (a response code of RFC 9051 §7.1 or RFC 5530, or ours) and as a sentence. */
  readonly code: string | null;
  readonly reason: string | null;
  /** What can be done about it. */
  readonly hint: string | null;
}

const stateNames = { pending: "waits", sent: "sent", failed: "refused" } as const;

export class WaitingChanges {
  readonly #store: Store;
  readonly #operations: Operations;

  constructor(store: Store, operations: Operations) {
    this.#store = store;
    this.#operations = operations;
  }

  /** In the order in which they were made; several entries of one change are one. */
  list(): Waiting[] {
    const { journal } = this.#store;
    const entries = [...journal.pending(), ...journal.failed()].sort((a, b) => a.id - b.id);
    const groups = new Map<string, JournalEntry[]>();
    for (const entry of entries) {
      const failed = entry.state === "failed";
      const key = failed || entry.step === null ? `${entry.id}` : `step ${entry.step} ${entry.backward}`;
      groups.set(key, [...(groups.get(key) ?? []), entry]);
    }
    return [...groups.values()].map((group) => this.#shown(group));
  }

  /** What the server refused and the person has yet to decide about. */
  refused(): Waiting[] {
    return this.list().filter(({ state }) => state === "refused");
  }

  #shown(group: readonly JournalEntry[]): Waiting {
    const [entry] = group as [JournalEntry, ...JournalEntry[]];
    const operations = group.map(readOperation);
    const { id, createdAt, state, code, error } = entry;
    const failed = state === "failed";
    return {
      id,
      at: createdAt,
      state: state === "done" || state === "undone" ? "waits" : stateNames[state],
      text: describe(this.#store, operations),
      path: operations[0]?.path ?? "INBOX",
      code: failed ? code : null,
      reason: failed ? reasonFor(code, error) : null,
      hint: failed ? hintFor(code) : null,
    };
  }

  /** Tries a change again that was refused, and what waited for it. Throws MailError, and what the server says to it. */
  async retry(id: number): Promise<{ text: string; sent: boolean }> {
    const entry = this.#refused(id);
    const text = describe(this.#store, [readOperation(entry)]);
    if (entry.code === "GONE") return { text, sent: await this.#putBack(entry) };
    const again = [entry, ...this.#blockedBy(entry)];
    const { sent } = await this.#operations.enter(() => {
      const stepOf = this.#steps();
      return again.map((one) => this.#again(one, stepOf(one)));
    });
    return { text, sent };
  }

  /** Lets a change go: one that was refused, or one that has not been sent. Throws MailError. */
  async drop(id: number): Promise<{ text: string }> {
    const { journal } = this.#store;
    const entry = journal.get(id);
    const text = entry ? describe(this.#store, [readOperation(entry)]) : "";
    if (entry?.state === "failed") {
      const all = [entry, ...this.#blockedBy(entry)];
      const left = all.flatMap((one) => (one.code === "GONE" ? messagesOf(readOperation(one)) : []));
      await this.#operations.place(new Map(left.map((message) => [message, nowhere])), () => {
        for (const one of all) journal.remove(one.id);
      });
      return { text };
    }
    const group = this.list().find((waiting) => waiting.id === id);
    if (!entry || !group) throw unknown(id);
    const whole = journal
      .pending()
      .filter(
        (one) => one.id === id || (one.step === entry.step && one.backward === entry.backward && entry.step),
      );
    let dropped = 0;
    for (const one of whole) {
      const open = this.#operations.ledger.find(one.id);
      if (!open || !(await this.#operations.cancel(open))) continue;
      journal.remove(one.id);
      dropped++;
    }
    if (dropped > 0) return { text };
    throw new MailError(
      "NOT_DONE",
      `${text} is on its way to the server`,
      "undo takes it back when it is there",
    );
  }

  #refused(id: number): JournalEntry {
    const entry = this.#store.journal.get(id);
    if (entry?.state === "failed") return entry;
    throw unknown(id);
  }

  /** What was refused only because the messages it names have not come to be. */
  #blockedBy(entry: JournalEntry): JournalEntry[] {
    const made = new Set(createdBy(readOperation(entry)));
    return this.#store.journal
      .failed()
      .filter(
        (other) => other.code === "BLOCKED" && messagesOf(readOperation(other)).some((id) => made.has(id)),
      );
  }

  /** What is done now is what undo takes back first; a part of an undo stays one. To be called within `enter`. */
  #steps(): (entry: JournalEntry) => number | null {
    let begun: number | null = null;
    return ({ step, backward }) => {
      if (step === null || backward) return step;
      begun ??= this.#store.journal.newStep();
      return begun;
    };
  }

  /** The same once more, behind all that waits. To be called within `enter`. */
  #again({ id, origin, backward, note, payload }: JournalEntry, step: number | null): Made {
    const { journal } = this.#store;
    const source = journal.source(id);
    journal.remove(id);
    return {
      operation: JSON.parse(payload) as Operation,
      step,
      origin,
      backward,
      // What was sent once is looked for first: a refusal may have come half-way.
      ...(note === null ? {} : { note, state: "sent" as const }),
      ...(source ? { source } : {}),
    };
  }

  /** Messages that another program has removed: what is cached of them is put where they should have gone. */
  async #putBack(entry: JournalEntry): Promise<boolean> {
    const { journal, messages, mailboxes, bodies } = this.#store;
    const operation = readOperation(entry);
    const target = relocation(operation);
    const limbo = mailboxes.limbo();
    const made: Omit<Made, "step">[] = [];
    for (const id of target && target.to !== null ? target.messages : []) {
      const uid = this.#operations.ledger.spot(id)?.uid ?? 0;
      const row = messages.get(limbo.id, uid);
      const source = row && bodies.read(limbo.id, uid);
      if (!row || !source || !target || target.to === null) continue;
      const { uid: _, cached: __, ...listed } = row;
      made.push({
        operation: { kind: "append", path: target.to, messages: [id], row: { ...listed, emailId: null } },
        source,
      });
    }
    if (made.length === 0) {
      throw new MailError("GONE", "nothing of it is cached that could be put back", "drop it");
    }
    const { sent } = await this.#operations.enter(() => {
      const step = this.#steps()(entry);
      journal.remove(entry.id);
      return made.map((one) => ({ ...one, step }));
    });
    return sent;
  }
}

function unknown(id: number): MailError {
  return new MailError("NO_CHANGE", `no change ${id} waits`, 'see "queue" for what does');
}

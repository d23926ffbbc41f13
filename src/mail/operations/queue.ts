/** The journal on its way to the server: one entry after another, in the order in which they were asked for. */
import { setImmediate } from "node:timers/promises";
import { type NewJournalEntry, type Store, StoreError } from "../../store/index.ts";
import { asError } from "../errors.ts";
import type { Session } from "../session.ts";
import type { MailEvent } from "../values.ts";
import { type AppendEntry, Appender, goesAlone, goingTogether, type LoneEntry } from "./appends.ts";
import { Attempt, Superseded } from "./attempt.ts";
import { isRefusal, mustWait, refusedElsewhere } from "./conflict.ts";
import { describe } from "./describe.ts";
import { type LocalFolders, performFolder } from "./folders.ts";
import type { Ledger } from "./ledger.ts";
import type { LocalCopy } from "./local.ts";
import {
  createdBy,
  isFolderOperation,
  type MessageOperation,
  messagesOf,
  type OpenEntry,
  type Operation,
  relocation,
} from "./operation.ts";
import { Performer } from "./perform.ts";
import { Performed } from "./performed.ts";
import { type Presence, Reach } from "./reach.ts";
import type { Outcome, Settled, Settler } from "./settle.ts";

/** An entry to be made. */
export interface Made extends Omit<NewJournalEntry, "kind" | "payload"> {
  readonly operation: Operation;
}

interface Waiter {
  /** See `Queue.enter`. */
  readonly revocable: boolean;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/** How long a process waits for another one to be done with the journal, and how often it looks, in milliseconds. */
const turn = { longest: 5_000, look: 20 } as const;
/**
 * So long a server may still be doing what a lost line has asked for, in milliseconds; asked again meanwhile, it would do
 * it twice (seen: Cyrus 3.6, two MOVEs of the same messages at once).
 */
const afterlifeMs = 2_000;
/** So many changes can be taken back, unless the messages they appended are larger than so many octets. */
const kept = { steps: 100, octets: 64 * 1024 * 1024 } as const;
/** Milliseconds of work after which others have their turn. */
const turnMs = 6;
/** So often an answer that makes no sense is taken for a fault of the line. */
const mostSenseless = 3;

const waiting: Outcome = { sent: false, uids: [], uidValidity: 0 };

export interface QueueOptions {
  readonly store: Store;
  readonly session: Session;
  /** What the server has. */
  presence(): Presence;
  /** A screen stays and shows what was refused; a command ends, and its failure is all there is. */
  readonly keepsConflicts: boolean;
  emit(event: MailEvent): void;
}

export class Queue {
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #local: LocalCopy;
  readonly #folders: LocalFolders;
  readonly #settler: Settler;
  readonly #performer: Performer;
  readonly #appender: Appender;
  readonly #options: QueueOptions;
  readonly #waiters = new Map<number, Waiter>();
  /** Changes that are being written. */
  readonly #busy = new Set<Promise<unknown>>();
  /** Who waits for the next entry to be settled. */
  #watching: (() => void)[] = [];
  /** Up to where others' changes of the journal have been looked at. */
  #generation = 0;
  readonly #senseless = new Map<number, number>();
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(
    options: QueueOptions,
    ledger: Ledger,
    local: LocalCopy,
    folders: LocalFolders,
    settler: Settler,
  ) {
    const { store, session } = options;
    const presence = options.presence.bind(options);
    this.#options = options;
    this.#store = store;
    this.#ledger = ledger;
    this.#local = local;
    this.#folders = folders;
    this.#settler = settler;
    const reach = new Reach(store, session, ledger, presence, (places) => settler.found(places));
    this.#performer = new Performer(store, session, ledger, reach);
    this.#appender = new Appender(store, session, ledger, reach);
  }

  /** Keeps the program from ending while `work` makes entries. */
  async busy<T>(work: Promise<T>): Promise<T> {
    this.#busy.add(work);
    try {
      return await work;
    } finally {
      this.#busy.delete(work);
    }
  }

  /**
   * Writes entries to the journal, does them to the index, and sends them: resolves when the server has answered, or
   * when it is known that they have to wait.
   * `revocable`: where that fails (the disk is full) nothing is left of them; else they hold all the same, as they stand
   * for something in the journal that is not there any more.
   */
  async enter(make: () => readonly Made[], revocable = false): Promise<Outcome> {
    this.#ledger.refresh();
    const made = this.#store.journal.transaction(() =>
      make().map(({ operation, ...rest }) => ({
        operation,
        entry: this.#store.journal.append({
          kind: operation.kind,
          payload: JSON.stringify(operation),
          ...rest,
        }),
      })),
    );
    const answers = made.map(
      ({ entry }) =>
        new Promise<Outcome>((resolve, reject) =>
          this.#waiters.set(entry.id, { revocable, resolve, reject }),
        ),
    );
    for (const answer of answers) answer.catch(() => undefined);
    const applied = Promise.allSettled(made.map((open) => this.#apply(open)));
    this.run();
    const failed = (await applied).find((result) => result.status === "rejected");
    if (failed && revocable && (await this.#revoked(made))) throw failed.reason;
    if (failed) await this.#local.best(() => Promise.reject(failed.reason));
    return together(await Promise.all(answers));
  }

  /** Takes entries back that the index could not take in; false where that cannot be. */
  async #revoked(made: readonly OpenEntry[]): Promise<boolean> {
    if (!this.#revoke(made)) return false;
    for (const open of made) {
      this.#waiters.delete(open.entry.id);
      await this.#takeBack(open, messagesOf(open.operation));
    }
    return true;
  }

  /** Removes entries from the journal as if they had never been made; false where that cannot be. */
  #revoke(made: readonly OpenEntry[]): boolean {
    const { journal } = this.#store;
    try {
      return journal.transaction(() => {
        for (const { entry } of made) {
          if (!journal.cancel(entry.id)) throw new Superseded();
          journal.remove(entry.id);
        }
        return true;
      });
    } catch (error) {
      if (error instanceof Superseded || error instanceof StoreError) return false;
      throw error;
    }
  }

  /** Does an entry to the index. */
  async #apply(open: OpenEntry): Promise<void> {
    const { entry, operation } = open;
    const moved = operation.kind === "copy" ? [] : (relocation(operation)?.messages ?? []);
    const { settled } = this.#local.following(moved, () => this.#ledger.add(open));
    const own = async () => {
      if (isFolderOperation(operation)) this.#folders.apply({ entry, operation });
      else if (operation.kind === "copy") await this.#local.copy(operation.messages, operation.copies);
      else if (operation.kind === "flag") this.#local.flag(operation, false);
      else if (operation.kind === "append") {
        const source = this.#store.journal.source(entry.id);
        if (source) this.#local.append(operation, source);
      }
    };
    // A full disk may fail both.
    await Promise.all([settled, own()]);
  }

  /** Takes an entry back that has not been sent; false where the server may have it. */
  async cancel(open: OpenEntry): Promise<boolean> {
    const { entry, operation } = open;
    if (!this.#store.journal.cancel(entry.id)) return false;
    await this.#takeBack(open, messagesOf(operation));
    // What marks a message as read that is not there any more is nobody's wish.
    const made = new Set(createdBy(operation));
    for (const other of made.size > 0 ? this.#ledger.open : []) {
      if (other.entry.step !== null || !messagesOf(other.operation).every((id) => made.has(id))) continue;
      this.#store.journal.remove(other.entry.id);
      this.#ledger.remove(other.entry.id);
    }
    this.#waiters.get(entry.id)?.resolve(waiting);
    this.#waiters.delete(entry.id);
    return true;
  }

  /** Takes back what an entry has done to the rows of `messages`, and forgets it. */
  async #takeBack({ entry, operation }: OpenEntry, messages: readonly number[]): Promise<void> {
    await this.#local.best(async () => {
      await this.#local.following(messages, () => this.#ledger.remove(entry.id)).settled;
      if (isFolderOperation(operation)) this.#settler.takeBackFolder({ entry, operation });
      if (operation.kind === "flag") this.#local.flag(operation, true);
    });
  }

  /** Resolves when entries have been settled so that `holds`, or when no more can be. */
  async settledUntil(holds: () => boolean): Promise<void> {
    this.run();
    while (!holds() && this.#running) {
      const settled = new Promise<void>((resolve) => this.#watching.push(resolve));
      await Promise.race([settled, this.#running]);
    }
  }

  /** Resolves when nothing is on its way to the server any more. */
  async settled(): Promise<void> {
    while (this.#running || this.#busy.size > 0) await Promise.allSettled([this.#running, ...this.#busy]);
  }

  /** Takes in what another process has written to the journal. */
  refresh(): void {
    this.#ledger.refresh();
    if (this.#ledger.generation === this.#generation) return;
    this.#generation = this.#ledger.generation;
    this.#recheck();
    this.#answerSettled();
    if (this.#ledger.size > 0) this.run();
  }

  /** To be called when the session is closed: ends what is under way, and forgets what is too old to be taken back. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.settled();
    await this.#local.close();
    this.#store.journal.prune(kept.steps, kept.octets);
  }

  /** Sends what waits, whoever left it. */
  run(): void {
    this.#running ??= this.#drain().finally(() => {
      this.#running = null;
      // Asked for while the last one was being settled.
      if (this.#waiters.size > 0) this.run();
    });
  }

  /** Sends one entry after another, in their order. */
  async #drain(): Promise<void> {
    const { journal } = this.#store;
    try {
      for (;;) {
        this.#ledger.refresh();
        this.#answerSettled();
        if (!this.#ledger.first) break;
        // What another process may be sending at this moment is not ours to send.
        if (!(await this.#myTurn())) break;
        this.#ledger.refresh();
        const { first } = this.#ledger;
        if (first && goesAlone(first)) await this.#attempt(first);
        else if (first) await this.#append(goingTogether(this.#ledger.open));
      }
    } catch (error) {
      if (!mustWait(error)) this.#giveUp(error);
    } finally {
      journal.unlock();
      for (const waiter of this.#waiters.values()) waiter.resolve(waiting);
      this.#waiters.clear();
    }
  }

  /** Waits for the right to bring the journal to the server; false where another process keeps it. */
  async #myTurn(): Promise<boolean> {
    for (let waited = 0; waited < turn.longest && !this.#closed; waited += turn.look) {
      if (this.#store.journal.tryLock()) return true;
      if (this.#waiters.size === 0) return false;
      await new Promise((resolve) => setTimeout(resolve, turn.look));
      this.#ledger.refresh();
      this.#answerSettled();
    }
    return false;
  }

  /** Resolves when no server is still at what an earlier try asked for, or when the program is to end. */
  async #outlived(): Promise<void> {
    for (let waited = 0; waited < afterlifeMs && !this.#closed; waited += turn.look)
      await new Promise((resolve) => setTimeout(resolve, turn.look));
  }

  /** Answers those whose entries another process has brought to an end. */
  #answerSettled(): void {
    for (const [id, waiter] of this.#waiters) {
      if (this.#ledger.find(id)) continue;
      this.#waiters.delete(id);
      const { journal } = this.#store;
      const entry = journal.get(id);
      // What was refused of an entry of which the rest was done has an entry of its own.
      const rest = entry?.state === "done" && entry.step !== null ? journal.ofStep(entry.step) : [];
      const failed = [entry, ...rest.filter((other) => other.id > id)].find((one) => one?.state === "failed");
      if (failed) waiter.reject(refusedElsewhere(failed.code, failed.error));
      else waiter.resolve({ sent: entry?.state !== "undone", uids: [], uidValidity: 0 });
    }
  }

  /** Neither the line nor the server's word: what this process has asked for and not sent is not done. */
  #giveUp(error: unknown): void {
    const { keepsConflicts } = this.#options;
    let waits = 0;
    for (const [id, waiter] of [...this.#waiters]) {
      this.#waiters.delete(id);
      const open = this.#ledger.find(id);
      if (open && !keepsConflicts && waiter.revocable && this.#revoke([open])) {
        void this.#takeBack(open, messagesOf(open.operation));
        waiter.reject(error);
      } else {
        waits++;
        waiter.resolve(waiting);
      }
    }
    if (waits === 0) return;
    const text = `${waits === 1 ? "a change waits" : `${waits} changes wait`}: ${error instanceof Error ? error.message : String(error)}`;
    this.#options.emit({ kind: "notice", level: "error", text });
  }

  async #attempt(open: LoneEntry): Promise<void> {
    const { id } = open.entry;
    const waiter = this.#waiters.get(id);
    this.#waiters.delete(id);
    let settled: Settled;
    try {
      settled = await this.#bring(open, this.#keeps(waiter));
    } catch (error) {
      if (waiter) this.#waiters.set(id, waiter);
      if (!(error instanceof Superseded)) throw error;
      this.#ledger.remove(id);
      return;
    }
    this.#tell(waiter, settled);
  }

  #keeps(waiter: Waiter | undefined): boolean {
    return this.#options.keepsConflicts || !waiter;
  }

  /** Tells whoever asked for it what came of an entry. */
  #tell(waiter: Waiter | undefined, { outcome, error, failed }: Settled): void {
    this.#recheck();
    for (const tell of this.#watching.splice(0)) tell();
    if (error === null) waiter?.resolve(outcome);
    else if (waiter) waiter.reject(error);
    else {
      const hint = String(Reflect.get(error, "hint"));
      const text = `${describe(this.#store, [failed])}: ${error.message}; ${hint}`;
      this.#options.emit({ kind: "notice", level: "error", text });
    }
  }

  /** What the server told while a change was on its way may be older than the change, or newer. */
  #recheck(): void {
    for (const [path, uids] of this.#ledger.takeDoubts())
      this.#options.presence().recheck(this.#ledger.local(path), uids);
  }

  /** Brings an entry to the server, and what came of it into journal and index. */
  async #bring(open: LoneEntry, keeps: boolean): Promise<Settled> {
    const { entry, operation } = open;
    const { session } = this.#options;
    const attempt = new Attempt(this.#store, this.#ledger, open);
    // Flags set twice are set.
    if (attempt.retry && operation.kind !== "flag") await this.#outlived();
    if (isFolderOperation(operation)) {
      try {
        await performFolder(session, this.#store, operation, attempt);
        return this.#settler.settleFolder({ entry, operation }, null, keeps);
      } catch (error) {
        return this.#settler.settleFolder({ entry, operation }, this.#refusal(open, error), keeps);
      }
    }
    let result = new Performed();
    try {
      result = await this.#performer.perform(operation, attempt);
    } catch (error) {
      result = refusedAll(operation, this.#refusal(open, error));
    }
    return this.#settler.settle({ entry, operation }, result, keeps);
  }

  /** Brings messages to be put into one mailbox to the server together, and what came of each into journal and index. */
  async #append(opens: readonly AppendEntry[]): Promise<void> {
    const tries = opens.flatMap((open) => {
      try {
        return { open, attempt: new Attempt(this.#store, this.#ledger, open) };
      } catch (error) {
        if (!(error instanceof Superseded)) throw error;
        this.#ledger.remove(open.entry.id);
        return [];
      }
    });
    if (tries.some(({ attempt }) => attempt.retry)) await this.#outlived();
    const outcomes = await this.#appender.perform(tries).catch((error: unknown) => {
      if (!(error instanceof Error)) throw error;
      return new Map(tries.map(({ open }) => [open, error] as const));
    });
    let failure: Error | null = null;
    let began = performance.now();
    for (const { open } of tries) {
      if (performance.now() - began > turnMs) {
        await setImmediate();
        began = performance.now();
      }
      const { entry, operation } = open;
      const outcome = outcomes.get(open) ?? new Superseded();
      if (outcome instanceof Superseded) {
        this.#ledger.remove(entry.id);
        continue;
      }
      let result: Performed;
      try {
        result = outcome instanceof Error ? refusedAll(operation, this.#refusal(open, outcome)) : outcome;
      } catch (error) {
        // What was answered holds, whatever becomes of the others.
        failure ??= asError(error);
        continue;
      }
      const waiter = this.#waiters.get(entry.id);
      this.#waiters.delete(entry.id);
      try {
        this.#tell(waiter, await this.#settler.settle({ entry, operation }, result, this.#keeps(waiter)));
      } catch (error) {
        if (waiter) this.#waiters.set(entry.id, waiter);
        throw error;
      }
    }
    if (failure) throw failure;
  }

  /** The error, where it is the server's word. Throws it where it is not. */
  #refusal(open: OpenEntry, error: unknown): Error {
    if (isRefusal(error) || (error instanceof Error && this.#tooOften(open, error))) return error;
    throw error;
  }

  #tooOften({ entry }: OpenEntry, error: Error): boolean {
    const code: unknown = Reflect.get(error, "code");
    if (code !== "SYNTAX" && code !== "LIMIT") return false;
    const times = (this.#senseless.get(entry.id) ?? 0) + 1;
    this.#senseless.set(entry.id, times);
    return times >= mostSenseless;
  }
}

function refusedAll({ messages }: MessageOperation, error: Error): Performed {
  const result = new Performed();
  for (const id of messages) result.refused.set(id, error);
  return result;
}

/** Several outcomes as one. */
export function together(outcomes: readonly Outcome[]): Outcome {
  return {
    sent: outcomes.every(({ sent }) => sent),
    uids: outcomes.flatMap(({ uids }) => uids),
    uidValidity: outcomes.find(({ uidValidity }) => uidValidity !== 0)?.uidValidity ?? 0,
  };
}

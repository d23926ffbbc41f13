/**
 * Changes as operations: written to the journal, done to the index at once, sent when there is a connection. OK
 * settles one; NO and BAD take its effect back and tell the person; a lost line leaves it for the next connection.
 */
import type { ListedMailbox } from "../../imap/index.ts";
import type { JournalPlace, Store, StoredMessageInput } from "../../store/index.ts";
import { breathe } from "../sync/pace.ts";
import type { Numbering, Overlay } from "../sync.ts";
import { type Counts, countsOpen } from "./counts.ts";
import { LocalFolders, withOpen } from "./folders.ts";
import { Ledger } from "./ledger.ts";
import { LocalCopy } from "./local.ts";
import { changesOf, nameMessages } from "./naming.ts";
import { type FolderOperation, nowhere, type OpenEntry, type Operation } from "./operation.ts";
import { serverPath } from "./paths.ts";
import { type Made, Queue, type QueueOptions, together } from "./queue.ts";
import { repair } from "./repair.ts";
import { type Outcome, Settler } from "./settle.ts";
import { carryOver } from "./version1.ts";

export type { Presence } from "./reach.ts";

/** A message to be put somewhere, and how it is listed until the server has it. */
export interface NewMessage {
  readonly source: Buffer;
  readonly row: Omit<StoredMessageInput, "uid">;
}

/** Messages of one entry: what one command can name, and one write of the journal takes a few milliseconds for. */
const mostMessages = 1_000;

export class Operations implements Overlay {
  readonly ledger: Ledger;
  readonly #store: Store;
  readonly #settler: Settler;
  readonly #queue: Queue;

  constructor(options: QueueOptions) {
    const { store } = options;
    const emit = options.emit.bind(options);
    this.#store = store;
    carryOver(store);
    this.ledger = new Ledger(store.journal);
    const local = new LocalCopy(store, this.ledger, emit);
    const folders = new LocalFolders(store, emit);
    this.#settler = new Settler(store, this.ledger, local, folders, emit);
    this.#queue = new Queue(options, this.ledger, local, folders, this.#settler);
    repair(store, this.ledger, local, folders);
  }

  hidden(mailbox: Numbering, uid: number): boolean {
    return this.ledger.hidden(mailbox, uid);
  }

  hiddenUids(mailbox: Numbering): readonly number[] {
    return this.ledger.hiddenUids(mailbox);
  }

  flagged(mailbox: Numbering): number[] {
    return this.ledger.flagged(mailbox);
  }

  flags(mailbox: Numbering, uid: number, flags: readonly string[]): readonly string[] {
    return this.ledger.flags(mailbox, uid, flags);
  }

  /** What the server calls a mailbox; null where it has none such yet. */
  serverPath(path: string): string | null {
    return serverPath(this.ledger.folders, path);
  }

  /** What the local copy calls a mailbox of the server. */
  local(onServer: string): string {
    return this.ledger.local(onServer);
  }

  /** How many messages a mailbox has where the server has so many. */
  counted({ path }: Numbering, messages: number): number {
    return Math.max(0, messages + (this.countsOpen().get(path)?.messages ?? 0));
  }

  /** Resolves when the server knows a mailbox as the local copy does, or will not; null where there is nothing to wait for. */
  ready(path: string): Promise<void> | null {
    if (this.serverPath(path) === path) return null;
    return this.#queue.settledUntil(() => this.serverPath(path) === path);
  }

  /** How many changes of folders have been settled in this session. */
  get foldersSettled(): number {
    return this.#settler.foldersSettled;
  }

  /** LIST's answer with what is yet to be done to it. */
  withOpen(listed: readonly ListedMailbox[]): readonly ListedMailbox[] {
    return withOpen(listed, this.ledger.folders);
  }

  /** What open entries change of the counts that the server tells, by path. */
  countsOpen(): ReadonlyMap<string, Counts> {
    return countsOpen(this.#store, this.ledger);
  }

  landed(mailbox: Numbering, complete: boolean): void {
    this.#settler.landed(mailbox, complete);
  }

  /** How many changes wait for the server. */
  get queued(): number {
    const steps = new Set<number>();
    let others = 0;
    for (const { entry } of this.ledger.open) {
      if (entry.step === null) others++;
      else steps.add(entry.step);
    }
    return steps.size + others;
  }

  /** Adds or removes flags. `quiet`: not a change that a person would take back. */
  flag(
    path: string,
    uids: readonly number[],
    mode: "add" | "remove",
    flags: readonly string[],
    quiet = false,
  ): Promise<Outcome> {
    const make = (messages: readonly number[], chunk: readonly number[], step: () => number | null): Made[] =>
      changesOf(this.#store, path, chunk, mode, flags).map(({ names, changed }) => ({
        operation: {
          kind: "flag",
          path,
          messages,
          changed: messages.filter((_, at) => changed.has(chunk[at] ?? 0)),
          mode,
          flags: names,
        },
        // What is so already is no change to be taken back.
        step: changed.size > 0 ? step() : null,
      }));
    return this.#do(path, uids, make, quiet);
  }

  move(path: string, uids: readonly number[], to: string): Promise<Outcome> {
    return this.#do(path, uids, (messages, _, step) => [
      { operation: { kind: "move", path, messages, to }, step: step() },
    ]);
  }

  copy(path: string, uids: readonly number[], to: string): Promise<Outcome> {
    return this.#do(path, uids, (messages, _, step) => {
      const followed = new Map(this.#store.journal.messages.get(messages).map((m) => [m.id, m] as const));
      const originals = messages.filter((id) => followed.has(id));
      const copies = originals.map((id) =>
        this.#store.journal.messages.add({ ...followed.get(id)!, ...nowhere }),
      );
      return [{ operation: { kind: "copy", path, messages: originals, to, copies }, step: step() }];
    });
  }

  /** Removes messages for good. */
  remove(path: string, uids: readonly number[]): Promise<Outcome> {
    return this.#do(path, uids, (messages, _, step) => [
      { operation: { kind: "remove", path, messages }, step: step() },
    ]);
  }

  /** Puts messages into a mailbox; `step`: the change of which they are a part, where there is more to it. */
  append(path: string, messages: readonly NewMessage[], step?: number): Promise<Outcome> {
    const { journal } = this.#store;
    const make = () => {
      const whole = step ?? journal.newStep();
      return messages.map(({ source, row }) => {
        const { messageId, size, internalDate } = row;
        const identity = { messageId, emailId: null, size, internalDate };
        const message = journal.messages.add({ ...nowhere, ...identity });
        const operation: Operation = { kind: "append", path, messages: [message], row };
        return { operation, source, step: whole };
      });
    };
    return this.#queue.busy(this.#queue.enter(make, true));
  }

  /** A change that entries are made for by and by. */
  newStep(): number {
    return this.#store.journal.newStep();
  }

  /** A change of folders: create, rename, delete, subscribe, unsubscribe. */
  folder(operation: FolderOperation): Promise<Outcome> {
    const make = () => [{ operation, step: this.#store.journal.newStep() }];
    return this.#queue.busy(this.#queue.enter(make, true));
  }

  /** One change of the person's as one or more entries, each of them for some of the messages. */
  #do(
    path: string,
    uids: readonly number[],
    make: (messages: readonly number[], uids: readonly number[], step: () => number | null) => Made[],
    quiet = false,
  ): Promise<Outcome> {
    return this.#queue.busy(this.#chunked(path, uids, make, quiet));
  }

  async #chunked(
    path: string,
    uids: readonly number[],
    make: (messages: readonly number[], uids: readonly number[], step: () => number | null) => Made[],
    quiet: boolean,
  ): Promise<Outcome> {
    const { journal } = this.#store;
    let begun: number | null = null;
    const step = () => {
      begun ??= quiet ? null : journal.newStep();
      return begun;
    };
    const outcomes: Promise<Outcome>[] = [];
    for (let at = 0; at < uids.length; at += mostMessages) {
      if (at > 0) await breathe();
      const chunk = uids.slice(at, at + mostMessages).sort((a, b) => a - b);
      const named = () => make(nameMessages(this.#store, this.ledger, path, chunk), chunk, step);
      outcomes.push(this.#queue.enter(named, true));
    }
    return together(await Promise.all(outcomes));
  }

  /** See `Queue.enter`: what `make` removes from the journal is not put back there. */
  enter(make: () => readonly Made[]): Promise<Outcome> {
    return this.#queue.enter(make);
  }

  /** See `Queue.cancel`. */
  cancel(open: OpenEntry): Promise<boolean> {
    return this.#queue.cancel(open);
  }

  /** Notes where messages are, and runs `change` in the same write of the journal; their rows follow. */
  place(places: ReadonlyMap<number, JournalPlace>, change: () => void): Promise<void> {
    return this.#settler.found(places, change);
  }

  /** Sends what an earlier session, a lost line or another process has left. */
  replay(): void {
    this.#queue.run();
  }

  /** Resolves when nothing is on its way to the server any more. */
  settled(): Promise<void> {
    return this.#queue.settled();
  }

  /** Takes in what another process has written to the journal. */
  refresh(): void {
    this.#queue.refresh();
  }

  /** To be called when the session is closed: ends what is under way, and forgets what is too old to be taken back. */
  close(): Promise<void> {
    return this.#queue.close();
  }
}

/** Puts messages into threads while nothing else is to be done: a few milliseconds a turn, never in the way of a list. */
import type { SortValue, Store, ThreadQuery } from "../store/index.ts";
import { breathe } from "./sync/pace.ts";
import type { Folder, MailEvent, ThreadMessage } from "./values.ts";

/** So long nothing has changed before the work begins by itself: a sync has the machine to itself. */
const quietMs = 250;

export interface ThreadedFolders {
  mailboxId(folder: Folder): number;
  /** Sees to it that all messages of the folder are in the index. */
  prepare(folder: Folder): Promise<void>;
}

export class Threading {
  readonly #store: Store;
  readonly #emit: (event: MailEvent) => void;
  readonly #folders: ThreadedFolders;
  readonly #running = new Map<string, Promise<void>>();
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(store: Store, emit: (event: MailEvent) => void, folders: ThreadedFolders) {
    this.#store = store;
    this.#emit = emit;
    this.#folders = folders;
  }

  /**
   * Rows of the folder thread after thread, as far as its messages are in threads: at once. By arrival and date a
   * thread stands where its newest message would, by other keys where the first of its messages would.
   */
  window(folder: Folder, query: ThreadQuery): ThreadMessage[] {
    return this.#store.threads.window(this.#folders.mailboxId(folder), query);
  }

  /** Rows in all that `window` has for the same query. */
  count(folder: Folder, query: Omit<ThreadQuery, "offset" | "limit">): number {
    return this.#store.threads.count(this.#folders.mailboxId(folder), query);
  }

  /** Which row of `window` is the message, or stands for its folded thread; -1 where it is in none. */
  position(folder: Folder, uid: number, query: Omit<ThreadQuery, "offset" | "limit">): number {
    return this.#store.threads.position(this.#folders.mailboxId(folder), uid, query);
  }

  /** How many rows of the folder stand before a thread that would stand by `value`; `orEqual`: or beside it. */
  ahead(
    folder: Folder,
    query: Omit<ThreadQuery, "offset" | "limit">,
    value: SortValue,
    orEqual: boolean,
  ): number {
    return this.#store.threads.ahead(this.#folders.mailboxId(folder), query, value, orEqual);
  }

  /** The UIDs of all messages in these threads. */
  uidsOf(threads: readonly number[]): number[] {
    return this.#store.threads.uidsOf(threads);
  }

  /** The same with the whole folder fetched and put into threads first. Throws as the line does, StoreError. */
  async rows(folder: Folder, query: ThreadQuery): Promise<ThreadMessage[]> {
    await this.#prepare(folder);
    return this.window(folder, query);
  }

  /** All messages in the folder of the thread that a message belongs to, top to bottom. Throws as `rows`. */
  async of(folder: Folder, uid: number): Promise<ThreadMessage[]> {
    await this.#prepare(folder);
    return this.#store.threads.of(this.#folders.mailboxId(folder), uid);
  }

  /** The same of what is here already: no server is asked. Throws StoreError. */
  async known(folder: Folder, uid: number): Promise<ThreadMessage[]> {
    await this.settle(folder.path);
    return this.#store.threads.of(this.#folders.mailboxId(folder), uid);
  }

  /** The UIDs of all that is here of the threads of these messages. Throws StoreError. */
  async around(folder: Folder, uids: readonly number[]): Promise<number[]> {
    await this.settle(folder.path);
    const { threads } = this.#store;
    return threads.uidsOf(threads.threadsOf(this.#folders.mailboxId(folder), uids));
  }

  async #prepare(folder: Folder): Promise<void> {
    await this.#folders.prepare(folder);
    await this.settle(folder.path);
  }

  /** Messages of a folder have changed: its threads follow when no more do for a moment. */
  soon(path: string): void {
    this.#changed.add(path);
    if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(() => this.#follow(), quietMs).unref();
  }

  #follow(): void {
    this.#timer = null;
    // What fails here (a full disk) is tried again with the next change, and told to whoever asks for threads.
    for (const path of this.#changed) this.settle(path).catch(() => undefined);
    this.#changed.clear();
  }

  /** Resolves when all messages here are in threads and have their places. Throws StoreError. */
  async settle(path: string): Promise<void> {
    const running = this.#running.get(path) ?? this.#work(path).finally(() => this.#running.delete(path));
    this.#running.set(path, running);
    await running;
  }

  async #work(path: string): Promise<void> {
    const mailbox = this.#store.mailboxes.byPath(path);
    let worked = false;
    while (mailbox && !this.#stopped && this.#store.threads.work(mailbox.id)) {
      worked = true;
      await breathe();
    }
    if (worked) this.#emit({ kind: "threads", path });
  }

  /** Nothing is done any more; what is left waits in the index. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
  }
}

/** Brings folders in step with the server, and follows what it tells of the open one. */
import { type Connection, type MailboxEvent, noop, uidSet } from "../imap/index.ts";
import { firstProvisionalUid, type Store, StoreError, type WindowQuery } from "../store/index.ts";
import type { Operations, Presence } from "./operations/index.ts";
import type { Session, WithinOptions } from "./session.ts";
import type { Sync } from "./sync.ts";
import { syncAll } from "./sync-all.ts";
import type { MailEvent } from "./values.ts";

/** After how many milliseconds what could not be kept is asked for again. */
const againMs = 5_000;

export interface SyncingContext {
  readonly session: Session;
  readonly sync: Sync;
  readonly store: Store;
  readonly operations: Operations;
  emit(event: MailEvent): void;
  /** Told of folders that have all that the server has, or something new. */
  inStep(path: string): void;
}

export class Syncing implements Presence {
  readonly #context: SyncingContext;
  readonly #session: Session;
  readonly #sync: Sync;
  #everything: Promise<void> | null = null;
  readonly #running = new Map<string, Promise<void>>();
  /** Where something is still to be asked to follow what was told. */
  readonly #following = new WeakSet<Connection>();
  /** What is told of a mailbox is to be as of then, or later (performance.now()). */
  #asOf = 0;
  /** Folders of which something was told that the index could not take in. */
  readonly #lost = new Set<string>();

  constructor(context: SyncingContext) {
    this.#context = context;
    this.#session = context.session;
    this.#sync = context.sync;
  }

  /**
   * From now on what is asked is answered as things are now: who asks in a session that has been there for a while does not
   * wait until the server tells by itself.
   */
  asOfNow(): void {
    this.#asOf = performance.now();
  }

  /** Runs `work` in a mailbox that is as up to date as is wanted. */
  #within<T>(
    path: string,
    work: (connection: Connection) => Promise<T>,
    options: WithinOptions = {},
  ): Promise<T> {
    return this.#session.within(
      path,
      async (connection) => {
        const count = await this.#sync.catchUp(connection, this.#asOf);
        if (count > 0) this.#arrived(path, count);
        return work(connection);
      },
      options,
    );
  }

  #arrived(path: string, count: number): void {
    this.#context.emit({ kind: "arrived", path, count });
    this.#context.inStep(path);
  }

  /** Brings a folder in step; a second call joins the first. Whoever needs another folder meanwhile goes first. */
  sync(path: string): Promise<void> {
    const running = this.#running.get(path);
    if (running) return running;
    const started = this.#untilDone(path).finally(() => this.#running.delete(path));
    this.#running.set(path, started);
    return started;
  }

  /** Brings all folders in step; a second call joins the first. */
  all(): Promise<void> {
    this.#everything ??= syncAll(this.#context, (path) => this.sync(path)).finally(() => {
      this.#everything = null;
    });
    return this.#everything;
  }

  async #untilDone(path: string): Promise<void> {
    const step = (connection: Connection) => this.#sync.all(connection, () => this.#session.crowded);
    while (!(await this.#within(path, step, { behind: true })));
    this.#context.inStep(path);
  }

  /** Asks the server for what it has not told of a folder that is open already, and brings it in step. */
  async look(path: string): Promise<void> {
    await this.#session.within(path, async (connection) => {
      // Some tell of a message that came by their own APPEND only when asked (RFC 9051 §6.1.2).
      await connection.run(noop());
      await this.#sync.arrivals(connection);
    });
    await this.sync(path);
  }

  /**
   * Sees to it that a window can be read: only its rows where it is of the newest, else all of the folder, or of
   * `uids`, which ascend.
   */
  prepare(path: string, { sort, descending, offset, limit, uids }: WindowQuery): Promise<void> {
    const newestOnly = sort === "arrival" && descending;
    if (!uids && !newestOnly) return this.sync(path);
    return this.#within(path, (connection) => {
      if (!uids) return this.#sync.newest(connection, offset, limit);
      const end = Math.max(0, uids.length - offset);
      const shown = newestOnly ? uids.slice(Math.max(0, end - limit), end) : uids;
      return this.#sync.fill(
        connection,
        shown.filter((uid) => uid < firstProvisionalUid),
      );
    });
  }

  /** Whether the server has a message of a folder that is open, as far as it has told; null: not known. */
  holds(path: string, uid: number): boolean | null {
    return this.#sync.holds(path, uid);
  }

  /** Asks for the flags of messages again; what fails comes with the next connection. */
  recheck(path: string, uids: readonly number[]): void {
    this.#session
      .within(path, (connection) => this.#sync.recheck(connection, uids))
      .catch((error: unknown) => {
        if (error instanceof StoreError) this.lost(path, error);
      });
  }

  /** The UIDs that a folder has on the server, ascending. */
  uids(path: string): Promise<number[]> {
    return this.#within(path, async (connection) => [...uidSet.iterate(await this.#sync.there(connection))], {
      along: { ask: (connection) => this.#sync.askAlong(connection) },
    });
  }

  /** How many messages a folder has on the server. */
  total(path: string): Promise<number> {
    return this.#within(path, async (connection) => this.#sync.total(connection));
  }

  /** Follows an untagged change to a selected mailbox. Several that need to be asked about are asked about together. */
  changed(connection: Connection, event: MailboxEvent): void {
    if (!this.#sync.apply(connection, event) || this.#following.has(connection)) return;
    this.#following.add(connection);
    const path = this.#sync.path(connection);
    if (path === null) return;
    this.#follow(connection, path).catch((error: unknown) => {
      if (error instanceof StoreError) this.lost(path, error);
    });
  }

  /** The index cannot be written, as on a full disk: the person is told once, and it is tried until there is room. */
  lost(path: string, error: unknown): void {
    if (this.#lost.has(path)) return;
    this.#lost.add(path);
    this.#context.emit({
      kind: "notice",
      level: "error",
      text: error instanceof Error ? error.message : String(error),
    });
    this.#tryAgain(path);
  }

  #tryAgain(path: string): void {
    setTimeout(() => {
      this.sync(path).then(
        () => this.#lost.delete(path),
        // With another line all is asked for anyway.
        (error: unknown) =>
          error instanceof StoreError ? this.#tryAgain(path) : void this.#lost.delete(path),
      );
    }, againMs).unref();
  }

  async #follow(connection: Connection, path: string): Promise<void> {
    await this.#session.within(path, async (now) => {
      this.#following.delete(connection);
      // A mailbox that was selected anew since has told all of it.
      if (now !== connection) return;
      const count = await this.#sync.follow(connection);
      if (count > 0) this.#arrived(path, count);
    });
  }
}

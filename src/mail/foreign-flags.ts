/**
 * Flags that other programs set in our maildirs are changes as good as any: they become operations, on line and off.
 * Looked for when a mailbox is opened and now and then, by the times of its directories, which cost next to nothing.
 */
import type { ForeignChange, Store, StoredMailbox } from "../store/index.ts";

export interface ForeignHooks {
  /** Changes flags as a person would: in the journal when this returns. Rejects as Operations do. */
  change(
    mailbox: StoredMailbox,
    uids: readonly number[],
    mode: "add" | "remove",
    flags: readonly string[],
  ): Promise<unknown>;
  /** The mailbox to be looked at more often than others. */
  watched(): string | null;
  tell(level: "info" | "error", text: string): void;
}

/** How often one looks, in ms: at the mailbox that is watched, and at one of the others. */
const everyMs = 5_000;
/** A maildir is not looked through for more than this share of the time. */
const share = 1 / 20;

export class ForeignFlags {
  readonly #store: Store;
  readonly #hooks: ForeignHooks;
  readonly #looking = new Map<number, Promise<void>>();
  /** When a mailbox may be looked through again; by performance.now(). */
  readonly #notBefore = new Map<number, number>();
  #timer: NodeJS.Timeout | null = null;
  #turn = 0;

  constructor(store: Store, hooks: ForeignHooks) {
    this.#store = store;
    this.#hooks = hooks;
  }

  /** Looks now and then, until `stop`. */
  start(): void {
    this.#timer = setInterval(() => {
      try {
        const all = this.#store.mailboxes.all();
        const watched = all.find(({ path }) => path === this.#hooks.watched());
        const next = all[this.#turn++ % all.length];
        for (const mailbox of new Set([watched, next])) if (mailbox) void this.#look(mailbox);
      } catch {
        // An index that cannot be read is told of by who needs it.
      }
    }, everyMs).unref();
  }

  /** Resolves when no mailbox is being looked through any more. */
  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await Promise.all(this.#looking.values());
  }

  /** Looks through the maildir of a mailbox where that has changed. Never fails. */
  async look(path: string): Promise<void> {
    try {
      const mailbox = this.#store.mailboxes.byPath(path);
      if (mailbox) await this.#look(mailbox);
    } catch {
      // An index that cannot be read is told of by who needs it.
    }
  }

  #look(mailbox: StoredMailbox): Promise<void> {
    const { id } = mailbox;
    const running = this.#looking.get(id);
    if (running) return running;
    if (performance.now() < (this.#notBefore.get(id) ?? 0)) return Promise.resolve();
    const looking = this.#collect(mailbox)
      .catch((error: Error) => this.#hooks.tell("error", error.message))
      .finally(() => this.#looking.delete(id));
    this.#looking.set(id, looking);
    return looking;
  }

  async #collect(mailbox: StoredMailbox): Promise<void> {
    const { foreign } = this.#store;
    const stamp = await foreign.stamp(mailbox.id);
    if (stamp === foreign.settledAt(mailbox.id)) return;
    const began = performance.now();
    const changed = new Set<number>();
    try {
      await foreign.collect(mailbox.id, (changes) => this.#offer(mailbox, changes, changed));
    } finally {
      this.#notBefore.set(mailbox.id, performance.now() + (performance.now() - began) / share);
      if (changed.size > 0) this.#tell(mailbox, changed.size);
    }
    if (stamp !== null) foreign.settle(mailbox.id, stamp);
  }

  #tell({ path, name }: StoredMailbox, count: number): void {
    const what = count === 1 ? "a message" : `${count} messages`;
    const where = path === this.#hooks.watched() ? "" : ` in ${name}`;
    this.#hooks.tell("info", `another program changed the flags of ${what}${where}`);
  }

  async #offer(
    mailbox: StoredMailbox,
    changes: readonly ForeignChange[],
    changed: Set<number>,
  ): Promise<void> {
    const known = new Map(
      changes.map(({ uid }) => [uid, this.#store.messages.get(mailbox.id, uid)?.flags ?? []]),
    );
    // What is so already needs no operation.
    const has = (uid: number, flag: string) =>
      known.get(uid)?.some((f) => f.toLowerCase() === flag.toLowerCase()) === true;
    const offers = [
      ...grouped(changes, "add", ({ uid, added }) => added.filter((flag) => !has(uid, flag))),
      ...grouped(changes, "remove", ({ uid, removed }) => removed.filter((flag) => has(uid, flag))),
    ];
    for (const { uids } of offers) for (const uid of uids) changed.add(uid);
    const asked = offers.map(({ uids, mode, flags }) => this.#hooks.change(mailbox, uids, mode, flags));
    for (const answer of await Promise.allSettled(asked)) {
      if (answer.status === "fulfilled") continue;
      const { reason } = answer;
      this.#hooks.tell("error", reason instanceof Error ? reason.message : String(reason));
      throw reason;
    }
  }
}

interface Offer {
  readonly mode: "add" | "remove";
  readonly uids: number[];
  readonly flags: readonly string[];
}

/** One operation for all messages that the same flags have changed of. */
function grouped(
  changes: readonly ForeignChange[],
  mode: "add" | "remove",
  flagsOf: (change: ForeignChange) => readonly string[],
): Offer[] {
  const offers = new Map<string, Offer>();
  for (const change of changes) {
    const flags = flagsOf(change);
    if (flags.length === 0) continue;
    const key = flags.join(" ");
    const offer = offers.get(key) ?? { mode, uids: [], flags };
    offer.uids.push(change.uid);
    offers.set(key, offer);
  }
  return [...offers.values()];
}

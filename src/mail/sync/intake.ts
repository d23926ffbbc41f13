/** Puts what the server tells of one mailbox into the index: in the order it was told, a few milliseconds at a time. */
import type { FetchedMessage, UidRanges } from "../../imap/index.ts";
import type { FlagChange, Store, StoredMailbox, StoredMessageInput } from "../../store/index.ts";
import { toStoredMessage } from "../convert.ts";
import type { Overlay } from "./overlay.ts";
import { breathe, paced, writing } from "./pace.ts";

/** How long a row waits for others in bulk. */
const patienceMs = 50;
/** Ranges looked up at once. */
const rangesAtOnce = 500;

export interface IntakeHooks {
  /** So many messages of the index are new or changed. */
  changed(messages: number): void;
  /** The index cannot be written: what was told is lost, and nobody waits for it who would hear of that. */
  failed(error: unknown): void;
}

export class Intake {
  readonly #store: Store;
  readonly #overlay: Overlay;
  readonly #mailbox: StoredMailbox;
  readonly #hooks: IntakeHooks;
  #rows: StoredMessageInput[] = [];
  #flags: FlagChange[] = [];
  /** What lies here is about to be written. */
  #soon = false;
  /** More rows are on their way. */
  #patient = false;
  #timer: NodeJS.Timeout | null = null;
  #removing: Promise<void> = Promise.resolve();
  /** How often something could not be written so far, and why the last time. */
  #losses = 0;
  #failure: unknown = null;

  constructor(store: Store, overlay: Overlay, mailbox: StoredMailbox, hooks: IntakeHooks) {
    this.#store = store;
    this.#overlay = overlay;
    this.#mailbox = mailbox;
    this.#hooks = hooks;
  }

  /**
   * A message as FETCH told it: with its envelope a whole row, without only flags. False where it is neither, and
   * nothing was learnt. Never fails: what cannot be written is told by `settle`.
   */
  take(message: FetchedMessage): boolean {
    const row = toStoredMessage(message, Date.now());
    if (!row) return false;
    if (message.envelope !== undefined) {
      // Flags that were told before a row would otherwise be written over it.
      if (this.#flags.length > 0) this.#write();
      this.#rows.push(row);
    } else {
      const { uid, flags, modSeq } = row;
      this.#flags.push({ uid, flags, ...(message.modSeq === undefined ? {} : { modSeq }) });
    }
    if (this.#rows.length + this.#flags.length >= writing.amount) this.#write();
    else this.#writeSoon(message.envelope !== undefined);
    return true;
  }

  /** All that came at once is written together, and before anyone hears that a command is done. */
  #writeSoon(row: boolean): void {
    if (row && this.#patient) {
      this.#timer ??= setTimeout(() => this.#write(), patienceMs);
      return;
    }
    if (this.#soon) return;
    this.#soon = true;
    queueMicrotask(() => {
      this.#soon = false;
      this.#write();
    });
  }

  /** While `work` runs, rows wait a moment for one another, as each write costs as much as some rows. */
  async inBulk<T>(work: () => Promise<T>): Promise<T> {
    this.#patient = true;
    try {
      return await work();
    } finally {
      this.#patient = false;
      this.#write();
    }
  }

  /** Times that something could not be written. */
  get losses(): number {
    return this.#losses;
  }

  /** Writes all that lies here. @throws StoreError also for what could not be written earlier, since `losses` were as given */
  settle(losses = 0): void {
    this.#write();
    if (this.#losses > losses) throw this.#failure;
  }

  #write(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    try {
      this.#flush();
    } catch (error) {
      this.#losses++;
      this.#failure = error;
      this.#hooks.failed(error);
    }
  }

  /** Writes with what pending operations do to it. @throws StoreError */
  #flush(): void {
    const { id } = this.#mailbox;
    const [rows, flags] = [this.#rows, this.#flags];
    const amount = rows.length + flags.length;
    if (amount === 0) return;
    this.#rows = [];
    this.#flags = [];
    paced(writing, amount, () =>
      this.#store.transaction(() => {
        if (!this.numbered) return;
        this.#store.messages.put(id, this.#overlaid(rows));
        this.#store.messages.setFlags(id, this.#overlaid(flags));
      }),
    );
    if (rows.length > 0) this.#overlay.landed(this.#mailbox, false);
    this.#hooks.changed(amount);
  }

  #overlaid<T extends FlagChange>(told: readonly T[]): T[] {
    const mailbox = this.#mailbox;
    return told.flatMap((message) => {
      const { uid, flags } = message;
      // What a pending operation took away stays away.
      if (this.#overlay.hidden(mailbox, uid)) return [];
      const overlaid = this.#overlay.flags(mailbox, uid, flags);
      return overlaid === flags ? message : { ...message, flags: overlaid };
    });
  }

  /** Whether UIDs still mean what they meant: the mailbox may have gone, or another process have given it new ones. */
  get numbered(): boolean {
    const { id, uidValidity } = this.#mailbox;
    return this.#store.mailboxes.byId(id)?.uidValidity === uidValidity;
  }

  /** Removes what the server has no more. Resolves when it is done. @throws StoreError */
  remove(gone: UidRanges): Promise<void> {
    this.#write();
    const removing = this.#removing.then(() => this.#removeAll(gone));
    this.#removing = removing.catch(() => undefined);
    return removing;
  }

  async #removeAll(gone: UidRanges): Promise<void> {
    const { id } = this.#mailbox;
    for (let at = 0; at < gone.length; ) {
      const part = gone.slice(at, at + rangesAtOnce);
      const most = writing.amount;
      const uids = this.#store.messages.uidsWithin(id, part, most);
      if (uids.length > 0) {
        if (!this.numbered) return;
        paced(writing, uids.length, () => this.#store.messages.remove(id, uids));
        this.#hooks.changed(uids.length);
      }
      if (uids.length < most) at += rangesAtOnce;
      if (at < gone.length) await breathe();
    }
  }
}

/** Puts what the server tells of one mailbox into the index: in the order it was told, a few milliseconds at a time. */
import { type FetchedMessage, type UidRanges, uidSet } from "../../imap/index.ts";
import type { FlagChange, RowWriter, Store, StoredMailbox, StoredMessageInput } from "../../store/index.ts";
import { isListed, toStoredMessage } from "../convert.ts";
import type { Overlay } from "./overlay.ts";
import { breathe, paced, writing } from "./pace.ts";

/**
 * How rows are written in bulk: from so many on by a thread, at least and at most so many at once, but after so many
 * milliseconds whatever there is. To hand them over takes some 10 µs for each, and a key may be waiting.
 */
const bulk = { thread: 3_000, least: 100, most: 250, patienceMs: 50 } as const;
/** Ranges looked up at once. */
const rangesAtOnce = 500;

export interface IntakeHooks {
  /** Of these the server has told something, which the index has now; it may have had it before. */
  told(uids: UidRanges): void;
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
  /** Writes rows meanwhile; and what it is at. */
  #writer: RowWriter | null = null;
  #away: Promise<void> | null = null;
  /** What is to be written when it has done that. */
  readonly #between: (() => void)[] = [];
  /** Rows taken so far, and those of them that are written or lost. */
  #taken = 0;
  #done = 0;
  /** How many wait until what lies here is written. */
  #hurried = 0;
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
   * A message as FETCH told it: with its header a whole row, without only flags. False where it is neither, and
   * nothing was learnt. Never fails: what cannot be written is told by `settle`.
   */
  take(message: FetchedMessage): boolean {
    const row = toStoredMessage(message, Date.now());
    if (!row) return false;
    const listed = isListed(message);
    if (listed) {
      // Flags that were told before a row would otherwise be written over it.
      if (this.#flags.length > 0) this.#write();
      // Those that have to wait for rows under way are older than this one.
      if (this.#flags.length > 0) this.#flags = this.#flags.filter(({ uid }) => uid !== row.uid);
      this.#rows.push(row);
      this.#taken++;
    } else {
      const { uid, flags, modSeq } = row;
      this.#flags.push({ uid, flags, ...(message.modSeq === undefined ? {} : { modSeq }) });
    }
    const least = this.#writer ? bulk.least : writing.amount;
    if (this.#rows.length + this.#flags.length >= least) this.#write();
    else this.#writeSoon(listed);
    return true;
  }

  /** All that came at once is written together, and before anyone hears that a command is done. */
  #writeSoon(row: boolean): void {
    if (row && this.#patient) {
      this.#timer ??= setTimeout(() => this.#write(), bulk.patienceMs);
      return;
    }
    if (this.#soon) return;
    this.#soon = true;
    queueMicrotask(() => {
      this.#soon = false;
      this.#write();
    });
  }

  /**
   * While `work` runs, which brings about `rows`, they wait a moment for one another, as each write costs as much as
   * some rows. Not to be called again before it is done.
   */
  async inBulk<T>(rows: number, work: () => Promise<T>): Promise<T> {
    const { id, uidValidity } = this.#mailbox;
    const writer = rows < bulk.thread ? null : this.#store.messages.bulk(id, uidValidity);
    this.#writer = writer;
    this.#patient = true;
    try {
      return await work();
    } finally {
      this.#patient = false;
      await this.#landed();
      this.#writer = null;
      await writer?.close();
    }
  }

  /** Times that something could not be written. */
  get losses(): number {
    return this.#losses;
  }

  /**
   * Writes all that lies here. Rejects with StoreError, also for what could not be written earlier, since `losses` were
   * as given.
   */
  async settle(losses = 0): Promise<void> {
    await this.#landed();
    if (this.#losses > losses) throw this.#failure;
  }

  /** All that was taken so far is written, or lost. */
  async #landed(): Promise<void> {
    const upTo = this.#taken;
    this.#hurried++;
    this.#write();
    while (this.#away && (this.#done < upTo || this.#flags.length > 0)) await this.#away;
    this.#hurried--;
  }

  /**
   * Runs what writes to the index while no other thread does: SQLite would have this one wait for its lock, and every key
   * with it. What fails is told as that of rows is.
   */
  between(work: () => void): void {
    if (this.#away) this.#between.push(work);
    else this.#attempt(work);
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#losses++;
      this.#failure = error;
      this.#hooks.failed(error);
    }
  }

  #write(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    // What is here follows when what is under way is there.
    if (this.#away) return;
    const rows = this.#rows.splice(0, this.#writer ? bulk.most : this.#rows.length);
    if (this.#writer && rows.length > 0) {
      this.#away = this.#send(this.#writer, rows).then(({ sent, left }) => {
        this.#away = null;
        this.#done += rows.length;
        // Where more rows wait, flags may be theirs.
        this.#keep(left, this.#rows.length > 0 ? [] : this.#flags.splice(0), sent);
        for (const work of this.#between.splice(0)) this.#attempt(work);
        if (this.#rows.length >= bulk.least || this.#hurried > 0) this.#write();
        else if (this.#rows.length > 0) this.#writeSoon(true);
      });
    } else {
      this.#done += rows.length;
      this.#keep(rows, this.#flags.splice(0));
    }
  }

  /** Has rows written by the thread. `left`: those that it left, of those that it was `sent`. */
  async #send(
    writer: RowWriter,
    rows: readonly StoredMessageInput[],
  ): Promise<Record<"sent" | "left", readonly StoredMessageInput[]>> {
    try {
      const sent = this.#overlaid(rows);
      return { sent, left: await writer.write(sent) };
    } catch {
      // What is pending cannot be read: `#keep` meets the same, and tells of it.
      return { sent: rows, left: rows };
    }
  }

  /** Writes rows and flags with what pending operations do to them, and what these did meanwhile to the rows `sent`. */
  #keep(rows: readonly StoredMessageInput[], flags: readonly FlagChange[], sent = rows): void {
    const { id } = this.#mailbox;
    const amount = sent.length + flags.length;
    if (amount === 0) return;
    this.#attempt(() => {
      const late = sent === rows ? { gone: [], flags: [] } : this.#late(sent);
      const changes = [...late.flags, ...flags];
      const toWrite = rows.length + changes.length + late.gone.length;
      const write = () => {
        if (!this.numbered) return;
        this.#store.messages.put(id, this.#overlaid(rows));
        this.#store.messages.setFlags(id, this.#overlaid(changes));
        this.#store.messages.remove(id, late.gone);
      };
      if (toWrite > 0) paced(writing, toWrite, () => this.#store.transaction(write));
      if (sent.length > 0) this.#overlay.landed(this.#mailbox, false);
      this.#hooks.changed(amount);
      this.#hooks.told(uidSet.fromNumbers([...sent, ...flags].map(({ uid }) => uid)));
    });
  }

  /** What operations have done to rows since they were sent. */
  #late(sent: readonly StoredMessageInput[]): { gone: number[]; flags: FlagChange[] } {
    const mailbox = this.#mailbox;
    const flagged = new Set(this.#overlay.flagged(mailbox));
    return {
      gone: sent.flatMap(({ uid }) => (this.#overlay.hidden(mailbox, uid) ? uid : [])),
      flags: sent.flatMap(({ uid, flags }) => (flagged.has(uid) ? { uid, flags } : [])),
    };
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
    const landed = this.#landed();
    const removing = this.#removing.then(() => landed).then(() => this.#removeAll(gone));
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
    this.#hooks.told(gone);
  }
}

/** What operations do to the local copy: rows go where their messages are going, before the server has heard of it. */
import {
  isProvisional,
  type SpotChange,
  type Store,
  type StoredMailbox,
  StoreError,
} from "../../store/index.ts";
import { breathe, Pace, paced } from "../sync/pace.ts";
import type { MailEvent } from "../values.ts";
import { unseenOf } from "./counts.ts";
import type { Ledger, LocalPlace } from "./ledger.ts";
import { changedFlags, type MessageOperation } from "./operation.ts";

/** Rows moved in one go, so that no key waits for it; at once at least as many as a screen shows. */
const moving = new Pace({ least: 60, begin: 100, most: 500, targetMs: 5 });

/** How much of the journal the index has taken in. */
const inStepKey = "journal";

export class LocalCopy {
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #emit: (event: MailEvent) => void;
  /** Where rows are that are not yet where the ledger has them. */
  readonly #lagging = new Map<number, LocalPlace | null>();
  /** Something could not be written: the index is repaired when it is opened next. */
  #behind = false;
  #turns: Promise<void> = Promise.resolve();
  /** How far the index has taken in what this process has written to the journal; see `Journal.ticks`. */
  #taken = 0;

  constructor(store: Store, ledger: Ledger, emit: (event: MailEvent) => void) {
    this.#store = store;
    this.#ledger = ledger;
    this.#emit = emit;
  }

  /**
   * Runs `change`, which changes the ledger, and takes the rows of `messages` along: the first at once, the rest in
   * slices; resolves when all are there.
   */
  following<T>(messages: readonly number[], change: () => T): { result: T; settled: Promise<void> } {
    const before = this.#ledger.spots(messages);
    const result = change();
    for (const [id, spot] of before) if (!this.#lagging.has(id)) this.#lagging.set(id, spot);
    return { result, settled: this.#catchUp(messages) };
  }

  #catchUp(messages: readonly number[]): Promise<void> {
    return this.#sliced(messages.length, (from, to) => this.#move(messages.slice(from, to)));
  }

  /** Does `work` from 0 to `amount`: the first slice at once, the others in turn. */
  async #sliced(amount: number, work: (from: number, to: number) => void): Promise<void> {
    for (let from = 0; from < amount; ) {
      if (from > 0) await this.#turn();
      const to = Math.min(amount, from + moving.amount);
      paced(moving, to - from, () => work(from, to));
      from = to;
    }
  }

  /** Lets everything else have its turn, and those who asked before: all slices at once would take as long as their sum. */
  #turn(): Promise<void> {
    this.#turns = this.#turns.then(breathe);
    return this.#turns;
  }

  /**
   * Runs `work` as one write, which leaves the index in step with the journal as far as nothing lags. It sees where the
   * journal has messages now: what another process does about them comes before it or after it as a whole.
   */
  #write(work: (touched: Set<string>) => void): void {
    const touched = new Set<string>();
    try {
      this.#taken = this.#store.transaction(() => {
        this.#ledger.refresh();
        work(touched);
        return this.#note();
      });
    } catch (error) {
      this.#behind = true;
      throw error;
    }
    this.tell(touched);
  }

  /** Resolves when `work` on the index has ended. That it failed is told, and no more: what the journal has holds. */
  async best(work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const text = `the local copy does not show all changes until it is opened again: ${error.message}; ${error.hint}`;
      this.#emit({ kind: "notice", level: "error", text });
    }
  }

  #move(messages: readonly number[]): void {
    const lagging = messages.map((id) => [id, this.#lagging.get(id)] as const);
    try {
      this.#moveRows(messages);
    } catch (error) {
      for (const [id, from] of lagging) if (from !== undefined) this.#lagging.set(id, from);
      throw error;
    }
  }

  #moveRows(messages: readonly number[]): void {
    this.#write((touched) => {
      const changes: SpotChange[] = [];
      const gone = new Map<number, number[]>();
      for (const id of messages) {
        const from = this.#lagging.get(id);
        this.#lagging.delete(id);
        if (!from) continue;
        const to = this.#ledger.spot(id);
        if (to && to.path === from.path && to.uid === from.uid) continue;
        const source = this.#store.mailboxes.byPath(from.path);
        if (!source || !isOf(from, source)) continue;
        const target = to && this.mailbox(to.path);
        touched.add(from.path);
        if (to && target && isOf(to, target)) {
          touched.add(to.path);
          if (to.path !== from.path && !isProvisional(to.uid)) this.#rewind(target, id);
          changes.push({
            from: { mailboxId: source.id, uid: from.uid },
            to: { mailboxId: target.id, uid: to.uid },
          });
        } else gone.set(source.id, [...(gone.get(source.id) ?? []), from.uid]);
      }
      this.#store.transfers.move(changes);
      for (const [mailboxId, uids] of gone) this.#store.transfers.remove(mailboxId, uids);
    });
  }

  /** A row comes back: what became of its flags while it was away has yet to be asked for. */
  #rewind({ id, highestModSeq }: StoredMailbox, message: number): void {
    const { modSeq = "0" } = this.#ledger.message(message) ?? {};
    if (BigInt(modSeq) < BigInt(highestModSeq)) this.#store.mailboxes.setState(id, { highestModSeq: modSeq });
  }

  /** The mailbox of this path; one that is not in the index is put there, unlisted until LIST tells of it. */
  mailbox(path: string): StoredMailbox {
    return (
      this.#store.mailboxes.byPath(path) ??
      this.#store.mailboxes.put({ path, name: path, delimiter: null, attributes: ["\\nonexistent"] })
    );
  }

  /** Where the row of a message is at this moment. */
  #actual(id: number): LocalPlace | null {
    return this.#lagging.get(id) ?? this.#ledger.spot(id);
  }

  /**
   * Notes that what this process has written to the journal is in the index, as far as nothing lags; returns how far.
   * Every process adds its own share, in whatever order: only where each has does the sum agree with the journal's clock.
   */
  #note(): number {
    const { meta, journal } = this.#store;
    if (this.#lagging.size > 0 || this.#behind) return this.#taken;
    const { ticks } = journal;
    if (ticks > this.#taken) {
      meta.set(inStepKey, String(Number(meta.get(inStepKey) ?? 0) + ticks - this.#taken));
    }
    return ticks;
  }

  /** To be called before the program ends: so that the index need not be looked through when it is opened next. */
  close(): Promise<void> {
    return this.best(() => {
      if (this.#store.journal.ticks > this.#taken) this.#write(() => undefined);
    });
  }

  /** Whether the index shows all that is in the journal. */
  get inStep(): boolean {
    return this.#store.meta.get(inStepKey) === String(this.#store.journal.clock());
  }

  /** Runs `work` as one write, which brings the index in step with all of the journal. */
  repair(work: () => void): void {
    this.#store.transaction(() => {
      this.#ledger.refresh();
      work();
      this.#store.meta.set(inStepKey, String(this.#store.journal.clock()));
    });
    this.#taken = this.#store.journal.ticks;
  }

  /** Puts copies beside the originals; the first at once, the rest in slices. */
  copy(originals: readonly number[], copies: readonly number[]): Promise<void> {
    return this.#sliced(originals.length, (from, to) =>
      this.#copy(originals.slice(from, to), copies.slice(from, to)),
    );
  }

  #copy(originals: readonly number[], copies: readonly number[]): void {
    this.#write((touched) => {
      const changes = originals.flatMap((original, at) => {
        const from = this.#actual(original);
        const to = this.#ledger.spot(copies[at] ?? 0);
        const source = from && this.#store.mailboxes.byPath(from.path);
        if (!source || !to || !isOf(from, source)) return [];
        touched.add(to.path);
        return {
          from: { mailboxId: source.id, uid: from.uid },
          to: { mailboxId: this.mailbox(to.path).id, uid: to.uid },
        };
      });
      this.#store.transfers.copy(changes);
    });
  }

  /** Notes which rows are still where the server has their messages, and not where the ledger has them. */
  leave(messages: readonly number[]): void {
    for (const id of messages) {
      const message = this.#ledger.message(id);
      if (!message || message.path === null || message.uid === null) continue;
      const path = this.#ledger.local(message.path);
      const mailbox = this.#store.mailboxes.byPath(path);
      if (mailbox && this.#store.messages.get(mailbox.id, message.uid))
        this.#lagging.set(id, { path, uid: message.uid, uidValidity: message.uidValidity });
    }
  }

  /** Takes rows along that were left behind. */
  restore(messages: readonly number[]): void {
    this.#move(messages);
  }

  /** Makes copies that are not there. */
  restoreCopies({ messages, copies }: MessageOperation & { kind: "copy" }): void {
    this.#copy(messages, copies);
  }

  /** Makes the row of a message that is to be appended, with its body, where it is not there. */
  append({ messages, row }: MessageOperation & { kind: "append" }, source: Uint8Array): void {
    const [message = 0] = messages;
    this.#write((touched) => {
      const spot = this.#ledger.spot(message);
      if (!spot) return;
      const { id } = this.mailbox(spot.path);
      if (this.#store.messages.get(id, spot.uid)) return;
      this.#store.messages.put(id, [{ ...row, uid: spot.uid }]);
      this.#store.mailboxes.adjust(id, 1, unseenOf(row.flags));
      touched.add(spot.path);
    });
    const spot = this.#ledger.spot(message);
    const id = spot && this.#store.mailboxes.byPath(spot.path)?.id;
    if (!id || this.#store.bodies.path(id, spot.uid) !== null) return;
    this.#store.bodies.put(id, spot.uid, source);
  }

  /** Does a change of flags, or (`back`) takes it back and does those over it again. */
  flag(operation: MessageOperation & { kind: "flag" }, back: boolean): void {
    const { messages, changed = messages, flags } = operation;
    const mode = (operation.mode === "add") === back ? "remove" : "add";
    this.#setFlags(back ? changed : messages, (before) => changedFlags(before, mode, flags));
  }

  /** The server has told the flags of a message: they show, with what open entries do to them. */
  show(message: number, flags: readonly string[]): void {
    this.#setFlags([message], () => flags);
  }

  #setFlags(messages: readonly number[], change: (before: readonly string[]) => readonly string[]): void {
    this.#write((touched) => {
      const { mailboxes, messages: rows } = this.#store;
      const spots = messages.flatMap((id) => {
        const spot = this.#actual(id);
        return spot ? { ...spot, id } : [];
      });
      for (const path of new Set(spots.map((spot) => spot.path))) {
        const mailbox = mailboxes.byPath(path);
        if (!mailbox) continue;
        const there = spots.filter((spot) => spot.path === path && isOf(spot, mailbox));
        const flags = rows.flagsOf(
          mailbox.id,
          there.map(({ uid }) => uid),
        );
        let unseen = 0;
        const changes = there.flatMap(({ id, uid }) => {
          const before = flags.get(uid);
          if (!before) return [];
          const now = this.#ledger.flagsOf(id, change(before));
          unseen += unseenOf(now) - unseenOf(before);
          return { uid, flags: now };
        });
        if (changes.length === 0) continue;
        rows.setFlags(mailbox.id, changes);
        mailboxes.adjust(mailbox.id, 0, unseen);
        touched.add(path);
      }
    });
  }

  /** Tells who shows these folders that they have changed. */
  tell(paths: Iterable<string>): void {
    let any = false;
    for (const path of paths) {
      any = true;
      this.#emit({ kind: "messages", path });
    }
    if (any) this.#emit({ kind: "folders" });
  }
}

/** Whether a UID means in the mailbox what it meant when it was told. */
function isOf({ uid, uidValidity }: LocalPlace, mailbox: StoredMailbox): boolean {
  const { uidValidity: now } = mailbox;
  return isProvisional(uid) || uidValidity === 0 || now === 0 || uidValidity === now;
}

/** What is known of a mailbox on the connection that has it selected. */
import {
  type Connection,
  type FetchedMessage,
  type FetchQuery,
  fetch,
  ImapError,
  type SearchResult,
  type UidRanges,
  uidSearch,
  uidSet,
} from "../../imap/index.ts";
import type { Store, StoredMailbox } from "../../store/index.ts";
import type { MailEvent } from "../values.ts";
import { Intake } from "./intake.ts";
import type { Overlay } from "./overlay.ts";

export interface SyncContext {
  readonly store: Store;
  readonly overlay: Overlay;
  emit(event: MailEvent): void;
  /** The index could not be written: what was told of the mailbox must be asked for again. */
  lost(path: string, error: unknown): void;
}

/** A server that names so many more messages than there are has a fault, or attacks. */
const slack = 10_000;

export class View {
  readonly connection: Connection;
  readonly intake: Intake;
  /** As it was before it was selected; with the numbering that holds now. */
  readonly mailbox: StoredMailbox;
  /** What the server calls it. */
  readonly serverPath: string;
  readonly #context: SyncContext;
  /** Messages on the server, by its own count. */
  exists = 0;
  /** Messages came that were not asked for yet. */
  more = false;
  /** It is noted in the index. */
  noted = false;
  /** Told by SELECT: when all that is to be done is done, the index is in step as of this. "0": not told. */
  highestModSeq = "0";
  /** From here on nothing was asked for. */
  uidNext = 0;
  /** Whether SELECT told it. */
  uidNextTold = false;
  /** The index has every message from here up to `uidNext`; 0 while it is being entered. */
  completeFrom = 0;
  /** The index and the server may not have the same messages. */
  unequal = true;
  /** Whose flags may have changed: those changed since `highestModSeq` of the index, or all up to a UID. */
  staleFlags: "changed" | { readonly upTo: number } | null = null;
  /** Messages that the server lists and does not give. */
  withheld: UidRanges = [];
  /** Hidden by pending operations, and on the server no more. */
  lost: UidRanges = [];
  /** UIDs on the server, kept true by events; null: not asked for, or not needed as the index has them all. */
  onServer: UidRanges | null = null;
  /** Sequence numbers of messages whose flags changed, and whose UIDs are not known. */
  unnamed: number[] = [];
  /** Something was told that could not be understood, as UIDs were not known to be valid. */
  missed = false;
  /** Events so far that took messages away: what was asked before one may be older than it. */
  removals = 0;
  /** When (performance.now()) the server was last asked for all that it has to tell; to SELECT it does so by itself. */
  asked: { readonly at: number; readonly answered: Promise<unknown> } = {
    at: performance.now(),
    answered: Promise.resolve(),
  };
  /** The UIDs on the server, as asked for along with the SELECT. */
  #early: { readonly removals: number; readonly answer: Promise<SearchResult | null> } | null = null;
  /** Bringing it in step, while that is under way. */
  running: Promise<boolean> | null = null;

  constructor(context: SyncContext, connection: Connection, mailbox: StoredMailbox, serverPath: string) {
    this.#context = context;
    this.connection = connection;
    this.mailbox = mailbox;
    this.serverPath = serverPath;
    const { path } = mailbox;
    this.intake = new Intake(context.store, context.overlay, mailbox, {
      changed: () => context.emit({ kind: "messages", path }),
      told: (uids) => context.emit({ kind: "told", path, uids }),
      failed: (error) => this.failed(error),
    });
  }

  /** Something that was told is not in the index: all is to be asked for again, as soon as there is room for it. */
  failed(error: unknown): void {
    this.unequal = true;
    const since = this.mailbox.highestModSeq !== "0" && this.connection.capabilities.has("CONDSTORE");
    this.staleFlags = since ? "changed" : { upTo: uidSet.maxNumber };
    this.#context.lost(this.mailbox.path, error);
  }

  /** Whether the connection has it selected still. */
  get open(): boolean {
    return this.connection.selected?.path === this.serverPath;
  }

  get inStep(): boolean {
    return !this.unequal && this.staleFlags === null;
  }

  /** UIDs that pending operations took out of the index, and that are on the server still as far as it has told. */
  get hidden(): UidRanges {
    return uidSet.subtract(uidSet.fromNumbers(this.#context.overlay.hiddenUids(this.mailbox)), this.lost);
  }

  /** Removes what the server has no more. @throws StoreError */
  remove(gone: UidRanges): Promise<void> {
    const { hidden } = this;
    if (hidden.length > 0) this.lost = uidSet.union(this.lost, uidSet.intersect(hidden, gone));
    return this.intake.remove(gone);
  }

  /** How many of the server's messages the index accounts for. */
  get held(): number {
    return this.#context.store.messages.serverCount(this.mailbox.id) + uidSet.count(this.hidden);
  }

  /** `uidNext`, also where the server does not tell it. */
  get reached(): number {
    if (this.uidNextTold) return this.uidNext;
    const highest = this.#context.store.messages.uidBounds(this.mailbox.id)?.[1] ?? 0;
    return Math.max(this.uidNext, highest + 1);
  }

  /** Fetches into the index; `onMessage` sees each message that came. @throws ImapError, StoreError */
  async fetch(
    set: UidRanges,
    query: FetchQuery,
    onMessage?: (message: FetchedMessage) => void,
  ): Promise<void> {
    const { losses } = this.intake;
    await this.bring(set, query, onMessage);
    await this.intake.settle(losses);
  }

  /**
   * The same, without waiting until what came is in the index: `intake.settle` does. A set may be too long for one
   * command line: its pieces travel together. @throws ImapError
   */
  async bring(
    set: UidRanges,
    query: FetchQuery,
    onMessage: (message: FetchedMessage) => void = () => undefined,
  ): Promise<void> {
    const take = (message: FetchedMessage) => {
      if (this.intake.take(message)) onMessage(message);
    };
    const parts = uidSet.split(set, this.connection.quirks.setOctets);
    await Promise.all(parts.map((part) => this.connection.run(fetch(part, query, { onMessage: take }))));
  }

  /** Asks for the UIDs on the server while the mailbox is being entered, where the index has not all; `ask` gets them. */
  askAlong(): void {
    const { completeFrom, rows, messages } = this.mailbox;
    const entered = this.completeFrom > 0;
    if (entered || this.#early || (completeFrom <= 1 && rows === messages)) return;
    const answer = this.connection.run(uidSearch({ all: true })).catch(() => null);
    this.#early = { removals: this.removals, answer };
  }

  /** What was asked along with the SELECT holds for the mailbox that is selected, whatever UIDs it was known by. */
  inherit(before: View): void {
    if (before.#early?.removals !== before.removals) return;
    this.#early = { ...before.#early, removals: this.removals };
  }

  /**
   * The UIDs on the server from `from` on; null where it would not tell them all, or messages went each time it was
   * asked. @throws ImapError
   */
  async ask(from = 1): Promise<UidRanges | null> {
    if (from === 1 && this.onServer) return this.onServer;
    for (let tries = 0; tries < 3; tries++) {
      const early = from > 1 ? null : this.#early;
      if (early) this.#early = null;
      const { removals } = early ?? this;
      const window: UidRanges = [[from, uidSet.maxNumber]];
      const search = uidSearch(from > 1 ? { uid: window } : { all: true });
      const { uids, whole } = (await early?.answer) ?? (await this.connection.run(search));
      // A range like 1:4294967295 is a fault or an attack; the mailbox has `exists` messages.
      if (uidSet.count(uids) > this.exists + slack) {
        const text = `the server names ${uidSet.count(uids)} messages in a mailbox of ${this.exists}`;
        throw new ImapError("LIMIT", text);
      }
      if (!whole && this.exists > 0) return null;
      if (this.removals !== removals) continue;
      if (from > 1) return uidSet.intersect(uids, window);
      this.onServer = uids;
      this.connection.primeUids(uids);
      return uids;
    }
    return null;
  }

  /** Messages came in, and are in the index. */
  came(uids: UidRanges): void {
    // It was asked before they were there.
    this.#early = null;
    if (this.onServer) this.onServer = uidSet.union(this.onServer, uids);
    this.uidNext = Math.max(this.uidNext, (uids.at(-1)?.[1] ?? 0) + 1);
  }

  /** An event took messages away. */
  gone(uids: UidRanges | null): void {
    this.removals++;
    this.exists = this.connection.selected?.exists ?? this.exists;
    if (uids === null) this.unequal = true;
    else if (this.onServer) this.onServer = uidSet.subtract(this.onServer, uids);
  }
}

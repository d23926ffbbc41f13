/**
 * Keeps the index in step with the server: what is gone, what is new, what was flagged. What a screen shows first comes
 * with the SELECT; the rest follows in slices, newest first, when the screen is up.
 */
import { type Connection, type MailboxEvent, noop, type UidRanges, uidSet } from "../imap/index.ts";
import type { MailboxState, UidRange } from "../store/index.ts";
import { isListed, listData } from "./convert.ts";
import { compare } from "./sync/compare.ts";
import { enter, type Refused } from "./sync/enter.ts";
import { refreshFlags } from "./sync/flags.ts";
import { fetchHeaders } from "./sync/headers.ts";
import { breathe } from "./sync/pace.ts";
import type { SyncContext, View } from "./sync/view.ts";

export type { Numbering, Overlay } from "./sync/overlay.ts";

const { count, fromNumbers, slice, subtract } = uidSet;

export class Sync {
  readonly #context: SyncContext;
  readonly #views = new WeakMap<Connection, View>();
  /** The last that was entered, by path. */
  readonly #latest = new Map<string, View>();
  readonly #refused: Refused = { qresync: false };

  constructor(context: SyncContext) {
    this.#context = context;
  }

  /** Selects a mailbox, with what has changed of it, or where nothing is known with its newest messages. */
  async enter(connection: Connection, path: string, serverPath: string): Promise<void> {
    const begun = (view: View) => {
      this.#views.set(connection, view);
      this.#latest.set(path, view);
    };
    this.#save(await enter(this.#context, connection, path, serverPath, this.#refused, begun));
  }

  /** Of the mailbox that `connection` has selected and that was entered. */
  #view(connection: Connection): View | null {
    const view = this.#views.get(connection);
    return view?.open ? view : null;
  }

  /** The path of the mailbox that `connection` has selected. */
  path(connection: Connection): string | null {
    return this.#view(connection)?.mailbox.path ?? null;
  }

  /** Notes how far the index has come: never further than it has. */
  #save(view: View): void {
    const { store, overlay, emit } = this.#context;
    const { id, uidValidity } = view.mailbox;
    const now = store.mailboxes.byId(id);
    if (now?.uidValidity !== uidValidity) return;
    // Once: whoever lowers it later wants to be told again.
    const news = view.staleFlags === null && !view.noted;
    view.noted ||= news;
    store.mailboxes.setState(id, {
      uidNext: view.reached,
      completeFrom: view.completeFrom,
      ...(news ? { highestModSeq: view.highestModSeq } : {}),
      ...(this.#counts(view) ?? { messages: overlay.counted(view.mailbox, view.exists) }),
    });
    emit({ kind: "folders" });
  }

  /** Of a mailbox that is in step the index knows them, whatever of it is still to be done on the server; else null. */
  #counts({ inStep, mailbox: { id }, withheld }: View): MailboxState | null {
    const { messages } = this.#context.store;
    return inStep ? { messages: messages.count(id) + count(withheld), unseen: messages.unread(id) } : null;
  }

  /**
   * Brings all of the selected mailbox in step; who asks while that is under way joins. False where it gave way, as
   * `giveWay` said it should: another call goes on from there. @throws ImapError, StoreError
   */
  all(connection: Connection, giveWay: () => boolean = () => false): Promise<boolean> {
    const view = this.#view(connection);
    if (!view) return Promise.resolve(false);
    view.running ??= this.#all(view, giveWay).finally(() => {
      view.running = null;
    });
    return view.running;
  }

  async #all(view: View, giveWay: () => boolean): Promise<boolean> {
    const { losses } = view.intake;
    if (view.unequal) {
      const missing = await compare(this.#context, view);
      if (!(await fetchHeaders(this.#context, view, missing, giveWay))) return false;
      await view.intake.settle(losses);
      view.unequal = view.held + count(view.withheld) !== view.exists;
    }
    if (view.staleFlags) {
      if (!(await refreshFlags(this.#context, view, giveWay))) return false;
      await view.intake.settle(losses);
      view.staleFlags = null;
    }
    if (view.inStep) view.onServer = null;
    this.#save(view);
    this.#context.overlay.landed(view.mailbox, view.inStep);
    return true;
  }

  /** Whether the server has a message, as far as it has told in this session; null: of one so new it has not. */
  holds(path: string, uid: number): boolean | null {
    const view = this.#latest.get(path);
    if (!view) return null;
    if (this.#context.store.messages.get(view.mailbox.id, uid)) return true;
    if (uidSet.contains(view.lost, uid)) return false;
    if (uid >= view.reached) return null;
    return this.#context.overlay.hidden(view.mailbox, uid) || view.unequal || uid < view.completeFrom;
  }

  /**
   * Sees to it that the server has told of the selected mailbox what there was to tell at `then` (performance.now()): one
   * flight, another where something came. Resolves to how many messages came in by that. @throws ImapError, StoreError
   */
  async catchUp(connection: Connection, then: number): Promise<number> {
    const view = this.#view(connection);
    if (!view) return 0;
    if (view.asked.at >= then) {
      await view.asked.answered;
      return 0;
    }
    // In the same flight Dovecot would look for what came before it has heard of it.
    const answered = connection.run(noop()).then(() => this.follow(connection));
    view.asked = { at: performance.now(), answered };
    return answered;
  }

  /** How many messages the selected mailbox has that no pending operation has taken away. */
  total(connection: Connection): number {
    const view = this.#view(connection);
    return view ? Math.max(0, view.exists - count(view.hidden)) : 0;
  }

  /** For `there`: asks in the flight that selects the mailbox, where the index will not do. */
  askAlong(connection: Connection): void {
    this.#views.get(connection)?.askAlong();
  }

  /** The UIDs that the server has, without those that pending operations took away. @throws ImapError */
  async there(connection: Connection): Promise<UidRanges> {
    const view = this.#view(connection);
    if (!view) return [];
    const asked = view.unequal ? await view.ask() : null;
    if (asked) return subtract(asked, view.hidden);
    const known: UidRange[] = [];
    for (const piece of this.#context.store.messages.uidRanges(view.mailbox.id)) {
      known.push(...piece);
      await breathe();
    }
    return uidSet.normalize(known);
  }

  /** Whether the index has all flags of the selected mailbox as the server has them. */
  flagsAreFresh(connection: Connection): boolean {
    return this.#view(connection)?.staleFlags === null;
  }

  /** Sees to it that the index has the messages from the `offset` newest on, `limit` of them. @throws ImapError */
  async newest(connection: Connection, offset: number, limit: number): Promise<void> {
    const view = this.#view(connection);
    if (!view || limit === 0) return;
    const last = this.#context.store.messages.uidFromEnd(view.mailbox.id, offset + limit - 1);
    if (view.completeFrom <= 1 || (last !== null && last >= view.completeFrom)) return;
    const asked = await view.ask();
    if (asked) await this.#fill(view, slice(subtract(asked, view.hidden), -1 - offset, -offset - limit));
  }

  /** Sees to it that the index has these messages. @throws ImapError */
  async fill(connection: Connection, uids: readonly number[]): Promise<void> {
    const view = this.#view(connection);
    if (view) await this.#fill(view, fromNumbers(uids.filter((uid) => uid <= uidSet.maxNumber)));
  }

  async #fill(view: View, wanted: UidRanges): Promise<void> {
    const known = this.#context.store.messages.uidsWithin(view.mailbox.id, wanted, count(wanted));
    const missing = subtract(wanted, fromNumbers(known));
    if (missing.length > 0) await view.fetch(missing, listData(view.connection));
  }

  /** Asks for the flags of messages that the index has. @throws ImapError, StoreError */
  async recheck(connection: Connection, uids: readonly number[]): Promise<void> {
    await this.#view(connection)?.fetch(fromNumbers(uids), { flags: true, modSeq: true });
  }

  /** An untagged change to the selected mailbox. Whether something must be asked to be in step again: see `follow`. */
  apply(connection: Connection, event: MailboxEvent): boolean {
    const view = this.#view(connection);
    if (!view) return false;
    if (view.mailbox.uidValidity !== connection.selected?.uidValidity) {
      view.missed = true;
      return false;
    }
    switch (event.kind) {
      case "exists": {
        const more = event.exists > view.exists;
        view.exists = event.exists;
        view.more ||= more;
        return more;
      }
      case "fetch": {
        const { seq, flags, modSeq } = event.message;
        if (flags === undefined) return false;
        if (event.uid === null) {
          view.unnamed.push(seq);
          return true;
        }
        // Somebody at a console may have asked for more, but not for all that a row needs.
        view.intake.take({ seq, uid: event.uid, flags, ...(modSeq === undefined ? {} : { modSeq }) });
        return false;
      }
      case "vanished":
        return this.#gone(view, event.uids);
      case "expunge":
        view.unnamed = view.unnamed.flatMap((seq) =>
          seq === event.seq ? [] : seq > event.seq ? seq - 1 : seq,
        );
        return this.#gone(view, event.uid === null ? null : fromNumbers([event.uid]));
    }
  }

  #gone(view: View, uids: UidRanges | null): boolean {
    view.gone(uids);
    if (uids === null) return true;
    const removed = view.remove(uids).then(() => {
      if (!view.intake.numbered) return;
      this.#context.store.mailboxes.setState(view.mailbox.id, this.#counts(view) ?? {});
      this.#context.emit({ kind: "folders" });
    });
    removed.catch((error: unknown) => view.failed(error));
    return false;
  }

  /** Asks what events left open; resolves to how many messages came in. @throws ImapError, StoreError */
  async follow(connection: Connection): Promise<number> {
    const view = this.#view(connection);
    if (!view) return 0;
    const unnamed = fromNumbers(view.unnamed.splice(0));
    if (unnamed.length > 0) await view.fetch(unnamed, { flags: true, modSeq: true, bySequence: true });
    const came = view.more ? await this.arrivals(connection) : 0;
    if (view.unequal) await this.all(connection);
    return came;
  }

  /** What came in since the last look; resolves to how many. @throws ImapError */
  async arrivals(connection: Connection): Promise<number> {
    const view = this.#view(connection);
    if (!view) return 0;
    view.more = false;
    const from = view.reached;
    const came: number[] = [];
    await view.fetch([[from, uidSet.maxNumber]], listData(view.connection), (message) => {
      if (message.uid !== undefined && isListed(message)) came.push(message.uid);
    });
    if (came.length === 0) return 0;
    view.came(fromNumbers(came));
    view.unequal = view.completeFrom > 1 || view.held + count(view.withheld) !== view.exists;
    this.#save(view);
    return came.length;
  }
}

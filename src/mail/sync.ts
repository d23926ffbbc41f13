/**
 * Keeps the index in step with the server: what is gone, what is new, what was flagged. The newest messages come
 * with the SELECT; the rest follows in slices, newest first, when the screen is up.
 */
import {
  type Connection,
  type FetchedMessage,
  type FetchQuery,
  fetch,
  ImapError,
  type MailboxEvent,
  type SelectedMailbox,
  type UidRanges,
  uidSearch,
  uidSet,
} from "../imap/index.ts";
import type { Store, StoredMailbox, StoredMessageInput } from "../store/index.ts";
import { listData, toStoredMessage } from "./convert.ts";
import { rematch } from "./rematch.ts";
import type { MailEvent } from "./values.ts";

/** Flags of this many of the newest messages come with every SELECT, and their headers where the index is empty. */
const firstWindow = 200;
/** Headers asked for in one command: enough to keep the line busy, few enough to give way. */
const sliceSize = 1_000;
/** From so many headers on, COMPRESS (RFC 4978) is worth its round trip. */
const worthCompressing = 1_000;
/** Rows written in one go: about 5 ms, so that a key is never held up. */
const batchSize = 100;

const { contains, count, fromNumbers, iterate, split, subtract, union } = uidSet;

/** What pending operations on this numbering of a mailbox have done to the index and the server does not know yet. */
export interface Overlay {
  hidden(mailbox: Numbering, uid: number): boolean;
  flags(mailbox: Numbering, uid: number, flags: readonly string[]): readonly string[];
  /** How many messages a mailbox is to show where the server has so many. */
  counted(mailbox: Numbering, messages: number): number;
  /** Rows have come in; `complete`: the index has all that the server has. */
  landed(mailbox: Numbering, complete: boolean): void;
}

/** A UID names a message together with these (RFC 9051 §2.3.1.1). */
export type Numbering = Pick<StoredMailbox, "path" | "uidValidity">;

export class Sync {
  readonly #store: Store;
  readonly #overlay: Overlay;
  readonly #emit: (event: MailEvent) => void;
  /** UIDs on the server, for mailboxes entered in this session. */
  readonly #onServer = new Map<string, UidRanges>();
  /** Mailboxes whose flags are all as the server has them, up to events. */
  readonly #flagsKnown = new Set<string>();

  constructor(store: Store, overlay: Overlay, emit: (event: MailEvent) => void) {
    this.#store = store;
    this.#overlay = overlay;
    this.#emit = emit;
  }

  /** UIDs the server has, ascending, without those that pending operations took away; null before the first SELECT. */
  onServer(path: string): number[] | null {
    const ranges = this.#onServer.get(path);
    if (!ranges) return null;
    const mailbox = this.#mailbox(path);
    return [...iterate(ranges)].filter((uid) => !this.#overlay.hidden(mailbox, uid));
  }

  /** Whether the server has a message, as far as it has told in this session; null: of one so new it has not. */
  holds(path: string, uid: number): boolean | null {
    const ranges = this.#onServer.get(path);
    if (!ranges || uid > (ranges.at(-1)?.[1] ?? 0)) return null;
    return contains(ranges, uid);
  }

  /** The connection is gone: what was known of the server is a memory. */
  forget(): void {
    this.#flagsKnown.clear();
  }

  #mailbox(path: string): StoredMailbox {
    const known = this.#store.mailboxes.byPath(path);
    if (known) return known;
    this.#store.mailboxes.put({ path, name: path, delimiter: null, attributes: [] });
    return this.#store.mailboxes.byPath(path)!;
  }

  /** After SELECT: one flight for the UIDs and the newest messages, then the removals. */
  async entered(connection: Connection, selected: SelectedMailbox): Promise<void> {
    const { path, exists } = selected;
    const before = this.#mailbox(path);
    const { id } = before;
    this.#flagsKnown.delete(path);
    if (!sameNumbers(before, selected)) await this.#renumber(connection, selected, before);
    this.#store.mailboxes.setState(id, { mailboxId: selected.mailboxId });
    if (exists === 0) {
      this.#know(connection, path, []);
      this.#removeVanished(id, path, []);
    } else {
      const cold = this.#store.messages.count(id) === 0;
      const from = Math.max(1, exists - firstWindow + 1);
      const newest = cold ? listData : { flags: true };
      const byUid = connection.quirks.sequenceNumbersLie;
      const [found] = await Promise.all([
        connection.run(uidSearch({ all: true })),
        byUid ? undefined : this.#fetchInto(connection, path, [[from, exists]], newest, true),
      ]);
      // A range like 1:4294967295 is a fault or an attack; the mailbox has `exists` messages.
      if (count(found.uids) > selected.exists + 10_000) {
        throw new ImapError(
          "LIMIT",
          `the server names ${count(found.uids)} messages in a mailbox of ${exists}`,
        );
      }
      this.#know(connection, path, found.uids);
      this.#removeVanished(id, path, found.uids);
      const window = (this.onServer(path) ?? []).slice(-firstWindow);
      if (byUid) await this.#fetchInto(connection, path, fromNumbers(window), newest, false);
      // What came in while another mailbox was selected is announced by nothing else.
      if (!cold) await this.fill(connection, path, window);
    }
    this.#counted(path, selected.exists);
  }

  /** The UIDs known are not valid any more: what is cached goes under the new ones. */
  async #renumber(connection: Connection, selected: SelectedMailbox, before: StoredMailbox): Promise<void> {
    const { path, uidValidity, mailboxId, highestModSeq, exists } = selected;
    const { id } = before;
    this.#onServer.delete(path);
    const known = this.#store.messages.identities(id);
    if (Math.min(known.length, exists) >= worthCompressing) await connection.compress();
    const { found, rows } = await rematch(connection, exists, known);
    this.#store.transaction(() => {
      // Another process may have done the same while we asked.
      const now = this.#mailbox(path);
      if (sameNumbers(now, selected)) return;
      this.#store.messages.renumber(id, uidValidity, sameNumbers(now, before) ? found : []);
      this.#store.messages.put(id, rows);
      const modSeq = highestModSeq === null ? {} : { highestModSeq: String(highestModSeq) };
      this.#store.mailboxes.setState(id, { mailboxId, ...modSeq });
      // All flags are as the server has just told.
      this.#flagsKnown.add(path);
    });
    this.#emit({ kind: "messages", path });
  }

  #know(connection: Connection, path: string, uids: UidRanges): void {
    this.#onServer.set(path, uids);
    connection.primeUids(uids);
  }

  #removeVanished(id: number, path: string, uids: UidRanges): void {
    const gone = this.#store.messages.uids(id).filter((uid) => !contains(uids, uid));
    if (gone.length === 0) return;
    this.#store.messages.remove(id, gone);
    this.#emit({ kind: "messages", path });
  }

  /** The UIDs of which the index has all that it can have: what we have appended lacks the server's ids. */
  #listed(connection: Connection, path: string): UidRanges {
    const { id, uidNext } = this.#mailbox(path);
    const known = fromNumbers(this.#store.messages.uids(id));
    const { capabilities } = connection;
    if (!capabilities.has("OBJECTID") && !capabilities.has("X-GM-EXT-1")) return known;
    return subtract(known, fromNumbers(this.#store.messages.unidentified(id, uidNext)));
  }

  /** Fetches list data for `uids` that the index lacks. */
  async fill(connection: Connection, path: string, uids: readonly number[]): Promise<void> {
    const known = this.#listed(connection, path);
    const missing = uids.filter((uid) => !contains(known, uid));
    if (missing.length > 0) await this.#fetchInto(connection, path, fromNumbers(missing), listData, false);
  }

  /** Brings all of a mailbox in step: headers that are missing, newest first, then the flags of the rest. */
  async all(connection: Connection, selected: SelectedMailbox): Promise<void> {
    const { path } = selected;
    const known = this.#listed(connection, path);
    const missing = [...iterate(subtract(this.#onServer.get(path) ?? [], known))];
    const total = missing.length;
    if (total >= worthCompressing) await connection.compress();
    const slices = async () => {
      while (missing.length > 0) {
        const slice = missing.splice(-sliceSize);
        await this.#fetchInto(connection, path, fromNumbers(slice), listData, false);
        this.#emit({ kind: "progress", path, done: total - missing.length, total });
      }
    };
    // Two at a time, so that the line never waits for us to ask.
    await Promise.all([slices(), slices()]);
    if (!this.#flagsKnown.has(path) && count(known) > 0)
      await this.#refreshFlags(connection, selected, known);
    this.#flagsKnown.add(path);
    this.#overlay.landed(this.#mailbox(path), true);
    this.#counted(path, selected.exists);
  }

  /** With CONDSTORE only what changed (RFC 7162 §3.1.4.1), else all flags. */
  async #refreshFlags(connection: Connection, selected: SelectedMailbox, known: UidRanges): Promise<void> {
    const { path, highestModSeq } = selected;
    const { id, highestModSeq: stored } = this.#mailbox(path);
    const since = BigInt(stored);
    const changed = highestModSeq !== null && since > 0n;
    if (!changed || highestModSeq !== since) {
      await this.#fetchInto(
        connection,
        path,
        known,
        { flags: true, ...(changed ? { changedSince: since } : {}) },
        false,
      );
    }
    if (highestModSeq !== null) this.#store.mailboxes.setState(id, { highestModSeq: String(highestModSeq) });
  }

  async #fetchInto(
    connection: Connection,
    path: string,
    set: UidRanges,
    query: FetchQuery,
    bySequence: boolean,
  ): Promise<void> {
    const mailbox = this.#mailbox(path);
    const { id } = mailbox;
    const rows: StoredMessageInput[] = [];
    const flags: { uid: number; flags: readonly string[] }[] = [];
    const flush = () => {
      if (rows.length > 0) {
        this.#store.messages.put(id, rows.splice(0));
        this.#overlay.landed(mailbox, false);
      }
      if (flags.length > 0) this.#store.messages.setFlags(id, flags.splice(0));
      this.#emit({ kind: "messages", path });
    };
    const onMessage = (message: FetchedMessage) => {
      const row = this.#received(mailbox, message);
      if (!row) return;
      // Replies to other questions come in between; only one with an envelope is a whole row.
      if (message.envelope !== undefined) rows.push(row);
      else flags.push({ uid: row.uid, flags: row.flags });
      if (rows.length + flags.length >= batchSize) flush();
    };
    // A set may be too long for one command line; the pieces travel together.
    await Promise.all(
      split(set, connection.quirks.setOctets).map((part) =>
        connection.run(fetch(part, { ...query, bySequence }, { onMessage })),
      ),
    );
    flush();
  }

  /** A reply as a row with pending changes laid over it; null where a pending operation has taken the message away. */
  #received(mailbox: Numbering, message: FetchedMessage): StoredMessageInput | null {
    const row = toStoredMessage(message, Date.now());
    if (!row || this.#overlay.hidden(mailbox, row.uid)) return null;
    return { ...row, flags: [...this.#overlay.flags(mailbox, row.uid, row.flags)] };
  }

  /** An untagged change to the selected mailbox. True where the index cannot be brought in step without asking. */
  apply(path: string, event: MailboxEvent): boolean {
    const known = this.#onServer.get(path);
    const mailbox = this.#store.mailboxes.byPath(path);
    if (!mailbox || !known) return false;
    if (event.kind === "fetch") {
      const { uid, message } = event;
      if (uid === null || message.flags === undefined) return uid === null;
      const row = this.#received(mailbox, { ...message, uid });
      if (row) this.#store.messages.setFlags(mailbox.id, [{ uid, flags: row.flags }]);
    } else if (event.kind === "exists") {
      return event.exists > count(known);
    } else {
      const gone =
        event.kind === "vanished" ? event.uids : event.uid === null ? null : fromNumbers([event.uid]);
      if (gone === null) return true;
      const held = this.#store.messages.uids(mailbox.id).filter((uid) => contains(gone, uid));
      this.#store.messages.remove(mailbox.id, held);
      this.#onServer.set(path, subtract(known, gone));
    }
    this.#emit({ kind: "messages", path });
    return false;
  }

  /** What came in after the last UID known; resolves to how many. */
  async arrivals(connection: Connection, path: string): Promise<number> {
    const mailbox = this.#mailbox(path);
    const known = this.#onServer.get(path) ?? [];
    const last = known.at(-1)?.[1] ?? 0;
    const fresh: number[] = [];
    const rows: StoredMessageInput[] = [];
    await connection.run(
      fetch([[last + 1, 4_294_967_295]], listData, {
        onMessage: (message) => {
          // `n:*` answers with the last message even where its UID is below n.
          if (message.uid === undefined || message.uid <= last) return;
          fresh.push(message.uid);
          const row = this.#received(mailbox, message);
          if (row && message.envelope !== undefined) rows.push(row);
        },
      }),
    );
    if (fresh.length === 0) return 0;
    this.#store.messages.put(mailbox.id, rows);
    this.#overlay.landed(mailbox, false);
    this.#onServer.set(path, union(this.#onServer.get(path) ?? [], fromNumbers(fresh)));
    this.#counted(path, count(this.#onServer.get(path) ?? []));
    this.#emit({ kind: "messages", path });
    return fresh.length;
  }

  /** Keeps the folder's numbers as the index has them, once it has all of the mailbox. */
  #counted(path: string, exists: number): void {
    const mailbox = this.#mailbox(path);
    const messages = this.#overlay.counted(mailbox, exists);
    const complete = this.#store.messages.count(mailbox.id) >= messages;
    this.#store.mailboxes.setState(mailbox.id, {
      messages,
      ...(complete ? { unseen: this.#store.messages.unread(mailbox.id) } : {}),
    });
    this.#emit({ kind: "folders" });
  }
}

type Numbered = Pick<StoredMailbox, "uidValidity" | "mailboxId">;

/** Whether UIDs mean the same in both: another mailbox under the same name has other messages, whatever its UIDVALIDITY. */
function sameNumbers(a: Numbered, b: Numbered): boolean {
  const another = a.mailboxId !== null && b.mailboxId !== null && a.mailboxId !== b.mailboxId;
  return a.uidValidity === b.uidValidity && !another;
}

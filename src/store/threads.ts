import { type Database, number } from "./database.ts";
import { columns, messageOf } from "./message-row.ts";
import type { Messages } from "./messages.ts";
import { ThreadLinks } from "./thread-links.ts";
import { isFolded, type Span, type ThreadListQuery, ThreadOrder } from "./thread-order.ts";
import { ThreadPlaces } from "./thread-places.ts";
import { arrangeShown } from "./thread-tree.ts";
import type { ThreadQuery, ThreadRow } from "./types.ts";

/** A message in its place, before its row is read. */
interface Placed {
  readonly message: number;
  readonly depth: number;
  readonly guides: number;
}

/** The threads of a mailbox, as far as its messages have been linked. */
export class Threads {
  readonly #database: Database;
  readonly #links: ThreadLinks;
  readonly #places: ThreadPlaces;
  readonly #order: ThreadOrder;

  constructor(database: Database, messages: Messages) {
    this.#database = database;
    this.#order = new ThreadOrder(database, messages);
    this.#links = new ThreadLinks(database);
    this.#places = new ThreadPlaces(database);
  }

  /**
   * Links a slice of the messages that have come since, or arranges threads that have changed: a few milliseconds.
   * False where there is nothing to do. Several processes may work on the same mailbox.
   */
  work(mailboxId: number): boolean {
    return this.#links.link(mailboxId) || this.#places.arrange(mailboxId);
  }

  /**
   * Rows `offset` to `offset + limit` of the mailbox, thread after thread. By arrival or date, a thread stands where
   * its newest message would; by other keys, where the first of its messages would. With `uids` only those are shown,
   * as if the mailbox had no others. Of a thread that is folded, the first message alone is a row.
   */
  window(mailboxId: number, query: ThreadQuery): ThreadRow[] {
    const from = Math.max(0, query.offset);
    const to = from + Math.max(0, query.limit);
    const spans = this.#order.spans(mailboxId, query, from, to);
    return spans.flatMap((span) => this.#rows(span, isFolded(query.folds, span.thread)));
  }

  /** Rows in all that `window` has for the same query. */
  count(mailboxId: number, query: ThreadListQuery): number {
    return this.#order.count(mailboxId, query);
  }

  /** Where `window` has the message, or the row that it is folded behind; -1 where it has not. */
  position(mailboxId: number, uid: number, query: ThreadListQuery): number {
    const row = this.#database.get(
      "SELECT id, thread, place FROM message JOIN place ON message = id WHERE mailbox = ? AND uid = ?",
      mailboxId,
      uid,
    );
    if (!row) return -1;
    const [id, thread] = [number(row, "id"), number(row, "thread")];
    const place = this.#order.place(mailboxId, query, thread);
    if (!place || place.among?.has(id) === false) return -1;
    const { before, among } = place;
    if (isFolded(query.folds, thread)) return before;
    if (among) return before + only(this.#placed(thread, -1, 0), among).findIndex((p) => p.message === id);
    const above = this.#database.get(
      "SELECT count(*) AS n FROM place WHERE thread = ? AND (place, message) < (?, ?)",
      thread,
      number(row, "place"),
      id,
    );
    return before + (above ? number(above, "n") : 0);
  }

  /** All messages here of the thread of `uid`, top to bottom; empty where it is not here, or not linked yet. */
  of(mailboxId: number, uid: number): ThreadRow[] {
    const row = this.#database.get(
      "SELECT thread, thread.messages AS messages FROM message JOIN place ON message = message.id JOIN thread ON thread.id = thread WHERE message.mailbox = ? AND uid = ?",
      mailboxId,
      uid,
    );
    if (!row) return [];
    const [thread, messages] = [number(row, "thread"), number(row, "messages")];
    return this.#rows({ thread, messages, skip: 0, take: -1, among: null }, false);
  }

  /** The UIDs of all messages here of these threads, top to bottom, one thread after another. */
  uidsOf(threads: readonly number[]): number[] {
    return this.#database
      .all(
        `SELECT uid FROM json_each(?) JOIN place ON thread = json_each.value JOIN message ON message.id = message
         ORDER BY json_each.key, place, message`,
        JSON.stringify(threads),
      )
      .map((row) => number(row, "uid"));
  }

  /** The threads of these messages, each once. */
  threadsOf(mailboxId: number, uids: readonly number[]): number[] {
    return this.#database
      .all(
        `SELECT DISTINCT thread FROM message INDEXED BY message_by_uid JOIN place ON message = id
         WHERE mailbox = ? AND uid IN (SELECT value FROM json_each(?))`,
        mailboxId,
        JSON.stringify(uids),
      )
      .map((row) => number(row, "thread"));
  }

  #rows({ thread, messages: shown, skip, take, among }: Span, folded: boolean): ThreadRow[] {
    const counts = this.#database.get("SELECT messages, unread, last_date FROM thread WHERE id = ?", thread);
    if (!counts) return [];
    const whole = {
      thread,
      messages: number(counts, "messages"),
      unread: number(counts, "unread"),
      newest: number(counts, "last_date"),
      shown,
      folded,
    };
    const placed = among
      ? only(this.#placed(thread, -1, 0), among).slice(skip, skip + take)
      : this.#placed(thread, take, skip);
    const rows = this.#database.all(
      `SELECT message.id AS id, ${columns} FROM json_each(?) JOIN message ON message.id = value`,
      JSON.stringify(placed.map(({ message }) => message)),
    );
    const found = new Map(rows.map((row) => [number(row, "id"), row]));
    return placed.flatMap(({ message, depth, guides }, at) => {
      const row = found.get(message);
      // Another process may have removed it in between.
      return row ? { ...whole, message: messageOf(row), place: skip + at, depth, guides } : [];
    });
  }

  /** A part of a thread, or from `skip` on all of it where `take` is -1. */
  #placed(thread: number, take: number, skip: number): Placed[] {
    const rows = this.#database.all(
      "SELECT message, depth, guides FROM place WHERE thread = ? ORDER BY place, message LIMIT ? OFFSET ?",
      thread,
      take,
      skip,
    );
    return rows.map((row) => ({
      message: number(row, "message"),
      depth: number(row, "depth"),
      guides: number(row, "guides"),
    }));
  }
}

/** What is left of a thread with some of its messages alone: they answer the nearest that is left. */
function only(placed: readonly Placed[], among: ReadonlySet<number>): Placed[] {
  const left: number[] = [];
  const parents: number[] = [];
  /** By depth, the last message that is left there or above. */
  const above: number[] = [];
  for (const { message, depth } of placed) {
    const parent = above[depth - 1] ?? -1;
    above[depth] = among.has(message) ? left.length : parent;
    if (!among.has(message)) continue;
    left.push(message);
    parents.push(parent);
  }
  const { depths, guides } = arrangeShown(Int32Array.from(parents));
  // Places are in order already.
  return left.map((message, at) => ({ message, depth: depths[at] ?? 0, guides: guides[at] ?? 0 }));
}

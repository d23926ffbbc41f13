import { type Database, number } from "./database.ts";
import type { Row } from "./driver.ts";
import { columns, messageOf } from "./message-row.ts";
import type { Messages } from "./messages.ts";
import { ThreadLinks } from "./thread-links.ts";
import { isFolded, type Span, type ThreadListQuery, ThreadOrder } from "./thread-order.ts";
import { ThreadPlaces } from "./thread-places.ts";
import { arrangeShown } from "./thread-tree.ts";
import type { Folds, SortValue, ThreadQuery, ThreadRow } from "./types.ts";

/** A message in its place, before its row is read. */
interface Placed {
  readonly thread: number;
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
    return this.#rows(spans, query.folds);
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
    if (among)
      return before + only(this.#placed(wholeThread, [thread]), among).findIndex((p) => p.message === id);
    const above = this.#database.get(
      "SELECT count(*) AS n FROM place WHERE thread = ? AND (place, message) < (?, ?)",
      thread,
      number(row, "place"),
      id,
    );
    return before + (above ? number(above, "n") : 0);
  }

  /** How many rows `window` has of threads before one that stands by `value`; `orEqual`: or beside it. */
  ahead(mailboxId: number, query: ThreadListQuery, value: SortValue, orEqual: boolean): number {
    return this.#order.ahead(mailboxId, query, value, orEqual);
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
    return this.#rows([{ thread, messages, standsBy: uid, skip: 0, take: messages, among: null }], undefined);
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

  /** All that is shown of some threads, in a few queries however many they are. */
  #rows(spans: readonly Span[], folds: Folds | undefined): ThreadRow[] {
    const threads = this.#byId(
      "SELECT id, messages, unread, last_date FROM thread",
      spans.map((s) => s.thread),
    );
    const placed = this.#placedOf(spans);
    const all = [...placed.values()].flat();
    const messages = this.#byId(
      `SELECT id, ${columns} FROM message`,
      all.map(({ message }) => message),
    );
    return spans.flatMap((span) => {
      const { thread, skip } = span;
      const counts = threads.get(thread);
      if (!counts) return [];
      const whole = {
        thread,
        messages: number(counts, "messages"),
        unread: number(counts, "unread"),
        newest: number(counts, "last_date"),
        standsBy: span.standsBy,
        shown: span.messages,
        folded: isFolded(folds, thread),
      };
      return (placed.get(thread) ?? []).flatMap(({ message, depth, guides }, at) => {
        const row = messages.get(message);
        // Another process may have removed it in between.
        return row ? { ...whole, message: messageOf(row), place: skip + at, depth, guides } : [];
      });
    });
  }

  #byId(select: string, ids: readonly number[]): Map<number, Row> {
    const rows = this.#database.all(
      `${select} WHERE id IN (SELECT value FROM json_each(?))`,
      JSON.stringify(ids),
    );
    return new Map(rows.map((row) => [number(row, "id"), row]));
  }

  /** By thread, the messages that are shown of it. Those at the ends of a window may be there in part. */
  #placedOf(spans: readonly Span[]): Map<number, Placed[]> {
    const placed = new Map<number, Placed[]>();
    const whole: number[] = [];
    const first: number[] = [];
    for (const { thread, messages, among, skip, take } of spans) {
      if (among)
        placed.set(thread, only(this.#placed(wholeThread, [thread]), among).slice(skip, skip + take));
      else if (take === messages) whole.push(thread);
      else if (skip === 0 && take === 1) first.push(thread);
      else placed.set(thread, this.#placed(partOfThread, [thread], take, skip));
    }
    for (const found of [...this.#placed(wholeThread, whole), ...this.#placed(beginningOfThread, first)]) {
      const list = placed.get(found.thread);
      if (list) list.push(found);
      else placed.set(found.thread, [found]);
    }
    return placed;
  }

  #placed(select: string, threads: readonly number[], ...window: number[]): Placed[] {
    if (threads.length === 0) return [];
    return this.#database.all(select, JSON.stringify(threads), ...window).map((row) => ({
      thread: number(row, "thread"),
      message: number(row, "message"),
      depth: number(row, "depth"),
      guides: number(row, "guides"),
    }));
  }
}

/** Rows of `Placed`, for a list of threads. */
const wholeThread = `SELECT thread, message, depth, guides FROM json_each(?) JOIN place ON thread = value
  ORDER BY key, place, message`;
const partOfThread = `${wholeThread} LIMIT ? OFFSET ?`;
const beginningOfThread = `SELECT thread, message, depth, guides FROM json_each(?) JOIN place ON message =
  (SELECT p.message FROM place AS p WHERE p.thread = value ORDER BY p.place, p.message LIMIT 1)`;

/** What is left of a thread with some of its messages alone: they answer the nearest that is left. */
function only(placed: readonly Placed[], among: ReadonlySet<number>): Placed[] {
  const left: Placed[] = [];
  const parents: number[] = [];
  /** By depth, the last message that is left there or above. */
  const above: number[] = [];
  for (const found of placed) {
    const { message, depth } = found;
    const parent = above[depth - 1] ?? -1;
    above[depth] = among.has(message) ? left.length : parent;
    if (!among.has(message)) continue;
    left.push(found);
    parents.push(parent);
  }
  const { depths, guides } = arrangeShown(Int32Array.from(parents));
  // Places are in order already.
  return left.map((found, at) => ({ ...found, depth: depths[at] ?? 0, guides: guides[at] ?? 0 }));
}

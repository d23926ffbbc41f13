import { type Database, number, textOrNull } from "./database.ts";
import { columns, messageOf } from "./message-row.ts";
import { type Messages, orders } from "./messages.ts";
import { ThreadLinks } from "./thread-links.ts";
import { ThreadPlaces } from "./thread-places.ts";
import { arrangeShown } from "./thread-tree.ts";
import type { ThreadRow, WindowQuery } from "./types.ts";

/** A thread with as many rows as it shows. */
interface Shown {
  readonly thread: number;
  readonly size: number;
  /** Ids of the messages that are shown; null: all. */
  readonly among: ReadonlySet<number> | null;
}

/** Of a thread, the rows that a window shows. */
interface Span extends Pick<Shown, "thread" | "among"> {
  readonly skip: number;
  readonly take: number;
}

/** A message in its place, before its row is read. */
interface Placed {
  readonly message: number;
  readonly depth: number;
  readonly guides: number;
}

/** Messages looked at in one go for the threads they belong to. */
const pageSize = 500;

/** The threads of a mailbox, as far as its messages have been linked. */
export class Threads {
  readonly #database: Database;
  readonly #links: ThreadLinks;
  readonly #places: ThreadPlaces;
  readonly #messages: Messages;

  constructor(database: Database, messages: Messages) {
    this.#database = database;
    this.#messages = messages;
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
   * as if the mailbox had no others.
   */
  window(mailboxId: number, query: WindowQuery): ThreadRow[] {
    const from = Math.max(0, query.offset);
    const to = from + Math.max(0, query.limit);
    const newest = query.sort === "arrival" || query.sort === "date";
    const spans = query.uids
      ? within(this.#hits(mailboxId, query, query.uids), from, to)
      : newest
        ? this.#spansByNewest(mailboxId, query, from, to)
        : within(this.#byFirst(mailboxId, query), from, to);
    return [...spans].flatMap((span) => this.#rows(span));
  }

  /** All messages here of the thread of `uid`, top to bottom; empty where it is not here, or not linked yet. */
  of(mailboxId: number, uid: number): ThreadRow[] {
    const row = this.#database.get(
      "SELECT thread FROM message JOIN place ON message = id WHERE mailbox = ? AND uid = ?",
      mailboxId,
      uid,
    );
    return row ? this.#rows({ thread: number(row, "thread"), skip: 0, take: -1, among: null }) : [];
  }

  /** From the sizes of threads in the order of their index: the last window of 100,000 threads is as near as the first. */
  #spansByNewest(mailboxId: number, { sort, descending }: WindowQuery, from: number, to: number): Span[] {
    const direction = descending ? "DESC" : "ASC";
    const by =
      sort === "arrival" ? `last_uid ${direction}` : `last_date ${direction}, last_date_uid ${direction}`;
    const inOrder = `FROM thread WHERE mailbox = ? ORDER BY ${by} LIMIT ?`;
    // No thread is empty: so many reach to the end of the window.
    const row = this.#database.get(
      `SELECT group_concat(messages) AS sizes FROM (SELECT messages ${inOrder})`,
      mailboxId,
      to,
    );
    const sizes = row && textOrNull(row, "sizes");
    if (!sizes) return [];
    const shown = sizes.split(",").map((size, thread) => ({ thread, size: Number(size), among: null }));
    const spans = [...within(shown, from, to)];
    const threads = this.#database.all(
      `SELECT id ${inOrder} OFFSET ?`,
      mailboxId,
      spans.length,
      spans[0]?.thread ?? 0,
    );
    return threads.flatMap((thread, at) => {
      const span = spans[at];
      return span ? { ...span, thread: number(thread, "id") } : [];
    });
  }

  *#byFirst(mailboxId: number, { sort, descending }: WindowQuery): Generator<Shown> {
    this.#messages.prepareOrder(sort);
    const key = orders[sort];
    const [direction, after] = descending ? ["DESC", "<"] : ["ASC", ">"];
    const seen = new Set<number>();
    const select = `SELECT thread.id AS thread, messages, ${key} AS key, uid
      FROM message JOIN place ON message = message.id JOIN thread ON thread.id = thread WHERE message.mailbox = ?`;
    const tail = `ORDER BY ${key} ${direction}, uid ${direction} LIMIT ${pageSize}`;
    for (let page = this.#database.all(`${select} ${tail}`, mailboxId); ; ) {
      for (const row of page) {
        const thread = number(row, "thread");
        if (!seen.has(thread)) yield { thread, size: number(row, "messages"), among: null };
        seen.add(thread);
      }
      const last = page.at(-1);
      if (!last || page.length < pageSize) return;
      page = this.#database.all(
        `${select} AND (${key}, uid) ${after} (?, ?) ${tail}`,
        mailboxId,
        last.key ?? null,
        number(last, "uid"),
      );
    }
  }

  #hits(mailboxId: number, { sort, descending }: WindowQuery, uids: readonly number[]): Shown[] {
    const newest = sort === "arrival" || sort === "date";
    const direction = newest || descending ? "DESC" : "ASC";
    const rows = this.#database.all(
      `SELECT id, thread FROM message INDEXED BY message_by_uid JOIN place ON message = id
       WHERE mailbox = ? AND uid IN (SELECT value FROM json_each(?))
       ORDER BY ${orders[sort]} ${direction}, uid ${direction}`,
      mailboxId,
      JSON.stringify(uids),
    );
    const threads = new Map<number, Set<number>>();
    for (const row of rows) {
      const thread = number(row, "thread");
      const among = threads.get(thread) ?? new Set();
      threads.set(thread, among.add(number(row, "id")));
    }
    const shown = [...threads].map(([thread, among]) => ({ thread, size: among.size, among }));
    return newest && !descending ? shown.reverse() : shown;
  }

  #rows({ thread, skip, take, among }: Span): ThreadRow[] {
    const counts = this.#database.get("SELECT messages, unread FROM thread WHERE id = ?", thread);
    if (!counts) return [];
    const [messages, unread] = [number(counts, "messages"), number(counts, "unread")];
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
      return row
        ? { message: messageOf(row), thread, messages, unread, place: skip + at, depth, guides }
        : [];
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

/** The rows from one place to another in a list of threads. */
function* within(threads: Iterable<Shown>, from: number, to: number): Generator<Span> {
  let before = 0;
  for (const { thread, size, among } of threads) {
    const skip = Math.max(0, from - before);
    if (skip < size && before < to) yield { thread, among, skip, take: Math.min(size, to - before) - skip };
    before += size;
    if (before >= to) return;
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

/** In which order the threads of a mailbox stand in a list, and how many rows each takes. */
import { type Database, number, textOrNull } from "./database.ts";
import { type Messages, orders } from "./messages.ts";
import { compareSortValues } from "./sort-value.ts";
import type { Folds, SortValue, ThreadQuery } from "./types.ts";

/** What of a query does not depend on the window. */
export type ThreadListQuery = Omit<ThreadQuery, "offset" | "limit">;

/** A thread with the messages that a list has of it. */
interface Listed {
  readonly thread: number;
  readonly messages: number;
  /** The UID of the one that it stands by. */
  readonly standsBy: number;
  /** Their ids; null: all. */
  readonly among: ReadonlySet<number> | null;
}

/** Of a thread, the rows that a window shows. */
export interface Span extends Listed {
  readonly skip: number;
  readonly take: number;
}

/** So many lists are kept: of the folders of an account that are one list, each has its own. */
const keptLists = 16;
/** Messages looked at in one go for the threads they belong to. */
const pageSize = 500;

export function isFolded(folds: Folds | undefined, thread: number): boolean {
  return folds !== undefined && folds.all !== folds.but.has(thread);
}

function rowsOf({ thread, messages }: Listed, folds: Folds | undefined): number {
  return isFolded(folds, thread) ? 1 : messages;
}

const byNewest = ({ sort }: ThreadListQuery) => sort === "arrival" || sort === "date";

interface Kept {
  readonly query: ThreadListQuery;
  readonly state: string;
  readonly list: readonly Listed[];
}

export class ThreadOrder {
  readonly #database: Database;
  readonly #messages: Messages;
  /** By mailbox, the last list that had to be put together; it holds until something is written. */
  readonly #kept = new Map<number, Kept>();

  constructor(database: Database, messages: Messages) {
    this.#database = database;
    this.#messages = messages;
  }

  /** The threads of rows `from` to `to`, in their order. */
  spans(mailboxId: number, query: ThreadListQuery, from: number, to: number): Span[] {
    if (from >= to) return [];
    if (!query.uids && byNewest(query)) return this.#spansByNewest(mailboxId, query, from, to);
    return [...within(this.#list(mailboxId, query), query.folds, from, to)];
  }

  /** Rows in all. */
  count(mailboxId: number, query: ThreadListQuery): number {
    const { folds, uids } = query;
    if (uids) return this.#list(mailboxId, query).reduce((sum, listed) => sum + rowsOf(listed, folds), 0);
    const threads = "SELECT count(*) AS n FROM thread WHERE mailbox = ?";
    const count = (sql: string) => {
      const row = this.#database.get(sql, mailboxId);
      return row ? number(row, "n") : 0;
    };
    if (folds?.all) return count(threads) + this.#hidden(mailboxId, folds);
    const linked =
      this.#messages.count(mailboxId) - count("SELECT count(*) AS n FROM unthreaded WHERE mailbox = ?");
    return linked - this.#hidden(mailboxId, folds);
  }

  /** Messages but the first of the threads that are not as most are. */
  #hidden(mailboxId: number, folds: Folds | undefined): number {
    if (!folds || folds.but.size === 0) return 0;
    const row = this.#database.get(
      `SELECT coalesce(sum(messages - 1), 0) AS n FROM thread
       WHERE mailbox = ? AND id IN (SELECT value FROM json_each(?))`,
      mailboxId,
      JSON.stringify([...folds.but]),
    );
    return row ? number(row, "n") : 0;
  }

  /** Rows above those of a thread, and the ids of its messages that the list has; null where it has none. */
  place(
    mailboxId: number,
    query: ThreadListQuery,
    thread: number,
  ): (Pick<Listed, "among"> & { before: number }) | null {
    if (query.uids || !byNewest(query)) {
      let before = 0;
      for (const listed of this.#list(mailboxId, query)) {
        if (listed.thread === thread) return { before, among: listed.among };
        before += rowsOf(listed, query.folds);
      }
      return null;
    }
    const own = this.#database.get(
      "SELECT last_uid, last_date, last_date_uid FROM thread WHERE id = ?",
      thread,
    );
    if (!own) return null;
    const size = sizeOf(query.folds);
    const side = query.descending ? ">" : "<";
    const select = `SELECT coalesce(sum(${size.sql}), 0) AS n FROM thread WHERE mailbox = ?`;
    const row =
      query.sort === "arrival"
        ? this.#database.get(
            `${select} AND last_uid ${side} ?`,
            ...size.parameters,
            mailboxId,
            number(own, "last_uid"),
          )
        : this.#database.get(
            `${select} AND (last_date, last_date_uid) ${side} (?, ?)`,
            ...size.parameters,
            mailboxId,
            number(own, "last_date"),
            number(own, "last_date_uid"),
          );
    return { before: row ? number(row, "n") : 0, among: null };
  }

  /** Rows of the threads that stand before `value`, with `orEqual` also of those that stand by the same. */
  ahead(mailboxId: number, query: ThreadListQuery, value: SortValue, orEqual: boolean): number {
    const { sort, descending, uids, folds } = query;
    if (!uids && byNewest(query)) {
      const size = sizeOf(folds);
      const by = sort === "arrival" ? "last_uid" : "last_date";
      const row = this.#database.get(
        `SELECT coalesce(sum(${size.sql}), 0) AS n FROM thread
         WHERE mailbox = ? AND ${by} ${descending ? ">" : "<"}${orEqual ? "=" : ""} ?`,
        ...size.parameters,
        mailboxId,
        value,
      );
      return row ? number(row, "n") : 0;
    }
    const list = this.#list(mailboxId, query);
    const isAhead = ({ standsBy }: Listed) => {
      const own = this.#messages.sortValue(mailboxId, standsBy, sort) ?? "";
      const order = (descending ? -1 : 1) * compareSortValues(own, value);
      return order < 0 || (orEqual && order === 0);
    };
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const listed = list[middle];
      if (listed && isAhead(listed)) low = middle + 1;
      else high = middle;
    }
    let rows = 0;
    for (let at = 0; at < low; at++) rows += rowsOf(list[at]!, folds);
    return rows;
  }

  /** From the sizes of threads in the order of their index, walked from the end that is nearer. */
  #spansByNewest(mailboxId: number, query: ThreadListQuery, from: number, to: number): Span[] {
    const count = this.count(mailboxId, query);
    const last = Math.min(to, count);
    const turned = from + last > count;
    const direction = query.descending === turned ? "ASC" : "DESC";
    const by =
      query.sort === "arrival"
        ? `last_uid ${direction}`
        : `last_date ${direction}, last_date_uid ${direction}`;
    const inOrder = `FROM thread WHERE mailbox = ? ORDER BY ${by} LIMIT ?`;
    const [first, end] = turned ? [count - last, count - from] : [from, last];
    const size = sizeOf(query.folds);
    // No thread is empty: so many reach to the end of the window.
    const row = this.#database.get(
      `SELECT group_concat(size) AS sizes FROM (SELECT ${size.sql} AS size ${inOrder})`,
      ...size.parameters,
      mailboxId,
      end,
    );
    const sizes = row && textOrNull(row, "sizes");
    if (!sizes) return [];
    const { at, spans } = between(sizes, first, end);
    const found = this.#database
      .all(
        `SELECT id, messages, ${query.sort === "arrival" ? "last_uid" : "last_date_uid"} AS stands_by ${inOrder} OFFSET ?`,
        mailboxId,
        spans.length,
        at,
      )
      .flatMap((thread, i) => {
        const span = spans[i];
        if (!span) return [];
        const skip = turned ? span.rows - span.skip - span.take : span.skip;
        const { take } = span;
        return {
          thread: number(thread, "id"),
          messages: number(thread, "messages"),
          standsBy: number(thread, "stands_by"),
          among: null,
          skip,
          take,
        };
      });
    return turned ? found.reverse() : found;
  }

  /** All threads of a list that no index has in its order. */
  #list(mailboxId: number, query: ThreadListQuery): readonly Listed[] {
    const { sort, descending, uids } = query;
    const writes = this.#database.get("SELECT total_changes() AS own");
    const others = this.#database.get("PRAGMA data_version");
    const state = `${writes?.own} ${others?.data_version}`;
    const kept = this.#kept.get(mailboxId);
    const same = (q: ThreadListQuery) => q.sort === sort && q.descending === descending && q.uids === uids;
    if (kept && kept.state === state && same(kept.query)) return kept.list;
    const list = uids ? this.#hits(mailboxId, query, uids) : this.#byFirst(mailboxId, query);
    this.#kept.delete(mailboxId);
    for (const [id, { state: then }] of this.#kept)
      if (then !== state || this.#kept.size >= keptLists) this.#kept.delete(id);
    this.#kept.set(mailboxId, { query, state, list });
    return list;
  }

  #byFirst(mailboxId: number, { sort, descending }: ThreadListQuery): Listed[] {
    this.#messages.prepareOrder(sort);
    const key = orders[sort];
    const [direction, after] = descending ? ["DESC", "<"] : ["ASC", ">"];
    const threads = new Map<number, Listed>();
    const select = `SELECT thread.id AS thread, messages, ${key} AS key, uid
      FROM message JOIN place ON message = message.id JOIN thread ON thread.id = thread WHERE message.mailbox = ?`;
    const tail = `ORDER BY ${key} ${direction}, uid ${direction} LIMIT ${pageSize}`;
    for (let page = this.#database.all(`${select} ${tail}`, mailboxId); ; ) {
      for (const row of page) {
        const thread = number(row, "thread");
        if (!threads.has(thread))
          threads.set(thread, {
            thread,
            messages: number(row, "messages"),
            standsBy: number(row, "uid"),
            among: null,
          });
      }
      const last = page.at(-1);
      if (!last || page.length < pageSize) return [...threads.values()];
      page = this.#database.all(
        `${select} AND (${key}, uid) ${after} (?, ?) ${tail}`,
        mailboxId,
        last.key ?? null,
        number(last, "uid"),
      );
    }
  }

  #hits(mailboxId: number, query: ThreadListQuery, uids: readonly number[]): Listed[] {
    const { sort, descending } = query;
    const direction = byNewest(query) || descending ? "DESC" : "ASC";
    const rows = this.#database.all(
      `SELECT id, uid, thread FROM message INDEXED BY message_by_uid JOIN place ON message = id
       WHERE mailbox = ? AND uid IN (SELECT value FROM json_each(?))
       ORDER BY ${orders[sort]} ${direction}, uid ${direction}`,
      mailboxId,
      JSON.stringify(uids),
    );
    const threads = new Map<number, { standsBy: number; among: Set<number> }>();
    for (const row of rows) {
      const thread = number(row, "thread");
      const found = threads.get(thread) ?? { standsBy: number(row, "uid"), among: new Set() };
      found.among.add(number(row, "id"));
      threads.set(thread, found);
    }
    const listed = [...threads].map(([thread, found]) => ({
      thread,
      messages: found.among.size,
      ...found,
    }));
    return byNewest(query) && !descending ? listed.reverse() : listed;
  }
}

/** The rows that a thread takes, for a query over `thread`. */
function sizeOf(folds: Folds | undefined): { sql: string; parameters: string[] } {
  const [most, few] = folds?.all ? ["1", "messages"] : ["messages", "1"];
  if (!folds || folds.but.size === 0) return { sql: most, parameters: [] };
  const sql = `iif(id IN (SELECT value FROM json_each(?)), ${few}, ${most})`;
  return { sql, parameters: [JSON.stringify([...folds.but])] };
}

/** The rows from one place to another in a list of threads. */
function* within(
  threads: Iterable<Listed>,
  folds: Folds | undefined,
  from: number,
  to: number,
): Generator<Span> {
  let before = 0;
  for (const listed of threads) {
    const size = rowsOf(listed, folds);
    const skip = Math.max(0, from - before);
    if (skip < size && before < to) yield { ...listed, skip, take: Math.min(size, to - before) - skip };
    before += size;
    if (before >= to) return;
  }
}

/** The same for the rows of threads as a list of numbers: which is the first thread, and what of each is there. */
function between(
  sizes: string,
  from: number,
  to: number,
): { at: number; spans: { rows: number; skip: number; take: number }[] } {
  const spans = [];
  let before = 0;
  let threads = 0;
  // Of many thousand, nearly all are only passed: no text is made of each, no object.
  for (let at = 0, rows = 0; at <= sizes.length && before < to; at++) {
    const digit = sizes.charCodeAt(at) - 48;
    if (digit >= 0) {
      rows = 10 * rows + digit;
      continue;
    }
    if (before + rows > from) {
      const skip = Math.max(0, from - before);
      spans.push({ rows, skip, take: Math.min(rows, to - before) - skip });
    }
    before += rows;
    threads++;
    rows = 0;
  }
  return { at: threads - spans.length, spans };
}

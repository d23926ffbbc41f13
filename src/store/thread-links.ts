import { type Database, number, numberOrNull, text, textOrNull } from "./database.ts";
import type { Row } from "./driver.ts";
import { words } from "./mailboxes.ts";
import { idHash, messageIds } from "./message-ids.ts";
import { arrange, type TreeMessage } from "./thread-tree.ts";

/** Messages linked in one write: as many as take a few milliseconds on this machine. */
const sliceSizes = { least: 50, first: 250, most: 1_000 } as const;
const sliceMs = 4;

/** Columns that tell where a message belongs in its thread. */
export const linkColumns = "message_id, in_reply_to, reference_ids, coalesce(sent_at, internal_date) AS date";

/** A message's own id and those of its ancestors: its References, else the first id of its In-Reply-To (RFC 5256 §3). */
export function linksOf(row: Row): TreeMessage {
  const references = words(text(row, "reference_ids"));
  return {
    id: messageIds(textOrNull(row, "message_id") ?? "")[0] ?? null,
    references:
      references.length > 0 ? references : messageIds(textOrNull(row, "in_reply_to") ?? "").slice(0, 1),
    date: number(row, "date"),
  };
}

/** A thread while a slice is linked. */
interface Group {
  /** Its row; 0: it has none yet. */
  readonly id: number;
  /** Hash of its THREADID; null where none of its messages has one. */
  server: number | null;
  messages: number;
  /** Messages that it gains. */
  readonly gained: Keys[];
  /** Rows of threads that turned out to be this one. */
  readonly absorbed: number[];
  /** The thread that it turned out to be. */
  into: Group | null;
}

/** What links one message, as hashes. */
interface Keys {
  readonly row: Row;
  readonly links: TreeMessage;
  readonly server: number | null;
  /** Its own id, then its ancestors', nearest first. */
  readonly ids: readonly number[];
}

/**
 * Puts messages into threads: all that refer to the same id, here or not, or to one another. Where the server says
 * what belongs together (THREADID), that alone decides, and no two of its threads become one.
 */
export class ThreadLinks {
  readonly #database: Database;
  #sliceSize: number = sliceSizes.first;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Links a slice of the messages that wait, in one write; false where none waits. */
  link(mailboxId: number): boolean {
    if (this.#waiting(mailboxId, 1).length === 0) return false;
    const started = performance.now();
    const linked = this.#database.transaction(() => {
      const waiting = this.#waiting(mailboxId, this.#sliceSize);
      const rows = this.#database.all(
        `SELECT message.id AS id, uid, seen, internal_date, thread_id, ${linkColumns}
         FROM json_each(?) JOIN message ON message.id = value`,
        JSON.stringify(waiting),
      );
      new Slice(this.#database, mailboxId).link(rows);
      this.#database.run(
        "DELETE FROM unthreaded WHERE mailbox = ? AND message <= ?",
        mailboxId,
        waiting.at(-1) ?? 0,
      );
      return waiting.length;
    });
    if (linked === this.#sliceSize) {
      const fitting = (linked * sliceMs) / (performance.now() - started);
      this.#sliceSize = Math.round(Math.min(sliceSizes.most, Math.max(sliceSizes.least, fitting)));
    }
    return true;
  }

  #waiting(mailboxId: number, most: number): number[] {
    return this.#database
      .all("SELECT message FROM unthreaded WHERE mailbox = ? ORDER BY message LIMIT ?", mailboxId, most)
      .map((row) => number(row, "message"));
  }
}

class Slice {
  readonly #database: Database;
  readonly #mailboxId: number;
  readonly #groups: Group[] = [];
  readonly #byHash = new Map<number, Group>();
  /** Hashes that the index has not. */
  readonly #fresh: [number, Group][] = [];

  constructor(database: Database, mailboxId: number) {
    this.#database = database;
    this.#mailboxId = mailboxId;
  }

  link(rows: readonly Row[]): void {
    const messages = rows.map((row) => this.#keysOf(row));
    this.#recall(messages);
    for (const keys of messages) this.#join(keys);
    const threads = new Map(this.#groups.map((group) => [group, group.into ? group.id : this.#store(group)]));
    // In their order, each page of the table is written once.
    for (const [hash, group] of this.#fresh.sort(([a], [b]) => a - b))
      this.#database.run(
        "INSERT INTO thread_id (hash, thread) VALUES (?, ?)",
        hash,
        threads.get(found(group)) ?? 0,
      );
  }

  #keysOf(row: Row): Keys {
    const links = linksOf(row);
    const { id, references } = links;
    const server = textOrNull(row, "thread_id");
    const hash = (key: string) => idHash(this.#mailboxId, key);
    return {
      row,
      links,
      server: server === null ? null : hash(server),
      ids: [...(id === null ? [] : [id]), ...references.toReversed()].map(hash),
    };
  }

  /** Reads the threads that any of the messages may belong to. */
  #recall(messages: readonly Keys[]): void {
    const hashes = messages.flatMap(({ server, ids }) => (server === null ? ids : [server, ...ids]));
    const rows = this.#database.all(
      `SELECT hash, thread, server, messages FROM json_each(?) JOIN thread_id ON hash = value
       JOIN thread ON thread.id = thread`,
      JSON.stringify([...new Set(hashes)]),
    );
    const known = new Map<number, Group>();
    for (const row of rows) {
      const id = number(row, "thread");
      const group = known.get(id) ?? this.#create(id, numberOrNull(row, "server"), number(row, "messages"));
      known.set(id, group);
      this.#byHash.set(number(row, "hash"), group);
    }
  }

  #create(id: number, server: number | null, messages: number): Group {
    const group = { id, server, messages, gained: [], absorbed: [], into: null };
    this.#groups.push(group);
    return group;
  }

  #join(message: Keys): void {
    const { server, ids } = message;
    const keys = server === null ? ids : [server, ...ids];
    let own: Group | null = null;
    for (const key of keys) {
      const group = this.#byHash.get(key);
      if (!group) continue;
      const other = found(group);
      const theirs = own === null ? server : own.server;
      if (theirs !== null && other.server !== null && theirs !== other.server) continue;
      own = own === null || own === other ? other : merge(own, other);
      own.server ??= server;
    }
    own ??= this.#create(0, server, 0);
    own.gained.push(message);
    own.messages++;
    for (const key of keys) {
      if (this.#byHash.has(key)) continue;
      this.#byHash.set(key, own);
      this.#fresh.push([key, own]);
    }
  }

  /** Writes what a thread has gained; returns its row's id. */
  #store(group: Group): number {
    if (group.gained.length + group.absorbed.length === 0) return group.id;
    return group.id === 0 ? this.#begin(group) : this.#grow(group);
  }

  /** A new thread: all of it is known, and has its places at once. */
  #begin({ server, gained }: Group): number {
    const thread = this.#database.insert(
      `INSERT INTO thread (messages, unread, last_uid, last_date, last_date_uid, mailbox, server, changes)
       VALUES (?, ?, ?, ?, ?, ?, ?, 0)`,
      ...countsOf(gained.map(({ row }) => row)),
      this.#mailboxId,
      server,
    );
    gained.sort((a, b) => number(a.row, "uid") - number(b.row, "uid"));
    const { order, depths, guides } = arrange(gained.map(({ links }) => links));
    for (const [place, at] of order.entries())
      this.#place(gained[at], thread, place, depths[place] ?? 0, guides[place] ?? 0);
    return thread;
  }

  /** A thread that was there: what cannot be told from the new messages alone is put right with their places. */
  #grow({ id, server, messages, gained, absorbed }: Group): number {
    this.#database.run(
      `UPDATE thread SET messages = messages + ?, unread = unread + ?, last_uid = max(last_uid, ?),
         last_date = max(last_date, ?), last_date_uid = max(last_date_uid, ?), server = ?, changes = changes + 1 WHERE id = ?`,
      ...countsOf(gained.map(({ row }) => row)),
      server,
      id,
    );
    for (const other of absorbed) this.#absorb(other, id);
    // At the end, until all are given their places.
    for (const [at, message] of gained.entries())
      this.#place(message, id, messages - gained.length + at, 1, 0);
    return id;
  }

  #place(message: Keys | undefined, thread: number, place: number, depth: number, guides: number): void {
    if (!message) return;
    this.#database.run(
      "INSERT INTO place (message, thread, place, depth, guides) VALUES (?, ?, ?, ?, ?)",
      number(message.row, "id"),
      thread,
      place,
      depth,
      guides,
    );
  }

  #absorb(other: number, id: number): void {
    this.#database.run(
      `UPDATE thread SET (messages, unread, last_uid, last_date, last_date_uid) =
         (SELECT thread.messages + o.messages, thread.unread + o.unread, max(thread.last_uid, o.last_uid),
            max(thread.last_date, o.last_date), max(thread.last_date_uid, o.last_date_uid)
          FROM thread AS o WHERE o.id = ?)
       WHERE id = ?`,
      other,
      id,
    );
    this.#database.run("UPDATE place SET thread = ? WHERE thread = ?", id, other);
    this.#database.run("UPDATE thread_id SET thread = ? WHERE thread = ?", id, other);
    this.#database.run("DELETE FROM thread WHERE id = ?", other);
  }
}

/** What a thread's row keeps of its messages: `messages`, `unread`, `last_uid`, `last_date` and `last_date_uid`. */
export function countsOf(rows: readonly Row[]): number[] {
  let [unread, lastUid, lastDate, lastDateUid] = [0, 0, Number.NEGATIVE_INFINITY, 0];
  for (const row of rows) {
    const [uid, date] = [number(row, "uid"), number(row, "internal_date")];
    if (number(row, "seen") === 0) unread++;
    lastUid = Math.max(lastUid, uid);
    lastDateUid = date > lastDate ? uid : date === lastDate ? Math.max(lastDateUid, uid) : lastDateUid;
    lastDate = Math.max(lastDate, date);
  }
  return [rows.length, unread, lastUid, lastDate, lastDateUid];
}

/** The thread that `group` has turned out to be. */
function found(group: Group): Group {
  let last = group;
  while (last.into) last = last.into;
  return last;
}

/** Makes two threads one: of two that are stored, the smaller is moved. */
function merge(a: Group, b: Group): Group {
  const [stays, goes] = a.id === 0 || (b.id !== 0 && b.messages > a.messages) ? [b, a] : [a, b];
  goes.into = stays;
  stays.server ??= goes.server;
  stays.messages += goes.messages;
  stays.gained.push(...goes.gained.splice(0));
  stays.absorbed.push(...goes.absorbed.splice(0), ...(goes.id === 0 ? [] : [goes.id]));
  return stays;
}

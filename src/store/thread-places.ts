import { type Database, number } from "./database.ts";
import type { Row } from "./driver.ts";
import { countsOf, linkColumns, linksOf } from "./thread-links.ts";
import { type Arrangement, arrange, sorted, ThreadTree } from "./thread-tree.ts";

/** Messages read, or written, between two turns. */
const pageSize = 250;
/** Milliseconds that one slice of work may take. */
const sliceMs = 4;

const memberColumns = "message, place, depth, guides, uid, seen, internal_date";

interface Job {
  readonly mailboxId: number;
  readonly steps: Generator<void, void>;
}

/** Gives the messages of threads that have changed their places, and counts the threads anew. */
export class ThreadPlaces {
  readonly #database: Database;
  /** A large thread that is being arranged. */
  #job: Job | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A few milliseconds of what is to be done in the mailbox; false where all threads are as they should be. */
  arrange(mailboxId: number): boolean {
    if (this.#job?.mailboxId === mailboxId) {
      const end = performance.now() + sliceMs;
      while (this.#job && performance.now() < end) if (this.#job.steps.next().done) this.#job = null;
      return true;
    }
    const changed = this.#database.all(
      `SELECT id, messages FROM thread WHERE mailbox = ? AND changes > 0 LIMIT ${pageSize}`,
      mailboxId,
    );
    const [first] = changed;
    if (!first) return false;
    let messages = 0;
    const small = changed.filter((row) => {
      const size = number(row, "messages");
      if (messages + size > pageSize) return false;
      messages += size;
      return true;
    });
    if (small.length > 0) this.#arrangeAll(small.map((row) => number(row, "id")));
    else this.#job = { mailboxId, steps: this.#arrangeLarge(number(first, "id")) };
    return true;
  }

  /** Arranges small threads in one write. */
  #arrangeAll(threads: readonly number[]): void {
    this.#database.transaction(() => {
      const rows = this.#database.all(
        `SELECT thread, ${memberColumns}, ${linkColumns}
         FROM json_each(?) JOIN place ON thread = json_each.value JOIN message ON message.id = message
         ORDER BY thread, uid`,
        JSON.stringify(threads),
      );
      for (let from = 0; from < rows.length; ) {
        const thread = rows[from]?.thread;
        let to = from + 1;
        while (rows[to]?.thread === thread) to++;
        const members = rows.slice(from, to);
        this.#place(members, arrange(members.map(linksOf)), 0, members.length);
        this.#count(Number(thread), members);
        from = to;
      }
      this.#database.run(
        `DELETE FROM thread WHERE id IN (SELECT value FROM json_each(?))
         AND NOT EXISTS (SELECT 1 FROM place WHERE thread = thread.id)`,
        JSON.stringify(threads),
      );
    });
  }

  /** Arranges one thread in turns. Where it changes meanwhile it is left as it is, for another time. */
  *#arrangeLarge(thread: number): Generator<void, void> {
    const changes = this.#changes(thread);
    const found: Row[] = [];
    for (
      let page = this.#members(thread, null);
      page.length > 0;
      page = this.#members(thread, page.at(-1) ?? null)
    ) {
      found.push(...page);
      yield;
    }
    const byUid = yield* sorted(Float64Array.from(found, (row) => number(row, "uid")));
    const members = Array.from(byUid, (at) => found[at] ?? {});
    const tree = new ThreadTree();
    for (let from = 0; from < members.length; from += pageSize) {
      if (this.#changes(thread) !== changes) return;
      const page = members.slice(from, from + pageSize);
      for (const row of this.#links(page)) tree.add(linksOf(row));
      yield;
    }
    const arranged = yield* tree.arrange();
    for (let from = 0; from < members.length; from += pageSize) {
      const to = Math.min(from + pageSize, members.length);
      const stays = this.#database.transaction(() => {
        if (this.#changes(thread) !== changes) return false;
        this.#place(members, arranged, from, to);
        if (to === members.length) this.#count(thread, members);
        return true;
      });
      if (!stays) return;
      yield;
    }
  }

  /** How often the thread has changed since it was arranged; null where it is gone. */
  #changes(thread: number): number | null {
    const row = this.#database.get("SELECT changes FROM thread WHERE id = ?", thread);
    return row && number(row, "changes");
  }

  #members(thread: number, after: Row | null): Row[] {
    return this.#database.all(
      `SELECT ${memberColumns} FROM place JOIN message ON message.id = message
       WHERE thread = ? AND (place, message) > (?, ?) ORDER BY place, message LIMIT ${pageSize}`,
      thread,
      after ? number(after, "place") : -1,
      after ? number(after, "message") : 0,
    );
  }

  #links(members: readonly Row[]): Row[] {
    return this.#database.all(
      `SELECT ${linkColumns} FROM json_each(?) JOIN message ON message.id = value ORDER BY json_each.key`,
      JSON.stringify(members.map((row) => number(row, "message"))),
    );
  }

  #place(members: readonly Row[], { order, depths, guides }: Arrangement, from: number, to: number): void {
    for (let place = from; place < to; place++) {
      const member = members[order[place] ?? 0];
      const [depth, lines] = [depths[place] ?? 0, guides[place] ?? 0];
      if (!member || (member.place === place && member.depth === depth && member.guides === lines)) continue;
      this.#database.run(
        "UPDATE place SET place = ?, depth = ?, guides = ? WHERE message = ?",
        place,
        depth,
        lines,
        number(member, "message"),
      );
    }
  }

  #count(thread: number, members: readonly Row[]): void {
    this.#database.run(
      `UPDATE thread SET messages = ?, unread = ?, last_uid = ?, last_date = ?, last_date_uid = ?, changes = 0
       WHERE id = ?`,
      ...countsOf(members),
      thread,
    );
  }
}

/** What other programs (mutt, notmuch, mu) do to the flags of our files, which they tell in the files' names. */
import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Database, number, text } from "./database.ts";
import { asStoreError, StoreError, systemCode } from "./error.ts";
import type { Mailboxes } from "./mailboxes.ts";
import { baseOf, exists, letterChange, Maildir, uidOf } from "./maildir.ts";

/** Flags of a message that another program has changed since we last wrote them. */
export interface ForeignChange {
  readonly uid: number;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Names looked up in one go: one or two milliseconds. */
const batchSize = 200;
/** A directory that was changed so short a time ago, in ms, may change again without its time telling. */
const unsettledMs = 50;

const folders = ["cur", "new"] as const;

export class Foreign {
  readonly #database: Database;
  readonly #mailboxes: Mailboxes;

  constructor(database: Database, mailboxes: Mailboxes) {
    this.#database = database;
    this.#mailboxes = mailboxes;
  }

  /**
   * Another one whenever a file has come, gone or been renamed in the maildir; "" where there is none. Null where that
   * was so short a time ago that it cannot be told from what follows.
   */
  async stamp(mailboxId: number): Promise<string | null> {
    const times: string[] = [];
    for (const folder of folders) {
      const path = join(this.#mailboxes.directory(mailboxId), folder);
      const found = await missing(path, stat(path, { bigint: true }));
      if (!found) continue;
      if (Math.abs(Date.now() - Number(found.mtimeMs)) < unsettledMs) return null;
      times.push(String(found.mtimeNs));
    }
    return times.join(" ");
  }

  /**
   * Looks through the maildir, in slices. `offer` gets what has changed, and must have it on disk when it returns; what
   * it rejects with a StoreError is found again the next time. Of several processes one alone offers a change.
   */
  async collect(mailboxId: number, offer: (changes: ForeignChange[]) => Promise<unknown>): Promise<void> {
    for (const folder of folders) {
      const directory = join(this.#mailboxes.directory(mailboxId), folder);
      for await (const names of batches(directory)) this.#take(mailboxId, directory, names, offer);
    }
  }

  #take(
    mailboxId: number,
    directory: string,
    names: ReadonlyMap<number, string>,
    offer: (changes: ForeignChange[]) => Promise<unknown>,
  ): void {
    const renamed = () => this.#renamed(mailboxId, directory, names);
    if (renamed().length === 0) return;
    // Looked at again with the right to write: another process of ours may be half-way through a change.
    this.#database.transaction(() => {
      const taken = renamed();
      for (const { id, found } of taken)
        this.#database.run("UPDATE body SET file = ? WHERE message = ?", found, id);
      const changes = taken.flatMap(({ uid, written, found }) => {
        const change = letterChange(written, found);
        return change.added.length + change.removed.length > 0 ? [{ uid, ...change }] : [];
      });
      if (changes.length === 0) return;
      offer(changes).catch((error: unknown) => {
        if (error instanceof StoreError) this.#giveBack(taken);
      });
    });
  }

  #giveBack(taken: readonly Renamed[]): void {
    try {
      for (const { id, written, found } of taken)
        this.#database.run("UPDATE body SET file = ? WHERE message = ? AND file = ?", written, id, found);
    } catch {
      // Neither journal nor index can be written: what has gone wrong is told by the one who offered.
    }
  }

  /** Those of the files that the index knows by another name, and not because it has one more of that message. */
  #renamed(mailboxId: number, directory: string, names: ReadonlyMap<number, string>): Renamed[] {
    const maildir = new Maildir(this.#mailboxes.directory(mailboxId));
    return this.#database
      .all(
        `SELECT message.id, uid, body.file FROM message JOIN body ON body.message = message.id
         WHERE mailbox = ? AND uid IN (SELECT value FROM json_each(?))`,
        mailboxId,
        JSON.stringify([...names.keys()]),
      )
      .flatMap((row) => {
        const uid = number(row, "uid");
        const written = text(row, "file");
        const found = names.get(uid);
        if (found === undefined || found === written || baseOf(found) !== baseOf(written)) return [];
        const here = exists(join(directory, found));
        return here && !maildir.holds(written) ? [{ id: number(row, "id"), uid, written, found }] : [];
      });
  }
}

interface Renamed {
  /** The message's row. */
  readonly id: number;
  readonly uid: number;
  readonly written: string;
  readonly found: string;
}

/** The names of our files in a directory by UID, some hundred at a time. */
async function* batches(directory: string): AsyncGenerator<ReadonlyMap<number, string>> {
  const opened = await missing(directory, opendir(directory, { bufferSize: batchSize }));
  if (!opened) return;
  let names = new Map<number, string>();
  for await (const { name } of opened) {
    const uid = uidOf(name);
    if (uid === null) continue;
    // Two files of one UID, left from an earlier numbering: each has a turn.
    if (names.has(uid) || names.size === batchSize) {
      yield names;
      names = new Map();
      await new Promise((resolve) => setImmediate(resolve));
    }
    names.set(uid, name);
  }
  yield names;
}

/** Null where there is no such file. Other errors are StoreErrors naming `path`. */
async function missing<T>(path: string, work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return null;
    throw asStoreError(error, path);
  }
}

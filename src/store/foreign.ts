/**
 * What is not as the index has it in a maildir: flags that other programs (mutt, notmuch, mu) have changed, which they
 * tell in the files' names, and files of ours that a killed process had no time to delete.
 */
import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Database, number, text } from "./database.ts";
import { asStoreError, StoreError, systemCode } from "./error.ts";
import type { Mailboxes } from "./mailboxes.ts";
import { baseOf, exists, letterChange, Maildir, removeFile, uidOf } from "./maildir.ts";

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

/** The key in `meta` of the time at which all of a mailbox's maildir was as the index has it. */
const stampKey = (mailboxId: number) => `maildir ${mailboxId}`;

/** Part of a write after which files are to go: where that is cut off, they are found when the maildir is next opened. */
export function filesWillGo(database: Database, mailboxId: number): void {
  database.run("DELETE FROM meta WHERE key = ?", stampKey(mailboxId));
}

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

  /** The stamp the maildir had when it was last looked through; "" where a look is due, if there is one. */
  settledAt(mailboxId: number): string {
    const row = this.#database.get("SELECT value FROM meta WHERE key = ?", stampKey(mailboxId));
    return row ? text(row, "value") : "";
  }

  /** The maildir has been looked through, and was as the index has it at this stamp. */
  settle(mailboxId: number, stamp: string): void {
    this.#database.run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", stampKey(mailboxId), stamp);
  }

  /**
   * Looks through the maildir, in slices, and deletes the files of ours that no message has. `offer` gets what has changed, and must have it on disk when it returns; what
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
    const compare = () => this.#compare(mailboxId, directory, names);
    const first = compare();
    if (first.renamed.length + first.strays.length === 0) return;
    // Looked at again with the right to write: another process of ours may be half-way through a change.
    this.#database.transaction(() => {
      const { renamed, strays } = compare();
      for (const name of strays) removeFile(join(directory, name));
      for (const { id, found } of renamed)
        this.#database.run("UPDATE body SET file = ? WHERE message = ?", found, id);
      const changes = renamed.flatMap(({ uid, written, found }) => {
        const change = letterChange(written, found);
        return change.added.length + change.removed.length > 0 ? [{ uid, ...change }] : [];
      });
      if (changes.length === 0) return;
      offer(changes).catch((error: unknown) => {
        if (error instanceof StoreError) this.#giveBack(renamed);
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

  #compare(mailboxId: number, directory: string, names: ReadonlyMap<number, string>): Compared {
    const maildir = new Maildir(this.#mailboxes.directory(mailboxId));
    const rows = this.#database.all(
      `SELECT message.id, uid, body.file FROM message JOIN body ON body.message = message.id
       WHERE mailbox = ? AND uid IN (SELECT value FROM json_each(?))`,
      mailboxId,
      JSON.stringify([...names.keys()]),
    );
    const known = new Map(rows.map((row) => [number(row, "uid"), row]));
    const renamed: Renamed[] = [];
    const strays: string[] = [];
    for (const [uid, found] of names) {
      const row = known.get(uid);
      const written = row && text(row, "file");
      if (written === found) continue;
      const same = row && written !== undefined && baseOf(found) === baseOf(written);
      if (!same || maildir.isThere(written)) strays.push(found);
      else if (exists(join(directory, found)) && !maildir.holds(written))
        renamed.push({ id: number(row, "id"), uid, written, found });
    }
    return { renamed, strays };
  }
}

interface Compared {
  /** Files that the index knows by another name, and not because it has one more of that message. */
  readonly renamed: readonly Renamed[];
  /** Files of no message, or of one that has its own. */
  readonly strays: readonly string[];
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

import { join } from "node:path";
import { type Database, number, numberOrNull, text, textOrNull } from "./database.ts";
import type { Row } from "./driver.ts";
import { StoreError } from "./error.ts";
import { Maildir } from "./maildir.ts";
import { hashedDirectory, mailboxDirectory } from "./paths.ts";
import { type ListedRow, limboPath, type MailboxState, ownPath, type StoredMailbox } from "./types.ts";

function mailboxOf(row: Row): StoredMailbox {
  return {
    id: number(row, "id"),
    path: text(row, "path"),
    name: text(row, "name"),
    delimiter: textOrNull(row, "delimiter"),
    attributes: words(text(row, "attributes")),
    uidValidity: number(row, "uid_validity"),
    uidNext: number(row, "uid_next"),
    highestModSeq: text(row, "highest_mod_seq"),
    completeFrom: number(row, "complete_from"),
    complete: number(row, "uid_next") > 0 && number(row, "complete_from") <= 1,
    rows: number(row, "rows"),
    unread: number(row, "unread"),
    messages: numberOrNull(row, "messages"),
    unseen: numberOrNull(row, "unseen"),
    mailboxId: textOrNull(row, "mailbox_id"),
  };
}

/** Names kept in one column; neither flags nor attributes can hold a space (RFC 9051 §9 `atom`). */
export function words(column: string): string[] {
  return column === "" ? [] : column.split(" ");
}

/** What keys in `meta` begin with that name the maildirs of deleted mailboxes, which are to be cleared. */
const deletedKey = "deleted ";

/** The account's mailboxes, as LIST last told them, and how far each is in step with the server. */
export class Mailboxes {
  readonly #database: Database;
  readonly #root: string;

  /** `root` is the directory that holds the maildirs. */
  constructor(database: Database, root: string) {
    this.#database = database;
    this.#root = root;
  }

  /** Every mailbox but those of our own, in the order of their paths. */
  all(): StoredMailbox[] {
    return this.#database
      .all("SELECT * FROM mailbox WHERE substr(path, 1, 1) <> ? ORDER BY path", ownPath)
      .map(mailboxOf);
  }

  /** The mailbox of our own where messages removed for good wait. */
  limbo(): StoredMailbox {
    return (
      this.byPath(limboPath) ??
      this.put({ path: limboPath, name: limboPath, delimiter: null, attributes: [] })
    );
  }

  byPath(path: string): StoredMailbox | null {
    const row = this.#database.get("SELECT * FROM mailbox WHERE path = ?", path);
    return row && mailboxOf(row);
  }

  byId(id: number): StoredMailbox | null {
    const row = this.#database.get("SELECT * FROM mailbox WHERE id = ?", id);
    return row && mailboxOf(row);
  }

  /** The maildir's absolute path, for this program and others (`mutt -f`); the directory may not exist yet. */
  directory(id: number): string {
    const row = this.#database.get("SELECT directory FROM mailbox WHERE id = ?", id);
    if (!row) throw new StoreError("gone", `There is no mailbox number ${id} in the store.`);
    return join(this.#root, text(row, "directory"));
  }

  /** Stores what LIST told; writes nothing where nothing is new. */
  put(listed: ListedRow): StoredMailbox {
    return this.#database.transaction(() => {
      const old = this.byPath(listed.path);
      const attributes = [...listed.attributes].sort();
      if (!old) {
        this.#database.run(
          "INSERT INTO mailbox (path, name, delimiter, attributes, directory) VALUES (?, ?, ?, ?, ?)",
          listed.path,
          listed.name,
          listed.delimiter,
          attributes.join(" "),
          this.#freeDirectory(listed.path, listed.delimiter),
        );
      } else if (
        old.name !== listed.name ||
        old.delimiter !== listed.delimiter ||
        old.attributes.join(" ") !== attributes.join(" ")
      ) {
        this.#database.run(
          "UPDATE mailbox SET name = ?, delimiter = ?, attributes = ? WHERE id = ?",
          listed.name,
          listed.delimiter,
          attributes.join(" "),
          old.id,
        );
      }
      const stored = this.byPath(listed.path);
      if (!stored) throw new StoreError("bug", "A mailbox just stored is not in the store.");
      this.setState(stored.id, listed);
      return this.byId(stored.id) ?? stored;
    });
  }

  /** Changes the values given and no others; writes nothing where nothing is new. Unknown ids are ignored. */
  setState(id: number, state: MailboxState): void {
    const old = this.byId(id);
    if (!old) return;
    const { uidValidity, uidNext, highestModSeq, completeFrom, messages, unseen, mailboxId } = {
      ...old,
      ...defined(state),
    };
    if (
      uidValidity === old.uidValidity &&
      uidNext === old.uidNext &&
      highestModSeq === old.highestModSeq &&
      completeFrom === old.completeFrom &&
      messages === old.messages &&
      unseen === old.unseen &&
      mailboxId === old.mailboxId
    ) {
      return;
    }
    this.#database.run(
      `UPDATE mailbox SET uid_validity = ?, uid_next = ?, highest_mod_seq = ?, complete_from = ?, messages = ?,
         unseen = ?, mailbox_id = ? WHERE id = ?`,
      uidValidity,
      uidNext,
      highestModSeq,
      completeFrom,
      messages,
      unseen,
      mailboxId,
      id,
    );
  }

  /** Changes what the server last said it holds, where it has said so. */
  adjust(id: number, messages: number, unseen: number): void {
    if (messages === 0 && unseen === 0) return;
    this.#database.run(
      "UPDATE mailbox SET messages = max(0, messages + ?), unseen = max(0, unseen + ?) WHERE id = ?",
      messages,
      unseen,
      id,
    );
  }

  /** Removes the mailboxes that LIST no longer has, with their messages and our files of them. */
  retainOnly(paths: Iterable<string>): void {
    const kept = new Set(paths);
    const removed = this.all().filter(({ path }) => !kept.has(path));
    if (removed.length > 0)
      this.#database.transaction(() => {
        for (const { id } of removed) this.#delete(id);
      });
    this.#clearDeleted();
  }

  #delete(id: number): void {
    this.#database.run(
      "INSERT OR REPLACE INTO meta (key, value) SELECT ? || directory, '' FROM mailbox WHERE id = ?",
      deletedKey,
      id,
    );
    this.#database.run("DELETE FROM mailbox WHERE id = ?", id);
  }

  /** Deletes our files of mailboxes that are gone, those too that a killed process had no time for. */
  #clearDeleted(): void {
    for (const row of this.#database.all("SELECT key FROM meta WHERE key GLOB ? || '*'", deletedKey)) {
      const key = text(row, "key");
      const directory = key.slice(deletedKey.length);
      this.#database.transaction(() => {
        if (!this.#database.get("SELECT 1 FROM mailbox WHERE directory = ?", directory))
          new Maildir(join(this.#root, directory)).clear();
        this.#database.run("DELETE FROM meta WHERE key = ?", key);
      });
    }
  }

  /**
   * Follows a RENAME (RFC 9051 §6.3.6): the mailbox and those below it, with their messages. A mailbox already
   * at the new path is replaced. Renaming INBOX moves its messages, which the server gives new UIDs: that is
   * a matter for the next sync, and nothing is done here. `newName` is the new name for people.
   */
  rename(oldPath: string, newPath: string, newName: string = newPath): void {
    const old = this.byPath(oldPath);
    if (!old || oldPath === newPath || oldPath.toUpperCase() === "INBOX") return;
    const below = old.delimiter ? oldPath + old.delimiter : null;
    const renamed = this.all().filter(({ path }) => path === oldPath || (below && path.startsWith(below)));
    const targets = new Set(renamed.map(({ path }) => newPath + path.slice(oldPath.length)));
    const leaving = new Set(renamed.map(({ path }) => path));
    this.#database.transaction(() => {
      this.retainOnly(
        this.all().flatMap(({ path }) => (targets.has(path) && !leaving.has(path) ? [] : [path])),
      );
      for (const mailbox of renamed) {
        const path = newPath + mailbox.path.slice(oldPath.length);
        this.#move(mailbox, path, newName + mailbox.name.slice(old.name.length));
      }
    });
  }

  /** Calls this one mailbox by another path; its name and its files stay. */
  setPath(id: number, path: string): void {
    this.#database.run("UPDATE mailbox SET path = ? WHERE id = ?", path, id);
  }

  setAttributes(id: number, attributes: readonly string[]): void {
    this.#database.run(
      "UPDATE mailbox SET attributes = ? WHERE id = ?",
      [...attributes].sort().join(" "),
      id,
    );
  }

  /** Removes a mailbox with its messages and our files of them. */
  remove(id: number): void {
    this.#database.transaction(() => this.#delete(id));
    this.#clearDeleted();
  }

  #move({ id, delimiter }: StoredMailbox, path: string, name: string): void {
    const from = new Maildir(this.directory(id));
    this.#database.transaction(() => {
      const directory = this.#freeDirectory(path, delimiter);
      this.#database.run(
        "UPDATE mailbox SET path = ?, name = ?, directory = ? WHERE id = ?",
        path,
        name,
        directory,
        id,
      );
      if (from.moveTo(join(this.#root, directory))) return;
      // Another program's maildir is in the way: the bodies come back from the server.
      this.#database.run("DELETE FROM body WHERE message IN (SELECT id FROM message WHERE mailbox = ?)", id);
      from.clear();
    });
  }

  /** A directory that no other mailbox has, also where the file system does not tell `a` from `A`. */
  #freeDirectory(path: string, delimiter: string | null): string {
    const wanted = mailboxDirectory(path, delimiter);
    const taken = this.#database.get("SELECT id FROM mailbox WHERE directory = ?", wanted);
    return taken ? hashedDirectory(path) : wanted;
  }
}

function defined(state: MailboxState): MailboxState {
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined));
}

import { arrivalsCounted } from "./arrivals.ts";
import { type Database, number, text } from "./database.ts";
import type { Row } from "./driver.ts";
import { StoreError } from "./error.ts";
import { filesWillGo } from "./foreign.ts";
import { type Mailboxes, words } from "./mailboxes.ts";
import { baseName, Maildir } from "./maildir.ts";
import type { Messages } from "./messages.ts";
import { firstProvisionalUid } from "./types.ts";

/** The place of a row. */
export interface Spot {
  readonly mailboxId: number;
  /** May be provisional. */
  readonly uid: number;
}

export interface SpotChange {
  readonly from: Spot;
  readonly to: Spot;
}

/**
 * Rows that go from one mailbox to another, or get the UID that the server has given them: with all that hangs on
 * them, and their files.
 */
export class Transfers {
  readonly #database: Database;
  readonly #mailboxes: Mailboxes;
  readonly #messages: Messages;
  /** Columns of a message that its place does not change. */
  #columns: string | null = null;

  constructor(database: Database, mailboxes: Mailboxes, messages: Messages) {
    this.#database = database;
    this.#mailboxes = mailboxes;
    this.#messages = messages;
  }

  /**
   * Moves rows; one that is not there is left out, and how many were moved is returned. Where the new place has a row
   * already, that one stays (the server told it), and gets what is cached of the other. What the mailboxes count goes
   * along, as it does with `copy` and `remove`.
   */
  move(changes: readonly SpotChange[]): number {
    return this.#database.transaction(() => {
      let moved = 0;
      for (const { from, to } of changes) if (!same(from, to) && this.#moveRow(from, to)) moved++;
      return moved;
    });
  }

  /** Doubles rows; one that is not there, or whose copy is, is left out. Bodies are shared by hard links. */
  copy(changes: readonly SpotChange[]): number {
    return this.#database.transaction(() => {
      let copied = 0;
      for (const { from, to } of changes) if (this.#copyRow(from, to)) copied++;
      arrivalsCounted(this.#database);
      return copied;
    });
  }

  /** Removes rows, with all that is cached of them. */
  remove(mailboxId: number, uids: readonly number[]): void {
    this.#database.transaction(() => {
      for (const uid of uids) {
        const row = this.#row({ mailboxId, uid });
        if (row) this.#count(mailboxId, row, -1);
      }
      this.#messages.remove(mailboxId, uids);
    });
  }

  /** Every row with a provisional UID. */
  provisional(): Spot[] {
    return this.#database
      .all("SELECT mailbox, uid FROM message WHERE uid >= 4294967296 ORDER BY uid")
      .map((row) => ({ mailboxId: number(row, "mailbox"), uid: number(row, "uid") }));
  }

  #row({ mailboxId, uid }: Spot): Row | null {
    return this.#database.get(
      "SELECT id, flags, seen, internal_date FROM message WHERE mailbox = ? AND uid = ?",
      mailboxId,
      uid,
    );
  }

  #moveRow(from: Spot, to: Spot): boolean {
    const row = this.#row(from);
    if (!row) return false;
    const id = number(row, "id");
    const there = this.#row(to);
    this.#shareBody(
      row,
      from,
      to,
      there ? number(there, "id") : id,
      words(text(there ?? row, "flags")),
      false,
    );
    if (from.mailboxId !== to.mailboxId) this.#count(from.mailboxId, row, -1);
    if (there) {
      for (const table of ["structure", "part"]) {
        this.#database.run(
          `UPDATE OR IGNORE ${table} SET message = ? WHERE message = ?`,
          number(there, "id"),
          id,
        );
      }
      this.#database.run("DELETE FROM message WHERE id = ?", id);
    } else {
      if (from.mailboxId !== to.mailboxId) this.#count(to.mailboxId, row, 1);
      // Mod-sequences are a mailbox's own.
      this.#database.run(
        "UPDATE message SET mailbox = ?, uid = ?, mod_seq = '0' WHERE id = ?",
        to.mailboxId,
        to.uid,
        id,
      );
    }
    return true;
  }

  #copyRow(from: Spot, to: Spot): boolean {
    const row = this.#row(from);
    if (!row || this.#row(to)) return false;
    const id = number(row, "id");
    this.#columns ??= this.#database
      .all("PRAGMA table_info(message)")
      .map((column) => text(column, "name"))
      .filter((name) => !["id", "mailbox", "uid", "mod_seq"].includes(name))
      .join(", ");
    const copy = this.#database.insert(
      `INSERT INTO message (mailbox, uid, mod_seq, ${this.#columns})
       SELECT ?, ?, '0', ${this.#columns} FROM message WHERE id = ?`,
      to.mailboxId,
      to.uid,
      id,
    );
    this.#database.run(
      "INSERT INTO structure (message, json) SELECT ?, json FROM structure WHERE message = ?",
      copy,
      id,
    );
    this.#shareBody(row, from, to, copy, words(text(row, "flags")), true);
    this.#count(to.mailboxId, row, 1);
    return true;
  }

  #count(mailboxId: number, row: Row, by: 1 | -1): void {
    this.#mailboxes.adjust(mailboxId, by, number(row, "seen") === 1 ? 0 : by);
  }

  /**
   * Puts the body of a row under its new name, with the row `heir`, unless that has one. The old name goes when all is
   * committed: whatever happens in between, the index names a file that is there.
   */
  #shareBody(row: Row, from: Spot, to: Spot, heir: number, flags: readonly string[], keep: boolean): void {
    const id = number(row, "id");
    const body = this.#database.get("SELECT file, size, checksum, used_at FROM body WHERE message = ?", id);
    if (!body) return;
    const old = text(body, "file");
    const source = new Maildir(this.#mailboxes.directory(from.mailboxId));
    const target = new Maildir(this.#mailboxes.directory(to.mailboxId));
    const validity = this.#mailboxes.byId(to.mailboxId)?.uidValidity ?? 0;
    const base = baseName(validity, to.uid, number(row, "internal_date"));
    const wanted = heir === id || !this.#database.get("SELECT 1 FROM body WHERE message = ?", heir);
    const name = wanted ? share(source, old, target, base, flags, !keep) : null;
    if (!keep) this.#database.run("DELETE FROM body WHERE message = ?", id);
    if (name !== null) {
      this.#database.run(
        "INSERT INTO body (message, file, size, checksum, used_at) VALUES (?, ?, ?, ?, ?)",
        heir,
        name,
        number(body, "size"),
        number(body, "checksum"),
        number(body, "used_at"),
      );
    }
    if (!keep && !(name === old && from.mailboxId === to.mailboxId)) {
      filesWillGo(this.#database, from.mailboxId);
      this.#database.afterCommit(() => ignoring(() => source.remove(old)));
    }
  }
}

/** Whether the UID is the server's. */
export function isProvisional(uid: number): boolean {
  return uid >= firstProvisionalUid;
}

function same(a: Spot, b: Spot): boolean {
  return a.mailboxId === b.mailboxId && a.uid === b.uid;
}

/** A body that cannot be had under its new name is one to be fetched again, and no reason to refuse the change. */
function share(
  source: Maildir,
  file: string,
  target: Maildir,
  base: string,
  flags: readonly string[],
  leaving: boolean,
): string | null {
  try {
    return source.share(file, target, base, flags, leaving);
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
}

function ignoring(work: () => void): void {
  try {
    work();
  } catch {
    // A file too many costs a little space; it is replaced when the message of its name is stored again.
  }
}

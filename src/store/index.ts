import { join } from "node:path";
import { Bodies } from "./bodies.ts";
import { Correspondents } from "./correspondents.ts";
import { type Database, number, text } from "./database.ts";
import { Foreign } from "./foreign.ts";
import { FullText } from "./full-text.ts";
import { Journal } from "./journal.ts";
import { Mailboxes } from "./mailboxes.ts";
import { Messages } from "./messages.ts";
import { Previews } from "./previews.ts";
import { openIndex, openJournal } from "./schema.ts";
import { Search } from "./search.ts";
import { Threads } from "./threads.ts";
import { Transfers } from "./transfer.ts";

export type { Bodies } from "./bodies.ts";
export type { BulkWriter } from "./bulk-writer.ts";
export {
  type Correspondent,
  type Correspondents,
  hasWords,
  type MailboxUse,
  personWords,
  queryWords,
} from "./correspondents.ts";
export { asStoreError, StoreError, type StoreErrorCode } from "./error.ts";
export { baseSubject, fold } from "./fold.ts";
export type { Foreign, ForeignChange } from "./foreign.ts";
export type { FullText, TextToIndex, Unindexed } from "./full-text.ts";
export type { Journal, MarkDetails } from "./journal.ts";
export type { JournalMessages } from "./journal-messages.ts";
export { ProcessLock } from "./lock.ts";
export type { Mailboxes } from "./mailboxes.ts";
export { messageIds } from "./message-ids.ts";
export type { FlagTexts, Messages } from "./messages.ts";
export type { Previews } from "./previews.ts";
export type { RowWriter } from "./row-writer.ts";
export type { Answer, Condition, PreparedSearch, Search, Step } from "./search.ts";
export { compareSortValues } from "./sort-value.ts";
export type { Threads } from "./threads.ts";
export { isProvisional, type Spot, type SpotChange, type Transfers } from "./transfer.ts";
export * from "./types.ts";
export { searchable } from "./words.ts";

/** Small strings that make the next start quicker: lost with the cache, and nothing is missing then. */
export interface Meta {
  get(key: string): string | null;
  set(key: string, value: string): void;
}

/**
 * The local copy of one account. Everything is synchronous, and several processes may use it at once: a write
 * waits up to 10 seconds for another's. All methods throw StoreError and nothing else.
 */
export interface Store {
  readonly mailboxes: Mailboxes;
  readonly messages: Messages;
  readonly threads: Threads;
  readonly bodies: Bodies;
  readonly previews: Previews;
  readonly foreign: Foreign;
  readonly transfers: Transfers;
  readonly fullText: FullText;
  readonly search: Search;
  readonly correspondents: Correspondents;
  readonly journal: Journal;
  readonly meta: Meta;
  /** Runs `work` as one write of the cache (the journal is its own): faster than many, and all or nothing. */
  transaction<T>(work: () => T): T;
  /** Changes when another process has written to the cache; costs microseconds. */
  changeCounter(): number;
  close(): void;
}

/** Where one account lies on disk; the directories are made where they are missing. */
export interface StoreLocation {
  /** Index and maildirs: all of it comes back from the server. */
  readonly cacheDir: string;
  /** The journal: never deleted by the program. */
  readonly stateDir: string;
}

/** Opens the local copy, making or rebuilding what the cache lacks. `fsync`: of bodies; the journal always is. */
export function openStore({ cacheDir, stateDir }: StoreLocation, { fsync = false } = {}): Store {
  const index = openIndex(cacheDir);
  const journal = orClose(index, () => new Journal(openJournal(stateDir), join(stateDir, "journal.lock")));
  const mailboxes = new Mailboxes(index, join(cacheDir, "maildir"));
  const bodies = new Bodies(index, mailboxes, fsync);
  const messages = new Messages(index, bodies);
  return {
    mailboxes,
    bodies,
    messages,
    threads: new Threads(index, messages),
    previews: new Previews(index),
    foreign: new Foreign(index, mailboxes),
    transfers: new Transfers(index, mailboxes, messages),
    fullText: new FullText(index),
    search: new Search(index),
    correspondents: new Correspondents(index),
    journal,
    meta: {
      get(key) {
        const row = index.get("SELECT value FROM meta WHERE key = ?", key);
        return row && text(row, "value");
      },
      set(key, value) {
        if (this.get(key) === value) return;
        index.run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value);
      },
    },
    transaction: (work) => index.transaction(work),
    changeCounter() {
      const row = index.get("PRAGMA data_version");
      return row ? number(row, "data_version") : 0;
    },
    close() {
      index.close();
      journal.close();
    },
  };
}

function orClose<T>(database: Database, work: () => T): T {
  try {
    return work();
  } catch (error) {
    database.close();
    throw error;
  }
}

import { chmodSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { arrivalSchema } from "./arrivals.ts";
import { bodySchema } from "./body-schema.ts";
import { correspondentSchema } from "./correspondents.ts";
import { Database, number } from "./database.ts";
import { asStoreError, StoreError } from "./error.ts";
import { fullTextSchema } from "./full-text.ts";
import { clearTree, exists, makeDirectory, onFile, removeFile, touch } from "./maildir.ts";
import { previewSchema } from "./previews.ts";
import { threadSchema } from "./thread-schema.ts";

/** SQLite's own 1000 take twice the time that a key may wait, as often as they come. */
const pagesBetweenCheckpoints = 400;

/** Raised with every change of the tables: an index of another version is made anew from the server. */
const indexVersion = 4;

const indexSchema = `
CREATE TABLE mailbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  delimiter TEXT,
  attributes TEXT NOT NULL,              -- separated by spaces
  directory TEXT NOT NULL UNIQUE COLLATE NOCASE, -- below maildir/
  uid_validity INTEGER NOT NULL DEFAULT 0,
  uid_next INTEGER NOT NULL DEFAULT 0,
  highest_mod_seq TEXT NOT NULL DEFAULT '0',
  messages INTEGER,                      -- as the server last told
  unseen INTEGER,
  mailbox_id TEXT,
  complete_from INTEGER NOT NULL DEFAULT 0,
  rows INTEGER NOT NULL DEFAULT 0,       -- counted as they come (arrivals.ts), and by triggers
  unread INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE message (
  id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: what was gathered goes by it
  mailbox INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE,
  uid INTEGER NOT NULL,
  flags TEXT NOT NULL,                   -- separated by spaces
  seen INTEGER NOT NULL,
  mod_seq TEXT NOT NULL,
  internal_date INTEGER NOT NULL,
  sent_at INTEGER,
  size INTEGER NOT NULL,
  subject TEXT NOT NULL,
  people TEXT NOT NULL,                  -- JSON [from, to, cc], each [[name, email], …]
  message_id TEXT,
  in_reply_to TEXT,
  email_id TEXT,
  thread_id TEXT,                        -- as the server told (THREADID)
  reference_ids TEXT NOT NULL,           -- separated by spaces
  sort_from TEXT NOT NULL,
  sort_subject TEXT NOT NULL,
  folded_subject TEXT NOT NULL,          -- for searches
  folded_from TEXT NOT NULL,
  folded_to TEXT NOT NULL,
  folded_cc TEXT NOT NULL
);
CREATE UNIQUE INDEX message_by_uid ON message (mailbox, uid);
CREATE INDEX message_by_date ON message (mailbox, internal_date, uid);
CREATE INDEX message_provisional ON message (uid) WHERE uid >= 4294967296;
CREATE TRIGGER message_removed AFTER DELETE ON message BEGIN
  UPDATE mailbox SET rows = rows - 1, unread = unread - (OLD.seen = 0) WHERE id = OLD.mailbox;
END;
CREATE TRIGGER message_changed AFTER UPDATE OF mailbox, seen ON message
WHEN NEW.seen <> OLD.seen OR NEW.mailbox <> OLD.mailbox BEGIN
  UPDATE mailbox SET rows = rows - 1, unread = unread - (OLD.seen = 0) WHERE id = OLD.mailbox;
  UPDATE mailbox SET rows = rows + 1, unread = unread + (NEW.seen = 0) WHERE id = NEW.mailbox;
END;
CREATE TABLE structure (
  message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE,
  json TEXT NOT NULL
);
${arrivalSchema}${bodySchema}${previewSchema}${threadSchema}${correspondentSchema}CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
${fullTextSchema}`;

/** Raised with every change of the journal's tables; older journals must be carried over, never dropped. */
const journalVersion = 2;

const journalSchema = `
CREATE TABLE step (                      -- what a person did
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL DEFAULT 'done'     -- undone: can be done again; closed: can be neither
);
CREATE TABLE entry (                     -- what the server is asked for
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  created_at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  source BLOB,                           -- the message of an APPEND
  state TEXT NOT NULL DEFAULT 'pending',
  step INTEGER,
  origin INTEGER,
  backward INTEGER NOT NULL DEFAULT 0,
  note TEXT,
  code TEXT,
  error TEXT
);
CREATE INDEX entry_by_state ON entry (state);
CREATE INDEX entry_by_step ON entry (step);
CREATE TABLE message (                   -- what entries name
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT,
  uid_validity INTEGER NOT NULL,
  uid INTEGER,
  least INTEGER NOT NULL,
  mod_seq TEXT NOT NULL,
  message_id TEXT,
  email_id TEXT,
  size INTEGER NOT NULL,
  internal_date INTEGER NOT NULL
);
CREATE INDEX message_by_place ON message (path, uid);
CREATE TABLE clock (at INTEGER NOT NULL);
INSERT INTO clock VALUES (0);
`;

/** Version 1 kept what was not sent yet, and nothing else; `mail` reads its payloads. */
const journalFrom1 = `
ALTER TABLE entry RENAME TO entry_1;
${journalSchema}
INSERT INTO entry (id, created_at, kind, payload, state, code, error)
  SELECT id, created_at, kind, payload, state, iif(state = 'failed', 'REFUSED', NULL), error FROM entry_1;
DROP TABLE entry_1;
`;

function version(database: Database): number {
  const row = database.get("PRAGMA user_version");
  return row ? number(row, "user_version") : 0;
}

/** How often, and after how many milliseconds each, the switch to WAL is tried. */
const walTries = { most: 100, pause: 20 } as const;

/** SQLite's busy timeout does not cover this switch: where another process makes it too, only trying again helps. */
function switchToWal(database: Database): void {
  for (let tried = 1; ; tried++) {
    try {
      database.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "locked" || tried === walTries.most) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, walTries.pause);
    }
  }
}

/** Makes the tables in an empty file; harmless when another process does the same at the same time. */
function create(database: Database, schema: string, schemaVersion: number): void {
  switchToWal(database);
  database.transaction(() => {
    if (version(database) !== 0) return;
    database.exec(schema);
    database.exec(`PRAGMA user_version = ${schemaVersion}`);
  });
}

/** A directory that only its owner may read, also where it was there before. */
function makePrivate(directory: string): void {
  makeDirectory(directory);
  onFile(
    directory,
    () => {
      if (statSync(directory).mode & 0o077) chmodSync(directory, 0o700);
    },
    undefined,
  );
}

/** SQLite gives its -wal and -shm files the mode of the database, so this one file decides for all. */
export function openPrivate(path: string, onCorrupt?: () => void): Database {
  if (!exists(path)) touch(path);
  return new Database(path, onCorrupt);
}

/**
 * Opens the index below `cacheDir`. One that is damaged or of another version is moved to `index.sqlite.aside`
 * (an earlier one there is replaced) and begun anew; our files in the maildirs, which it no longer knows, go too.
 */
export function openIndex(cacheDir: string): Database {
  makePrivate(cacheDir);
  const path = join(cacheDir, "index.sqlite");
  const mark = `${path}.corrupt`;
  if (!exists(mark)) {
    const database = tryIndex(path, mark);
    if (database) return database;
  }
  moveAside(path);
  clearTree(join(cacheDir, "maildir"));
  removeFile(mark);
  const database = tryIndex(path, mark);
  if (database) return database;
  throw new StoreError("corrupt", `${path} cannot be made anew.`, `Delete ${path} and start again.`);
}

/** Null where the file is no index of this version. Damage found later leaves a mark for the next opening. */
function tryIndex(path: string, mark: string): Database | null {
  let opened: Database | null = null;
  try {
    opened = openPrivate(path, () => {
      try {
        touch(mark);
      } catch {
        // The damage is found again at the next reading; the error to report is the damage itself.
      }
    });
    if (version(opened) === 0) create(opened, indexSchema, indexVersion);
    if (version(opened) === indexVersion) {
      opened.exec(`PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${pagesBetweenCheckpoints}`);
      return opened;
    }
  } catch (error) {
    opened?.close();
    if (error instanceof StoreError && error.code === "corrupt") return null;
    throw error;
  }
  opened.close();
  return null;
}

function moveAside(path: string): void {
  try {
    onFile(path, () => renameSync(path, `${path}.aside`), undefined);
    removeFile(`${path}-wal`);
    removeFile(`${path}-shm`);
  } catch (error) {
    throw asStoreError(error, path);
  }
}

function carryOver(database: Database): void {
  database.transaction(() => {
    // Another process may have done it.
    if (version(database) !== 1) return;
    database.exec(journalFrom1);
    database.exec(`PRAGMA user_version = ${journalVersion}`);
  });
}

/** Opens the journal below `stateDir`. A damaged one, or one of a newer version, is left alone and is an error. */
export function openJournal(stateDir: string): Database {
  makePrivate(stateDir);
  const path = join(stateDir, "journal.sqlite");
  const database = openPrivate(path);
  try {
    database.exec("PRAGMA synchronous = FULL");
    if (version(database) === 0) create(database, journalSchema, journalVersion);
    if (version(database) === 1) carryOver(database);
    if (version(database) === journalVersion) return database;
    throw new StoreError(
      "newer-version",
      `${path} was written by a newer version of postern and holds changes that are not on the server yet.`,
    );
  } catch (error) {
    database.close();
    if (!(error instanceof StoreError) || error.code !== "corrupt") throw error;
    throw new StoreError(
      "corrupt",
      `${path} is damaged; it holds changes that are not on the server yet.`,
      `Copy it to a safe place, then move it away: postern will begin a new one.`,
      error,
    );
  }
}

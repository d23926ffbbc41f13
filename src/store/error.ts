/** What went wrong in the local copy, with a code a person can look up. */
export type StoreErrorCode =
  | "disk-full"
  | "permission"
  | "locked"
  | "corrupt"
  | "gone"
  | "newer-version"
  | "io"
  | "closed"
  | "bug";

export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;
  /** What the person can do next. */
  readonly hint: string;

  constructor(code: StoreErrorCode, message: string, hint: string = hints[code], cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.hint = hint;
  }
}

const hints: Record<StoreErrorCode, string> = {
  "disk-full": "Free some space on this disk; nothing confirmed has been lost.",
  permission: "Make the directory writable for you, or choose another with XDG_CACHE_HOME or XDG_STATE_HOME.",
  locked: "Another process is writing to this account; wait a moment and try again.",
  corrupt: "Start again: the cache is then rebuilt from the server.",
  gone: "List the folders again: this one has been removed.",
  "newer-version": "Upgrade postern, or move the file away if what it holds may be lost.",
  io: "Check the disk and its file system.",
  closed: "The store was closed; open it again.",
  bug: "This is a fault in postern; please report it.",
};

/** SQLite's primary result codes (sqlite.org/rescode.html), as far as a person can do something about them. */
const sqliteCodes: Record<number, StoreErrorCode> = {
  3: "permission", // SQLITE_PERM
  5: "locked", // SQLITE_BUSY
  6: "locked", // SQLITE_LOCKED
  8: "permission", // SQLITE_READONLY
  10: "io", // SQLITE_IOERR
  11: "corrupt", // SQLITE_CORRUPT
  13: "disk-full", // SQLITE_FULL
  14: "permission", // SQLITE_CANTOPEN
  19: "gone", // SQLITE_CONSTRAINT: a row for a mailbox or message that another process has removed
  26: "corrupt", // SQLITE_NOTADB
};

/** Some calls of @photostructure/sqlite give SQLite's text alone (sqlite3_errstr), without its code. */
const sqliteTexts: Record<string, number> = {
  "database is locked": 5,
  "attempt to write a readonly database": 8,
  "disk I/O error": 10,
  "database disk image is malformed": 11,
  "database or disk is full": 13,
  "unable to open database file": 14,
  "file is not a database": 26,
};

const systemCodes: Record<string, StoreErrorCode> = {
  ENOSPC: "disk-full",
  EDQUOT: "disk-full",
  EACCES: "permission",
  EPERM: "permission",
  EROFS: "permission",
};

function property(error: unknown, name: string): unknown {
  return typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;
}

/** The system's code of a file error (`ENOENT`, …), or null. */
export function systemCode(error: unknown): string | null {
  const code = property(error, "code");
  return typeof code === "string" ? code : null;
}

/** Any error of SQLite or of the file system as a StoreError that names the `file`. */
export function asStoreError(error: unknown, file: string): StoreError {
  if (error instanceof StoreError) return error;
  const what = error instanceof Error ? error.message : String(error);
  const sqlite = property(error, "errcode") ?? sqliteTexts[what];
  if (typeof sqlite === "number") {
    return new StoreError(sqliteCodes[sqlite & 0xff] ?? "bug", `${file}: ${what}`, undefined, error);
  }
  const system = systemCode(error) ?? "";
  if (system === "ERR_INVALID_STATE") return new StoreError("closed", `${file}: ${what}`, undefined, error);
  const isFileError = typeof property(error, "syscall") === "string";
  return new StoreError(
    systemCodes[system] ?? (isFileError ? "io" : "bug"),
    `${file}: ${what}`,
    undefined,
    error,
  );
}

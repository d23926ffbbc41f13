import { createRequire } from "node:module";

/** What SQLite takes and gives; `number` is a safe integer or a double. */
export type SqlValue = string | number | bigint | null | Uint8Array;
export type Row = Readonly<Record<string, SqlValue>>;

/** The part of the `node:sqlite` API used here; `@photostructure/sqlite` has the same. */
export interface Statement {
  run(...parameters: SqlValue[]): {
    readonly changes: number | bigint;
    readonly lastInsertRowid: number | bigint;
  };
  get(...parameters: SqlValue[]): Row | undefined;
  all(...parameters: SqlValue[]): Row[];
}

export interface Connection {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

interface Driver {
  readonly DatabaseSync: new (path: string) => Connection;
}

function isDriver(module: unknown): module is Driver {
  return typeof module === "object" && module !== null && "DatabaseSync" in module;
}

function hasFullText({ DatabaseSync }: Driver): boolean {
  const memory = new DatabaseSync(":memory:");
  const found = memory.prepare("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").get();
  memory.close();
  return found !== undefined;
}

/** Node's own SQLite, or null where this Node has none (before 22.13), or one without full text search. */
function builtIn(): Driver | null {
  const emitWarning = process.emitWarning;
  // Node 22 warns that its SQLite is experimental, onto the person's screen; other warnings still come.
  process.emitWarning = () => {};
  try {
    const module: unknown = process.getBuiltinModule?.("node:sqlite");
    return isDriver(module) && hasFullText(module) ? module : null;
  } finally {
    process.emitWarning = emitWarning;
  }
}

let driver: Driver | null = null;

function load(): Driver {
  const own = builtIn();
  if (own) return own;
  // Loaded by `require`, so that no Node with a SQLite that will do pays for it and opening stays synchronous.
  const packaged: unknown = createRequire(import.meta.url)("@photostructure/sqlite");
  if (!isDriver(packaged)) throw new Error("@photostructure/sqlite has no DatabaseSync");
  return packaged;
}

/** Where the driver lies, for another thread to load it; null: it is Node's own. */
export function driverPath(): string | null {
  return builtIn() ? null : createRequire(import.meta.url).resolve("@photostructure/sqlite");
}

/** Opens or creates a database file. Throws SQLite's own error; see `asStoreError`. */
export function connect(path: string): Connection {
  driver ??= load();
  return new driver.DatabaseSync(path);
}

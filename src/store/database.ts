import { type Connection, connect, type Row, type SqlValue, type Statement } from "./driver.ts";
import { asStoreError, StoreError } from "./error.ts";

/** How long a writer waits for another process, milliseconds. */
export const busyTimeout = 10_000;
/** Statements kept prepared: more than the program has of its own. */
const mostStatements = 500;

/**
 * One SQLite file: prepared statements kept by their text, every error a StoreError.
 * A NUL inside a string is stored as U+FFFD: the drivers would cut the text there.
 */
export class Database {
  readonly path: string;
  readonly #connection: Connection;
  readonly #statements = new Map<string, Statement>();
  readonly #onCorrupt: () => void;
  #depth = 0;
  #afterwards: (() => void)[] = [];

  /** `onCorrupt` is told when a statement finds the file damaged, before the error is thrown. */
  constructor(path: string, onCorrupt: () => void = () => {}) {
    this.path = path;
    this.#onCorrupt = onCorrupt;
    try {
      this.#connection = connect(path);
    } catch (error) {
      throw asStoreError(error, path);
    }
    this.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
  }

  /** Runs statements that take nothing and return nothing. */
  exec(sql: string): void {
    this.#attempt(() => this.#connection.exec(sql));
  }

  /** Runs one statement; returns the number of rows it changed. */
  run(sql: string, ...parameters: SqlValue[]): number {
    return this.#attempt(() => Number(this.#prepare(sql).run(...bindable(parameters)).changes));
  }

  /** Runs one statement for each of many; returns how many rows each time changed. */
  runEach(sql: string, each: readonly SqlValue[][]): number[] {
    return this.#attempt(() => {
      const statement = this.#prepare(sql);
      return each.map((parameters) => Number(statement.run(...bindable(parameters)).changes));
    });
  }

  /** Runs one INSERT; returns the id of the new row. */
  insert(sql: string, ...parameters: SqlValue[]): number {
    return this.#attempt(() => Number(this.#prepare(sql).run(...bindable(parameters)).lastInsertRowid));
  }

  get(sql: string, ...parameters: SqlValue[]): Row | null {
    return this.#attempt(() => this.#prepare(sql).get(...bindable(parameters)) ?? null);
  }

  all(sql: string, ...parameters: SqlValue[]): Row[] {
    return this.#attempt(() => this.#prepare(sql).all(...bindable(parameters)));
  }

  /**
   * Runs `work` as one write: all of it or nothing. May be nested; the outermost decides. The lock is taken
   * at the start, so that the work is never refused half-way because another process wrote in between.
   */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.exec("BEGIN IMMEDIATE");
    this.#depth++;
    try {
      const result = work();
      this.exec("COMMIT");
      for (const step of this.#afterwards) step();
      return result;
    } catch (error) {
      this.#rollback();
      throw error;
    } finally {
      this.#afterwards = [];
      this.#depth--;
    }
  }

  /** Runs `step` when the write under way is committed, and never where it is not; must not throw. */
  afterCommit(step: () => void): void {
    this.#afterwards.push(step);
  }

  close(): void {
    this.#statements.clear();
    this.#attempt(() => this.#connection.close());
  }

  #rollback(): void {
    try {
      this.#connection.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself (disk full, I/O error); the first error is the one to report.
    }
  }

  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#connection.prepare(sql);
    // Searches are as many as people think of.
    const [oldest] = this.#statements.keys();
    if (oldest !== undefined && this.#statements.size >= mostStatements) this.#statements.delete(oldest);
    this.#statements.set(sql, statement);
    return statement;
  }

  #attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const storeError = asStoreError(error, this.path);
      if (storeError.code === "corrupt") this.#onCorrupt();
      throw storeError;
    }
  }
}

/** Self-contained: its text is also handed to a thread. */
export function bindable(parameters: SqlValue[]): SqlValue[] {
  let sound = true;
  for (const value of parameters) if (typeof value === "string" && value.includes("\0")) sound = false;
  if (sound) return parameters;
  return parameters.map((value) =>
    typeof value === "string" && value.includes("\0") ? value.replaceAll("\0", "\uFFFD") : value,
  );
}

/** Columns read as what the schema says they are; anything else means that the file is damaged. */
export function text(row: Row, column: string): string {
  const value = row[column];
  return typeof value === "string" ? value : damaged(column);
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function number(row: Row, column: string): number {
  const value = row[column];
  return typeof value === "number" ? value : damaged(column);
}

export function numberOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : number(row, column);
}

export function bytes(row: Row, column: string): Buffer {
  const value = row[column];
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : damaged(column);
}

/** Reads a column of JSON that this program wrote. */
export function json<T>(row: Row, column: string): T {
  try {
    return JSON.parse(text(row, column));
  } catch {
    return damaged(column);
  }
}

function damaged(column: string): never {
  throw new StoreError("corrupt", `The local copy holds an impossible value for "${column}".`);
}

/** What is said between a RowWriter and the thread that writes its rows. */
import type { Connection, SqlValue } from "./driver.ts";

/** What the thread works with. */
export interface RowThread {
  /** The index's file. */
  readonly path: string;
  /** Where SQLite's module lies; null: it is Node's own. */
  readonly driver: string | null;
  /** An INSERT that passes over what is there. */
  readonly insert: string;
  /** What follows the INSERTs of one write. */
  readonly afterwards: readonly string[];
  readonly mailboxId: number;
  /** That the rows' UIDs belong to. */
  readonly uidValidity: number;
  /** Milliseconds. */
  readonly busyTimeout: number;
}

/** Parameters of `insert`, one write; null ends the thread. */
export type RowOrder = readonly SqlValue[][] | null;

/** Which of the rows were not written, by their place; null: none was, and none will be. */
export type RowReport = readonly number[] | null;

/**
 * The thread. Its text is handed over, so that it needs no file of its own in the bundles: it may use nothing from
 * around it but types.
 */
export function serveRows(
  load: NodeJS.Require,
  thread: RowThread,
  bindable: (parameters: SqlValue[]) => SqlValue[],
): void {
  const { parentPort } = load("node:worker_threads") as typeof import("node:worker_threads");
  // Node 22 warns that its SQLite is experimental, onto the person's screen.
  process.emitWarning = () => {};
  const open = () => {
    const module = thread.driver === null ? process.getBuiltinModule("node:sqlite") : load(thread.driver);
    const { DatabaseSync } = module as { DatabaseSync: new (path: string) => Connection };
    const database = new DatabaseSync(thread.path);
    database.exec(`PRAGMA busy_timeout = ${thread.busyTimeout}; PRAGMA synchronous = NORMAL`);
    const numbered = database.prepare("SELECT 1 FROM mailbox WHERE id = ? AND uid_validity = ?");
    const prepare = (sql: string) => database.prepare(sql);
    return {
      database,
      numbered,
      insert: prepare(thread.insert),
      afterwards: thread.afterwards.map(prepare),
    };
  };
  let index: ReturnType<typeof open> | null = null;
  const write = (rows: readonly SqlValue[][]): number[] => {
    index ??= open();
    const { database, numbered, insert, afterwards } = index;
    const left: number[] = [];
    database.exec("BEGIN IMMEDIATE");
    try {
      const valid = numbered.get(thread.mailboxId, thread.uidValidity) !== undefined;
      for (const [at, row] of rows.entries())
        if (!valid || Number(insert.run(...bindable(row)).changes) === 0) left.push(at);
      for (const statement of afterwards) statement.run();
      database.exec("COMMIT");
    } catch (error) {
      try {
        database.exec("ROLLBACK");
      } catch {
        // SQLite has rolled back by itself.
      }
      throw error;
    }
    return left;
  };
  parentPort?.on("message", (rows: RowOrder) => {
    if (rows === null) {
      index?.database.close();
      parentPort.close();
      return;
    }
    let report: RowReport = null;
    try {
      report = write(rows);
    } catch {
      // Whoever writes them instead meets the same, and tells of it.
    }
    parentPort.postMessage(report);
  });
}

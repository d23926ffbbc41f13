/** A right that one process has at a time, and that ends with it, however it ends. */
import type { Database } from "./database.ts";
import { StoreError } from "./error.ts";
import { openPrivate } from "./schema.ts";

export class ProcessLock {
  readonly #path: string;
  #lock: Database | null = null;

  /** `path` is a file that is only ever locked, never written. */
  constructor(path: string) {
    this.#path = path;
  }

  /** False where another process has it. Throws StoreError. */
  tryLock(): boolean {
    if (this.#lock) return true;
    const lock = openPrivate(this.#path);
    try {
      // In memory: the lock of a full disk must be had, too.
      lock.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    } catch (error) {
      lock.close();
      if (error instanceof StoreError && error.code === "locked") return false;
      throw error;
    }
    this.#lock = lock;
    return true;
  }

  unlock(): void {
    this.#lock?.close();
    this.#lock = null;
  }
}

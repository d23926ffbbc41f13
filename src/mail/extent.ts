/** How much a folder holds: as the server says it, or with the network gone as the index does. */
import type { Store, StoredMailbox } from "../store/index.ts";
import { isLineDown } from "./errors.ts";
import type { Syncing } from "./syncing.ts";
import type { Folder } from "./values.ts";

export interface ExtentOptions {
  readonly store: Store;
  readonly syncing: Syncing;
  readonly offline: boolean;
  readonly stored: (folder: Folder) => StoredMailbox;
}

export class Extent {
  readonly #options: ExtentOptions;

  constructor(options: ExtentOptions) {
    this.#options = options;
  }

  /** The UIDs of a folder, ascending. */
  uids(folder: Folder): Promise<readonly number[]> {
    const { store, syncing } = this.#options;
    return this.#orCached(
      folder,
      (path) => syncing.uids(path),
      ({ id }) => store.messages.uids(id),
    );
  }

  /** How many messages a folder has. */
  total(folder: Folder): Promise<number> {
    return this.#orCached(
      folder,
      (path) => this.#options.syncing.total(path),
      ({ rows }) => rows,
    );
  }

  async #orCached<T>(
    folder: Folder,
    ask: (path: string) => Promise<T>,
    cached: (mailbox: StoredMailbox) => T,
  ): Promise<T> {
    const { offline, stored } = this.#options;
    if (!offline) {
      try {
        return await ask(folder.path);
      } catch (error) {
        // A folder that was never entered has nothing to name messages by.
        if (!isLineDown(error) || stored(folder).uidValidity === 0) throw error;
      }
    }
    return cached(stored(folder));
  }
}

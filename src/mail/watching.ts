/** The folder that is open in front of somebody: what happens in it is followed as it happens, and then what happens elsewhere. */

import type { Store } from "../store/index.ts";
import type { Keeping } from "./download/keeping.ts";
import type { ForeignFlags } from "./foreign-flags.ts";
import type { KnownFolders } from "./known-folders.ts";
import { News } from "./news.ts";
import type { Operations } from "./operations/index.ts";
import { followOthers } from "./others.ts";
import type { Session } from "./session.ts";
import type { Syncing } from "./syncing.ts";
import type { Folder, MailEvent } from "./values.ts";

export interface WatchingContext {
  readonly store: Store;
  readonly session: Session;
  readonly folders: KnownFolders;
  readonly operations: Operations;
  readonly syncing: Syncing;
  readonly keeping: Keeping;
  readonly foreign: ForeignFlags;
  readonly offline: boolean;
  readonly keepOnline: boolean;
  emit(event: MailEvent): void;
}

export class Watching {
  readonly #context: WatchingContext;
  readonly #news: News;
  readonly #others: NodeJS.Timeout | null;
  #folder: Folder | null = null;

  constructor(context: WatchingContext) {
    this.#context = context;
    const { store, session, folders, operations, emit } = context;
    this.#others = context.keepOnline
      ? followOthers(
          store,
          () => this.path,
          () => operations.refresh(),
          emit,
        )
      : null;
    this.#news = new News(store, {
      open: () => session.another(),
      watched: (path) => path === this.path,
      local: (path) => operations.local(path),
      changes: () => operations.countsOpen(),
      refresh: () => folders.refresh().catch(() => undefined),
      again: () => void this.#listen(),
      emit,
    });
  }

  get path(): string | null {
    return this.#folder?.path ?? null;
  }

  watch(folder: Folder): void {
    this.#folder = folder;
    this.#context.session.watch(folder.path);
    if (this.#context.offline) void this.#context.foreign.look(folder.path);
    else this.keepUp();
  }

  /** Brings the folder in step, and then listens to what happens in the others. */
  keepUp(): void {
    const { path } = this;
    if (path === null) return;
    const { syncing, keeping, folders } = this.#context;
    syncing
      .sync(path)
      .then(() => {
        keeping.inStep(folders.besides(path));
        return this.#listen();
      })
      .catch(() => undefined);
  }

  async #listen(): Promise<void> {
    const { connection } = this.#context.session;
    if (this.#context.keepOnline && connection) await this.#news.listen(connection);
  }

  stop(): void {
    if (this.#others) clearInterval(this.#others);
  }
}

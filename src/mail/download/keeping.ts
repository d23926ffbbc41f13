/** What is kept of bodies for reading off line, as the account's settings say. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Account } from "../../account/config.ts";
import type { Store } from "../../store/index.ts";
import type { Session } from "../session.ts";
import type { MailEvent } from "../values.ts";
import { Downloads } from "./downloads.ts";
import type { DownloadProgress } from "./pass.ts";
import { Prefetch, since } from "./prefetch.ts";
import { Room } from "./room.ts";

export interface KeepingOptions {
  readonly account: Account;
  readonly cacheDir: string;
  /** Fetch by itself: what a screen does, and a script does not. */
  readonly background: boolean;
  watched(): string | null;
  emit(event: MailEvent): void;
}

/** How long quitting may take to bring what is kept below the limit, in ms. */
const trimMs = 200;

export class Keeping {
  readonly room: Room;
  readonly #age: number;
  readonly #downloads: Downloads;
  readonly #prefetch: Prefetch | null;

  constructor(store: Store, session: Session, options: KeepingOptions) {
    const { account, cacheDir, background, watched, emit } = options;
    this.room = new Room(store, account.cacheSize, cacheDir);
    this.#age = account.offlineAge;
    this.#downloads = new Downloads(store, session);
    const online = () => session.state.kind === "online";
    const hooks = { age: account.offlineAge, online, busy: () => session.busy, watched, emit };
    this.#prefetch = background ? new Prefetch(this.#downloads, this.room, hooks) : null;
  }

  /** These folders are in step with the server: what is to be had of them off line may be fetched. */
  inStep(paths: readonly string[]): void {
    this.#prefetch?.want(...paths);
  }

  /**
   * Fetches what the account's `offline` setting asks to have of a folder that is in step, as far as there is room.
   * Rejects with ImapError, StoreError, MailError.
   */
  async download(path: string, { signal, onProgress }: DownloadOptions = {}): Promise<DownloadProgress> {
    if (this.#age === 0) return { messages: 0, octets: 0 };
    return this.#downloads.run(path, {
      since: since(this.#age),
      signal: signal ?? new AbortController().signal,
      gate: () => Promise.resolve(),
      room: (octets, before) => this.room.make(octets, before),
      ...(onProgress ? { onProgress } : {}),
    });
  }

  /** Ends what is going on; what is kept beyond the limit goes, as far as that is quick. */
  async close(): Promise<void> {
    await Promise.all([this.#prefetch?.stop(), this.#downloads.stop()]);
    const trimmed = this.room.make(0).catch(() => false);
    await Promise.race([trimmed, sleep(trimMs, undefined, { ref: false })]);
  }
}

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

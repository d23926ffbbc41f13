import type { Capabilities } from "./capabilities.ts";
import type { ImapError } from "./errors.ts";
import type { FolderEvent, MailboxEvent, SearchUpdate } from "./values.ts";

export interface CommandProgress {
  /** As in errors: `UID COPY`; null where the server did not say of which. */
  readonly command: string | null;
  readonly done: number | null;
  /** Of how many; null where it is not known. */
  readonly goal: number | null;
}

export interface ConnectionEvents {
  /** A change of the selected mailbox that no command asked for. */
  mailbox: MailboxEvent;
  /** News of mailboxes, selected or not. */
  folders: FolderEvent;
  /** A change of what a search with `update` had found. */
  search: SearchUpdate;
  /** A command is getting on (RFC 9585). */
  progress: CommandProgress;
  /** The server gave up telling what NOTIFY asked for: nothing is watched any more (RFC 5465 §5.8). */
  overflow: null;
  /** How many messages the server shows in a simplified form, as we have not asked for UTF-8 (RFC 6858). */
  downgraded: number;
  /** ALERT (RFC 9051 §7.1): must be shown. Hostile text. */
  alert: string;
  /** Null: closed as we asked for. */
  close: ImapError | null;
  capabilities: Capabilities;
}

/** A few listeners for each event, called in the order they came, at once. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<(value: never) => void>>();

  /** @returns a function that takes the listener away again */
  on<K extends keyof Events>(event: K, listener: (value: Events[K]) => void): () => void {
    const set = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, set.add(listener));
    return () => {
      set.delete(listener);
    };
  }

  emit<K extends keyof Events>(event: K, value: Events[K]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        (listener as (value: Events[K]) => void)(value);
      } catch (error) {
        // A listener's fault is not the server's: it must not close the connection, nor be lost.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

/** Whom the person has written to, and who has written to them, as far as the local copy has their messages. */
import { setTimeout } from "node:timers/promises";
import { inTurns } from "../message/turns.ts";
import type { Correspondent, MailboxUse, Store } from "../store/index.ts";
import { arrangeFolders } from "./folders.ts";

/** Messages of the person's own that have to be there before it says something that an address is not among them. */
const fewSent = 10;

export class Correspondents {
  readonly #store: Store;
  #gathering: Promise<boolean> | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Takes in what has come since, in turns, for at most `ms`; a second call joins the first. Resolves to whether all is
   * taken in. `isOwn`: whether an address is the person's. Throws StoreError.
   */
  async gather(isOwn: (email: string) => boolean, ms = Number.POSITIVE_INFINITY): Promise<boolean> {
    this.#gathering ??= this.#gather(isOwn, ms).finally(() => {
      this.#gathering = null;
    });
    if (ms === Number.POSITIVE_INFINITY) return this.#gathering;
    // What was begun before may have more time.
    const stop = new AbortController();
    const late = setTimeout(ms, false, { signal: stop.signal }).catch(() => false);
    return Promise.race([this.#gathering, late]).finally(() => stop.abort());
  }

  #gather(isOwn: (email: string) => boolean, ms: number): Promise<boolean> {
    const uses = this.#uses();
    const facts = { isOwn, use: (mailboxId: number) => uses.get(mailboxId) ?? "other" };
    const { correspondents } = this.#store;
    const end = performance.now() + ms;
    const steps = function* (): Generator<void, boolean> {
      while (correspondents.gather(facts)) {
        if (performance.now() > end) return false;
        yield;
      }
      return true;
    };
    return inTurns(steps());
  }

  #uses(): Map<number, MailboxUse> {
    const { mailboxes } = this.#store;
    return new Map(
      arrangeFolders(mailboxes.all()).flatMap(({ path, role }) => {
        const id = mailboxes.byPath(path)?.id;
        const use = role === "sent" ? "sent" : role === "junk" || role === "drafts" ? "passed over" : null;
        return id === undefined || use === null ? [] : [[id, use]];
      }),
    );
  }

  /** Whose names or addresses have words that begin so, the likeliest first; those taken in so far. Throws StoreError. */
  find(query: string, limit: number): Correspondent[] {
    return this.#store.correspondents.find(query, limit);
  }

  /** Whether the person has written to an address; null where too little of what they sent is known. Throws StoreError. */
  hasWritten(email: string): boolean | null {
    const { correspondents } = this.#store;
    if (correspondents.hasWritten(email)) return true;
    return correspondents.sent < fewSent ? null : false;
  }
}

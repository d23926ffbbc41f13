/** Downloads of bodies, each on a connection of its own where the server has one to spare. */

import { setImmediate } from "node:timers/promises";
import { type Connection, ImapError, select } from "../../imap/index.ts";
import type { Place, Store, StoredMailbox } from "../../store/index.ts";
import type { Session } from "../session.ts";
import { type Borrow, type DownloadProgress, Pass, type PassOptions } from "./pass.ts";

export type DownloadOptions = Omit<PassOptions, "mailboxId" | "lanes" | "above">;

type Query = Omit<PassOptions, "lanes">;

const nothing: DownloadProgress = { messages: 0, octets: 0 };

/** So many connections an account must be allowed, that one is left for this beside the main one and the news. */
const neededConnections = 3;

export class Downloads {
  readonly #store: Store;
  readonly #session: Session;
  readonly #ending = new AbortController();
  #last: Promise<unknown> = Promise.resolve();
  /** Up to which UID all that there is room for has come, by mailbox: what came later is looked at the next time. */
  readonly #through = new Map<number, { uidValidity: number; since: number; uid: number }>();

  constructor(store: Store, session: Session) {
    this.#store = store;
    this.#session = session;
  }

  /**
   * Fetches what is missing of a mailbox that is in the index, when what was asked for earlier has come. Rejects with
   * ImapError and StoreError; what has come until then is kept, and the next call goes on from there.
   */
  run(path: string, options: DownloadOptions): Promise<DownloadProgress> {
    const signal = AbortSignal.any([options.signal, this.#ending.signal]);
    const running = this.#last.then(() => this.#run(path, { ...options, signal }));
    this.#last = running.catch(() => undefined);
    return running;
  }

  /** Ends all; resolves when nothing is written any more. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#last;
  }

  async #run(path: string, options: DownloadOptions): Promise<DownloadProgress> {
    const mailbox = this.#store.mailboxes.byPath(path);
    if (!mailbox || mailbox.uidValidity === 0 || options.signal.aborted) return nothing;
    const { id, uidValidity } = mailbox;
    const highest = this.#store.messages.uidBounds(id)?.[1] ?? 0;
    const through = this.#through.get(id);
    const above = through?.uidValidity === uidValidity && through.since <= options.since ? through.uid : 0;
    const query = { ...options, mailboxId: id, above };
    const done = (await this.#anyMissing(query)) ? await this.#fetch(mailbox, query) : nothing;
    if (!options.signal.aborted)
      this.#through.set(id, { uidValidity, since: options.since, uid: Math.max(above, highest) });
    return done;
  }

  /** Looked for before there is a connection for it. */
  async #anyMissing({ mailboxId, since, above, signal }: Query): Promise<boolean> {
    let after: Place | null = null;
    do {
      const slice = this.#store.bodies.missing(mailboxId, { since, above, after });
      if (slice.messages.length > 0) return true;
      after = slice.next;
      await setImmediate();
    } while (after && !signal.aborted);
    return false;
  }

  async #fetch(mailbox: StoredMailbox, query: Query): Promise<DownloadProgress> {
    const main = await this.#session.connected();
    if (main.quirks.maxConnections < neededConnections)
      return this.#pass(this.#shared(mailbox), { ...query, lanes: 1 });
    const own = await this.#session.another();
    const end = () => own.destroy(new ImapError("ABORTED", "The download was given up."));
    query.signal.addEventListener("abort", end, { once: true });
    try {
      if (query.signal.aborted) end();
      await enter(own, mailbox);
      return await this.#pass((work) => work(own), { ...query, lanes: 2 });
    } finally {
      query.signal.removeEventListener("abort", end);
      void own.logout();
    }
  }

  #shared(mailbox: StoredMailbox): Borrow {
    return (work) =>
      this.#session.within(mailbox.path, (connection, { uidValidity }) => {
        if (uidValidity !== mailbox.uidValidity) throw renumbered();
        return work(connection);
      });
  }

  async #pass(borrow: Borrow, options: PassOptions): Promise<DownloadProgress> {
    const writer = this.#store.bodies.bulk(options.mailboxId);
    try {
      const done = await new Pass(this.#store, borrow, writer, options).run();
      await writer.settled();
      return done;
    } catch (error) {
      // What has come until now is kept.
      await writer.settled().catch(() => undefined);
      throw error;
    } finally {
      await writer.close();
    }
  }
}

async function enter(connection: Connection, { path, uidValidity }: StoredMailbox): Promise<void> {
  const selected = await connection.run(select(path, { readOnly: true }));
  if (selected.uidValidity !== uidValidity) throw renumbered();
}

/** The next sync finds out, and then what is here has new UIDs. */
function renumbered(): ImapError {
  return new ImapError("STATE", "the server has given the messages of this folder new numbers");
}

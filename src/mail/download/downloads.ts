/** Downloads of bodies, each on a connection of its own where the server has one to spare. */
import { type Connection, ImapError, select } from "../../imap/index.ts";
import type { Store, StoredMailbox } from "../../store/index.ts";
import type { Session } from "../session.ts";
import { type Borrow, type DownloadProgress, Pass, type PassOptions } from "./pass.ts";

export type DownloadOptions = Pick<PassOptions, "since" | "signal" | "gate" | "room"> &
  Partial<Pick<PassOptions, "onProgress">>;

/** So many connections an account must be allowed, that one is left for this beside the main one and the news. */
const neededConnections = 3;

export class Downloads {
  readonly #store: Store;
  readonly #session: Session;

  constructor(store: Store, session: Session) {
    this.#store = store;
    this.#session = session;
  }

  /**
   * Fetches what is missing of a mailbox that is in the index. Rejects with ImapError and StoreError; what has come
   * until then is kept, and the next call goes on from there.
   */
  async run(path: string, options: DownloadOptions): Promise<DownloadProgress> {
    const mailbox = this.#store.mailboxes.byPath(path);
    if (!mailbox || mailbox.uidValidity === 0) return { messages: 0, octets: 0 };
    const main = await this.#session.connected();
    if (main.quirks.maxConnections < neededConnections)
      return this.#pass(mailbox, this.#shared(mailbox), 1, options);
    const own = await this.#session.another();
    try {
      await enter(own, mailbox);
      return await this.#pass(mailbox, (work) => work(own), 2, options);
    } finally {
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

  async #pass(
    { id }: StoredMailbox,
    borrow: Borrow,
    lanes: 1 | 2,
    options: DownloadOptions,
  ): Promise<DownloadProgress> {
    const writer = this.#store.bodies.bulk(id);
    try {
      const pass = new Pass(this.#store, borrow, writer, { ...options, mailboxId: id, lanes });
      const done = await pass.run().catch(async (error: unknown) => {
        await writer.settled();
        throw error;
      });
      await writer.settled();
      return done;
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

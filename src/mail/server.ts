/** The server itself, for who wants to look at it: how things stand, what goes over the line, commands by hand. */
import type { Account } from "../account/config.ts";
import {
  type Connection,
  deleteAcl,
  getAcl,
  getQuotaRoot,
  myRights,
  noop,
  setAcl,
  status,
  uidSet,
  uidSort,
} from "../imap/index.ts";
import type { Store } from "../store/index.ts";
import { Console } from "./console.ts";
import { MailError } from "./errors.ts";
import type { ProtocolLines } from "./protocol-lines.ts";
import type { Session } from "./session.ts";
import type { SortBy } from "./sorting.ts";
import type { Folder, LineState } from "./values.ts";

export interface ServerStatus {
  readonly host: string;
  readonly port: number;
  readonly security: Account["imap"]["security"];
  readonly user: string;
  readonly line: LineState;
  /** ms to an answer, the least of the last few; null where nothing has been asked. */
  readonly latencyMs: number | null;
  /** Octets over all connections of this run. */
  readonly received: number;
  readonly sent: number;
  readonly compressed: boolean;
  /** As the server names them; empty where there is no connection. Hostile text. */
  readonly capabilities: readonly string[];
  /** What is different with this server, by the names of src/imap/quirks. */
  readonly quirks: readonly string[];
  /** Changes that wait for the server. */
  readonly queued: number;
  /** Folders that the local copy knows, and messages in them that are listed there. */
  readonly folders: number;
  readonly messages: number;
  /** Octets of these messages that are kept here, whole or in parts. */
  readonly kept: number;
}

/** Room of one kind, that several folders may share. */
export interface QuotaUse {
  /** Hostile text; may be empty. */
  readonly root: string;
  /** `STORAGE`, `MESSAGE`, … (RFC 9208 §5). */
  readonly resource: string;
  /** In octets for STORAGE, else a number of things. */
  readonly used: number;
  readonly limit: number;
}

/** Who has which rights with a folder: letters of RFC 4314. */
export interface AclEntry {
  /** Hostile text; one that begins with `-` takes rights away. */
  readonly identifier: string;
  readonly rights: string;
}

const lettersOf = (rights: Iterable<string>) => [...rights].sort().join("");

export interface ServerParts {
  readonly session: Session;
  readonly store: Store;
  readonly protocol: ProtocolLines;
  /** Changes that wait for the server. */
  queued(): number;
  /** The folder a person means. */
  find(name: string): Promise<Folder>;
}

export class Server {
  readonly #account: Account;
  readonly #parts: ServerParts;

  constructor(account: Account, parts: ServerParts) {
    this.#account = account;
    this.#parts = parts;
  }

  /** How things stand with the server and the local copy; asks nobody. */
  status(): ServerStatus {
    const { session, store } = this.#parts;
    const { connection, state, octets } = session;
    const { host, port, security, user } = this.#account.imap;
    const known = store.mailboxes.all();
    return {
      host,
      port,
      security,
      user,
      line: state,
      latencyMs: this.latencyMs,
      received: octets.received,
      sent: octets.sent,
      compressed: connection?.compressed ?? false,
      capabilities: connection?.capabilities.list() ?? [],
      quirks: Object.entries(connection?.quirks ?? {}).flatMap(([name, on]) => (on === true ? [name] : [])),
      queued: this.#parts.queued(),
      folders: known.length,
      messages: known.reduce((sum, { id }) => sum + store.messages.count(id), 0),
      kept: store.bodies.size(),
    };
  }

  /** ms to an answer, as in `status`. */
  get latencyMs(): number | null {
    return this.#parts.session.connection?.traffic.latency ?? null;
  }

  /** Makes the connection if need be, and resolves when the server has let us in. Throws as the line does. */
  async reach(): Promise<void> {
    const { session } = this.#parts;
    await (await session.connected()).run(noop());
    await session.settled();
  }

  /** The room that a folder may take, and what is used of it. Throws MailError "NO_QUOTA", and as the line does. */
  async quota(folder: Folder): Promise<QuotaUse[]> {
    const connection = await this.#parts.session.connected();
    if (!connection.capabilities.has("QUOTA"))
      throw new MailError("NO_QUOTA", "the server does not tell of quotas", "ask whoever runs it");
    const quotas = await connection.run(getQuotaRoot(folder.path));
    return quotas.flatMap(({ root, resources }) =>
      resources.map(({ name, usage, limit }) => {
        const unit = name === "STORAGE" ? 1024 : 1;
        return { root, resource: name, used: usage * unit, limit: limit * unit };
      }),
    );
  }

  /** The connection; null where none is to be made. Throws as the line does. */
  async #unlessOffline(): Promise<Connection | null> {
    try {
      return await this.#parts.session.connected();
    } catch (error) {
      if (error instanceof MailError && error.code === "OFFLINE") return null;
      throw error;
    }
  }

  /** Counts of a folder that is not opened for them (STATUS); off line, as they are known. Throws as the line does. */
  async counts({ path, ...known }: Folder): Promise<{ messages: number | null; unread: number | null }> {
    const connection = await this.#unlessOffline();
    if (connection === null) return known;
    const { messages = null, unseen = null } = await connection.run(status(path, ["messages", "unseen"]));
    return { messages, unread: unseen };
  }

  /** UIDs in the server's order, of all messages or of `uids`; null where it does not sort, or is not to be asked. */
  async sorted(
    { path }: Folder,
    order: readonly SortBy[],
    uids: readonly number[] | null,
  ): Promise<readonly number[] | null> {
    if (uids?.length === 0) return [];
    const criteria = uids === null ? ({ all: true } as const) : { uid: uidSet.fromNumbers(uids) };
    const ask = async (connection: Connection) =>
      connection.capabilities.has("SORT") ? (await connection.run(uidSort(criteria, order))).uids : null;
    // UIDs that are given were found in the mailbox that is selected by now. More may be offered to who has logged in.
    const work = (sorted: readonly number[] | null, connection: Connection) => sorted ?? ask(connection);
    try {
      return await this.#parts.session.asked(path, { ask }, work);
    } catch (error) {
      if (error instanceof MailError && error.code === "OFFLINE") return null;
      throw error;
    }
  }

  /** Who may do what with a folder (RFC 4314); without the right to see that, only what one may oneself. */
  async acl({ path }: Folder): Promise<{ rights: string; items: AclEntry[] }> {
    const connection = await this.#parts.session.connected();
    const rights = lettersOf(await connection.run(myRights(path)));
    if (!rights.includes("a")) return { rights, items: [] };
    const { entries } = await connection.run(getAcl(path));
    return {
      rights,
      items: [...entries].map(([identifier, has]) => ({ identifier, rights: lettersOf(has) })),
    };
  }

  /** Gives `identifier` these rights, or these in addition, or takes them away; "" takes it off the list. */
  async setAcl(
    { path }: Folder,
    identifier: string,
    mode: "replace" | "add" | "remove",
    rights: string,
  ): Promise<void> {
    const connection = await this.#parts.session.connected();
    if (mode === "replace" && rights === "") await connection.run(deleteAcl(path, identifier));
    else await connection.run(setAcl(path, identifier, mode, rights));
  }

  /** For commands of the protocol that a person types; those about messages are run in `folder`. */
  console(folder: Folder): Console {
    return new Console(this.#parts.session, (name) => this.#parts.find(name), folder);
  }

  /** Calls `listener` for every line of the protocol from now on, secrets taken out; returns what stops it. */
  onProtocol(listener: (line: string) => void): () => void {
    return this.#parts.protocol.listen(listener);
  }
}

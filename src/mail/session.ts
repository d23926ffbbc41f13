/**
 * The line to one server: connecting, coming back after a loss, and who has which mailbox selected. IMAP has one
 * selected mailbox a connection; work on the same mailbox goes on side by side, work on another waits its turn.
 */

import type { Account } from "../account/config.ts";
import { version } from "../account/version.ts";
import {
  type Connection,
  connect,
  enable,
  ImapError,
  type MailboxEvent,
  type RememberedCapabilities,
  type Secret,
  type SelectedMailbox,
  select,
} from "../imap/index.ts";
import { MailError } from "./errors.ts";
import type { LineState } from "./values.ts";

export interface SessionOptions {
  readonly account: Account;
  readonly ca: string | undefined;
  password(): Promise<Secret>;
  readonly offline: boolean;
  /** Come back by itself after a loss, and IDLE on the watched mailbox: what a screen wants and a script does not. */
  readonly keepOnline: boolean;
  readonly log?: (line: string) => void;
  /** What the server was able to do the last time, so that the login need not wait for its greeting. */
  recall(): RememberedCapabilities | null;
  remember(capabilities: RememberedCapabilities): void;
  /** Called before anyone may work in a mailbox that has just been selected. */
  entered(connection: Connection, selected: SelectedMailbox): Promise<void>;
  /** Called when the watched mailbox has been selected again after another one, or after a loss. */
  returned(connection: Connection, selected: SelectedMailbox): Promise<void>;
  mailboxEvent(path: string, event: MailboxEvent): void;
  /** A connection is up and authenticated. */
  online(): void;
  state(state: LineState): void;
  alert(text: string): void;
  /** So many messages are shown in a simplified form (RFC 6858). */
  downgraded(messages: number): void;
}

interface Waiting {
  readonly path: string;
  start(): void;
  fail(error: unknown): void;
}

const firstRetryMs = 1_000;
const lastRetryMs = 60_000;
/** IDLE begins this long after the last command: keys that follow one another do not each pay for DONE and IDLE. */
const idleAfterMs = 250;

export class Session {
  readonly #options: SessionOptions;
  #state: LineState = { kind: "offline" };
  #connecting: Promise<Connection> | null = null;
  #connection: Connection | null = null;
  /** The mailbox that is selected and has been entered. */
  #path: string | null = null;
  #users = 0;
  #selecting = false;
  #waiting: Waiting[] = [];
  #watched: string | null = null;
  #idleTimer: NodeJS.Timeout | null = null;
  #retryTimer: NodeJS.Timeout | null = null;
  readonly #others = new Set<Connection>();
  #failures = 0;
  #closed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get state(): LineState {
    return this.#state;
  }

  get connection(): Connection | null {
    return this.#connection;
  }

  #setState(state: LineState): void {
    this.#state = state;
    this.#options.state(state);
  }

  /** The authenticated connection, made if need be. Throws MailError "OFFLINE", ImapError, AccountError. */
  connected(): Promise<Connection> {
    if (this.#options.offline || this.#closed) {
      return Promise.reject(
        new MailError("OFFLINE", "this needs the server, and postern is off line", "leave out --offline"),
      );
    }
    this.#connecting ??= this.#connect().catch((error: unknown) => {
      this.#connecting = null;
      this.#lost(error instanceof Error ? error : new Error(String(error)));
      throw error;
    });
    return this.#connecting;
  }

  /** One more connection, for who needs its own; it ends with the session. Throws as `connected`. */
  async another(): Promise<Connection> {
    const connection = await this.#open();
    if (this.#closed) connection.destroy();
    this.#others.add(connection);
    connection.events.on("close", () => void this.#others.delete(connection));
    return connection;
  }

  async #open(): Promise<Connection> {
    const { account, ca, log } = this.#options;
    const { security, host, port, user } = account.imap;
    // The password command and the handshakes take their time side by side.
    const password = this.#options.password();
    password.catch(() => undefined);
    const remembered = this.#options.recall();
    const connection = await connect({
      host,
      port,
      security,
      // The scheme imap+insecure:// is how a person insists.
      insecure: security === "none",
      clientId: { name: "Postern", version },
      ...(remembered ? { remembered } : {}),
      ...(ca === undefined ? {} : { ca }),
      ...(account.pin === null ? {} : { pin: account.pin }),
      ...(log
        ? { log: (direction: "in" | "out", text: string) => log(`${direction === "in" ? "<" : ">"} ${text}`) }
        : {}),
    });
    const login = password
      .then((secret) => connection.authenticate({ user, secret }))
      .then(() => {
        if (connection.remembered) this.#options.remember(connection.remembered);
        // Yahoo shows the newest messages alone to who might use sequence numbers (RFC 9586, 9738).
        if (connection.quirks.cappedView) connection.run(enable(["UIDONLY"])).catch(() => undefined);
      });
    login.catch((error: unknown) => connection.destroy(error instanceof ImapError ? error : undefined));
    // With the server's abilities known, what is to be read is asked for along with the login, and fails with it.
    await (remembered ? password : login);
    if (connection.state === "closed") await login;
    return connection;
  }

  async #connect(): Promise<Connection> {
    if (this.#retryTimer) clearTimeout(this.#retryTimer);
    this.#setState({ kind: "connecting" });
    const connection = await this.#open();
    connection.events.on("mailbox", (event) => {
      const path = connection.selected?.path;
      if (path !== undefined) this.#options.mailboxEvent(path, event);
    });
    connection.events.on("alert", (text) => this.#options.alert(text));
    connection.events.on("downgraded", (messages) => this.#options.downgraded(messages));
    connection.events.on("close", (error) => {
      if (this.#connection === connection)
        this.#lost(error ?? new ImapError("CLOSED", "the server closed the connection"));
    });
    this.#connection = connection;
    this.#failures = 0;
    this.#setState({ kind: "online" });
    this.#options.online();
    this.#idleSoon();
    return connection;
  }

  #lost(error: Error): void {
    this.#connection = null;
    this.#connecting = null;
    this.#path = null;
    if (this.#closed) return;
    // Asking again with a refused password would only lock the account; the person acts first.
    const again =
      this.#options.keepOnline &&
      !(error instanceof ImapError && ["AUTH", "CERTIFICATE", "INSECURE"].includes(error.code));
    const asked = error instanceof ImapError ? (error.retryAfter ?? 0) : 0;
    const retryAt = again ? Date.now() + Math.max(asked, this.#delay()) : null;
    this.#setState({ kind: "down", error, retryAt });
    if (retryAt === null) return;
    this.#retryTimer = setTimeout(() => {
      this.connected().catch(() => undefined);
    }, retryAt - Date.now());
    this.#retryTimer.unref();
  }

  /** Doubling from one second to one minute, ±20 % so that many clients do not come back at once. */
  #delay(): number {
    const doubled = Math.min(lastRetryMs, firstRetryMs * 2 ** this.#failures++);
    return doubled * (0.8 + Math.random() * 0.4);
  }

  /** Runs `work` while the mailbox `path` is selected and stays so. */
  async within<T>(
    path: string,
    work: (connection: Connection, selected: SelectedMailbox) => Promise<T>,
  ): Promise<T> {
    const connection = await this.connected();
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ path, start: resolve, fail: reject });
      this.#pump(connection);
    });
    try {
      const { selected } = connection;
      if (!selected) throw new ImapError("CLOSED", "the connection was lost");
      return await work(connection, selected);
    } finally {
      this.#users--;
      this.#pump(connection);
    }
  }

  /** Lets in whoever is next, in order: nobody waits for ever behind a busy mailbox. */
  #pump(connection: Connection): void {
    while (!this.#selecting) {
      const next = this.#waiting[0];
      if (!next) break;
      if (this.#connection !== connection) {
        this.#waiting.shift();
        next.fail(new ImapError("CLOSED", "the connection was lost"));
      } else if (this.#path === next.path) {
        this.#waiting.shift();
        this.#users++;
        next.start();
      } else if (this.#users === 0) {
        this.#select(connection, next);
      } else {
        break;
      }
    }
    this.#idleSoon();
  }

  #select(connection: Connection, next: Waiting): void {
    this.#selecting = true;
    this.#path = null;
    connection
      .run(select(next.path, { condstore: connection.capabilities.has("CONDSTORE") }))
      .then((selected) => this.#options.entered(connection, selected))
      .then(
        () => {
          this.#path = next.path;
        },
        (error: unknown) => {
          this.#waiting = this.#waiting.filter((w) => w !== next);
          next.fail(error);
        },
      )
      .finally(() => {
        this.#selecting = false;
        this.#pump(connection);
      });
  }

  /** Keeps `path` selected while there is nothing else to do, and IDLEs on it. */
  watch(path: string | null): void {
    this.#watched = path;
    this.#idleSoon();
  }

  #idleSoon(): void {
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    if (!this.#options.keepOnline || this.#watched === null || this.#closed) return;
    this.#idleTimer = setTimeout(() => this.#idle(), idleAfterMs);
    this.#idleTimer.unref();
  }

  #idle(): void {
    const connection = this.#connection;
    const path = this.#watched;
    if (!connection || path === null || this.#users > 0 || this.#selecting || this.#waiting.length > 0)
      return;
    if (this.#path !== path) {
      // Something else was selected meanwhile: come back, which also catches up with what happened.
      this.within(path, (c, selected) => this.#options.returned(c, selected)).catch(() => undefined);
      return;
    }
    connection.idle();
  }

  /** Says goodbye; takes at most two seconds with a dead server. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of [this.#idleTimer, this.#retryTimer]) if (timer) clearTimeout(timer);
    const connection = this.#connection;
    this.#connection = null;
    for (const other of this.#others) other.destroy();
    if (connection) await connection.logout();
  }
}

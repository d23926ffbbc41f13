/**
 * The line to one server: made when it is needed, given up when it has died, and made again: at once where something
 * has changed, else after a wait that doubles. Whoever asks for it while it is down is told why, and asks no server.
 */

import type { Account } from "../account/config.ts";
import { AccountError } from "../account/errors.ts";
import { version } from "../account/version.ts";
import {
  AccessToken,
  type Connection,
  connect,
  type Dialling,
  type DialOptions,
  enable,
  ImapError,
  probe,
  type RememberedCapabilities,
  type Secret,
} from "../imap/index.ts";
import { asError, MailError } from "./errors.ts";
import { OctetCount, type Octets } from "./octets.ts";
import type { ProtocolLines } from "./protocol-lines.ts";
import { Surroundings } from "./surroundings.ts";
import type { LineState } from "./values.ts";

export interface LineOptions {
  readonly account: Account;
  readonly server: DialOptions;
  /** The line to it that is being made already: for the first attempt. */
  readonly dialling?: Dialling;
  /** The password or access token; `refused` is the token that the server has just refused. */
  password(refused?: AccessToken): Promise<Secret>;
  readonly offline: boolean;
  /** Come back by itself after a loss: what a screen wants and a script does not. */
  readonly keepOnline: boolean;
  readonly protocol: ProtocolLines;
  /** What the server was able to do the last time, so that the login need not wait for its greeting. */
  recall(): RememberedCapabilities | null;
  remember(capabilities: RememberedCapabilities): void;
  state(state: LineState): void;
}

export interface LineHooks {
  /** The login is under way, and what the server can do is not known: only what needs nothing of it may be run. */
  entering(connection: Connection): void;
  /** There is a connection: commands may be run, also where the login is still under way. */
  opened(connection: Connection): void;
  /** The server has let us in. */
  online(): void;
  /** A connection that was doubted lives. */
  alive(): void;
  lost(): void;
}

/** What is being tried. */
interface Attempt {
  /** Milliseconds since the epoch. */
  since: number;
  controller: AbortController;
  /** It was given up for another one that takes its place. */
  again: boolean;
  readonly promise: Promise<Connection>;
}

/** With the login under way where the server's abilities were known, else behind it. */
interface Opened {
  readonly connection: Connection;
  readonly login: Promise<void>;
}

const firstRetryMs = 1_000;
const lastRetryMs = 60_000;
/** A connection that held so long was good; one that is lost sooner counts as a failure to connect. */
const steadyMs = 20_000;
/** What has been tried for less than this is not begun anew. */
const freshMs = 3_000;
/** A server that has kept us waiting for so long is not waited for when the program ends. */
const deadMs = 1_000;

export class Line {
  readonly #options: LineOptions;
  readonly #hooks: LineHooks;
  readonly #ending = new AbortController();
  readonly #others = new Set<Connection>();
  readonly #octets = new OctetCount();
  readonly #surroundings: Surroundings | null;
  #state: LineState = { kind: "offline" };
  #attempt: Attempt | null = null;
  #connection: Connection | null = null;
  #login: Promise<void> = Promise.resolve();
  /** Since when the server has let us in; milliseconds since the epoch. */
  #since: number | null = null;
  /** Why there is no connection, once that has been tried. */
  #refusal: Error | null = null;
  #retryTimer: NodeJS.Timeout | null = null;
  #failures = 0;
  #dialling: Dialling | undefined;

  constructor(options: LineOptions, hooks: LineHooks) {
    this.#options = options;
    this.#dialling = options.dialling;
    this.#hooks = hooks;
    const watched = options.keepOnline && !options.offline;
    this.#surroundings = watched ? new Surroundings(() => this.doubt()) : null;
  }

  get state(): LineState {
    const { kind } = this.#state;
    if (!this.#connection || (kind !== "online" && kind !== "connecting")) return this.#state;
    return { ...this.#state, waitedMs: this.#connection.watchdog.waited };
  }

  get connection(): Connection | null {
    return this.#connection;
  }

  /** Over all its connections, those that have ended too. */
  get octets(): Octets {
    return this.#octets.total;
  }

  get closed(): boolean {
    return this.#ending.signal.aborted;
  }

  #setState(state: LineState): void {
    this.#state = state;
    this.#options.state(state);
  }

  /**
   * The connection, made if need be; commands may be run with it while the login is under way.
   * Throws MailError "OFFLINE", ImapError, AccountError: at once where the next attempt has to wait.
   */
  connected(): Promise<Connection> {
    if (this.#options.offline || this.closed) {
      return Promise.reject(
        new MailError("OFFLINE", "this needs the server, and postern is off line", "leave out --offline"),
      );
    }
    if (this.#connection) return Promise.resolve(this.#connection);
    if (this.#attempt) return this.#attempt.promise;
    if (this.#refusal) return Promise.reject(this.#refusal);
    return this.#try();
  }

  /** Resolves when it is known whether the server lets us in. Throws what the login does. */
  async settled(): Promise<void> {
    await this.#login;
  }

  /** One more connection, for who needs its own; it ends with the line. Throws as `connected`. */
  async another(): Promise<Connection> {
    const { connection } = await this.#open(this.#ending.signal, false);
    if (this.closed) connection.destroy();
    this.#others.add(connection);
    connection.events.on("close", () => void this.#others.delete(connection));
    return connection;
  }

  /** What a person asks for: looks whether the line lives, and makes it without waiting any longer. */
  async reconnect(): Promise<void> {
    if (this.#connection) await this.#probe(this.#connection);
    this.#refusal = null;
    this.#failures = 0;
    this.#beginAnew();
    await this.connected();
  }

  /** Something has happened that cuts lines unheard: looks whether they live, or tries again without waiting. */
  doubt(): void {
    if (this.#connection) {
      void this.#probe(this.#connection);
      this.#probeOthers();
    } else if (this.#attempt) {
      this.#beginAnew();
    } else if (this.#state.kind === "down" && this.#state.retryAt !== null) {
      this.#failures = 0;
      this.#try().catch(() => undefined);
    }
  }

  async #probe(connection: Connection): Promise<void> {
    try {
      await probe(connection);
      this.#hooks.alive();
    } catch {
      // It is closed now, which is told as any loss is.
    }
  }

  #probeOthers(): void {
    for (const other of this.#others) probe(other).catch(() => undefined);
  }

  /** What is under way may lead nowhere: another attempt takes its place, for all who wait for it. */
  #beginAnew(): void {
    if (!this.#attempt || Date.now() - this.#attempt.since < freshMs) return;
    this.#attempt.again = true;
    this.#attempt.controller.abort();
  }

  #try(): Promise<Connection> {
    if (this.#retryTimer) clearTimeout(this.#retryTimer);
    this.#retryTimer = null;
    const connect = () =>
      this.#connect(attempt).catch((error: unknown) => {
        this.#lost(asError(error));
        throw error;
      });
    const attempt: Attempt = {
      since: Date.now(),
      controller: new AbortController(),
      again: false,
      promise: Promise.resolve().then(connect),
    };
    this.#attempt = attempt;
    this.#setState({ kind: "connecting", since: attempt.since, waitedMs: 0 });
    return attempt.promise;
  }

  async #connect(attempt: Attempt): Promise<Connection> {
    const { connection, login } = await this.#openAgain(attempt);
    if (this.closed) connection.destroy();
    connection.events.on("close", (error) => {
      if (this.#connection === connection)
        this.#lost(error ?? new ImapError("CLOSED", "the server closed the connection"));
    });
    this.#connection = connection;
    this.#attempt = null;
    this.#hooks.opened(connection);
    const entered = () => {
      if (this.#connection !== connection) return;
      this.#since = Date.now();
      this.#refusal = null;
      this.#setState({ kind: "online", since: this.#since, waitedMs: 0 });
      this.#hooks.online();
    };
    this.#login = login.then(entered);
    this.#login.catch(() => undefined);
    return connection;
  }

  async #openAgain(attempt: Attempt): Promise<Opened> {
    for (;;) {
      try {
        return await this.#open(attempt.controller.signal, this.#failures === 0, (connection) =>
          this.#hooks.entering(connection),
        );
      } catch (error) {
        if (!attempt.again || this.closed) throw error;
        attempt.again = false;
        attempt.since = Date.now();
        attempt.controller = new AbortController();
        this.#setState({ kind: "connecting", since: attempt.since, waitedMs: 0 });
      }
    }
  }

  /** `eager`: the password is asked for before there is anybody to give it to. */
  async #open(signal: AbortSignal, eager: boolean, entering?: LineHooks["entering"]): Promise<Opened> {
    const { server, protocol } = this.#options;
    const ask = () => {
      const asked = this.#options.password();
      asked.catch(() => undefined);
      return asked;
    };
    // The password command and the handshakes take their time side by side, unless they may come to nothing.
    const early = eager ? ask() : null;
    const remembered = this.#options.recall();
    const dialling = this.#dialling;
    this.#dialling = undefined;
    const connection = await connect({
      ...server,
      signal,
      clientId: { name: "Postern", version },
      ...(dialling ? { dialling } : {}),
      ...(remembered ? { remembered } : {}),
      log: (direction, text) => protocol.tell(`${direction === "in" ? "<" : ">"} ${text}`),
      logs: () => protocol.wanted,
    });
    this.#octets.add(connection);
    const abort = () => connection.destroy();
    signal.addEventListener("abort", abort);
    const password = early ?? ask();
    const login = password
      .then((secret) => {
        const done = this.#logIn(connection, secret);
        if (!remembered && !(secret instanceof AccessToken)) entering?.(connection);
        return done;
      })
      .then(() => {
        if (connection.remembered) this.#options.remember(connection.remembered);
        // Yahoo shows the newest messages alone to who might use sequence numbers (RFC 9586, 9738).
        if (connection.quirks.cappedView) connection.run(enable(["UIDONLY"])).catch(() => undefined);
      });
    login.catch((error: unknown) => connection.destroy(error instanceof ImapError ? error : undefined));
    try {
      // With the server's abilities known, what is to be read is asked for along with the login, and fails with it.
      // A token may have to be replaced, and what waits behind it would fail.
      if (remembered === null || (await password) instanceof AccessToken) await login;
      if (connection.state === "closed") await login;
    } finally {
      signal.removeEventListener("abort", abort);
    }
    return { connection, login };
  }

  async #logIn(connection: Connection, secret: Secret): Promise<void> {
    const { user } = this.#options.account.imap;
    if (!(secret instanceof AccessToken)) return connection.authenticate({ user, secret });
    try {
      await connection.authenticate({ user, token: secret });
    } catch (error) {
      if (!(error instanceof ImapError && error.code === "AUTH") || connection.state === "closed")
        throw error;
      // It may have been withdrawn before its time. A new one that is refused too is the person's affair.
      const token = await this.#options.password(secret);
      if (!(token instanceof AccessToken) || token.reveal() === secret.reveal()) throw error;
      await connection.authenticate({ user, token });
    }
  }

  #lost(error: Error): void {
    const held = this.#since === null ? 0 : Date.now() - this.#since;
    this.#connection = null;
    this.#attempt = null;
    this.#since = null;
    this.#hooks.lost();
    if (this.closed) return;
    // What this one died of in silence, the others may have too.
    if (error instanceof ImapError && error.code === "TIMEOUT") this.#probeOthers();
    const steady = held >= steadyMs;
    if (steady) this.#failures = 0;
    this.#refusal = steady ? null : error;
    const again = this.#options.keepOnline && mayRetry(error);
    const retryAt = again ? Date.now() + this.#wait(error, steady) : null;
    this.#setState({ kind: "down", error, retryAt });
    if (retryAt === null) return;
    this.#retryTimer = setTimeout(() => {
      this.#try().catch(() => undefined);
    }, retryAt - Date.now());
    this.#retryTimer.unref();
  }

  /** ms: none where the line and not the server was at fault. */
  #wait(error: Error, steady: boolean): number {
    const asked = error instanceof ImapError ? (error.retryAfter ?? 0) : 0;
    if (steady && asked === 0 && error instanceof ImapError && error.code === "TIMEOUT") return 0;
    return Math.max(asked, this.#delay());
  }

  /** Doubling from one second to one minute, ±20 % so that many clients do not come back at once. */
  #delay(): number {
    const doubled = Math.min(lastRetryMs, firstRetryMs * 2 ** this.#failures++);
    return doubled * (0.8 + Math.random() * 0.4);
  }

  /** Says goodbye; takes less than two seconds with a dead server. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#surroundings?.stop();
    if (this.#retryTimer) clearTimeout(this.#retryTimer);
    this.#attempt?.controller.abort();
    this.#dialling?.giveUp(new ImapError("ABORTED", "The connection was not wanted."));
    const connection = this.#connection;
    const heard = this.#since !== null && connection !== null && connection.watchdog.waited < deadMs;
    this.#connection = null;
    for (const other of this.#others) other.destroy();
    if (heard) await connection.logout();
    else connection?.destroy();
  }
}

/** Asking again with a refused password would only lock the account; the person acts first. */
function mayRetry(error: Error): boolean {
  if (error instanceof AccountError) return !["NO_PASSWORD", "NOT_ALLOWED", "CONFIG"].includes(error.code);
  return !(error instanceof ImapError && ["AUTH", "CERTIFICATE", "INSECURE"].includes(error.code));
}

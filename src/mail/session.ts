/**
 * Who has which mailbox selected on the line. IMAP has one selected mailbox a connection; work on the same mailbox
 * goes on side by side, work on another waits its turn.
 */

import {
  type CommandProgress,
  type Connection,
  enable,
  ImapError,
  type MailboxEvent,
  type SelectedMailbox,
} from "../imap/index.ts";
import { isLineDown } from "./errors.ts";
import { Line, type LineOptions } from "./line.ts";
import type { Octets } from "./octets.ts";
import type { LineState } from "./values.ts";

export interface SessionOptions extends LineOptions {
  /** Selects a mailbox, which the server calls `serverPath`; resolves when work in it may begin. */
  enter(connection: Connection, path: string, serverPath: string): Promise<void>;
  /** Called when the watched mailbox has been selected again after another one, or after a loss. */
  returned(connection: Connection): Promise<unknown>;
  mailboxEvent(connection: Connection, event: MailboxEvent): void;
  /** A command on the selected mailbox is getting on (RFC 9585). */
  progress(path: string, progress: CommandProgress): void;
  /** What the server calls a mailbox, which may have been renamed off line; null where it has none such yet. */
  serverPath(path: string): string | null;
  /** Resolves when the server knows a mailbox as the local copy does, or will not; null where there is nothing to wait for. */
  ready(path: string): Promise<void> | null;
  /** There is a connection: what is to be read can be asked for, along with the login. */
  opened(): void;
  /** The server has let us in. */
  online(): void;
  alert(text: string): void;
  /** So many messages are shown in a simplified form (RFC 6858). */
  downgraded(messages: number): void;
}

/** Asks while a mailbox is being selected: the answer comes in the same flight. */
export interface Along {
  ask(connection: Connection): unknown;
  /** It needs nothing that a server offers: it is asked before one knows what that is. */
  readonly blind?: boolean;
}

/** What only reads. */
export interface Question<A> extends Along {
  ask(connection: Connection): Promise<A>;
  /** Whether the mailbox has other UIDs than those that were asked of: then it is asked anew. */
  others?(selected: SelectedMailbox): boolean;
}

interface Wanted {
  readonly path: string;
  /** Null where it has asked. */
  along: Along | null;
}

interface Waiting extends Wanted {
  readonly connection: Connection;
  /** Only where nobody else waits. */
  readonly behind: boolean;
  start(): void;
  fail(error: unknown): void;
}

export interface WithinOptions {
  readonly behind?: boolean;
  readonly ahead?: boolean;
  readonly along?: Along | null;
}

/** IDLE begins this long after the last command: keys that follow one another do not each pay for DONE and IDLE. */
const idleAfterMs = 250;

export class Session {
  readonly #options: SessionOptions;
  readonly #line: Line;
  /** The mailbox that is selected and has been entered. */
  #path: string | null = null;
  /** Whose events are listened to. */
  #heard: Connection | null = null;
  #users = 0;
  /** The mailbox that is being selected. */
  #selecting: string | null = null;
  #waiting: Waiting[] = [];
  /** What is waited for together with the connection, first come first. */
  readonly #wanted: Wanted[] = [];
  #watched: string | null = null;
  #idleTimer: NodeJS.Timeout | null = null;
  /** What is in IDLE, or polled where that is not offered. */
  #idling: Connection | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#line = new Line(options, {
      entering: (connection) => this.#entering(connection),
      opened: (connection) => this.#opened(connection),
      online: () => options.online(),
      alive: () => this.#idleSoon(),
      lost: () => {
        this.#path = null;
      },
    });
  }

  get state(): LineState {
    return this.#line.state;
  }

  get connection(): Connection | null {
    return this.#line.connection;
  }

  /** As the line has it. */
  get octets(): Octets {
    return this.#line.octets;
  }

  /** The connection, made if need be. Throws MailError "OFFLINE", ImapError, AccountError. */
  connected(): Promise<Connection> {
    return this.#line.connected();
  }

  /** Resolves when it is known whether the server lets us in. Throws what the login does. */
  settled(): Promise<void> {
    return this.#line.settled();
  }

  /** Whether somebody waits for what is asked on the main connection. */
  get busy(): boolean {
    return this.#users > 0 || this.#selecting !== null || this.#waiting.length > 0;
  }

  /** One more connection, for who needs its own; it ends with the session. Throws as `connected`. */
  another(): Promise<Connection> {
    return this.#line.another();
  }

  /** Looks whether the line lives, and makes it without waiting any longer. Throws as `connected`. */
  reconnect(): Promise<void> {
    return this.#line.reconnect();
  }

  /**
   * What the server can do is told with its answer to the login: the first mailbox that is wanted is selected without
   * waiting for it. ENABLE must come before (RFC 5161 §3.1), and goes out unheard.
   */
  #entering(connection: Connection): void {
    const path = this.#wanted[0]?.path;
    if (path === undefined || this.#options.ready(path) !== null) return;
    this.#listen(connection);
    if (connection.capabilities.has("ENABLE")) switchOn(connection, true);
    this.#select(connection, path, true);
  }

  #listen(connection: Connection): void {
    if (this.#heard === connection) return;
    this.#heard = connection;
    connection.events.on("mailbox", (event) => this.#options.mailboxEvent(connection, event));
    connection.events.on("progress", (progress) => this.#options.progress(this.#path ?? "", progress));
    connection.events.on("alert", (text) => this.#options.alert(text));
    connection.events.on("downgraded", (messages) => this.#options.downgraded(messages));
  }

  #opened(connection: Connection): void {
    this.#listen(connection);
    if (this.#selecting === null && connection.capabilities.has("QRESYNC")) switchOn(connection, false);
    this.#options.opened();
    this.#idleSoon();
  }

  /**
   * Runs `work` while the mailbox `path` is selected and stays so. `behind`: it has time, and lets others go first.
   * `ahead`: also where the server has yet to be told of changes of that folder, as it is for who tells it. `along`: see
   * `asked`.
   */
  async within<T>(
    path: string,
    work: (connection: Connection, selected: SelectedMailbox) => Promise<T>,
    { behind = false, ahead = false, along = null }: WithinOptions = {},
  ): Promise<T> {
    const wanted = { path, along };
    const connection = await this.#connectedFor(wanted);
    if (!ahead) await this.#options.ready(path);
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ ...wanted, connection, behind, start: resolve, fail: reject });
      this.#goAlong(connection, false);
      this.#pump();
    });
    try {
      const { selected } = connection;
      if (!selected) throw new ImapError("CLOSED", "the connection was lost");
      return await work(connection, { ...selected, path });
    } finally {
      this.#users--;
      this.#pump();
    }
  }

  /**
   * Asks in the flight that selects a mailbox; once more where that came to nothing. Runs `work` with the answer that holds,
   * as `within` does.
   */
  asked<A, T>(
    path: string,
    question: Question<A>,
    work: (answer: A, connection: Connection) => T | Promise<T>,
  ): Promise<T> {
    let early: { readonly connection: Connection; readonly answer: Promise<A> } | null = null;
    const ask = (connection: Connection) => {
      early = { connection, answer: question.ask(connection) };
      early.answer.catch(() => undefined);
    };
    const answer = (connection: Connection, selected: SelectedMailbox) => {
      if (early?.connection !== connection || question.others?.(selected)) return question.ask(connection);
      return early.answer.catch((error: unknown) => {
        if (isLineDown(error)) throw error;
        return question.ask(connection);
      });
    };
    return this.within(
      path,
      async (connection, selected) => work(await answer(connection, selected), connection),
      { along: { ...question, ask } },
    );
  }

  async #connectedFor(wanted: Wanted): Promise<Connection> {
    this.#wanted.push(wanted);
    try {
      return await this.connected();
    } finally {
      this.#wanted.splice(this.#wanted.indexOf(wanted), 1);
    }
  }

  /** Whether someone waits for another mailbox who should not have to. */
  get crowded(): boolean {
    return this.#waiting.some(({ path, behind }) => !behind && path !== this.#path);
  }

  /** Lets in whoever is next, in order: nobody waits for ever behind a busy mailbox. */
  #pump(): void {
    while (this.#selecting === null) {
      const next = this.#waiting.find(({ behind }) => !behind) ?? this.#waiting[0];
      if (!next) break;
      // Work of a lost connection may end when there is another one, and says nothing about that.
      if (this.connection !== next.connection) {
        this.#leave(next).fail(new ImapError("CLOSED", "the connection was lost"));
      } else if (this.#path === next.path) {
        this.#users++;
        this.#leave(next).start();
      } else if (this.#users === 0) {
        this.#select(next.connection, next.path, false);
      } else {
        break;
      }
    }
    this.#idleSoon();
  }

  #leave(waiting: Waiting): Waiting {
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
    return waiting;
  }

  async #enter(connection: Connection, path: string): Promise<void> {
    // A name that the server does not know yet is refused by itself.
    const serverPath = this.#options.serverPath(path) ?? path;
    await this.#options.enter(connection, path, serverPath);
  }

  /** `blind`: what the server offers is not known. */
  #select(connection: Connection, path: string, blind: boolean): void {
    this.#selecting = path;
    this.#path = null;
    const entered = this.#enter(connection, path);
    this.#goAlong(connection, blind);
    entered
      .then(
        () => {
          if (connection.state !== "closed") this.#path = path;
        },
        (error: unknown) => {
          for (const waiting of this.#waiting.filter((w) => w.path === path))
            this.#leave(waiting).fail(error);
        },
      )
      .finally(() => {
        this.#selecting = null;
        this.#pump();
      });
  }

  /** Lets those ask who want what is being selected. */
  #goAlong(connection: Connection, blind: boolean): void {
    const waiting = this.#waiting.filter((each) => each.connection === connection);
    for (const each of [...this.#wanted, ...waiting]) {
      if (each.path !== this.#selecting || !each.along || (blind && !each.along.blind)) continue;
      each.along.ask(connection);
      each.along = null;
    }
  }

  /** Keeps `path` selected while there is nothing else to do, and IDLEs on it. */
  watch(path: string | null): void {
    this.#watched = path;
    this.#idleSoon();
  }

  #idleSoon(): void {
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    if (!this.#options.keepOnline || this.#watched === null || this.#line.closed) return;
    this.#idleTimer = setTimeout(() => this.#idle(), idleAfterMs);
    this.#idleTimer.unref();
  }

  #idle(): void {
    const { connection } = this;
    const path = this.#watched;
    if (!connection || path === null || this.busy) return;
    if (this.#path !== path) {
      // Something else was selected meanwhile: come back, which also catches up with what happened.
      this.within(path, (c) => this.#options.returned(c), { behind: true }).catch(() => undefined);
      return;
    }
    if (this.#idling === connection) return;
    this.#idling = connection;
    // Ended by any other command, also by one that needs no mailbox, or by the server.
    const over = () => {
      if (this.#idling === connection) this.#idling = null;
      this.#idleSoon();
    };
    connection.idle().ended.then(over, over);
  }

  /** Says goodbye; takes less than two seconds with a dead server. */
  async close(): Promise<void> {
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    await this.#line.close();
  }
}

/** QRESYNC (RFC 7162 §3.2.3), without which SELECT cannot tell what has changed. */
function switchOn(connection: Connection, blindly: boolean): void {
  connection.run(enable(["QRESYNC"], blindly)).catch(() => undefined);
}

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
import { Line, type LineOptions } from "./line.ts";
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

interface Waiting {
  readonly connection: Connection;
  readonly path: string;
  /** Only where nobody else waits. */
  readonly behind: boolean;
  start(): void;
  fail(error: unknown): void;
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
  #selecting = false;
  #waiting: Waiting[] = [];
  /** What is waited for together with the connection, first come first. */
  readonly #wanted: string[] = [];
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
    return this.#users > 0 || this.#selecting || this.#waiting.length > 0;
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
    const [path] = this.#wanted;
    if (path === undefined || this.#options.ready(path) !== null) return;
    this.#listen(connection);
    if (connection.capabilities.has("ENABLE")) switchOn(connection, true);
    this.#select(connection, path);
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
    if (!this.#selecting && connection.capabilities.has("QRESYNC")) switchOn(connection, false);
    this.#options.opened();
    this.#idleSoon();
  }

  /**
   * Runs `work` while the mailbox `path` is selected and stays so. `behind`: it has time, and lets others go first.
   * `ahead`: also where the server has yet to be told of changes of that folder, as it is for who tells it.
   */
  async within<T>(
    path: string,
    work: (connection: Connection, selected: SelectedMailbox) => Promise<T>,
    { behind = false, ahead = false }: { readonly behind?: boolean; readonly ahead?: boolean } = {},
  ): Promise<T> {
    const connection = await this.#connectedFor(path);
    if (!ahead) await this.#options.ready(path);
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ connection, path, behind, start: resolve, fail: reject });
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

  async #connectedFor(path: string): Promise<Connection> {
    this.#wanted.push(path);
    try {
      return await this.connected();
    } finally {
      this.#wanted.splice(this.#wanted.indexOf(path), 1);
    }
  }

  /** Whether someone waits for another mailbox who should not have to. */
  get crowded(): boolean {
    return this.#waiting.some(({ path, behind }) => !behind && path !== this.#path);
  }

  /** Lets in whoever is next, in order: nobody waits for ever behind a busy mailbox. */
  #pump(): void {
    while (!this.#selecting) {
      const next = this.#waiting.find(({ behind }) => !behind) ?? this.#waiting[0];
      if (!next) break;
      // Work of a lost connection may end when there is another one, and says nothing about that.
      if (this.connection !== next.connection) {
        this.#leave(next).fail(new ImapError("CLOSED", "the connection was lost"));
      } else if (this.#path === next.path) {
        this.#users++;
        this.#leave(next).start();
      } else if (this.#users === 0) {
        this.#select(next.connection, next.path);
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

  #select(connection: Connection, path: string): void {
    this.#selecting = true;
    this.#path = null;
    this.#enter(connection, path)
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
        this.#selecting = false;
        this.#pump();
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
    if (!this.#options.keepOnline || this.#watched === null || this.#line.closed) return;
    this.#idleTimer = setTimeout(() => this.#idle(), idleAfterMs);
    this.#idleTimer.unref();
  }

  #idle(): void {
    const { connection } = this;
    const path = this.#watched;
    if (!connection || path === null || this.#users > 0 || this.#selecting || this.#waiting.length > 0)
      return;
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

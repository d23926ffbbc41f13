/**
 * News of all folders (NOTIFY, RFC 5465), where the server offers them: counts change and folders come and go without
 * being asked for. They have a connection of their own with no mailbox selected: beside NOTIFY, Dovecot 2.3 does not
 * always tell what happens in the selected one. Elsewhere the folder list is asked for now and then.
 */
import { setTimeout as pause } from "node:timers/promises";
import { type Connection, type FolderEvent, ImapError, notify, status } from "../imap/index.ts";
import type { Store } from "../store/index.ts";
import { isLineDown } from "./errors.ts";
import { onceMore } from "./once-more.ts";
import type { Counts } from "./operations/counts.ts";
import type { MailEvent } from "./values.ts";

export interface NewsHooks {
  /** A connection of our own. */
  open(): Promise<Connection>;
  /** Whether a mailbox is being watched by other means. */
  watched(path: string): boolean;
  /** What the local copy calls a mailbox of the server. */
  local(path: string): string;
  /** What waits to change the server's counts, by the local copy's paths. */
  changes(): ReadonlyMap<string, Counts>;
  /** Reads the folder list anew. Never fails. */
  refresh(): Promise<unknown>;
  /** The line that told was lost, and it is time to ask for another. */
  again(): void;
  emit(event: MailEvent): void;
}

/** How long nothing is asked after a loss, at first and at most, in milliseconds; about half of it by chance. */
const again = { first: 1_000, most: 300_000 } as const;
/** A line that held so long was good. */
const steadyMs = 60_000;
/** IDLE begins this long after what came between: several that follow one another do not each pay for it. */
const idleAfterMs = 250;
/** What is told within so long is counted together: of a folder that is emptied, a server tells with each message that goes. */
const togetherMs = 100;

/** What a folder has; undefined where that was not told. */
type Told = Partial<Counts>;

export class News {
  readonly #store: Store;
  readonly #hooks: NewsHooks;
  #listening = false;
  #line: Connection | null = null;
  #losses = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(store: Store, hooks: NewsHooks) {
    this.#store = store;
    this.#hooks = hooks;
  }

  /** Listens from now on until the line is lost, where the server that `main` is connected to offers that. */
  async listen(main: Connection): Promise<void> {
    if (this.#listening || !main.capabilities.has("NOTIFY") || main.quirks.maxConnections < 2) return;
    this.#listening = true;
    if (this.#timer) clearTimeout(this.#timer);
    try {
      const line = await this.#hooks.open();
      const since = Date.now();
      line.events.on("close", (error) => {
        this.#listening = false;
        if (error) this.#lost(error, Date.now() - since);
      });
      this.#line = line;
      line.events.on("folders", (event) => this.#apply(event));
      await line.run(
        notify({
          groups: [{ of: "personal", events: ["MessageNew", "MessageExpunge", "MailboxName"] }],
          // What happened since the folders were listed.
          status: true,
        }),
      );
      await this.#idle(line);
    } catch (error) {
      // Without news the folder list is asked for as elsewhere: nothing that a person must know.
      if (this.#listening) this.#lost(error, 0);
      this.#listening = false;
    }
  }

  /** Some tell nothing while nothing is asked, and IDLE keeps the line alive. */
  async #idle(line: Connection): Promise<void> {
    for (;;) {
      await line.idle().ended;
      await new Promise((resolve) => setTimeout(resolve, idleAfterMs).unref());
    }
  }

  /** A server that ends it again and again is asked ever more seldom, and one that refuses never. `held` in ms. */
  #lost(error: unknown, held: number): void {
    if (!isLineDown(error) || (error instanceof ImapError && error.code === "AUTH")) return;
    if (held >= steadyMs) this.#losses = 0;
    const wait = Math.min(again.most, again.first * 2 ** this.#losses++);
    this.#timer = setTimeout(() => this.#hooks.again(), wait * (0.75 + Math.random() / 2));
    this.#timer.unref();
  }

  /** One list for all that is told while it is asked for. */
  readonly #refresh = onceMore(() => this.#hooks.refresh());

  /** The last that was told of each folder since they were counted, by the server's names. */
  readonly #told = new Map<string, Told>();

  #apply(event: FolderEvent): void {
    if (event.kind === "list") void this.#refresh();
    if (event.kind !== "status") return;
    const { messages = this.#told.get(event.path)?.messages, unseen } = event.status;
    this.#told.set(event.path, { messages, unseen });
    void this.#count();
  }

  readonly #count = onceMore(async () => {
    await pause(togetherMs, undefined, { ref: false });
    const told = [...this.#told].filter(([path]) => !this.#hooks.watched(this.#hooks.local(path)));
    this.#told.clear();
    // The server must tell how many there are, but need not tell how many are unread (§5.2).
    const whole = told.map(async ([path, counts]): Promise<[string, Told]> => {
      if (counts.unseen !== undefined) return [path, counts];
      const answer = this.#line?.run(status(path, ["messages", "unseen"])).catch(() => counts);
      return [path, (await answer) ?? counts];
    });
    this.#counted(await Promise.all(whole));
  });

  #counted(told: readonly (readonly [onServer: string, Told])[]): void {
    try {
      const { mailboxes } = this.#store;
      const changes = this.#hooks.changes();
      for (const [onServer, { messages, unseen }] of told) {
        const path = this.#hooks.local(onServer);
        const change = changes.get(path);
        const mailbox = mailboxes.byPath(path);
        if (!mailbox) void this.#refresh();
        else
          mailboxes.setState(mailbox.id, {
            ...(messages === undefined ? {} : { messages: messages + (change?.messages ?? 0) }),
            ...(unseen === undefined ? {} : { unseen: Math.max(0, unseen + (change?.unseen ?? 0)) }),
          });
      }
    } catch {
      // A full disk is told of by who needs it; the next list of folders has the counts.
      return;
    }
    if (told.length > 0) this.#hooks.emit({ kind: "folders" });
  }
}

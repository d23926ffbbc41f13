/**
 * News of all folders (NOTIFY, RFC 5465), where the server offers them: counts change and folders come and go without
 * being asked for. They have a connection of their own with no mailbox selected: beside NOTIFY, Dovecot 2.3 does not
 * always tell what happens in the selected one. Elsewhere the folder list is asked for now and then.
 */
import { type Connection, type FolderEvent, notify, status } from "../imap/index.ts";
import type { Store } from "../store/index.ts";
import type { MailEvent } from "./values.ts";

export interface NewsHooks {
  /** A connection of our own. */
  open(): Promise<Connection>;
  /** Whether a mailbox is being watched by other means. */
  watched(path: string): boolean;
  /** Reads the folder list anew. */
  refresh(): void;
  emit(event: MailEvent): void;
}

export class News {
  readonly #store: Store;
  readonly #hooks: NewsHooks;
  #listening = false;

  constructor(store: Store, hooks: NewsHooks) {
    this.#store = store;
    this.#hooks = hooks;
  }

  /** Listens from now on until the line is lost, where the server that `main` is connected to offers that. */
  async listen(main: Connection): Promise<void> {
    if (this.#listening || !main.capabilities.has("NOTIFY") || main.quirks.maxConnections < 2) return;
    this.#listening = true;
    try {
      const line = await this.#hooks.open();
      line.events.on("close", () => {
        this.#listening = false;
      });
      line.events.on("folders", (event) => this.#apply(line, event));
      await line.run(
        notify({
          groups: [{ of: "personal", events: ["MessageNew", "MessageExpunge", "MailboxName"] }],
          // What happened since the folders were listed.
          status: true,
        }),
      );
      // Some tell nothing while nothing is asked, and IDLE keeps the line alive.
      line.idle();
    } catch {
      // Without news the folder list is asked for as elsewhere: nothing that a person must know.
      this.#listening = false;
    }
  }

  #apply(line: Connection, event: FolderEvent): void {
    if (event.kind === "list") this.#hooks.refresh();
    if (event.kind !== "status" || this.#hooks.watched(event.path)) return;
    const { path } = event;
    const { messages, unseen } = event.status;
    if (unseen !== undefined) {
      this.#counted(path, messages, unseen);
      return;
    }
    // The server must tell how many there are, but need not tell how many are unread (§5.2).
    line
      .run(status(path, ["messages", "unseen"]))
      .then((told) => {
        this.#counted(path, told.messages, told.unseen);
        line.idle();
      })
      .catch(() => undefined);
  }

  #counted(path: string, messages: number | undefined, unseen: number | undefined): void {
    const mailbox = this.#store.mailboxes.byPath(path);
    if (!mailbox) {
      this.#hooks.refresh();
      return;
    }
    this.#store.mailboxes.setState(mailbox.id, {
      ...(messages === undefined ? {} : { messages }),
      ...(unseen === undefined ? {} : { unseen }),
    });
    this.#hooks.emit({ kind: "folders" });
  }
}

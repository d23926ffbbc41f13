/**
 * News of all folders on one connection (NOTIFY, RFC 5465), where the server offers it: counts change and folders
 * come and go without being asked for. Elsewhere the folder list is asked for now and then.
 */
import { type Connection, type FolderEvent, notify, status } from "../imap/index.ts";
import type { Store } from "../store/index.ts";
import type { MailEvent } from "./values.ts";

/** Asks for news, where the server offers them. @throws ImapError where it then will not tell */
export async function askForNews(connection: Connection): Promise<void> {
  if (!connection.capabilities.has("NOTIFY")) return;
  await connection.run(
    notify({
      // Without this group the selected mailbox would tell nothing any more (§6.1).
      selected: ["MessageNew", "MessageExpunge", "FlagChange"],
      // What we do is done by UID.
      atOnce: true,
      groups: [{ of: "personal", events: ["MessageNew", "MessageExpunge", "MailboxName"] }],
    }),
  );
}

export class News {
  readonly #store: Store;
  readonly #emit: (event: MailEvent) => void;
  readonly #refresh: () => void;

  /** `refresh` reads the folder list anew. */
  constructor(store: Store, emit: (event: MailEvent) => void, refresh: () => void) {
    this.#store = store;
    this.#emit = emit;
    this.#refresh = refresh;
  }

  /** Takes in what the server told of a folder that is not open. */
  apply(connection: Connection, event: FolderEvent): void {
    if (event.kind === "list") this.#refresh();
    if (event.kind !== "status" || event.path === connection.selected?.path) return;
    const { path } = event;
    const { messages, unseen } = event.status;
    // The server must tell how many there are, but need not tell how many are unread (§5.2).
    if (unseen === undefined) this.#ask(connection, path);
    else this.#counted(path, messages, unseen);
  }

  #ask(connection: Connection, path: string): void {
    connection.run(status(path, ["messages", "unseen"])).then(
      ({ messages, unseen }) => this.#counted(path, messages, unseen),
      () => undefined,
    );
  }

  #counted(path: string, messages: number | undefined, unseen: number | undefined): void {
    const mailbox = this.#store.mailboxes.byPath(path);
    if (!mailbox) {
      this.#refresh();
      return;
    }
    this.#store.mailboxes.setState(mailbox.id, {
      ...(messages === undefined ? {} : { messages }),
      ...(unseen === undefined ? {} : { unseen }),
    });
    this.#emit({ kind: "folders" });
  }
}

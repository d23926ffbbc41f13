/** Changes of the folder tree as a person asks for them: checked as far as the local copy can, done at once. */
import { encodeMailboxName } from "../imap/index.ts";
import type { Store, StoredMailbox } from "../store/index.ts";
import { MailError } from "./errors.ts";
import { arrangeFolders } from "./folders.ts";
import type { Operations } from "./operations/index.ts";
import type { Outcome } from "./operations/settle.ts";
import type { Folder } from "./values.ts";

export class FolderChanges {
  readonly #store: Store;
  readonly #operations: Operations;

  constructor(store: Store, operations: Operations) {
    this.#store = store;
    this.#operations = operations;
  }

  /** Throws MailError "FOLDER_EXISTS", "BAD_NAME", and what the server says to it. */
  async create(wanted: string): Promise<{ folder: Folder; outcome: Outcome }> {
    const { path, name, delimiter } = this.#free(wanted);
    const done = this.#operations.folder({ kind: "create", path, name, delimiter });
    return { folder: this.#folder(path), outcome: await done };
  }

  /** With the folders below it. Throws MailError "FOLDER_EXISTS", "IS_INBOX", "BAD_NAME". */
  async rename(folder: Folder, wanted: string): Promise<{ folder: Folder; outcome: Outcome }> {
    this.#refuseInbox(
      folder,
      "its name is fixed, and renaming it would empty it",
      "move its messages instead",
    );
    const { path: to, name: toName, delimiter } = this.#free(wanted);
    if (delimiter !== null && to.startsWith(folder.path + delimiter)) {
      throw new MailError(
        "BAD_NAME",
        `${toName} lies below ${folder.name} itself`,
        "choose a name beside it",
      );
    }
    const { path, name } = folder;
    const done = this.#operations.folder({ kind: "rename", path, name, to, toName, delimiter });
    return { folder: this.#folder(to), outcome: await done };
  }

  /** With its messages; once the server has done it this cannot be undone. Throws MailError "IS_INBOX", "HAS_FOLDERS". */
  delete(folder: Folder): Promise<Outcome> {
    this.#refuseInbox(folder, "it cannot be deleted", "delete its messages instead");
    const { path, name } = folder;
    const delimiter = this.#store.mailboxes.byPath(path)?.delimiter ?? null;
    const below = this.#real().filter(
      (other) => delimiter !== null && other.path.startsWith(path + delimiter),
    );
    if (below.length > 0) {
      const names = below.slice(0, 3).map((other) => other.name);
      throw new MailError(
        "HAS_FOLDERS",
        `${name} holds other folders: ${names.join(", ")}${below.length > 3 ? ", …" : ""}`,
        "delete those first",
      );
    }
    return this.#operations.folder({ kind: "delete", path, name, delimiter, onlyEmpty: false });
  }

  subscribe(folder: Folder, on: boolean): Promise<Outcome> {
    const { path, name } = folder;
    return this.#operations.folder({ kind: on ? "subscribe" : "unsubscribe", path, name });
  }

  #refuseInbox({ role }: Folder, what: string, hint: string): void {
    if (role === "inbox") throw new MailError("IS_INBOX", `this is the inbox: ${what}`, hint);
  }

  #real(): StoredMailbox[] {
    return this.#store.mailboxes.all().filter((m) => !m.attributes.includes("\\nonexistent"));
  }

  #folder(path: string): Folder {
    const found = arrangeFolders(this.#real()).find((folder) => folder.path === path);
    if (!found) throw new MailError("NO_FOLDER", "the folder is gone again", "list the folders");
    return found;
  }

  /** A name that no folder has, as the server spells it. */
  #free(wanted: string): { path: string; name: string; delimiter: string | null } {
    const all = this.#real();
    const delimiter = all.find((mailbox) => mailbox.delimiter !== null)?.delimiter ?? null;
    const levels = delimiter === null ? [wanted] : wanted.split(delimiter);
    // A delimiter at the end says that there will be folders below.
    if (levels.length > 1 && levels.at(-1) === "") levels.pop();
    if (levels.some((level) => level.trim() === "" || /[\x00-\x1f\x7f-\x9f]/.test(level))) {
      throw new MailError(
        "BAD_NAME",
        `"${wanted}" is not a name for a folder`,
        "use letters, digits and spaces",
      );
    }
    const prefix = personalPrefix(all, delimiter);
    const plain = levels.join(delimiter ?? "");
    const name = plain.toUpperCase().startsWith(prefix.toUpperCase()) ? plain : prefix + plain;
    const path = encodeMailboxName(name, false);
    const taken = all.find((mailbox) => mailbox.path === path);
    if (taken || path.toUpperCase() === "INBOX") {
      throw new MailError(
        "FOLDER_EXISTS",
        `there is a folder ${taken?.name ?? "INBOX"} already`,
        "choose another name",
      );
    }
    return { path, name, delimiter };
  }
}

/** `INBOX.` where every folder lies below the inbox, as a person's own then all do (RFC 2342 §5). */
function personalPrefix(all: readonly StoredMailbox[], delimiter: string | null): string {
  const others = all.filter(({ path }) => path.toUpperCase() !== "INBOX");
  const below =
    delimiter !== null && others.every(({ path }) => path.toUpperCase().startsWith(`INBOX${delimiter}`));
  return below && others.length > 0 ? `INBOX${delimiter}` : "";
}

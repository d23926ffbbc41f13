/** The account's folders as the local copy knows them, and the one that a name means. */
import type { Store, StoredMailbox } from "../store/index.ts";
import { arrangeFolders, findFolder, unlistedFolder } from "./folders.ts";
import type { Folder } from "./values.ts";

export class KnownFolders {
  readonly #store: Store;
  readonly #ask: () => Promise<void>;
  readonly #offline: boolean;

  /** `ask` brings them in step with the server. */
  constructor(store: Store, { ask, offline }: { ask: () => Promise<void>; offline: boolean }) {
    this.#store = store;
    this.#ask = ask;
    this.#offline = offline;
  }

  /** At once. */
  all(): Folder[] {
    const all = this.#store.mailboxes.all();
    // A level that is no mailbox is shown where it holds some.
    const holds = ({ path, delimiter }: StoredMailbox) =>
      all.some((m) => m.path.startsWith(`${path}${delimiter}`));
    return arrangeFolders(all.filter((m) => !m.attributes.includes("\\nonexistent") || holds(m)));
  }

  /**
   * Paths of those whose mail is to be had off line too, most wanted first, without `path`; what shows others' mail once
   * more is none of them.
   */
  besides(path: string): string[] {
    const others = this.all().filter(
      (f) => f.path !== path && f.selectable && f.role !== "all" && f.role !== "flagged",
    );
    const late = ({ role }: Folder) => role === "junk" || role === "trash";
    return [...others.filter((f) => !late(f)), ...others.filter(late)].map((f) => f.path);
  }

  /** As the server has them, with their counts. Off line, as the local copy has them. Throws as the line does. */
  async refresh(): Promise<Folder[]> {
    if (!this.#offline) await this.#ask();
    return this.all();
  }

  /** The folder a person means; asks the server where the local copy has none like it. Throws MailError "NO_FOLDER". */
  async find(wanted: string): Promise<Folder> {
    const known = this.all();
    const inbox = wanted.toUpperCase() === "INBOX" || wanted === "@inbox";
    // INBOX exists on every server (RFC 9051 §5.1): no need to ask.
    if (inbox) return known.find((f) => f.role === "inbox") ?? unlistedFolder("INBOX");
    try {
      return findFolder(known, wanted);
    } catch (error) {
      if (this.#offline) throw error;
      return findFolder(await this.refresh(), wanted);
    }
  }

  /** The folder a person means as far as the local copy knows it: at once. An unknown name is taken as it is. */
  findCached(wanted: string): Folder {
    try {
      return findFolder(this.all(), wanted);
    } catch {
      return unlistedFolder(wanted.replace(/^@/, ""));
    }
  }

  /** The row of the index for a folder; one that was never listed gets it now. */
  stored(folder: Folder): StoredMailbox {
    const known = this.#store.mailboxes.byPath(folder.path);
    if (known) return known;
    this.#store.mailboxes.put({ path: folder.path, name: folder.name, delimiter: null, attributes: [] });
    return this.#store.mailboxes.byPath(folder.path)!;
  }
}

/**
 * Pieces that are sent later than they are chosen: looked for where they were, and by what is known of their message
 * where that has been moved or numbered anew in the meantime.
 */
import { type Connection, fetch, select, uidSearch, uidSet } from "../imap/index.ts";
import { isProvisional, type Store } from "../store/index.ts";
import { isListed, listData, toStoredMessage } from "./convert.ts";
import { codeOf, isRefusal } from "./operations/conflict.ts";
import type { LastingPiece, Pieces } from "./pieces.ts";
import { fetchSections } from "./sections.ts";
import type { Session } from "./session.ts";
import type { Folder, Role } from "./values.ts";

export interface LastingOptions {
  readonly store: Store;
  readonly session: Session;
  readonly pieces: Pieces;
  /** All folders of the account, as the server has them now. */
  folders(): Promise<readonly Folder[]>;
  /** How the server calls a folder. */
  serverPath(path: string): string;
}

/** Where messages are moved to, the likeliest first. */
const likely: readonly (Role | null)[] = ["archive", "all", "inbox", "trash", "junk"];

export class Lasting {
  readonly #options: LastingOptions;

  constructor(options: LastingOptions) {
    this.#options = options;
  }

  /**
   * What is to be kept of a part, or with section "" of a whole message, of so many octets; null where it cannot be
   * found again: the local copy knows too little of it, or the server does not have it yet.
   */
  of({ path }: Folder, uid: number, section: string, size: number): LastingPiece | null {
    const { store } = this.#options;
    const mailbox = store.mailboxes.byPath(path);
    const row = mailbox && !isProvisional(uid) ? store.messages.get(mailbox.id, uid) : null;
    if (!mailbox?.uidValidity || !row) return null;
    const { messageId, emailId, size: messageSize } = row;
    const octets = section === "" ? messageSize : size;
    return {
      path,
      uidValidity: mailbox.uidValidity,
      uid,
      section,
      size: octets,
      messageId,
      emailId,
      messageSize,
    };
  }

  /** Where it is now, and how long it is in truth; null where it is nowhere. Throws as the line does. */
  async find(piece: LastingPiece): Promise<LastingPiece | null> {
    const here = await this.#where(piece);
    if (here) return here;
    const { messageId, emailId } = piece;
    if (messageId === null && emailId === null) return null;
    const connection = await this.#options.session.another();
    try {
      for (const folder of await this.#folders(piece.path)) {
        const found = await this.#foundIn(connection, folder, piece);
        if (found) return found;
      }
      return null;
    } finally {
      connection.destroy();
    }
  }

  /** Where it was; what the server counts wrong is counted here. */
  async #where(piece: LastingPiece): Promise<LastingPiece | null> {
    const { session, pieces } = this.#options;
    try {
      const found = await session.within(piece.path, async (connection, { uidValidity }) =>
        uidValidity === piece.uidValidity ? has(connection, piece) : null,
      );
      if (found !== "otherwise") return found && piece;
      return { ...piece, size: await pieces.measure(piece) };
    } catch (error) {
      if (isElsewhere(error)) return null;
      throw error;
    }
  }

  async #folders(first: string): Promise<readonly Folder[]> {
    const rank = ({ path, role }: Folder) => {
      if (path === first) return -1;
      const at = likely.indexOf(role);
      return at < 0 ? likely.length : at;
    };
    const folders = await this.#options.folders();
    return folders.filter(({ selectable }) => selectable).sort((a, b) => rank(a) - rank(b));
  }

  async #foundIn(
    connection: Connection,
    { path }: Folder,
    piece: LastingPiece,
  ): Promise<LastingPiece | null> {
    const { messageId, emailId, messageSize } = piece;
    try {
      const { uidValidity } = await connection.run(
        select(this.#options.serverPath(path), { readOnly: true }),
      );
      const byId = emailId !== null && connection.capabilities.has("OBJECTID");
      if (!byId && messageId === null) return null;
      const { uids } = await connection.run(
        uidSearch(byId ? { emailId } : { header: ["Message-ID", messageId ?? ""] }),
      );
      const hits: number[] = [];
      // One with the same Message-ID may be another message.
      if (uids.length > 0)
        await connection.run(
          fetch(uids, listData(connection), {
            onMessage(message) {
              const row = isListed(message) ? toStoredMessage(message, 0) : null;
              const same = byId || (row?.size === messageSize && row.messageId === messageId);
              if (row && same && uidSet.contains(uids, row.uid)) hits.push(row.uid);
            },
          }),
        );
      for (const uid of hits) {
        const candidate = { ...piece, path, uidValidity, uid };
        if ((await has(connection, candidate)) === "as said") return candidate;
        const size = await this.#options.pieces.measure(candidate);
        if (size > 0) return { ...candidate, size };
      }
      return null;
    } catch (error) {
      if (isElsewhere(error)) return null;
      throw error;
    }
  }
}

/** A folder that is not there, or that nobody may look into, has nothing for us; one that is only busy may have. */
function isElsewhere(error: unknown): boolean {
  return isRefusal(error) && codeOf(error) !== "UNAVAILABLE";
}

/**
 * Whether the mailbox that is selected has the piece, with as many octets as it is said to have; `otherwise`: with more
 * or fewer, as some servers count wrong.
 */
async function has(
  connection: Connection,
  { uid, section, size }: LastingPiece,
): Promise<"as said" | "otherwise" | null> {
  const offset = Math.max(0, size - 1);
  const wanted = [{ section, partial: { offset, length: 2 } }];
  const found = (await fetchSections(connection, [[uid, uid]], wanted)).get(uid);
  if (!found) return null;
  const [octets] = found.values();
  return (octets?.length ?? 0) === size - offset ? "as said" : "otherwise";
}

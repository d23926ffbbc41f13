/** What becomes of mail that is written: drafts and copies on the server, and flags of what was answered. */
import {
  type AccessToken,
  append,
  type Connection,
  removeMessages,
  replace,
  type Secret,
  uidSearch,
  uidSet,
} from "../imap/index.ts";
import type { PartDescription } from "../message/types.ts";
import type { Store } from "../store/index.ts";
import { Correspondents } from "./correspondents.ts";
import { isLineDown } from "./errors.ts";
import { Lasting } from "./lasting.ts";
import type { Mail } from "./mail.ts";
import type { Operations } from "./operations/index.ts";
import { type Piece, Pieces, sizeOf } from "./pieces.ts";
import type { Session } from "./session.ts";
import type { Folder, Role } from "./values.ts";

/** Where a message is on the server. */
export interface Place {
  readonly path: string;
  readonly uidValidity: number;
  readonly uid: number;
}

/** Where messages of one folder are. */
export interface Places extends Omit<Place, "uid"> {
  readonly uids: readonly number[];
}

/** A message that is read from where it lies as it is stored, with CRLF line ends. */
export interface StreamedMessage {
  readonly pieces: readonly Piece[];
  /** Angle brackets included. */
  readonly messageId: string;
}

interface SendingParts {
  readonly mail: Mail;
  readonly stateDir: string;
  readonly credentials: Sending["credentials"];
  readonly structure: Sending["structure"];
}

/** So much is held in memory and kept in the journal, in octets: more goes from the disk to the server. */
const inMemory = 8 * 1024 * 1024;
/** Names of the folders that are made where the server has none for it. */
const names = { sent: "Sent", drafts: "Drafts" } as const;

export class Sending {
  /** Where drafts and the outbox lie. */
  readonly stateDir: string;
  /** The password, or an access token; `refused` is the token that the server has just refused. */
  readonly credentials: (refused?: AccessToken) => Promise<Secret>;
  /** Messages of which parts lie on the server already. */
  readonly pieces: Pieces;
  /** Whom the person has written to, and who has written to them. */
  readonly correspondents: Correspondents;
  /** Parts of messages that are to go along with what is sent later. */
  readonly lasting: Lasting;
  /** What the parts of a message are; null where the server cannot tell. Throws as `Mail.read` does. */
  readonly structure: (folder: Folder, uid: number) => Promise<PartDescription | null>;
  readonly #mail: Mail;
  readonly #store: Store;
  readonly #session: Session;
  readonly #operations: Operations;

  constructor(
    { mail, stateDir, credentials, structure }: SendingParts,
    store: Store,
    session: Session,
    operations: Operations,
  ) {
    this.stateDir = stateDir;
    this.correspondents = new Correspondents(store);
    this.credentials = credentials;
    this.structure = structure;
    this.#mail = mail;
    this.#store = store;
    this.#session = session;
    this.#operations = operations;
    const { host, user } = mail.account.imap;
    const serverPath = (path: string) => operations.serverPath(path) ?? path;
    this.pieces = new Pieces({
      host,
      user,
      connected: () => session.connected(),
      another: () => session.another(),
      serverPath,
    });
    this.lasting = new Lasting({
      ...{ store, session, serverPath, pieces: this.pieces },
      folders: () => mail.refreshFolders(),
    });
  }

  /** The numbering of a folder as the local copy knows it; 0 where it was never opened. */
  uidValidity(folder: Folder): number {
    return this.#store.mailboxes.byPath(folder.path)?.uidValidity ?? 0;
  }

  /** The folder of a role; made where there is none. */
  async folderFor(role: keyof typeof names & Role): Promise<Folder> {
    const find = (folders: readonly Folder[]) =>
      folders.find((folder) => folder.role === role) ??
      folders.find(({ name, selectable }) => selectable && name.toLowerCase() === names[role].toLowerCase());
    const known = find(this.#mail.folders());
    if (known) return known;
    let listed: readonly Folder[] = [];
    try {
      listed = await this.#mail.refreshFolders();
    } catch (error) {
      if (!isLineDown(error)) throw error;
    }
    return find(listed) ?? (await this.#mail.folderChanges.create(names[role])).folder;
  }

  /** Sets a flag on messages that were answered or passed on: nothing a person would undo. False where their folder is not there. */
  async mark({ path, uidValidity, uids }: Places, flag: string): Promise<boolean> {
    const mailbox = this.#store.mailboxes.byPath(path);
    if (!mailbox || mailbox.uidValidity !== uidValidity) return false;
    await this.#operations.flag(path, uids, "add", [flag], true);
    return true;
  }

  /** Whether a folder has a message of that id: asks the server where it can. */
  async holds(folder: Folder, messageId: string): Promise<boolean> {
    const quoted = messageId.replace(/["\\]/g, "\\$&");
    return (await this.#mail.find(folder, `mid:"${quoted}"`)).uids.length > 0;
  }

  /** Puts a copy of what was sent into a folder, by the journal, or where it is large at once. Throws as the line does. */
  async keep(folder: Folder, message: StreamedMessage, flags: readonly string[]): Promise<void> {
    const { pieces } = message;
    if (sizeOf(pieces) > inMemory || pieces.some((piece) => "uid" in piece))
      return this.pieces.append(folder.path, pieces, { flags });
    const chunks: Buffer[] = [];
    for await (const chunk of this.pieces.stream(pieces)) chunks.push(chunk as Buffer);
    await this.#mail.append(folder, Buffer.concat(chunks), flags);
  }

  /**
   * Puts a draft on the server in place of an older one (RFC 8508), or where that is not offered beside it, and then
   * removes the older: one of them is always there. Resolves to where it is.
   */
  async saveDraft(
    folder: Folder,
    older: Place | null,
    message: StreamedMessage,
    flags: readonly string[],
  ): Promise<Place> {
    return this.#session.within(folder.path, async (connection, selected) => {
      const { uidValidity } = selected;
      const old = older?.path === folder.path && older.uidValidity === uidValidity ? older.uid : null;
      const path = this.#operations.serverPath(folder.path) ?? folder.path;
      const internalDate = Date.now();
      const there = old !== null && connection.capabilities.has("REPLACE") && (await has(connection, old));
      const told = await this.pieces.stored(connection, message.pieces, (source) => {
        const sent = { flags, internalDate, source };
        return connection.run(there ? replace(old, path, sent) : append(path, sent));
      });
      const uid = told?.uids[0]?.[0] ?? (await newest(connection, message.messageId));
      if (!there && old !== null && uid !== null && uid !== old)
        await removeMessages(connection, uidSet.fromNumbers([old]));
      return { path: folder.path, uidValidity, uid: uid ?? 0 };
    });
  }

  /** Removes a draft that is on the server, by the journal. */
  async dropDraft({ path, uidValidity, uid }: Place): Promise<void> {
    const mailbox = this.#store.mailboxes.byPath(path);
    if (mailbox?.uidValidity === uidValidity && uid > 0) await this.#operations.remove(path, [uid]);
  }
}

async function has(connection: Connection, uid: number): Promise<boolean> {
  const { uids } = await connection.run(uidSearch({ uid: uidSet.fromNumbers([uid]) }));
  return uidSet.contains(uids, uid);
}

/** The last message of that id, where the server does not tell the new UID (UIDPLUS). */
async function newest(connection: Connection, messageId: string): Promise<number | null> {
  const { uids } = await connection.run(uidSearch({ header: ["Message-ID", messageId] }));
  let last: number | null = null;
  for (const uid of uidSet.iterate(uids)) last = uid;
  return last;
}

/** The mail of one account: every read comes from the store, every change is an operation. */
import { EventEmitter } from "node:events";
import type { Readable } from "node:stream";
import type { Account } from "../account/config.ts";
import { cacheDir, stateDir } from "../account/paths.ts";
import { serverOf } from "../account/server.ts";
import type { CryptoTools } from "../message/crypto/types.ts";
import type { Attachment, ReadableMessage, ReadOptions } from "../message/types.ts";
import {
  type FlagTexts,
  openStore,
  type Store,
  type StoredMailbox,
  type WindowQuery,
} from "../store/index.ts";
import { allHave } from "./all-have.ts";
import { Keeping } from "./download/keeping.ts";
import type { DownloadProgress } from "./download/pass.ts";
import { MailError } from "./errors.ts";
import { Extent } from "./extent.ts";
import { FolderChanges } from "./folder-changes.ts";
import { unlistedFolder } from "./folders.ts";
import { ForeignFlags } from "./foreign-flags.ts";
import { KnownFolders } from "./known-folders.ts";
import { listFolders } from "./list-folders.ts";
import { Operations } from "./operations/index.ts";
import type { Outcome } from "./operations/settle.ts";
import { History, type Undone } from "./operations/undo.ts";
import { WaitingChanges } from "./operations/waiting.ts";
import type { MailOptions } from "./options.ts";
import { Ordering } from "./ordering.ts";
import { Previews } from "./previews.ts";
import { ProtocolLines } from "./protocol-lines.ts";
import { type MessageToPut, putAll, putWhole } from "./putting.ts";
import { type MessageRef, type ProtectedMessage, Reading } from "./reading.ts";
import { recall, remember } from "./remembered.ts";
import { type Found, type OnHits, type SearchedBy, Searching } from "./searching.ts";
import { Sending } from "./sending.ts";
import { Server } from "./server.ts";
import { Session } from "./session.ts";
import { rowOfSource } from "./source-row.ts";
import { Sync } from "./sync.ts";
import { Syncing } from "./syncing.ts";
import { Threading } from "./threading.ts";
import type { Folder, LineState, MailEvent, Message } from "./values.ts";
import { Watching } from "./watching.ts";

export class Mail {
  readonly account: Account;
  readonly offline: boolean;
  readonly #keepOnline: boolean;
  #closed = false;
  readonly #store: Store;
  readonly #server: Server;
  readonly #folders: KnownFolders;
  readonly #session: Session;
  readonly #sync: Sync;
  readonly #syncing: Syncing;
  readonly #extent: Extent;
  readonly #operations: Operations;
  readonly #reading: Reading;
  readonly #keeping: Keeping;
  readonly #searching: Searching;
  readonly #foreign: ForeignFlags;
  readonly #watching: Watching;
  readonly #events = new EventEmitter<{ event: [MailEvent] }>();
  readonly #history: History;
  readonly #waiting: WaitingChanges;
  readonly #folderChanges: FolderChanges;
  /** Discussions. */
  readonly threads: Threading;
  /** What becomes of mail that is written. */
  readonly sending: Sending;
  /** How messages begin. */
  readonly previews: Previews;

  private constructor(options: MailOptions) {
    const { account } = options;
    this.account = account;
    this.offline = options.offline;
    this.#keepOnline = options.keepOnline;
    const directories = options.directories ?? {
      cacheDir: cacheDir(account.name),
      stateDir: stateDir(account.name),
    };
    this.#store = openStore(directories, account);
    const protocol = new ProtocolLines();
    if (options.log) protocol.listen(options.log);
    const emit = (event: MailEvent) => {
      if (options.keepOnline && event.kind === "messages") this.threads.soon(event.path);
      this.#events.emit("event", event);
    };
    this.#folders = new KnownFolders(this.#store, {
      offline: options.offline,
      ask: async () => {
        await listFolders(await this.#session.connected(), this.#store, this.#operations);
        emit({ kind: "folders" });
      },
    });
    this.threads = new Threading(this.#store, emit, {
      mailboxId: (folder) => this.#stored(folder).id,
      prepare: (folder) => (this.offline ? this.#foreign.look(folder.path) : this.sync(folder)),
    });
    this.#session = new Session({
      account,
      server: serverOf(account),
      ...(options.dialling ? { dialling: options.dialling } : {}),
      password: (refused) => options.password(refused),
      offline: options.offline,
      keepOnline: options.keepOnline,
      protocol,
      recall: () => recall(this.#store, account),
      remember: (capabilities) => remember(this.#store, account, capabilities),
      enter: async (connection, path, serverPath) => {
        await this.#sync.enter(connection, path, serverPath);
        // A power failure may have left the index older than the names it gave its files: the server knows whose they are.
        void this.#foreign.look(path);
      },
      returned: (connection) => this.#sync.all(connection, () => this.#session.crowded),
      mailboxEvent: (connection, event) => this.#syncing.changed(connection, event),
      progress: (path, { done, goal: total }) => {
        if (done !== null && total !== null) emit({ kind: "progress", path, doing: "command", done, total });
      },
      serverPath: (path) => this.#operations.serverPath(path),
      ready: (path) => this.#operations.ready(path),
      // After a loss: what the connection missed is caught up with, as at the start.
      opened: () => this.#watching.keepUp(),
      online: () => this.#operations.replay(),
      state: (state) => emit({ kind: "line", state }),
      downgraded: (messages) => {
        const text = `${messages} of the messages come simplified: their addresses are more than this server tells us`;
        emit({ kind: "notice", level: "info", text });
      },
      alert: (text) => emit({ kind: "notice", level: "info", text: `the server says: ${text}` }),
    });
    this.#operations = new Operations({
      store: this.#store,
      session: this.#session,
      presence: () => this.#syncing,
      keepsConflicts: options.keepOnline,
      emit,
    });
    this.#server = new Server(account, {
      session: this.#session,
      store: this.#store,
      protocol,
      queued: () => this.queued,
      find: (name) => this.findFolder(name),
    });
    const structure = (folder: Folder, uid: number) => this.#reading.structure(this.#ref(folder, uid));
    const desk = { mail: this, stateDir: directories.stateDir, credentials: options.password, structure };
    this.sending = new Sending(desk, this.#store, this.#session, this.#operations);
    this.#history = new History(this.#store, this.#operations);
    this.#waiting = new WaitingChanges(this.#store, this.#operations);
    this.#folderChanges = new FolderChanges(this.#store, this.#operations);
    const lost = (path: string, error: unknown) => this.#syncing.lost(path, error);
    this.#sync = new Sync({ store: this.#store, overlay: this.#operations, emit, lost });
    this.#keeping = new Keeping(this.#store, this.#session, {
      account,
      cacheDir: directories.cacheDir,
      background: options.keepOnline,
      watched: () => this.#watching.path,
      emit,
    });
    const inStep = (path: string) => this.#keeping.inStep([path]);
    const context = { store: this.#store, session: this.#session, operations: this.#operations, emit };
    this.#syncing = new Syncing({ ...context, sync: this.#sync, inStep });
    const stored = (folder: Folder) => this.#stored(folder);
    this.#extent = new Extent({
      store: this.#store,
      syncing: this.#syncing,
      offline: options.offline,
      stored,
    });
    this.previews = new Previews(this.#store, this.#session, (folder) => stored(folder).id);
    this.#reading = new Reading(this.#store, this.#session, this.#keeping.room);
    this.#foreign = new ForeignFlags(this.#store, {
      change: ({ path }, uids, mode, flags) => this.#operations.flag(path, uids, mode, flags, true),
      watched: () => this.#watching.path,
      tell: (level, text) => emit({ kind: "notice", level, text }),
    });
    this.#searching = new Searching({
      store: this.#store,
      session: this.#session,
      sync: this.#sync,
      overlay: this.#operations,
      threads: this.threads,
      account,
      online: () => !this.offline && this.#session.state.kind !== "down",
      folders: this.#folders,
      screen: options.keepOnline,
    });
    this.#watching = new Watching({
      ...context,
      folders: this.#folders,
      syncing: this.#syncing,
      keeping: this.#keeping,
      foreign: this.#foreign,
      offline: options.offline,
      keepOnline: options.keepOnline,
    });
    if (options.keepOnline) {
      this.#searching.follow();
      this.#foreign.start();
    }
  }

  /** Opens the local copy; connects when something needs the server. Throws StoreError, AccountError. */
  static open(options: MailOptions): Mail {
    return new Mail(options);
  }

  /** Calls `listener` for every change; returns what stops it. */
  on(listener: (event: MailEvent) => void): () => void {
    this.#events.on("event", listener);
    return () => void this.#events.off("event", listener);
  }

  get line(): LineState {
    return this.#session.state;
  }

  /** From now on, what is asked of the server is answered as things are now. */
  asOfNow(): void {
    this.#syncing.asOfNow();
  }

  /** Changes that wait for the server. */
  get queued(): number {
    return this.#operations.queued;
  }

  /** Resolves when no change is on its way to the server any more: what is left has to wait. */
  settled(): Promise<void> {
    return this.#operations.settled();
  }

  /** Folders as the local copy knows them: at once. */
  folders(): Folder[] {
    return this.#folders.all();
  }

  /** Folders as the server has them, with their counts. Off line, as the local copy has them. */
  refreshFolders(): Promise<Folder[]> {
    return this.#folders.refresh();
  }

  /** The folder a person means; asks the server for its folders where the local copy has none like it. */
  findFolder(wanted: string): Promise<Folder> {
    return this.#folders.find(wanted);
  }

  /** The folder a person means as far as the local copy knows it: at once. An unknown name is taken as it is. */
  findCachedFolder(wanted: string): Folder {
    return this.#folders.findCached(wanted);
  }

  #stored(folder: Folder): StoredMailbox {
    return this.#folders.stored(folder);
  }

  #ref(folder: Folder, uid: number): MessageRef {
    return { path: folder.path, mailboxId: this.#stored(folder).id, uid };
  }

  /** Rows of the index: at once, whatever the line does. */
  window(folder: Folder, query: WindowQuery): Message[] {
    return this.#store.messages.window(this.#stored(folder).id, query);
  }

  /** Messages of the index with their flags: see `Messages.flagTexts`. */
  flagTexts(folder: Folder, from: number, to: number): FlagTexts {
    return this.#store.messages.flagTexts(this.#stored(folder).id, from, to);
  }

  /** How many rows the index has, of those in `uids` where given. */
  count(folder: Folder, uids?: readonly number[]): number {
    return this.#store.messages.count(this.#stored(folder).id, uids);
  }

  /** Where messages stand in the order of a list. */
  get order(): Ordering {
    return new Ordering(this.#store.messages, (folder) => this.#stored(folder).id);
  }

  message(folder: Folder, uid: number): Message | null {
    return this.#store.messages.get(this.#stored(folder).id, uid) ?? null;
  }

  /** The UIDs of a folder, ascending: the server's, or with the network gone the index's. */
  uids(folder: Folder): Promise<readonly number[]> {
    return this.#extent.uids(folder);
  }

  /** How many messages a folder has: on the server, or with the network gone in the index. */
  total(folder: Folder): Promise<number> {
    return this.#extent.total(folder);
  }

  /** A window with what it needs fetched first. `query.uids` ascend. */
  async rows(folder: Folder, query: WindowQuery): Promise<Message[]> {
    if (!this.offline) await this.#syncing.prepare(folder.path, query);
    else await this.#foreign.look(folder.path);
    return this.window(folder, query);
  }

  /** Asks the server for what it has not told of a folder that is open already, and brings the index in step. */
  look(folder: Folder): Promise<void> {
    return this.#syncing.look(folder.path);
  }

  /** Brings the index of a folder in step with the server; a second call joins the first. */
  sync(folder: Folder): Promise<void> {
    return this.#syncing.sync(folder.path);
  }

  /** Brings all folders in step with the server, opening those alone that have changed; a second call joins the first. */
  syncAll(): Promise<void> {
    return this.#syncing.all();
  }

  /** Watches a folder for new mail and other clients' changes; brings it in step now and after every reconnect. */
  watch(folder: Folder): void {
    this.#watching.watch(folder);
  }

  /**
   * Messages that match a query (man postern-query): the server's hits on line, with what only the index can know;
   * off line the index's. `onHits` gets those of the index at once. Throws MailError "QUERY", "NO_FOLDER".
   */
  find(folder: Folder, source: string, onHits?: OnHits, where?: SearchedBy): Promise<Found> {
    return this.#searching.find(folder, source, onHits, where);
  }

  /** The UIDs that `find` finds in this folder, ascending. */
  async search(folder: Folder, source: string): Promise<readonly number[]> {
    return (await this.find(folder, source)).uids;
  }

  /**
   * Fetches what the account's `offline` setting asks to have of a folder that is in step. Rejects as the line and the
   * disk fail; what has come is kept, and the next call goes on from there.
   */
  async download(folder: Folder, how: Parameters<Keeping["download"]>[1] = {}): Promise<DownloadProgress> {
    return this.#keeping.download(folder.path, how);
  }

  read(folder: Folder, uid: number, options: ReadOptions = {}): Promise<ReadableMessage> {
    return this.#reading.read(this.#ref(folder, uid), options);
  }

  /** The message as `read` gives it, with its signatures checked and what is encrypted decrypted (gpg, openssl). */
  readProtected(
    folder: Folder,
    uid: number,
    tools: CryptoTools = {},
    options: ReadOptions = {},
  ): Promise<ProtectedMessage> {
    return this.#reading.readProtected(this.#ref(folder, uid), tools, options);
  }

  /** The whole source, as on the server. */
  source(folder: Folder, uid: number): Promise<Readable> {
    return this.#reading.source(this.#ref(folder, uid));
  }

  header(folder: Folder, uid: number, fields: readonly string[]): Promise<Buffer> {
    return this.#reading.header(this.#ref(folder, uid), fields);
  }

  /** One part, decoded; nothing else of the message is fetched. Throws MailError "NO_PART". */
  part(folder: Folder, uid: number, section: string): Promise<{ attachment: Attachment; stream: Readable }> {
    return this.#reading.part(this.#ref(folder, uid), section);
  }

  /** Whether all of the messages have a flag; a script asks the server, a screen goes by what it shows. */
  allHave(folder: Folder, uids: readonly number[], flag: string): Promise<boolean> {
    return allHave(this, folder, uids, flag, this.#keepOnline);
  }

  /** Adds or removes flags. */
  flag(
    folder: Folder,
    uids: readonly number[],
    mode: "add" | "remove",
    flags: readonly string[],
  ): Promise<Outcome> {
    return this.#operations.flag(this.#stored(folder).path, uids, mode, flags);
  }

  /** What opening a message does: not a change a person would undo. */
  markSeen(folder: Folder, uid: number): Promise<Outcome> {
    return this.#operations.flag(this.#stored(folder).path, [uid], "add", ["\\Seen"], true);
  }

  async move(folder: Folder, uids: readonly number[], to: Folder): Promise<Outcome> {
    if (to.path === folder.path)
      throw new MailError("NO_FOLDER", `they are in ${to.name} already`, "name another folder");
    return this.#operations.move(this.#stored(folder).path, uids, to.path);
  }

  copy(folder: Folder, uids: readonly number[], to: Folder): Promise<Outcome> {
    return this.#operations.copy(this.#stored(folder).path, uids, to.path);
  }

  /** Removes messages for good; once the server has done it this cannot be undone. */
  remove(folder: Folder, uids: readonly number[]): Promise<Outcome> {
    return this.#operations.remove(this.#stored(folder).path, uids);
  }

  /** Puts a message (CRLF line ends) into a folder. */
  append(folder: Folder, source: Buffer, flags: readonly string[], date = Date.now()): Promise<Outcome> {
    return this.#operations.append(folder.path, [{ source, row: rowOfSource(source, flags, date) }]);
  }

  /** Puts many messages into a folder, as one change: see `putAll`. */
  appendAll(folder: Folder, messages: AsyncIterable<MessageToPut>): Promise<Outcome> {
    return putAll(this.#operations, folder.path, messages);
  }

  /** The same, but all of them or none; ends soon after `signal` aborts. Rejects with `NotPut`: see `putWhole`. */
  appendWhole(folder: Folder, messages: AsyncIterable<MessageToPut>, signal: AbortSignal): Promise<Outcome> {
    return putWhole(this.#operations, this.#history, folder.path, messages, signal);
  }

  /** Takes back the last change, of whatever session. Throws MailError "NOTHING_TO_UNDO". */
  async undo(): Promise<{ text: string; folder: Folder; sent: boolean }> {
    return this.#withFolder(await this.#history.undo());
  }

  /** Does again what was taken back last. Throws MailError "NOTHING_TO_UNDO". */
  async redo(): Promise<{ text: string; folder: Folder; sent: boolean }> {
    return this.#withFolder(await this.#history.redo());
  }

  /** Every change that is not on the server: what waits for a connection, and what was refused. */
  get waiting(): WaitingChanges {
    return this.#waiting;
  }

  /** Creating, renaming, deleting and subscribing folders, on line and off. */
  get folderChanges(): FolderChanges {
    return this.#folderChanges;
  }

  #withFolder({ text, path, sent }: Undone): { text: string; folder: Folder; sent: boolean } {
    const folder = this.folders().find((known) => known.path === path) ?? unlistedFolder(path);
    return { text, folder, sent };
  }

  /** Looks whether the line lives, and where it does not makes it now, without waiting for the next try. */
  reconnect(): Promise<void> {
    return this.#session.reconnect();
  }

  /** The server itself, for who wants to look at it. */
  get server(): Server {
    return this.#server;
  }

  /** Ends the session; at most two seconds with a dead server. What waits in the journal stays there. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#watching.stop();
    await this.#foreign.stop();
    this.threads.stop();
    // A script is there to get things done; a person who quits does not wait.
    if (!this.#keepOnline) await this.#operations.settled();
    await Promise.all([this.#keeping.close(), this.#session.close()]);
    await this.#operations.close();
    await this.#searching.close();
    this.#store.close();
  }
}

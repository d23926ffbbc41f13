/**
 * The journal as this process sees it: the entries that are not settled, and where the messages they name are, both
 * on the server and in the local copy.
 */
import {
  firstProvisionalUid,
  type Journal,
  type JournalMessage,
  type JournalPlace,
  limboPath,
} from "../../store/index.ts";
import type { Numbering } from "../sync.ts";
import {
  changedFlags,
  isAmong,
  isFolderOperation,
  messagesOf,
  type OpenEntry,
  type Operation,
  readOperation,
  relocation,
  sameFlags,
} from "./operation.ts";
import { localPath, serverPath } from "./paths.ts";

/** Where the local copy has a message. */
export interface LocalPlace {
  readonly path: string;
  /** The server's, or the message's provisional one. */
  readonly uid: number;
  /** Of a server's UID; 0: any. */
  readonly uidValidity: number;
}

/** Where server and local copy differ about a message. */
export interface Difference {
  readonly from: string | null;
  readonly to: LocalPlace | null;
  /** Unread messages more in the local copy: -1 where it was read there. */
  readonly seen: number;
}

interface Followed {
  message: JournalMessage;
  readonly entries: OpenEntry[];
}

/** The provisional UID of a message that the journal follows. */
export function provisionalUid(message: number): number {
  return firstProvisionalUid + message;
}

export class Ledger {
  readonly #journal: Journal;
  #open = new Map<number, OpenEntry>();
  #followed = new Map<number, Followed>();
  /** By the server's path and UID. */
  #byPlace = new Map<string, Map<number, Followed>>();
  /** UIDs under which messages seem to have come in whose entries are not settled yet, by the local copy's path. */
  readonly #arrivals = new Map<string, Map<number, number>>();
  /** Where messages were of which the server told other flags while a change of them was on its way. */
  readonly #doubts = new Map<number, JournalMessage>();
  /** Open entries about folders: mostly none. */
  #folders: OpenEntry[] = [];
  #counter = -1;
  #generation = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
    this.refresh();
  }

  /** Reads the journal anew where another process has written to it. True where it has. */
  refresh(): boolean {
    const counter = this.#journal.changeCounter();
    if (counter === this.#counter) return false;
    this.reload();
    this.#generation++;
    return true;
  }

  /** Rises whenever another process's changes of the journal are taken in. */
  get generation(): number {
    return this.#generation;
  }

  /** Reads the journal anew. */
  reload(): void {
    this.#counter = this.#journal.changeCounter();
    this.#open.clear();
    this.#folders = [];
    this.#followed.clear();
    this.#byPlace.clear();
    for (const entry of this.#journal.pending()) this.add({ entry, operation: readOperation(entry) });
  }

  /** Entries that are not settled, in the order in which they are to be sent. */
  get open(): readonly OpenEntry[] {
    return [...this.#open.values()];
  }

  /** The entry that is next to be sent. */
  get first(): OpenEntry | undefined {
    return this.#open.values().next().value;
  }

  /** Entries that were sent and not answered yet: sent one by one, they are among the first, but for what is retried. */
  get sent(): readonly OpenEntry[] {
    return this.open.filter(({ entry }) => entry.state === "sent");
  }

  get size(): number {
    return this.#open.size;
  }

  /** Open entries about folders. */
  get folders(): readonly OpenEntry[] {
    return this.#folders;
  }

  find(id: number): OpenEntry | undefined {
    return this.#open.get(id);
  }

  add(open: OpenEntry): void {
    this.#open.set(open.entry.id, open);
    if (isFolderOperation(open.operation)) {
      this.#folders.push(open);
      return;
    }
    const ids = messagesOf(open.operation);
    const unknown = ids.filter((id) => !this.#followed.has(id));
    for (const message of this.#journal.messages.get(unknown)) {
      const followed = { message, entries: [] };
      this.#followed.set(message.id, followed);
      this.#index(followed);
    }
    for (const id of ids) this.#followed.get(id)?.entries.push(open);
  }

  /** The entry is settled, or taken out. */
  remove(id: number): void {
    const open = this.#open.get(id);
    if (!open) return;
    this.#open.delete(id);
    this.#folders = this.#folders.filter((other) => other !== open);
    for (const message of messagesOf(open.operation)) this.#release(message, open);
  }

  /** Puts another form of an entry in its place: it names no message that the old one did not. */
  replace(open: OpenEntry): void {
    const old = this.#open.get(open.entry.id);
    if (!old) return;
    this.#open.set(open.entry.id, open);
    this.#folders = this.#folders.map((other) => (other === old ? open : other));
    const named = new Set(messagesOf(open.operation));
    for (const message of messagesOf(old.operation))
      this.#release(message, old, named.has(message) ? [open] : []);
  }

  #release(message: number, open: OpenEntry, instead: readonly OpenEntry[] = []): void {
    const followed = this.#followed.get(message);
    if (!followed) return;
    if (instead.length === 0) this.#forgetArrival(message);
    followed.entries.splice(followed.entries.indexOf(open), 1, ...instead);
    if (followed.entries.length > 0) return;
    this.#followed.delete(message);
    this.#unindex(followed);
  }

  #forgetArrival(message: number): void {
    for (const arrivals of this.#arrivals.values()) {
      for (const [uid, id] of arrivals) if (id === message) arrivals.delete(uid);
    }
  }

  /** An entry has been sent, or noted something since. */
  update(id: number): void {
    const open = this.#open.get(id);
    const entry = this.#journal.get(id);
    if (open && entry) this.replace({ ...open, entry });
  }

  /**
   * A row looks like the message that is on its way there: until that is certain the row stays away, and whoever names
   * it means the message.
   */
  arrive(path: string, uid: number, message: number): void {
    const arrivals = this.#arrivals.get(path) ?? new Map<number, number>();
    this.#arrivals.set(path, arrivals.set(uid, message));
  }

  /** The message that seems to have come in under this UID. */
  arrival(path: string, uid: number): number | undefined {
    return this.#arrivals.get(path)?.get(uid);
  }

  /** The server has a message elsewhere now; noted in the journal by whoever says so. */
  place(id: number, place: JournalPlace): void {
    const followed = this.#followed.get(id);
    if (!followed) return;
    this.#unindex(followed);
    followed.message = { ...followed.message, ...place };
    this.#index(followed);
  }

  #index(followed: Followed): void {
    const { path, uid } = followed.message;
    if (path === null || uid === null) return;
    const mailbox = this.#byPlace.get(path) ?? new Map<number, Followed>();
    this.#byPlace.set(path, mailbox.set(uid, followed));
  }

  #unindex(followed: Followed): void {
    const { path, uid } = followed.message;
    if (path === null || uid === null) return;
    if (this.#byPlace.get(path)?.get(uid) === followed) this.#byPlace.get(path)?.delete(uid);
  }

  /** A message as the server has it, whether an open entry names it or not. */
  message(id: number): JournalMessage | null {
    return this.#followed.get(id)?.message ?? this.#journal.messages.get([id])[0] ?? null;
  }

  /** What the local copy calls a mailbox of the server. */
  local(path: string): string {
    return path === limboPath ? path : localPath(this.#folders, path);
  }

  /** Where the local copy should have a message; null: nowhere. */
  spot(id: number): LocalPlace | null {
    return this.#spot(id, () => this.message(id));
  }

  /** The same of many, which the journal is asked for together. */
  spots(ids: readonly number[]): Map<number, LocalPlace | null> {
    const settled = this.#journal.messages.get(ids.filter((id) => !this.#followed.has(id)));
    const messages = new Map(settled.map((message) => [message.id, message]));
    return new Map(ids.map((id) => [id, this.#spot(id, () => messages.get(id) ?? null)]));
  }

  #spot(id: number, settled: () => JournalMessage | null): LocalPlace | null {
    const followed = this.#followed.get(id);
    const last = followed?.entries.findLast(({ operation }) => isRelocated(operation, id));
    if (last) {
      const to = relocation(last.operation)?.to ?? null;
      const path = to === null ? limboPath : localPath(this.#folders, to, last.entry.id);
      return { path, uid: provisionalUid(id), uidValidity: 0 };
    }
    const message = followed?.message ?? settled();
    if (!message || message.path === null) return null;
    const { uid, uidValidity } = message;
    const path = this.local(message.path);
    return uid === null ? { path, uid: provisionalUid(id), uidValidity: 0 } : { path, uid, uidValidity };
  }

  #at(mailbox: Numbering, uid: number): Followed | null {
    if (this.#byPlace.size === 0) return null;
    const path = serverPath(this.#folders, mailbox.path);
    const followed = path === null ? undefined : this.#byPlace.get(path)?.get(uid);
    if (!followed) return null;
    const { uidValidity } = followed.message;
    return uidValidity === 0 || uidValidity === mailbox.uidValidity ? followed : null;
  }

  /** Whether an open entry takes the message away from where the server has it. */
  hidden(mailbox: Numbering, uid: number): boolean {
    if (this.arrival(mailbox.path, uid) !== undefined) return true;
    const followed = this.#at(mailbox, uid);
    return followed?.entries.some(({ operation }) => isRelocated(operation, followed.message.id)) ?? false;
  }

  /** The UIDs of the mailbox that are hidden. */
  hiddenUids(mailbox: Numbering): number[] {
    const path = this.#byPlace.size === 0 ? null : serverPath(this.#folders, mailbox.path);
    const uids = path === null ? undefined : this.#byPlace.get(path)?.keys();
    return [...(uids ?? [])].filter((uid) => this.hidden(mailbox, uid));
  }

  /** UIDs that the server has in a mailbox of messages whose flags open entries change. */
  flagged(mailbox: Numbering): number[] {
    const path = serverPath(this.#folders, mailbox.path);
    const here = path === null ? undefined : this.#byPlace.get(path);
    return [...(here?.keys() ?? [])].filter((uid) =>
      this.#at(mailbox, uid)?.entries.some(({ operation }) => operation.kind === "flag"),
    );
  }

  /** The server's flags of a message with what open entries do to them. */
  flags(mailbox: Numbering, uid: number, flags: readonly string[]): readonly string[] {
    const followed = this.#at(mailbox, uid);
    if (!followed) return flags;
    const { message, entries } = followed;
    const result = this.flagsOf(message.id, flags);
    if (entries.some(isFlagging) && !sameFlags(result, flags)) this.#doubts.set(message.id, message);
    return result;
  }

  /**
   * UIDs by the server's path of messages whose changes of flags are settled, and of which the server had told other
   * flags meanwhile: whether before the change or after it is not known, so they are to be asked for. Each once.
   */
  takeDoubts(): ReadonlyMap<string, readonly number[]> {
    const settled = new Map<string, number[]>();
    for (const [id, { path, uid }] of this.#doubts) {
      if (this.#followed.get(id)?.entries.some(isFlagging)) continue;
      this.#doubts.delete(id);
      if (path !== null && uid !== null) settled.set(path, [...(settled.get(path) ?? []), uid]);
    }
    return settled;
  }

  /**
   * Every message that open entries name: the mailbox where the server has it, the place where the local copy has it,
   * and by how much more unread their changes of \\Seen have made it.
   */
  *differences(): Generator<Difference, void, undefined> {
    for (const [id, { message, entries }] of this.#followed) {
      const from = message.path === null || message.path === limboPath ? null : this.local(message.path);
      let seen = 0;
      for (const { operation } of entries) {
        if (operation.kind !== "flag" || !operation.flags.some((flag) => flag.toLowerCase() === "\\seen"))
          continue;
        if (operation.changed && !isAmong(operation.changed, id)) continue;
        seen += operation.mode === "add" ? 1 : -1;
      }
      yield { from, to: this.spot(id), seen: -seen };
    }
  }

  /** The flags of a message with what open entries do to them. */
  flagsOf(id: number, flags: readonly string[]): readonly string[] {
    let result = flags;
    for (const { operation } of this.#followed.get(id)?.entries ?? []) {
      if (operation.kind === "flag") result = changedFlags(result, operation.mode, operation.flags);
    }
    return result;
  }
}

/** Whether an entry is a change of flags that the server may or may not have done. */
function isFlagging({ entry, operation }: OpenEntry): boolean {
  return operation.kind === "flag" && entry.state === "sent";
}

/** Whether an operation takes a message somewhere else. */
function isRelocated(operation: Operation, id: number): boolean {
  const way = relocation(operation);
  return way !== undefined && isAmong(way.messages, id);
}

/**
 * Changes as operations: written to the journal, done to the index at once, sent when there is a connection.
 * OK removes one from the journal; NO and BAD take its effect back and tell the person; a lost line leaves it.
 */
import {
  append,
  type Connection,
  type CopyUid,
  copy,
  ImapError,
  type MoveResult,
  moveMessages,
  removeMessages,
  type SelectedMailbox,
  store as storeFlags,
  type UidRanges,
  uidSearch,
  uidSet,
} from "../imap/index.ts";
import type { JournalEntry, Store, StoredMessage } from "../store/index.ts";
import { isLineDown, MailError } from "./errors.ts";
import type { Session } from "./session.ts";
import type { Numbering, Overlay } from "./sync.ts";
import type { MailEvent } from "./values.ts";

/** Names its messages by mailbox, UIDVALIDITY and UID, never by sequence number. */
export type Operation =
  | {
      readonly kind: "flag";
      readonly path: string;
      readonly uidValidity: number;
      readonly uids: readonly number[];
      readonly mode: "add" | "remove";
      readonly flags: readonly string[];
    }
  | {
      readonly kind: "move" | "copy";
      readonly path: string;
      readonly uidValidity: number;
      readonly uids: readonly number[];
      readonly to: string;
    }
  /** Removal for good. */
  | {
      readonly kind: "remove";
      readonly path: string;
      readonly uidValidity: number;
      readonly uids: readonly number[];
    }
  | {
      readonly kind: "append";
      readonly path: string;
      readonly flags: readonly string[];
      /** Milliseconds since the epoch. */
      readonly internalDate: number;
      /** The message in base64: what the journal holds must be whole. */
      readonly source: string;
      readonly messageId: string | null;
    };

export interface Outcome {
  /** False where the operation waits in the journal for a connection. */
  readonly sent: boolean;
  /** New UIDs in the destination, in step with the operation's, where the server told (COPYUID, APPENDUID). */
  readonly uids: readonly number[];
  readonly uidValidity: number;
}

interface Pending {
  readonly entry: JournalEntry;
  /** Made by this process, and not found in the journal. */
  readonly own: boolean;
  readonly operation: Operation;
  readonly uids: ReadonlySet<number>;
  /** Rows the operation took out of the index, to put back if it is refused. */
  readonly removed: readonly StoredMessage[];
}

/** How long a process waits for another one to be done with the journal, and how often it looks, in milliseconds. */
const turn = { longest: 5_000, look: 20 } as const;

const waiting: Outcome = { sent: false, uids: [], uidValidity: 0 };

export class Operations implements Overlay {
  readonly #store: Store;
  readonly #session: Session;
  readonly #emit: (event: MailEvent) => void;
  #pending: Pending[] = [];
  /** Operations go out one after another, in the order they were made. */
  #line: Promise<unknown> = Promise.resolve();
  readonly #inLine = new Map<Pending, Promise<Outcome>>();

  constructor(store: Store, session: Session, emit: (event: MailEvent) => void) {
    this.#store = store;
    this.#session = session;
    this.#emit = emit;
    this.#pending = store.journal
      .pending()
      .map((entry) => ({ entry, own: false, ...withUids(readOperation(entry)), removed: [] }));
  }

  /** How many changes wait for the server. */
  get queued(): number {
    return this.#pending.length;
  }

  hidden(mailbox: Numbering, uid: number): boolean {
    return this.#pending.some(
      ({ operation: o, uids }) =>
        (o.kind === "move" || o.kind === "remove") && isOf(o, mailbox) && uids.has(uid),
    );
  }

  flags(mailbox: Numbering, uid: number, flags: readonly string[]): readonly string[] {
    let result = flags;
    for (const { operation: o, uids } of this.#pending) {
      if (o.kind === "flag" && isOf(o, mailbox) && uids.has(uid)) result = changed(result, o.mode, o.flags);
    }
    return result;
  }

  /** Does `operation`: resolves when the server has answered, or when it is known that the change has to wait. */
  async add(operation: Operation): Promise<Outcome> {
    // While this process lives, no other may take its operations for an earlier session's.
    this.#store.journal.tryLock();
    const entry = this.#store.journal.append(operation.kind, JSON.stringify(operation));
    const pending: Pending = {
      entry,
      own: true,
      ...withUids(operation),
      removed: this.#doLocally(operation),
    };
    this.#pending.push(pending);
    this.#emit({ kind: "messages", path: operation.path });
    // What waits from before goes first: a later change may take an earlier one back.
    for (const earlier of this.#pending.slice(0, -1)) this.#send(earlier).catch(() => undefined);
    return this.#send(pending);
  }

  /**
   * Sends what an earlier session or a lost line left. Only one process at a time does that: with the lock, what the
   * journal still holds is nobody else's.
   */
  replay(): void {
    if (this.#pending.length === 0 || !this.#store.journal.tryLock()) return;
    for (const pending of [...this.#pending]) {
      this.#send(pending).catch((error: Error) =>
        this.#emit({
          kind: "notice",
          level: "error",
          text: `a ${pending.operation.kind} was refused: ${error.message}`,
        }),
      );
    }
  }

  /** Resolves when nothing is on its way to the server any more. */
  async settled(): Promise<void> {
    for (let line: unknown; line !== this.#line; ) {
      line = this.#line;
      await this.#line;
    }
  }

  /** Takes an operation back that has not been sent; false where it is too late for that. */
  cancel(operation: Operation): boolean {
    const pending = this.#pending.find((p) => p.operation === operation && p.entry.state === "pending");
    if (!pending || this.#session.connection) return false;
    this.#settle(pending);
    this.#undoLocally(pending);
    return true;
  }

  #doLocally(operation: Operation): StoredMessage[] {
    const mailbox = this.#store.mailboxes.byPath(operation.path);
    if (!mailbox || operation.kind === "append" || operation.kind === "copy") return [];
    const rows = operation.uids.flatMap((uid) => this.#store.messages.get(mailbox.id, uid) ?? []);
    if (operation.kind === "flag") {
      const { mode, flags } = operation;
      this.#store.messages.setFlags(
        mailbox.id,
        rows.map((row) => ({ uid: row.uid, flags: changed(row.flags, mode, flags) })),
      );
      return rows;
    }
    this.#store.messages.remove(mailbox.id, operation.uids);
    return rows;
  }

  #undoLocally({ operation, removed }: Pending): void {
    const mailbox = this.#store.mailboxes.byPath(operation.path);
    // Under a new UIDVALIDITY the rows would name other messages.
    if (!mailbox || removed.length === 0 || operation.kind === "append" || !isOf(operation, mailbox)) return;
    this.#store.messages.put(mailbox.id, removed);
    this.#emit({ kind: "messages", path: operation.path });
  }

  #settle(pending: Pending): void {
    this.#store.journal.remove(pending.entry.id);
    this.#forget(pending);
  }

  #forget(pending: Pending): void {
    this.#pending = this.#pending.filter((p) => p !== pending);
    if (this.#pending.length === 0) this.#store.journal.unlock();
  }

  #send(pending: Pending): Promise<Outcome> {
    const underWay = this.#inLine.get(pending);
    if (underWay) return underWay;
    const sent = this.#line.then(() => this.#attempt(pending)).finally(() => this.#inLine.delete(pending));
    this.#inLine.set(pending, sent);
    this.#line = sent.catch(() => undefined);
    return sent;
  }

  /** Waits for the right to bring the journal to the server; false where another process keeps it. */
  async #myTurn(): Promise<boolean> {
    for (let waited = 0; waited < turn.longest; waited += turn.look) {
      if (this.#store.journal.tryLock()) return true;
      await new Promise((resolve) => setTimeout(resolve, turn.look));
    }
    return false;
  }

  async #attempt(pending: Pending): Promise<Outcome> {
    if (!this.#pending.includes(pending)) return waiting;
    // What another process may be sending at this moment is not ours to send.
    if (!(await this.#myTurn()) && !pending.own) return waiting;
    // Another process may have brought it to the server meanwhile.
    if (!this.#store.journal.get(pending.entry.id)) {
      this.#forget(pending);
      return { sent: true, uids: [], uidValidity: 0 };
    }
    try {
      const outcome = await this.#perform(pending);
      this.#settle(pending);
      return outcome;
    } catch (error) {
      if (mustWait(error)) return waiting;
      this.#settle(pending);
      this.#undoLocally(pending);
      throw error;
    }
  }

  async #perform({ operation, entry }: Pending): Promise<Outcome> {
    // The state in the journal, not ours: it tells of a first try whose answer never came.
    const retry = this.#store.journal.get(entry.id)?.state === "sent";
    const sending = () => this.#store.journal.mark(entry.id, "sent");
    if (operation.kind === "append") return this.#append(operation, retry, sending);
    const o = operation.kind === "copy" && retry ? await this.#notYetCopied(operation) : operation;
    if (o.uids.length === 0) return { sent: true, uids: [], uidValidity: 0 };
    return this.#session.within(o.path, async (connection, selected) => {
      if (o.kind === "copy") sending();
      // 0: made before the folder was ever opened, by a person who knows the ids from elsewhere.
      if (o.uidValidity !== 0 && selected.uidValidity !== o.uidValidity) {
        throw new MailError(
          "STALE",
          `the messages of this ${o.kind} have new ids`,
          "list the folder again and repeat it",
        );
      }
      return this.#onMessages(connection, selected, o);
    });
  }

  async #onMessages(
    connection: Connection,
    selected: SelectedMailbox,
    o: Exclude<Operation, { kind: "append" }>,
  ): Promise<Outcome> {
    if (o.kind !== "copy" && selected.readOnly) {
      throw new ImapError("NO", "the folder may only be read", { responseCode: "READ-ONLY" });
    }
    const there: number[] = [];
    let uidValidity = 0;
    // A set may be too long for one command line.
    for (const set of uidSet.split(uidSet.fromNumbers(o.uids), connection.quirks.setOctets)) {
      const { copyUid, expunged } = await onSet(connection, set, o);
      if (!expunged) this.#cannotExpunge();
      if (copyUid) {
        there.push(...inStep(copyUid, o.uids));
        uidValidity = copyUid.uidValidity;
      }
    }
    return { sent: true, uids: there, uidValidity };
  }

  #cannotExpunge(): void {
    const text = "this server cannot remove single messages (no UIDPLUS): they stay there, flagged deleted";
    this.#emit({ kind: "notice", level: "info", text });
  }

  /** Whether `path` holds a message with this Message-ID. */
  async #holds(path: string, messageId: string): Promise<boolean> {
    const found = await this.#session.within(path, (connection) =>
      connection.run(uidSearch({ header: ["Message-ID", messageId] })),
    );
    return found.uids.length > 0;
  }

  /** After a try whose answer never came: only those that did not arrive. What cannot be told apart is not sent twice. */
  async #notYetCopied<O extends Extract<Operation, { kind: "move" | "copy" }>>(o: O): Promise<O> {
    const mailbox = this.#store.mailboxes.byPath(o.path);
    const missing: number[] = [];
    for (const uid of o.uids) {
      const messageId = mailbox && this.#store.messages.get(mailbox.id, uid)?.messageId;
      if (messageId && !(await this.#holds(o.to, messageId))) missing.push(uid);
    }
    return { ...o, uids: missing };
  }

  async #append(
    o: Extract<Operation, { kind: "append" }>,
    retry: boolean,
    sending: () => void,
  ): Promise<Outcome> {
    if (retry && o.messageId !== null && (await this.#holds(o.path, o.messageId))) {
      return { sent: true, uids: [], uidValidity: 0 };
    }
    const connection = await this.#session.connected();
    sending();
    const source = Buffer.from(o.source, "base64");
    const appended = await connection.run(
      append(o.path, { flags: o.flags, internalDate: o.internalDate, source }),
    );
    return {
      sent: true,
      uids: appended?.uids.slice(0, 1).map(([first]) => first) ?? [],
      uidValidity: appended?.uidValidity ?? 0,
    };
  }
}

async function onSet(
  connection: Connection,
  set: UidRanges,
  o: Exclude<Operation, { kind: "append" }>,
): Promise<MoveResult> {
  switch (o.kind) {
    case "flag":
      await connection.run(storeFlags(set, { mode: o.mode, flags: o.flags, silent: true }));
      return { copyUid: null, expunged: true };
    case "remove":
      return { copyUid: null, expunged: await removeMessages(connection, set) };
    case "copy":
      return { copyUid: await connection.run(copy(set, o.to)), expunged: true };
    case "move":
      return moveMessages(connection, set, o.to);
  }
}

/** Whether the operation's UIDs are those of the mailbox as it is now; 0 is any UIDVALIDITY. */
function isOf({ path, uidValidity }: Numbering, mailbox: Numbering): boolean {
  return path === mailbox.path && (uidValidity === 0 || uidValidity === mailbox.uidValidity);
}

/** The line failed, not the operation. */
function mustWait(error: unknown): boolean {
  return isLineDown(error) || (error instanceof MailError && error.code === "OFFLINE");
}

function changed(flags: readonly string[], mode: "add" | "remove", change: readonly string[]): string[] {
  const kept = flags.filter((flag) => !change.some((c) => c.toLowerCase() === flag.toLowerCase()));
  return mode === "add" ? [...kept, ...change].sort() : kept;
}

/** The new UIDs of those of `uids` that were copied; a server's set is never expanded beyond what we asked for. */
function inStep({ source, destination }: CopyUid, uids: readonly number[]): number[] {
  const asked = new Set(uids);
  const there = uidSet.iterate(destination);
  const found: number[] = [];
  for (const uid of uidSet.iterate(source)) {
    const next = there.next();
    if (next.done || found.length >= uids.length || !asked.has(uid)) break;
    found.push(next.value);
  }
  return found;
}

function withUids(operation: Operation): { operation: Operation; uids: ReadonlySet<number> } {
  return { operation, uids: new Set(operation.kind === "append" ? [] : operation.uids) };
}

/** The journal is our own writing, fsynced row by row: what it holds was checked when it went in. */
function readOperation(entry: JournalEntry): Operation {
  return JSON.parse(entry.payload) as Operation;
}

/** What came of operations, taken into the journal and then into the index. */
import { type JournalPlace, limboPath, type Store } from "../../store/index.ts";
import { MailError } from "../errors.ts";
import type { Numbering } from "../sync.ts";
import type { MailEvent } from "../values.ts";
import { codeOf, explained, hintFor, reasonFor } from "./conflict.ts";
import { counted } from "./describe.ts";
import { pair } from "./find.ts";
import { type FolderEntry, type LocalFolders, readdressed } from "./folders.ts";
import type { Ledger } from "./ledger.ts";
import type { LocalCopy } from "./local.ts";
import {
  type FolderOperation,
  isFolderOperation,
  type MessageOperation,
  messagesOf,
  narrowed,
  nowhere,
  type OpenEntry,
  type Operation,
  readNote,
  readOperation,
  relocation,
} from "./operation.ts";
import { serverPath } from "./paths.ts";
import type { Performed } from "./performed.ts";

export interface Outcome {
  /** False where the operation waits in the journal for a connection. */
  readonly sent: boolean;
  /** UIDs that the server has given the messages in their new place, in the order of the operation's, where it told. */
  readonly uids: readonly number[];
  readonly uidValidity: number;
}

/** What an entry came to. */
export interface Settled {
  readonly outcome: Outcome;
  /** Why some or all of it was not done; null where all was. */
  readonly error: Error | null;
  /** What was not done. */
  readonly failed: Operation;
}

export class Settler {
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #local: LocalCopy;
  readonly #folders: LocalFolders;
  readonly #emit: (event: MailEvent) => void;
  /** How many entries about folders this process has settled. */
  foldersSettled = 0;

  constructor(
    store: Store,
    ledger: Ledger,
    local: LocalCopy,
    folders: LocalFolders,
    emit: (event: MailEvent) => void,
  ) {
    this.#store = store;
    this.#ledger = ledger;
    this.#local = local;
    this.#folders = folders;
    this.#emit = emit;
  }

  /** Settles an entry; `keeps`: what was not done is kept for the person to decide. */
  async settle(
    open: OpenEntry & { readonly operation: MessageOperation },
    result: Performed,
    keeps: boolean,
  ): Promise<Settled> {
    const { entry, operation } = open;
    const refused = narrowed(operation, new Set(result.refused.keys()));
    const gone = narrowed(operation, new Set(result.gone));
    const done = narrowed(operation, result.done);
    const places = new Map(result.places);
    for (const id of gone.kind === "copy" ? gone.copies : gone.messages) {
      places.set(id, keeps && gone.kind !== "flag" ? { ...nowhere, path: limboPath } : nowhere);
    }
    this.#number(places);
    const { settled } = this.#local.following(messagesOf(operation), () => {
      this.#store.journal.transaction(() => {
        for (const [id, place] of places) this.#store.journal.messages.place(id, place);
        this.#settleEntry(open, { done, refused, gone }, result, keeps);
      });
      this.#ledger.remove(entry.id);
      for (const [id, place] of places) this.#ledger.place(id, place);
    });
    await this.#local.best(async () => {
      await settled;
      if (refused.kind === "flag") this.#local.flag(refused, true);
      if (result.left.length > 0) this.#leftBehind(operation, result.left);
    });
    return {
      outcome: outcomeOf(operation, places),
      error: failure(operation, result, keeps),
      failed: gone.messages.length > 0 ? gone : refused,
    };
  }

  /** Settles an entry about a folder; `error`: why it was not done. */
  settleFolder(open: FolderEntry, error: Error | null, keeps: boolean): Settled {
    const { journal } = this.#store;
    const { entry, operation } = open;
    journal.transaction(() => {
      if (error && keeps) journal.mark(entry.id, "failed", { code: codeOf(error), error: error.message });
      else if (error || entry.step === null) journal.remove(entry.id);
      else journal.mark(entry.id, "done", { note: null });
      if (!error && operation.kind === "rename") this.#follow(operation);
    });
    this.#ledger.reload();
    this.foldersSettled++;
    if (error) this.takeBackFolder(open);
    else this.#folders.confirm(open);
    const outcome = { sent: true, uids: [], uidValidity: 0 };
    return { outcome, error: error && explained(error, keeps), failed: operation };
  }

  /** The server calls folders otherwise now, and so does what is settled. */
  #follow({ path, to, delimiter }: FolderOperation & { kind: "rename" }): void {
    const { journal } = this.#store;
    journal.messages.rename(path, to, delimiter === null ? null : path + delimiter);
    for (const entry of journal.all()) {
      if (entry.state === "pending" || entry.state === "sent") continue;
      const operation = readOperation(entry);
      const now = JSON.stringify(readdressed(operation, path, to, delimiter));
      if (!isFolderOperation(operation) && now !== entry.payload) journal.rewrite(entry.id, now);
    }
  }

  /** Takes back what an entry about a folder has done; what was asked for after a rename means the old name. */
  takeBackFolder(open: FolderEntry): void {
    const { operation } = open;
    this.#folders.takeBack(open);
    if (operation.kind !== "rename") return;
    const { path, to, delimiter } = operation;
    for (const later of this.#ledger.open) {
      if (later.entry.id < open.entry.id) continue;
      const payload = JSON.stringify(readdressed(later.operation, to, path, delimiter));
      if (payload !== later.entry.payload) this.#store.journal.rewrite(later.entry.id, payload);
    }
    this.#ledger.reload();
  }

  #settleEntry(
    { entry }: OpenEntry,
    { done, refused, gone }: { done: MessageOperation; refused: MessageOperation; gone: MessageOperation },
    result: Performed,
    keeps: boolean,
  ): void {
    const { journal } = this.#store;
    const { step, origin, backward, note } = entry;
    // An entry of which nothing was done is the one that failed: whoever waits for it finds it so.
    let failed = false;
    const keep = (operation: MessageOperation, code: string, error: string | null) => {
      if (operation.messages.length === 0 || !keeps) return;
      if (done.messages.length === 0 && !failed) {
        failed = true;
        journal.rewrite(entry.id, JSON.stringify(operation));
        journal.mark(entry.id, "failed", { code, error });
        return;
      }
      const source = journal.source(entry.id);
      const other = journal.append({
        kind: operation.kind,
        payload: JSON.stringify(operation),
        step,
        origin,
        backward,
        note,
        ...(source ? { source } : {}),
      });
      journal.mark(other.id, "failed", { code, error });
    };
    const [error] = result.refused.values();
    if (error) keep(refused, codeOf(error), error.message);
    if (gone.kind !== "flag") keep(gone, "GONE", null);
    if (failed) return;
    if (done.messages.length === 0 || step === null) journal.remove(entry.id);
    else {
      journal.rewrite(entry.id, JSON.stringify(done));
      journal.mark(entry.id, "done", { note: null });
    }
  }

  /** What the server told of UIDs holds for the mailboxes they are in, and what these know of flags for the messages. */
  #number(places: Map<number, JournalPlace>): void {
    for (const [id, place] of places) {
      const { path, uid, uidValidity } = place;
      if (path === null || uid === null) continue;
      const mailbox = this.#local.mailbox(this.#ledger.local(path));
      if (mailbox.uidValidity === 0) this.#store.mailboxes.setState(mailbox.id, { uidValidity });
      places.set(id, { ...place, modSeq: mailbox.highestModSeq });
    }
  }

  /** Messages whose UIDs were not told have been found. */
  async found(found: ReadonlyMap<number, JournalPlace>, change: () => void = () => undefined): Promise<void> {
    const places = new Map(found);
    this.#number(places);
    const { settled } = this.#local.following([...places.keys()], () => {
      this.#store.journal.transaction(() => {
        change();
        for (const [id, place] of places) this.#store.journal.messages.place(id, place);
      });
      for (const [id, place] of places) this.#ledger.place(id, place);
    });
    await this.#local.best(() => settled);
  }

  /** Rows of the server have come in: they may be messages of ours whose UIDs were not told. */
  landed({ path }: Numbering, complete: boolean): void {
    this.#awaited(path);
    const onServer = serverPath(this.#ledger.folders, path);
    const untold = onServer === null ? [] : this.#store.journal.messages.untold(onServer);
    const mailbox = this.#store.mailboxes.byPath(path);
    if (untold.length === 0 || onServer === null || !mailbox) return;
    const { uidValidity } = mailbox;
    const least = Math.min(...untold.map((m) => (m.uidValidity === uidValidity ? m.least : 1)));
    const taken = new Set(this.#store.journal.messages.uidsAt(onServer));
    const rows = this.#store.messages.identities(mailbox.id, undefined, least);
    const places = new Map<number, JournalPlace>();
    const uids = pair(
      untold,
      rows.filter(({ uid }) => !taken.has(uid)),
    );
    for (const { id } of untold) {
      const uid = uids.get(id);
      if (uid !== undefined) places.set(id, { path: onServer, uidValidity, uid, least, modSeq: "0" });
      // All that the server has is here, and the message is not.
      else if (complete) places.set(id, nowhere);
    }
    this.found(places).catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      this.#emit({ kind: "notice", level: "error", text });
    });
  }

  /** Messages that are on their way there, and may have come in before the server has said so, are not shown twice. */
  #awaited(path: string): void {
    const mailbox = this.#store.mailboxes.byPath(path);
    for (const { entry, operation } of this.#ledger.sent) {
      const target = relocation(operation);
      if (!mailbox || target?.to == null || this.#ledger.local(target.to) !== path) continue;
      const { least, uidValidity } = readNote(entry);
      if (uidValidity !== 0 && uidValidity !== mailbox.uidValidity) continue;
      const onServer = serverPath(this.#ledger.folders, path) ?? path;
      const taken = new Set(this.#store.journal.messages.uidsAt(onServer));
      const rows = this.#store.messages
        .identities(mailbox.id, undefined, least)
        .filter(({ uid }) => !taken.has(uid) && this.#ledger.arrival(path, uid) === undefined);
      const sought = this.#store.journal.messages.get(target.messages);
      for (const [id, uid] of pair(sought, rows, operation.kind === "append")) {
        // It may be on its way on from there, or to be removed.
        const spot = this.#ledger.spot(id);
        if (!spot) continue;
        this.#ledger.arrive(path, uid, id);
        const to = { mailboxId: this.#local.mailbox(spot.path).id, uid: spot.uid };
        const told = this.#store.messages.get(mailbox.id, uid);
        this.#store.transfers.move([{ from: { mailboxId: mailbox.id, uid }, to }]);
        if (told) this.#local.show(id, told.flags);
      }
    }
  }

  /** Without UIDPLUS messages cannot be removed one by one: they stay, and show as what they are. */
  #leftBehind(operation: MessageOperation, left: readonly number[]): void {
    if (operation.kind === "remove") {
      this.#local.flag(
        { ...operation, kind: "flag", messages: left, mode: "add", flags: ["\\Deleted"] },
        false,
      );
    }
    const text = "this server cannot remove single messages (no UIDPLUS): they stay there, flagged deleted";
    this.#emit({ kind: "notice", level: "info", text });
  }
}

function outcomeOf(operation: MessageOperation, places: ReadonlyMap<number, JournalPlace>): Outcome {
  const moved = operation.kind === "remove" ? [] : (relocation(operation)?.messages ?? []);
  const there = moved.flatMap((id) => places.get(id) ?? []);
  return {
    sent: true,
    uids: there.flatMap(({ uid }) => uid ?? []),
    uidValidity: there[0]?.uidValidity ?? 0,
  };
}

/** What whoever asked for it must know; null where all is done. */
function failure(operation: MessageOperation, { refused, gone }: Performed, kept: boolean): Error | null {
  const [error] = refused.values();
  if (error) return explained(error, kept);
  if (gone.length === 0) return null;
  const all = gone.length === operation.messages.length;
  const text = `${counted(gone.length)}${all ? "" : ` of ${operation.messages.length}`}: ${reasonFor("GONE", null)}`;
  return new MailError("GONE", text, hintFor("GONE", kept && operation.kind !== "flag"));
}

/** Operations on messages as IMAP commands: each of them may be tried again after a try whose answer never came. */
import {
  append,
  type Connection,
  copy,
  ImapError,
  moveMessages,
  removeMessages,
  type SelectedMailbox,
  status,
  uidSearch,
  uidSet,
} from "../../imap/index.ts";
import { type JournalMessage, type JournalPlace, limboPath, type Store } from "../../store/index.ts";
import { MailError } from "../errors.ts";
import type { Session } from "../session.ts";
import type { Attempt } from "./attempt.ts";
import { blockage, codeOf, isRefusal } from "./conflict.ts";
import { findArrived } from "./find.ts";
import { storeFlags } from "./flag.ts";
import type { Ledger } from "./ledger.ts";
import { type MessageOperation, type Note, nothingNoted, nowhere } from "./operation.ts";
import { localPath } from "./paths.ts";

/** What the server has of a folder that is selected, as far as it has told. */
export interface Presence {
  /** Null: not known. */
  holds(path: string, uid: number): boolean | null;
}

/** What came of an operation, message by message. */
export class Performed {
  /** Messages of the operation for which it is done. */
  readonly done = new Set<number>();
  /** Where messages are now; the copies, for a copy. */
  readonly places = new Map<number, JournalPlace>();
  /** Another program removed them. */
  readonly gone: number[] = [];
  readonly refused = new Map<number, Error>();
  /** The server cannot remove single messages: these are flagged deleted. */
  readonly left: number[] = [];
}

/** Where a message came to, under which UID where that is known, what was noted before, and the UIDVALIDITY told. */
type Arrival = readonly [path: string, uid: number | null, note: Note, told?: number];
type Kind<K extends MessageOperation["kind"]> = Extract<MessageOperation, { kind: K }>;
/** Messages that are there, by UID. */
type Present = ReadonlyMap<number, JournalMessage>;

export class Performer {
  readonly #store: Store;
  readonly #session: Session;
  readonly #ledger: Ledger;
  readonly #presence: Presence;
  /** Keeps where messages were found. */
  readonly #found: (places: ReadonlyMap<number, JournalPlace>) => Promise<void>;

  constructor(
    store: Store,
    session: Session,
    ledger: Ledger,
    presence: Presence,
    found: (places: ReadonlyMap<number, JournalPlace>) => Promise<void>,
  ) {
    this.#store = store;
    this.#session = session;
    this.#ledger = ledger;
    this.#presence = presence;
    this.#found = found;
  }

  /** @throws ImapError, MailError where nothing was done, or where the line failed and nothing is known; Superseded */
  async perform(operation: MessageOperation, attempt: Attempt): Promise<Performed> {
    const result = new Performed();
    if (operation.kind === "append") await this.#append(operation, attempt, result);
    else {
      const byPath = new Map<string | null, JournalMessage[]>();
      for (const id of operation.messages) {
        const message = this.#ledger.message(id);
        const path = message?.path ?? null;
        if (message) byPath.set(path, [...(byPath.get(path) ?? []), message]);
      }
      for (const [path, messages] of byPath) {
        if (path === null || path === limboPath) this.#nowhere(messages, result);
        else if (operation.kind === "flag") await this.#flag(operation, path, messages, attempt, result);
        else if (operation.kind === "remove") await this.#remove(path, messages, attempt, result);
        else if (operation.kind === "copy") await this.#copy(operation, path, messages, attempt, result);
        else if (path !== operation.to) await this.#move(operation, path, messages, attempt, result);
        // Where it should go it is.
        else for (const { id } of messages) result.done.add(id);
      }
    }
    return result;
  }

  /** Messages that are gone, or have not come to be. */
  #nowhere(messages: readonly JournalMessage[], result: Performed): void {
    for (const { id } of messages) {
      const blocked = blockage(this.#store, id);
      if (blocked) result.refused.set(id, blocked);
      else result.gone.push(id);
    }
  }

  /**
   * Runs `work` with the mailbox of `messages` selected and those of them that are there; resolves to the others.
   * What the server refuses is noted for all of them that `work` has not placed.
   */
  async #on(
    path: string,
    messages: readonly JournalMessage[],
    result: Performed,
    writes: boolean,
    work: (connection: Connection, present: Present, selected: SelectedMailbox) => Promise<void>,
  ): Promise<JournalMessage[]> {
    const missing: JournalMessage[] = [];
    const local = localPath(this.#ledger.folders, path);
    const there = new Map<number, JournalMessage>();
    let inside = false;
    try {
      await this.#session.within(
        local,
        async (connection, selected) => {
          inside = true;
          if (writes && selected.readOnly) {
            throw new ImapError("NO", "the folder may only be read", { responseCode: "READ-ONLY" });
          }
          const located = await this.#locate(connection, selected, path, messages);
          const here = await this.#present(connection, local, located);
          for (const message of located) {
            // 0: made before the folder was ever opened, by a person who knows the ids from elsewhere.
            if (message.uidValidity !== 0 && message.uidValidity !== selected.uidValidity) {
              result.refused.set(message.id, stale());
            } else if (message.uid !== null && here.has(message.uid)) {
              there.set(message.uid, message);
            } else missing.push(message);
          }
          if (there.size > 0) await work(connection, there, selected);
        },
        true,
      );
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // With their folder the messages are gone.
      if (!inside && codeOf(error) === "NONEXISTENT") return [...messages];
      const asked = there.size > 0 ? [...there.values()] : messages;
      for (const { id } of asked) if (!result.done.has(id)) result.refused.set(id, error);
    }
    return missing;
  }

  /** The UIDs of those that the server has; what it has not told of yet it is asked. */
  async #present(
    connection: Connection,
    local: string,
    messages: readonly JournalMessage[],
  ): Promise<ReadonlySet<number>> {
    const uids = messages.flatMap(({ uid }) => uid ?? []);
    const unknown = uidSet.fromNumbers(uids.filter((uid) => this.#presence.holds(local, uid) === null));
    const sets = uidSet.split(unknown, connection.quirks.setOctets);
    const found = await Promise.all(sets.map((set) => connection.run(uidSearch({ uid: set }))));
    const told = found.flatMap((answer) => uids.filter((uid) => uidSet.contains(answer.uids, uid)));
    return new Set([...uids.filter((uid) => this.#presence.holds(local, uid)), ...told]);
  }

  /** The messages with the UIDs found of those whose UIDs the server did not tell. */
  async #locate(
    connection: Connection,
    selected: SelectedMailbox,
    path: string,
    messages: readonly JournalMessage[],
  ): Promise<readonly JournalMessage[]> {
    const untold = messages.filter(({ uid }) => uid === null);
    if (untold.length === 0) return messages;
    const { uidValidity } = selected;
    const least = Math.min(...untold.map((m) => (m.uidValidity === uidValidity ? m.least : 1)));
    const taken = new Set(this.#store.journal.messages.uidsAt(path));
    const uids = await findArrived(connection, untold, least, taken);
    const places = new Map(
      [...uids].map(([id, uid]) => [id, { path, uidValidity, uid, least, modSeq: "0" }] as const),
    );
    await this.#found(places);
    return messages.map((message) => ({ ...message, ...places.get(message.id) }));
  }

  async #flag(
    operation: Kind<"flag">,
    path: string,
    messages: readonly JournalMessage[],
    attempt: Attempt,
    result: Performed,
  ): Promise<void> {
    const missing = await this.#on(path, messages, result, true, async (connection, present, selected) => {
      attempt.begin();
      const mailbox = this.#store.mailboxes.byPath(localPath(this.#ledger.folders, path));
      const uids = [...present.keys()];
      const gone = await storeFlags(connection, selected, this.#store, mailbox, uids, operation);
      for (const [uid, { id }] of present) {
        if (gone.has(uid)) result.gone.push(id);
        else result.done.add(id);
      }
    });
    result.gone.push(...missing.map(({ id }) => id));
  }

  async #remove(
    path: string,
    messages: readonly JournalMessage[],
    attempt: Attempt,
    result: Performed,
  ): Promise<void> {
    const missing = await this.#on(path, messages, result, true, async (connection, present) => {
      attempt.begin();
      for (const set of uidSet.split(uidSet.fromNumbers(present.keys()), connection.quirks.setOctets)) {
        const removed = await removeMessages(connection, set);
        for (const uid of uidSet.iterate(set)) {
          const { id } = present.get(uid)!;
          result.done.add(id);
          if (removed) result.places.set(id, nowhere);
          else result.left.push(id);
        }
      }
    });
    // What another program has removed is removed.
    for (const { id } of missing) {
      result.done.add(id);
      result.places.set(id, nowhere);
    }
  }

  async #move(
    operation: Kind<"move">,
    path: string,
    messages: readonly JournalMessage[],
    attempt: Attempt,
    result: Performed,
  ): Promise<void> {
    const { to } = operation;
    const { capabilities } = await this.#session.connected();
    // Copying and removing are two steps: what a first try has copied is not copied again.
    const copied = new Map(Object.entries(attempt.note.copied).map(([id, uid]) => [Number(id), uid]));
    if (attempt.retry && !capabilities.has("MOVE")) {
      const unknown = messages.filter(({ id }) => !copied.has(id));
      for (const [id, uid] of await this.#arrived(to, unknown, attempt.note)) copied.set(id, uid);
    }
    const missing = await this.#on(path, messages, result, true, async (connection, present) => {
      attempt.begin(await this.#noted(connection, to, attempt.note));
      const done = [...present].filter(([, { id }]) => copied.has(id)).map(([uid]) => uid);
      const rest = [...present.keys()].filter((uid) => !done.includes(uid));
      for (const set of uidSet.split(uidSet.fromNumbers(done), connection.quirks.setOctets)) {
        const removed = await removeMessages(connection, set);
        for (const uid of uidSet.iterate(set)) {
          const { id } = present.get(uid)!;
          this.#arrive(result, id, [to, copied.get(id) || null, attempt.note]);
          if (!removed) result.left.push(id);
        }
      }
      for (const set of uidSet.split(uidSet.fromNumbers(rest), connection.quirks.setOctets)) {
        await this.#moveSet(connection, path, set, present, to, attempt, result);
      }
    });
    await this.#elsewhere(to, missing, attempt, result);
  }

  async #moveSet(
    connection: Connection,
    path: string,
    set: ReturnType<typeof uidSet.fromNumbers>,
    present: Present,
    to: string,
    attempt: Attempt,
    result: Performed,
  ): Promise<void> {
    const ids = [...uidSet.iterate(set)].map((uid) => present.get(uid)!.id);
    const record = (copyUid: CopiedUids) => {
      const uids = newUids(copyUid, present);
      const copied = Object.fromEntries(ids.map((id) => [id, uids.get(id) ?? 0]));
      attempt.record({ ...attempt.note, copied: { ...attempt.note.copied, ...copied } });
    };
    try {
      const { copyUid, expunged } = await moveMessages(connection, set, to, record);
      const uids = newUids(copyUid, present);
      for (const id of ids) {
        // Where it tells the UIDs, what it does not tell of was not there.
        if (copyUid && !uids.has(id)) result.gone.push(id);
        else this.#arrive(result, id, [to, uids.get(id) ?? null, attempt.note, copyUid?.uidValidity]);
        if (!expunged) result.left.push(id);
      }
    } catch (error) {
      // A MOVE that was refused half-way has moved what is not there any more (RFC 6851 §3.3).
      if (isRefusal(error)) {
        const local = this.#ledger.local(path);
        for (const [uid, { id }] of present) {
          if (ids.includes(id) && this.#presence.holds(local, uid) === false) {
            this.#arrive(result, id, [to, null, attempt.note]);
          }
        }
      }
      throw error;
    }
  }

  async #copy(
    operation: Kind<"copy">,
    path: string,
    messages: readonly JournalMessage[],
    attempt: Attempt,
    result: Performed,
  ): Promise<void> {
    const { to } = operation;
    const copyOf = new Map(operation.messages.map((id, at) => [id, operation.copies[at] ?? 0]));
    const arrived = attempt.retry
      ? await this.#arrived(to, messages, attempt.note)
      : new Map<number, number>();
    for (const [id, uid] of arrived) this.#arrive(result, id, [to, uid, attempt.note], copyOf.get(id));
    const rest = messages.filter(({ id }) => !arrived.has(id));
    if (rest.length === 0) return;
    const missing = await this.#on(path, rest, result, false, async (connection, present) => {
      attempt.begin(await this.#noted(connection, to, attempt.note));
      for (const set of uidSet.split(uidSet.fromNumbers(present.keys()), connection.quirks.setOctets)) {
        const copyUid = await connection.run(copy(set, to));
        const uids = newUids(copyUid, present);
        for (const uid of uidSet.iterate(set)) {
          const { id } = present.get(uid)!;
          if (copyUid && !uids.has(id)) result.gone.push(id);
          else {
            const arrival = [to, uids.get(id) ?? null, attempt.note, copyUid?.uidValidity] as const;
            this.#arrive(result, id, arrival, copyOf.get(id));
          }
        }
      }
    });
    result.gone.push(...missing.map(({ id }) => id));
  }

  async #append(operation: Kind<"append">, attempt: Attempt, result: Performed): Promise<void> {
    const { path, row } = operation;
    const { flags, internalDate } = row;
    const [id = 0] = operation.messages;
    const message = this.#ledger.message(id);
    if (attempt.retry && message) {
      const uid = (await this.#arrived(path, [message], attempt.note, true)).get(id);
      if (uid !== undefined) {
        this.#arrive(result, id, [path, uid, attempt.note]);
        return;
      }
    }
    const connection = await this.#session.connected();
    const source = attempt.source();
    attempt.begin(await this.#noted(connection, path, attempt.note));
    try {
      const appended = await connection.run(append(path, { flags, internalDate, source }));
      const uid = appended?.uids[0]?.[0] ?? null;
      this.#arrive(result, id, [path, uid, attempt.note, appended?.uidValidity]);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      result.refused.set(id, error);
    }
  }

  /** Notes where a message, or its copy, is now; without UID it is looked for when it is needed. */
  #arrive(
    result: Performed,
    id: number,
    [path, uid, { least, uidValidity }, told = uidValidity]: Arrival,
    as = id,
  ): void {
    result.done.add(id);
    const validity = uid === null ? uidValidity : told;
    result.places.set(as, { path, uidValidity: validity, uid, least, modSeq: "0" });
  }

  /** Those that are not where they were: moved by a first try, or removed by another program. */
  async #elsewhere(
    to: string,
    missing: readonly JournalMessage[],
    attempt: Attempt,
    result: Performed,
  ): Promise<void> {
    if (missing.length === 0) return;
    const arrived = attempt.retry
      ? await this.#arrived(to, missing, attempt.note)
      : new Map<number, number>();
    for (const { id } of missing) {
      const uid = arrived.get(id) ?? (attempt.note.copied[id] || undefined);
      if (uid !== undefined) this.#arrive(result, id, [to, uid, attempt.note]);
      else result.gone.push(id);
    }
  }

  /** Those of `messages` that a first try has brought to `path`, with their UIDs there. */
  async #arrived(
    path: string,
    messages: readonly JournalMessage[],
    note: Note,
    loose = false,
  ): Promise<Map<number, number>> {
    if (messages.length === 0) return new Map();
    try {
      return await this.#session.within(
        localPath(this.#ledger.folders, path),
        (connection, selected) => {
          const numbersHold = note.uidValidity === 0 || note.uidValidity === selected.uidValidity;
          const taken = new Set(this.#store.journal.messages.uidsAt(path));
          return findArrived(connection, messages, numbersHold ? note.least : 1, taken, loose);
        },
        true,
      );
    } catch (error) {
      // A folder that is not there has nothing in it.
      if (isRefusal(error)) return new Map();
      throw error;
    }
  }

  /** UIDNEXT of the destination before anything arrives there: from the index, or where that cannot tell it is asked. */
  async #noted(connection: Connection, path: string, note: Note): Promise<Note> {
    if (note !== nothingNoted) return note;
    const mailbox = this.#store.mailboxes.byPath(localPath(this.#ledger.folders, path));
    const [, last = 0] = (mailbox && this.#store.messages.uidBounds(mailbox.id)) ?? [];
    const known = Math.max(mailbox?.uidNext ?? 0, last + 1);
    const uidValidity = mailbox?.uidValidity ?? 0;
    if (known > 1 && connection.capabilities.has("UIDPLUS")) return { ...note, least: known, uidValidity };
    try {
      const told = await connection.run(status(path, ["uidNext", "uidValidity"]));
      return { ...note, least: told.uidNext ?? known, uidValidity: told.uidValidity ?? uidValidity };
    } catch (error) {
      if (isRefusal(error)) return { ...note, least: known, uidValidity };
      throw error;
    }
  }
}

type CopiedUids = Awaited<ReturnType<typeof moveMessages>>["copyUid"];

/** The new UIDs by message; a server's set is never expanded beyond what we asked for. */
function newUids(copyUid: CopiedUids, present: Present): Map<number, number> {
  const found = new Map<number, number>();
  if (!copyUid) return found;
  const there = uidSet.iterate(copyUid.destination);
  for (const uid of uidSet.iterate(copyUid.source)) {
    const next = there.next();
    const message = present.get(uid);
    if (next.done || !message || found.size >= present.size) break;
    found.set(message.id, next.value);
  }
  return found;
}

function stale(): MailError {
  return new MailError(
    "STALE",
    "the messages have new ids: the server has numbered the folder anew",
    "list the folder again and repeat it",
  );
}

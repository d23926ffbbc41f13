/** The messages of an operation where the server has them: found, or found gone. */
import {
  type Connection,
  ImapError,
  noop,
  type SelectedMailbox,
  status,
  uidSearch,
  uidSet,
} from "../../imap/index.ts";
import type { JournalMessage, JournalPlace, Store } from "../../store/index.ts";
import { MailError } from "../errors.ts";
import type { Session } from "../session.ts";
import { codeOf, isRefusal } from "./conflict.ts";
import { findArrived } from "./find.ts";
import type { Ledger } from "./ledger.ts";
import { type Note, nothingNoted } from "./operation.ts";
import { localPath } from "./paths.ts";
import type { Performed } from "./performed.ts";

/** What the server has of a folder that is selected, as far as it has told. */
export interface Presence {
  /** Null: not known. */
  holds(path: string, uid: number): boolean | null;
  /** Asks for the flags of messages again; what cannot be had now comes with the next connection. */
  recheck(path: string, uids: readonly number[]): void;
}

/** Messages that are there, by UID. */
export type Present = ReadonlyMap<number, JournalMessage>;

/** So often a command is tried while others go on removing its messages. */
const mostTries = 5;

export class Reach {
  readonly presence: () => Presence;
  readonly #store: Store;
  readonly #session: Session;
  readonly #ledger: Ledger;
  /** Keeps where messages were found. */
  readonly #found: (places: ReadonlyMap<number, JournalPlace>) => Promise<void>;

  constructor(
    store: Store,
    session: Session,
    ledger: Ledger,
    presence: () => Presence,
    found: (places: ReadonlyMap<number, JournalPlace>) => Promise<void>,
  ) {
    this.#store = store;
    this.#session = session;
    this.#ledger = ledger;
    this.presence = presence;
    this.#found = found;
  }

  /**
   * Runs `work` with the mailbox of `messages` selected and those of them that are there; resolves to the others.
   * What the server refuses is noted for all of them that `work` has not placed.
   */
  async on(
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
          for (let tries = 1; there.size > 0; tries++) {
            try {
              await work(connection, there, selected);
              break;
            } catch (error) {
              if (tries === mostTries || !isRefusal(error) || codeOf(error) !== "EXPUNGEISSUED") throw error;
              result.halfway = true;
              missing.push(...(await this.#vanished(connection, there, result)));
            }
          }
        },
        { ahead: true },
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

  /**
   * Leaves of `there` what has still to be done and can be; resolves to what is not there any more. NOOP makes the
   * server see the removals that made it refuse the last command (RFC 5530 EXPUNGEISSUED).
   */
  async #vanished(
    connection: Connection,
    there: Map<number, JournalMessage>,
    result: Performed,
  ): Promise<JournalMessage[]> {
    for (const [uid, { id }] of there) if (result.done.has(id)) there.delete(uid);
    const sets = uidSet.split(uidSet.fromNumbers(there.keys()), connection.quirks.setOctets);
    const [, ...found] = await Promise.all([
      connection.run(noop()),
      ...sets.map((set) => connection.run(uidSearch({ uid: set }))),
    ]);
    const gone = [...there].filter(([uid]) => !found.some(({ uids }) => uidSet.contains(uids, uid)));
    for (const [uid] of gone) there.delete(uid);
    return gone.map(([, message]) => message);
  }

  /** The UIDs of those that the server has; what it has not told of yet it is asked. */
  async #present(
    connection: Connection,
    local: string,
    messages: readonly JournalMessage[],
  ): Promise<ReadonlySet<number>> {
    const uids = messages.flatMap(({ uid }) => uid ?? []);
    const unknown = uidSet.fromNumbers(uids.filter((uid) => this.presence().holds(local, uid) === null));
    const sets = uidSet.split(unknown, connection.quirks.setOctets);
    const found = await Promise.all(sets.map((set) => connection.run(uidSearch({ uid: set }))));
    const told = found.flatMap((answer) => uids.filter((uid) => uidSet.contains(answer.uids, uid)));
    return new Set([...uids.filter((uid) => this.presence().holds(local, uid)), ...told]);
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

  /** Those of `messages` that a first try has brought to `path`, with their UIDs there. */
  async arrived(
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
        { ahead: true },
      );
    } catch (error) {
      // A folder that is not there has nothing in it.
      if (isRefusal(error)) return new Map();
      throw error;
    }
  }

  /** UIDNEXT of the destination before anything arrives there: from the index, or where that cannot tell it is asked. */
  async noted(connection: Connection, path: string, note: Note): Promise<Note> {
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

function stale(): MailError {
  return new MailError(
    "STALE",
    "the messages have new ids: the server has numbered the folder anew",
    "list the folder again and repeat it",
  );
}

/** Operations on messages as IMAP commands: each of them may be tried again after a try whose answer never came. */
import { type Connection, copy, moveMessages, removeMessages, uidSet } from "../../imap/index.ts";
import { type JournalMessage, limboPath, type Store } from "../../store/index.ts";
import type { Session } from "../session.ts";
import type { Attempt } from "./attempt.ts";
import { blockage, codeOf, isRefusal } from "./conflict.ts";
import { storeFlags } from "./flag.ts";
import type { Ledger } from "./ledger.ts";
import { type MessageOperation, nowhere } from "./operation.ts";
import { localPath } from "./paths.ts";
import { Performed } from "./performed.ts";
import type { Present, Reach } from "./reach.ts";

type Kind<K extends MessageOperation["kind"]> = Extract<MessageOperation, { kind: K }>;
/** All but an append, which may go together with others: see appends.ts. */
export type Placed = Exclude<MessageOperation, { kind: "append" }>;

export class Performer {
  readonly #store: Store;
  readonly #session: Session;
  readonly #ledger: Ledger;
  readonly #reach: Reach;

  constructor(store: Store, session: Session, ledger: Ledger, reach: Reach) {
    this.#store = store;
    this.#session = session;
    this.#ledger = ledger;
    this.#reach = reach;
  }

  /** @throws ImapError, MailError where nothing was done, or where the line failed and nothing is known; Superseded */
  async perform(operation: Placed, attempt: Attempt): Promise<Performed> {
    const result = new Performed();
    const byPath = new Map<string | null, JournalMessage[]>();
    for (const id of operation.messages) {
      const message = this.#ledger.message(id);
      const path = message?.path ?? null;
      if (message) byPath.set(path, [...(byPath.get(path) ?? []), message]);
    }
    for (const [path, messages] of byPath) {
      if (path === null || path === limboPath) this.#nowhere(operation, messages, result);
      else if (operation.kind === "flag") await this.#flag(operation, path, messages, attempt, result);
      else if (operation.kind === "remove") await this.#remove(path, messages, attempt, result);
      else if (operation.kind === "copy") await this.#copy(operation, path, messages, attempt, result);
      else if (path !== operation.to) await this.#move(operation, path, messages, attempt, result);
      // Where it should go it is.
      else for (const { id } of messages) result.done.add(id);
    }
    return result;
  }

  /** Messages that are gone, or have not come to be. */
  #nowhere({ kind }: Placed, messages: readonly JournalMessage[], result: Performed): void {
    for (const { id } of messages) {
      const blocked = blockage(this.#store, id);
      if (blocked) result.refused.set(id, blocked);
      // What is to be removed and is not there is as it should be.
      else if (kind === "remove") {
        result.done.add(id);
        result.places.set(id, nowhere);
      } else result.gone.push(id);
    }
  }

  async #flag(
    operation: Kind<"flag">,
    path: string,
    messages: readonly JournalMessage[],
    attempt: Attempt,
    result: Performed,
  ): Promise<void> {
    const missing = await this.#reach.on(
      path,
      messages,
      result,
      true,
      async (connection, present, selected) => {
        attempt.begin();
        const mailbox = this.#store.mailboxes.byPath(localPath(this.#ledger.folders, path));
        const uids = [...present.keys()];
        const gone = await storeFlags(connection, selected, this.#store, mailbox, uids, operation);
        for (const [uid, { id }] of present) {
          if (gone.has(uid)) result.gone.push(id);
          else result.done.add(id);
        }
      },
    );
    result.gone.push(...missing.map(({ id }) => id));
  }

  async #remove(
    path: string,
    messages: readonly JournalMessage[],
    attempt: Attempt,
    result: Performed,
  ): Promise<void> {
    const missing = await this.#reach.on(path, messages, result, true, async (connection, present) => {
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
      for (const [id, uid] of await this.#reach.arrived(to, unknown, attempt.note)) copied.set(id, uid);
    }
    const passedOver: JournalMessage[] = [];
    const missing = await this.#reach.on(path, messages, result, true, async (connection, present) => {
      attempt.begin(await this.#reach.noted(connection, to, attempt.note));
      const all = uidSet.fromNumbers(present.keys());
      const done = uidSet.fromNumbers(
        [...present].filter(([, { id }]) => copied.has(id)).map(([uid]) => uid),
      );
      for (const set of uidSet.split(done, connection.quirks.setOctets)) {
        const removed = await removeMessages(connection, set);
        for (const uid of uidSet.iterate(set)) {
          const { id } = present.get(uid)!;
          result.arrive(id, [to, copied.get(id) || null, attempt.note]);
          if (!removed) result.left.push(id);
        }
      }
      for (const set of uidSet.split(uidSet.subtract(all, done), connection.quirks.setOctets)) {
        passedOver.push(...(await this.#moveSet(connection, path, set, present, to, attempt, result)));
      }
    });
    await this.#elsewhere(to, [...missing, ...passedOver], attempt, result);
  }

  /** Resolves to those that were not there any more. */
  async #moveSet(
    connection: Connection,
    path: string,
    set: ReturnType<typeof uidSet.fromNumbers>,
    present: Present,
    to: string,
    attempt: Attempt,
    result: Performed,
  ): Promise<JournalMessage[]> {
    const passedOver: JournalMessage[] = [];
    const messages = [...uidSet.iterate(set)].map((uid) => present.get(uid)!);
    const record = (copyUid: CopiedUids) => {
      const uids = newUids(copyUid, present);
      const copied = Object.fromEntries(messages.map(({ id }) => [id, uids.get(id) ?? 0]));
      attempt.record({ ...attempt.note, copied: { ...attempt.note.copied, ...copied } });
    };
    try {
      const { copyUid, expunged } = await moveMessages(connection, set, to, record);
      const uids = newUids(copyUid, present);
      const tells = copyUid !== null || connection.capabilities.has("UIDPLUS");
      for (const message of messages) {
        const { id } = message;
        // Where it tells the UIDs, what it does not tell of was not there: of none at all it says nothing (RFC 4315 §3).
        if (tells && !uids.has(id)) passedOver.push(message);
        else result.arrive(id, [to, uids.get(id) ?? null, attempt.note, copyUid?.uidValidity]);
        if (!expunged) result.left.push(id);
      }
      return passedOver;
    } catch (error) {
      // A MOVE that was refused half-way has moved what is not there any more (RFC 6851 §3.3), but for what others removed.
      if (isRefusal(error) && codeOf(error) !== "EXPUNGEISSUED") {
        const local = this.#ledger.local(path);
        for (const [uid, { id }] of present) {
          if (uidSet.contains(set, uid) && this.#reach.presence().holds(local, uid) === false) {
            result.arrive(id, [to, null, attempt.note]);
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
      ? await this.#reach.arrived(to, messages, attempt.note)
      : new Map<number, number>();
    for (const [id, uid] of arrived) result.arrive(id, [to, uid, attempt.note], copyOf.get(id));
    const rest = messages.filter(({ id }) => !arrived.has(id));
    if (rest.length === 0) return;
    const missing = await this.#reach.on(path, rest, result, false, async (connection, present) => {
      attempt.begin(await this.#reach.noted(connection, to, attempt.note));
      for (const set of uidSet.split(uidSet.fromNumbers(present.keys()), connection.quirks.setOctets)) {
        const copyUid = await connection.run(copy(set, to));
        const uids = newUids(copyUid, present);
        for (const uid of uidSet.iterate(set)) {
          const { id } = present.get(uid)!;
          if (copyUid && !uids.has(id)) result.gone.push(id);
          else {
            const arrival = [to, uids.get(id) ?? null, attempt.note, copyUid?.uidValidity] as const;
            result.arrive(id, arrival, copyOf.get(id));
          }
        }
      }
    });
    result.gone.push(...missing.map(({ id }) => id));
  }

  /** Those that are not where they were: moved by a first try, or removed by another program. */
  async #elsewhere(
    to: string,
    missing: readonly JournalMessage[],
    attempt: Attempt,
    result: Performed,
  ): Promise<void> {
    if (missing.length === 0) return;
    const arrived =
      attempt.retry || result.halfway
        ? await this.#reach.arrived(to, missing, attempt.note)
        : new Map<number, number>();
    for (const { id } of missing) {
      const uid = arrived.get(id) ?? (attempt.note.copied[id] || undefined);
      if (uid !== undefined) result.arrive(id, [to, uid, attempt.note]);
      else result.gone.push(id);
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

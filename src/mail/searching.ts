/**
 * Finding messages. What the index finds is there at once; on line the server is asked beside it, and the answer is
 * the server's together with what only the index can know.
 */
import { setImmediate } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Account } from "../account/config.ts";
import {
  Capabilities,
  type Connection,
  type SelectedMailbox,
  type UidRanges,
  uidSet,
} from "../imap/index.ts";
import { type Condition, firstProvisionalUid, type Store, type StoredMailbox } from "../store/index.ts";
import { isLineDown, MailError } from "./errors.ts";
import { findFolder } from "./folders.ts";
import { Indexing } from "./indexing.ts";
import type { KnownFolders } from "./known-folders.ts";
import { folderOf, mapTerms, mentions, parseQuery, type Query } from "./query.ts";
import { recall } from "./remembered.ts";
import { askServer } from "./search-asking.ts";
import { asksForText, type ConditionOptions, toCondition } from "./search-condition.ts";
import { type SearchOffers, searchOffers } from "./search-key.ts";
import { carryOut, planSearch, type Reach } from "./search-plan.ts";
import { lookUp } from "./search-structures.ts";
import { withThreads } from "./search-threads.ts";
import type { Session } from "./session.ts";
import type { Overlay, Sync } from "./sync.ts";
import type { Threading } from "./threading.ts";
import type { Folder } from "./values.ts";

const { contains, count, fromNumbers, intersect, iterate, subtract, union } = uidSet;

/** Milliseconds of one step through the index, and how many rows the first takes. */
const stepMs = 4;
const firstStep = 2_000;
/** Rows asked at once where they are named one by one. */
const pieceSize = 2_000;
/** How long a script off line waits for what it has cached to be indexed, milliseconds. */
const patience = 3_000;

export interface Found {
  /** Where it was looked: as asked, or as `in:` said. */
  readonly folder: Folder;
  /** Ascending, provisional ones last. */
  readonly uids: readonly number[];
  /** What was not looked into, in sentences for the person; empty where nothing was left out. */
  readonly notes: readonly string[];
}

/** Gets what the index has found so far, ascending, before the server has answered; at most twice. */
export type OnHits = (uids: readonly number[], folder: Folder) => void;

/** Who looks: the server with what only the local copy knows beside it, or one of them alone. */
export type SearchedBy = "both" | "server" | "local";

interface Task {
  readonly folder: Folder;
  readonly mailbox: StoredMailbox;
  readonly query: Query;
  readonly onHits?: OnHits | undefined;
}

interface Rooms {
  readonly store: Store;
  readonly session: Session;
  readonly sync: Sync;
  readonly overlay: Pick<Overlay, "flagged">;
  readonly threads: Pick<Threading, "of" | "known">;
  readonly account: Account;
  /** Whether there is a server to be asked. */
  online(): boolean;
  readonly folders: KnownFolders;
  /** A person watches: an answer without the server is better than none. */
  readonly screen: boolean;
}

/** The server's. */
interface Answer extends Reach {
  /** The messages that it has. */
  readonly scope: UidRanges;
  /** The index may lack flags that other clients have changed. */
  readonly staleFlags: boolean;
}

interface Local {
  readonly uids: readonly number[];
  /** How many messages the index could not tell of. */
  readonly unknown: number;
}

export class Searching {
  readonly #rooms: Rooms;
  readonly #indexing: Indexing;

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
    this.#indexing = new Indexing(rooms.store);
  }

  /** Indexes the text of what is cached from now on, beside all else. */
  follow(): void {
    this.#indexing.follow();
  }

  close(): Promise<void> {
    return this.#indexing.close();
  }

  /** What the server was last known to offer. */
  get #offers(): SearchOffers {
    const { store, account } = this.#rooms;
    return searchOffers(new Capabilities(recall(store, account)?.authenticated));
  }

  /** What `source` finds in a folder. Throws MailError "QUERY", and "NO_FOLDER" for an unknown `in:`. */
  async find(asked: Folder, source: string, onHits?: OnHits, by: SearchedBy = "both"): Promise<Found> {
    const written = parseQuery(source, Date.now());
    const named = folderOf(written);
    const folder = named === null ? asked : await this.#rooms.folders.find(named);
    const task = {
      folder,
      mailbox: this.#rooms.folders.stored(folder),
      query: this.#placed(written, folder),
      onHits,
    };
    if (by === "server") {
      const { yes, unknown } = await this.#onServer(await this.#tiedThere(task));
      return { folder, uids: [...iterate(yes)], notes: notesOf(count(unknown)) };
    }
    if (by === "both" && this.#rooms.online()) return this.#online(task);
    if (!this.#rooms.screen && asksForText(task.query))
      await this.#indexing.catchUp(performance.now() + patience);
    return this.#alone(task, await this.#inIndex(await this.#tiedHere(task)));
  }

  /** The query for one folder: `in:` holds for all of it, or for nothing. */
  #placed(query: Query, { path }: Folder): Query {
    const all: Query = { kind: "all" };
    return mapTerms(query, (term) => {
      if (term.kind !== "in") return term;
      return findFolder(this.#rooms.folders.all(), term.folder).path === path
        ? all
        : { kind: "not", of: all };
    });
  }

  async #online(task: Task): Promise<Found> {
    const there = this.#tiedThere(task);
    const asked = there.then((tied) => this.#onServer(tied));
    asked.catch(() => undefined);
    const local = await this.#inIndex(await this.#tiedHere(task));
    try {
      return await this.#merged(await there, local, await asked);
    } catch (error) {
      if (!this.#rooms.screen || !isLineDown(error)) throw error;
      const found = this.#alone(task, local);
      return { ...found, notes: ["the server could not be asked", ...found.notes] };
    }
  }

  /** With the messages that `thread:` means, as far as they are here. */
  async #tiedHere(task: Task): Promise<Task> {
    const { threads } = this.#rooms;
    const query = await withThreads(task.query, {
      find: async (head) => (await this.#inIndex({ ...task, query: head, onHits: undefined })).uids,
      threadOf: (uid) => threads.known(task.folder, uid),
    });
    return { ...task, query };
  }

  /** With the threads as the server has them; where it has none, all list data is needed to tell. */
  async #tiedThere(task: Task): Promise<Task> {
    const { store, session, sync, threads } = this.#rooms;
    const { folder, mailbox } = task;
    const query = await withThreads(task.query, {
      find: async (head) => [...iterate((await this.#onServer({ ...task, query: head })).yes)],
      threadOf: (uid) => threads.of(folder, uid),
      idsOf: (uids) =>
        session.within(mailbox.path, async (connection) => {
          const { gmail, objectId } = searchOffers(connection.capabilities);
          if (!gmail && !objectId) return null;
          await sync.fill(connection, uids);
          return uids.map((uid) => store.messages.get(mailbox.id, uid)?.threadId ?? null);
        }),
    });
    return { ...task, query };
  }

  /** Through the index from the newest message to the oldest, in steps that let others have their turn. */
  async #inIndex({ folder, mailbox, query, onHits }: Task): Promise<Local> {
    const search = this.#rooms.store.search.prepare(mailbox.id, toCondition(query, this.#offers));
    const steps: (readonly number[])[] = [];
    let unknown = 0;
    let size = firstStep;
    const soFar = () => steps.toReversed().flat();
    let told = 0;
    for (let below: number | null = Number.MAX_SAFE_INTEGER; below !== null; ) {
      const started = performance.now();
      const step = search.step(below, size);
      below = step.below;
      steps.push(step.sure);
      unknown += step.unknown.length;
      // The first hits at once, the rest together.
      if (told === 0 && step.sure.length > 0) {
        told = step.sure.length;
        onHits?.(soFar(), folder);
      }
      const took = performance.now() - started;
      size = Math.max(500, Math.min(size * 2, Math.round((size * stepMs) / Math.max(took, 0.1))));
      if (below !== null) await setImmediate();
    }
    const uids = soFar();
    if (uids.length > told) onHits?.(uids, folder);
    return { uids, unknown };
  }

  #alone({ folder, mailbox }: Task, { uids, unknown }: Local): Found {
    const missing = Math.max(0, (mailbox.messages ?? 0) - this.#rooms.store.messages.serverCount(mailbox.id));
    const notes =
      unknown + missing > 0 ? [`${messages(unknown + missing)} may match too: not all of them is here`] : [];
    return { folder, uids, notes };
  }

  /** The server's answer, with what it cannot say looked up here. */
  #onServer({ mailbox, query }: Task): Promise<Answer> {
    const { session, sync, store, overlay } = this.#rooms;
    const now = Date.now();
    const ask = async (connection: Connection) => {
      const offers = searchOffers(connection.capabilities);
      if (mentions(query, "raw") && !offers.gmail)
        throw new MailError(
          "QUERY",
          "raw: is Gmail's own search, and this server is another",
          "use the other terms",
        );
      const plan = planSearch(query, offers, now);
      sync.askAlong(connection);
      const answers = await askServer(plan, { connection, mailbox, store, overlay, offers, now });
      return { plan, answers, offers };
    };
    const { uidValidity } = mailbox;
    const others = (selected: SelectedMailbox) => uidValidity !== 0 && selected.uidValidity !== uidValidity;
    return session.asked(mailbox.path, { ask, others }, async (first, connection) => {
      // More may be offered to who has logged in.
      const better = planSearch(query, searchOffers(connection.capabilities), now);
      const asked = isDeepStrictEqual(better, first.plan) ? first : await ask(connection);
      const { plan, answers, offers } = asked;
      const scope = await sync.there(connection);
      const look = (part: Query, within: UidRanges) => this.#look(connection, mailbox, part, within, offers);
      const reach = await carryOut(plan, scope, answers, look);
      const answer = { ...reach, scope, staleFlags: !sync.flagsAreFresh(connection) };
      if (!connection.quirks.searchUntrue) return answer;
      // This server passes some keys over: its hits are looked at again, as far as rows can tell.
      await sync.fill(connection, [...iterate(reach.yes)]);
      const condition = toCondition(query, offers);
      const { sure, unknown } = await askIndex(store, mailbox.id, condition, [...iterate(reach.yes)]);
      return { ...answer, yes: fromNumbers([...sure, ...unknown]) };
    });
  }

  /** A term that rows and structures answer, asked of a few messages. */
  async #look(
    connection: Connection,
    mailbox: StoredMailbox,
    query: Query,
    scope: UidRanges,
    offers: SearchOffers,
  ): Promise<Reach> {
    const { store, sync } = this.#rooms;
    if (query.kind === "uids") return { yes: intersect(scope, fromNumbers(query.uids)), unknown: [] };
    const uids = [...iterate(scope)];
    if (query.kind === "since" || query.kind === "before") await sync.fill(connection, uids);
    const answer = await askIndex(store, mailbox.id, toCondition(query, offers), uids);
    const [yes, unknown] = [fromNumbers(answer.sure), fromNumbers(answer.unknown)];
    if (query.kind !== "has" && query.kind !== "file") return { yes, unknown };
    // What has no row is not known either.
    const rows = fromNumbers(store.messages.uidsWithin(mailbox.id, [...scope], count(scope)));
    const open = union(unknown, subtract(scope, rows));
    const looked = await lookUp({ store, connection, mailboxId: mailbox.id }, query, open);
    return { yes: union(yes, looked.yes), unknown: looked.unknown };
  }

  /** The server's hits; and where the index is sure of more (texts that a server cannot decode, messages on their way), that too. */
  async #merged({ folder, mailbox, query }: Task, local: Local, reach: Answer): Promise<Found> {
    const { store } = this.#rooms;
    const { scope, staleFlags } = reach;
    const ours = local.uids.filter((uid) => uid >= firstProvisionalUid);
    const more = asksForText(query)
      ? local.uids.filter((uid) => !contains(reach.yes, uid) && contains(scope, uid))
      : [];
    const options: ConditionOptions = {
      ...this.#offers,
      besideServer: true,
      staleFlags,
    };
    const { sure } = await askIndex(store, mailbox.id, toCondition(query, options), more);
    return {
      folder,
      uids: [...iterate(union(reach.yes, fromNumbers(sure))), ...ours],
      notes: notesOf(count(subtract(reach.unknown, fromNumbers(sure)))),
    };
  }
}

const notesOf = (unknown: number) =>
  unknown > 0 ? [`${messages(unknown)} may match too: only the newest were looked into`] : [];

const messages = (n: number) => (n === 1 ? "one more message" : `${n.toLocaleString("en")} more messages`);

/** Asks the index of these messages, ascending, piece by piece. */
async function askIndex(
  store: Store,
  mailboxId: number,
  condition: Condition,
  uids: readonly number[],
): Promise<{ sure: number[]; unknown: number[] }> {
  const search = store.search.prepare(mailboxId, condition);
  const answer = { sure: [] as number[], unknown: [] as number[] };
  for (let at = 0; at < uids.length; at += pieceSize) {
    if (at > 0) await setImmediate();
    const { sure, unknown } = search.among(uids.slice(at, at + pieceSize));
    answer.sure.push(...sure);
    answer.unknown.push(...unknown);
  }
  return answer;
}

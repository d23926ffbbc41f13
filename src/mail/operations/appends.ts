/**
 * Messages put into a mailbox, as many at once as are there to be put: in one command where the server takes several
 * (MULTIAPPEND, RFC 3502), else in commands that do not wait for one another. All of it may be tried again after a try
 * whose answer never came.
 */
import { append, appendAll, type Connection, type UidRanges, uidSet } from "../../imap/index.ts";
import type { Store } from "../../store/index.ts";
import { asError } from "../errors.ts";
import type { Session } from "../session.ts";
import { Attempt } from "./attempt.ts";
import { isRefusal } from "./conflict.ts";
import type { Ledger } from "./ledger.ts";
import type { FolderOperation, MessageOperation, OpenEntry } from "./operation.ts";
import type { Placed } from "./perform.ts";
import { Performed } from "./performed.ts";
import type { Reach } from "./reach.ts";

type AppendOperation = Extract<MessageOperation, { kind: "append" }>;

/** An entry that puts one message into a mailbox. */
export interface AppendEntry extends OpenEntry {
  readonly operation: AppendOperation;
}

/** What of it goes at once, at most: messages, and their octets. One that is larger goes alone. */
const window = { messages: 100, octets: 4 * 1024 * 1024 } as const;

const isAppend = (open: OpenEntry): open is AppendEntry => open.operation.kind === "append";

/** An entry that is sent by itself. */
export interface LoneEntry extends OpenEntry {
  readonly operation: FolderOperation | Placed;
}

export const goesAlone = (open: OpenEntry): open is LoneEntry => !isAppend(open);

/** The first of these entries and those behind it that go with it: to one mailbox, and all of them tried before or none. */
export function goingTogether(open: Iterable<OpenEntry>): AppendEntry[] {
  const together: AppendEntry[] = [];
  let octets = 0;
  for (const next of open) {
    if (!isAppend(next)) break;
    const [first = next] = together;
    octets += next.operation.row.size;
    const fits = together.length < window.messages && octets <= window.octets;
    const alike =
      next.operation.path === first.operation.path &&
      next.entry.state === first.entry.state &&
      next.entry.note === first.entry.note;
    if (together.length > 0 && !(fits && alike)) break;
    together.push(next);
  }
  return together;
}

interface Try {
  readonly open: AppendEntry;
  readonly attempt: Attempt;
}

/** What came of an entry: done or refused, or an error that leaves it unknown. Nothing: it was another process's. */
export type AppendOutcomes = ReadonlyMap<AppendEntry, Performed | Error>;

export class Appender {
  readonly #store: Store;
  readonly #session: Session;
  readonly #ledger: Ledger;
  readonly #reach: Reach;
  /** Several at once were refused, be it for one of them: commands for each take no longer, and tell which. */
  #oneByOne = false;

  constructor(store: Store, session: Session, ledger: Ledger, reach: Reach) {
    this.#store = store;
    this.#session = session;
    this.#ledger = ledger;
    this.#reach = reach;
  }

  /** `tries`: of `goingTogether`. @throws ImapError, MailError where nothing was sent */
  async perform(tries: readonly Try[]): Promise<AppendOutcomes> {
    const outcomes = new Map<AppendEntry, Performed | Error>();
    const [first] = tries;
    if (!first) return outcomes;
    const { path } = first.open.operation;
    const missing = first.attempt.retry ? await this.#withoutArrived(path, tries, outcomes) : tries;
    if (missing.length === 0) return outcomes;
    const connection = await this.#session.connected();
    const note = await this.#reach.noted(connection, path, first.attempt.note);
    const attempts = missing.map(({ attempt }) => attempt);
    const begun = new Set(Attempt.beginAll(this.#store, attempts, note));
    const rest = missing.filter(({ attempt }) => begun.has(attempt));
    const several = rest.length > 1 && !this.#oneByOne && connection.capabilities.has("MULTIAPPEND");
    if (!(several && (await this.#atOnce(connection, rest, outcomes))))
      await this.#each(connection, rest, outcomes);
    return outcomes;
  }

  /** Those that a first try has not brought there. */
  async #withoutArrived(
    path: string,
    tries: readonly Try[],
    outcomes: Map<AppendEntry, Performed | Error>,
  ): Promise<readonly Try[]> {
    const messages = tries.flatMap(({ open }) => this.#ledger.message(messageOf(open)) ?? []);
    const note = tries[0]!.attempt.note;
    const arrived = await this.#reach.arrived(path, messages, note, true);
    return tries.filter(({ open, attempt }) => {
      const uid = arrived.get(messageOf(open));
      if (uid !== undefined) outcomes.set(open, arrivedAt(open, uid, attempt));
      return uid === undefined;
    });
  }

  /** All of them in one command, of which the server does all or nothing; false where it refuses to. */
  async #atOnce(
    connection: Connection,
    tries: readonly Try[],
    outcomes: Map<AppendEntry, Performed | Error>,
  ): Promise<boolean> {
    const { path } = tries[0]!.open.operation;
    try {
      const told = await connection.run(appendAll(path, tries.map(messageToAppend)));
      const uids = uidsTold(told?.uids, tries.length);
      for (const [at, { open, attempt }] of tries.entries())
        outcomes.set(open, arrivedAt(open, uids[at] ?? null, attempt, told?.uidValidity));
      return true;
    } catch (error) {
      if (isRefusal(error)) {
        this.#oneByOne = true;
        return false;
      }
      for (const { open } of tries) outcomes.set(open, asError(error));
      return true;
    }
  }

  /** A command for each, none of which waits for another's answer. */
  async #each(
    connection: Connection,
    tries: readonly Try[],
    outcomes: Map<AppendEntry, Performed | Error>,
  ): Promise<void> {
    const one = async (put: Try): Promise<Performed | Error> => {
      const { open, attempt } = put;
      try {
        const told = await connection.run(append(open.operation.path, messageToAppend(put)));
        return arrivedAt(open, uidsTold(told?.uids, 1)[0] ?? null, attempt, told?.uidValidity);
      } catch (error) {
        if (!isRefusal(error)) return asError(error);
        const refused = new Performed();
        refused.refused.set(messageOf(open), error);
        return refused;
      }
    };
    const done = await Promise.all(tries.map(one));
    for (const [at, { open }] of tries.entries()) outcomes.set(open, done[at]!);
  }
}

const messageOf = ({ operation }: AppendEntry): number => operation.messages[0] ?? 0;

function messageToAppend({ open, attempt }: Try) {
  const { flags, internalDate } = open.operation.row;
  return { flags, internalDate, source: attempt.source() };
}

function arrivedAt(open: AppendEntry, uid: number | null, { note }: Attempt, told?: number): Performed {
  const result = new Performed();
  result.arrive(messageOf(open), [open.operation.path, uid, note, told]);
  return result;
}

/** The UIDs in the order of the messages; none where the server tells of more or fewer than there are. */
function uidsTold(uids: UidRanges | undefined, messages: number): readonly number[] {
  if (!uids) return [];
  const told: number[] = [];
  for (const uid of uidSet.iterate(uids)) {
    if (told.length === messages) return [];
    told.push(uid);
  }
  return told.length === messages ? told : [];
}

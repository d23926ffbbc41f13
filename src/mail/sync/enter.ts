/**
 * Selecting a mailbox, and in the same flight asking for all that may have changed of it (RFC 7162): what came in, what
 * was expunged, what was flagged. What is assumed is checked against the answer; what came for other UIDs is dropped.
 */
import {
  type Connection,
  type FetchedMessage,
  type FetchQuery,
  fetch,
  ImapError,
  type SelectChange,
  type SelectedMailbox,
  select,
  type UidRanges,
  uidSearch,
  uidSet,
} from "../../imap/index.ts";
import type { StoredMailbox } from "../../store/index.ts";
import { listData } from "../convert.ts";
import { rematch } from "../rematch.ts";
import { breathe } from "./pace.ts";
import { type SyncContext, View } from "./view.ts";

/** The newest messages: where the index has nothing yet their headers come first; elsewhere, what changed of them. */
const firstWindow = 200;
/** What came in since the last time comes with the SELECT, up to so many UIDs: the newest come first where it is more. */
const mostArrivals = 1_000;
/** So many messages with new UIDs are told with COMPRESS (RFC 4978). */
const worthCompressing = 1_000;

/** What a server has refused, as long as the program runs. */
export interface Refused {
  qresync: boolean;
}

/** The mailbox as the index has it; unknown to it, it is entered there. */
export function mailboxAt({ store }: SyncContext, path: string): StoredMailbox {
  const known = store.mailboxes.byPath(path);
  return known ?? store.mailboxes.put({ path, name: path, delimiter: null, attributes: [] });
}

/**
 * `begun` gets the mailbox before anything can be told of it, and again where it has got new UIDs.
 * @throws ImapError, StoreError
 */
export async function enter(
  context: SyncContext,
  connection: Connection,
  path: string,
  serverPath: string,
  refused: Refused,
  begun: (view: View) => void,
): Promise<View> {
  const before = mailboxAt(context, path);
  const entering = new Entering(context, connection, before, serverPath, begun);
  const { capabilities } = connection;
  const qresync = before.highestModSeq !== "0" && capabilities.has("QRESYNC") && !refused.qresync;
  try {
    await entering.ask(qresync);
  } catch (error) {
    if (!qresync || !mayBeItsFault(error)) throw error;
    // Once without: if that goes well, QRESYNC is what this server cannot do.
    const view = await enter(context, connection, path, serverPath, { qresync: true }, begun);
    refused.qresync = true;
    return view;
  }
  return entering.settle();
}

function mayBeItsFault(error: unknown): boolean {
  if (!(error instanceof ImapError) || (error.code !== "BAD" && error.code !== "NO")) return false;
  return error.responseCode !== "NONEXISTENT" && error.responseCode !== "NOPERM";
}

class Entering {
  readonly #context: SyncContext;
  readonly #connection: Connection;
  readonly #before: StoredMailbox;
  readonly #begun: (view: View) => void;
  readonly #view: View;
  /** Told before UIDVALIDITY was. */
  readonly #early: SelectChange[] = [];
  /** What came in since the last time was told: all, or as much as was asked for. */
  #arrivals = false;
  /** Whose flags were told: of all that changed, or of those above a UID. */
  #flags: "all" | { upTo: number } | null = null;
  /** UIDs that the server has not. */
  readonly #absent: UidRanges[] = [];

  constructor(
    context: SyncContext,
    connection: Connection,
    before: StoredMailbox,
    serverPath: string,
    begun: (view: View) => void,
  ) {
    this.#context = context;
    this.#connection = connection;
    this.#before = before;
    this.#begun = begun;
    this.#view = new View(context, connection, before, serverPath);
    begun(this.#view);
  }

  /** One flight. @throws ImapError where the mailbox cannot be selected, or the line is lost */
  async ask(qresync: boolean): Promise<void> {
    const { uidValidity, uidNext, highestModSeq } = this.#before;
    const { hidden } = this.#view;
    const hull = this.#hull(hidden);
    const modSeq = BigInt(highestModSeq);
    const parameters = { uidValidity, modSeq, ...(hull ? { knownUids: [hull] } : {}) };
    const onChange = (change: SelectChange, validity: number) => this.#changed(change, validity);
    const selecting = this.#connection.run(
      select(this.#view.serverPath, {
        condstore: true,
        ...(qresync ? { qresync: parameters, onChange } : {}),
      }),
    );
    const known = uidValidity !== 0 && uidNext > 0;
    const others = known ? [this.#askArrivals()] : [];
    if (known && hull && !qresync) {
      others.push(this.#askFlags(modSeq), this.#askPresent([[this.#windowFrom, uidSet.maxNumber]]));
      if (hidden.length > 0) others.push(this.#askPresent(hidden));
    }
    const [selection, ...rest] = await Promise.allSettled([selecting, ...others]);
    if (selection.status === "rejected") throw selection.reason;
    for (const result of rest) {
      // What a server will not answer here is asked for later, and otherwise.
      if (result.status === "rejected" && !isRefusal(result.reason)) throw result.reason;
    }
    const told = this.#connection.enabled("QRESYNC") && selection.value.highestModSeq !== null;
    if (qresync && told) this.#flags = "all";
  }

  /** What is known lies in it: enough for a server that has forgotten what vanished long ago (RFC 7162 §3.2.5.2). */
  #hull(hidden: UidRanges): readonly [number, number] | null {
    const bounds = this.#context.store.messages.uidBounds(this.#before.id);
    const ends = [...(bounds ?? []), ...(hidden[0] ?? []), ...(hidden.at(-1) ?? [])];
    return ends.length > 0 ? [Math.min(...ends), Math.max(...ends)] : null;
  }

  /** Whether what is being told is about the UIDs of the index. */
  get #sameYet(): boolean {
    const { selected } = this.#connection;
    return this.#view.open && selected !== null && sameNumbers(this.#before, selected);
  }

  async #fetch(set: UidRanges, query: FetchQuery): Promise<void> {
    const onMessage = (message: FetchedMessage) => {
      if (this.#sameYet) this.#view.intake.take(message);
    };
    await this.#connection.run(fetch(set, query, { onMessage }));
  }

  async #askArrivals(): Promise<void> {
    const { uidNext } = this.#before;
    const last = Math.min(uidSet.maxNumber, uidNext + mostArrivals - 1);
    await this.#fetch([[uidNext, last]], listData(this.#connection));
    this.#arrivals = true;
  }

  get #windowFrom(): number {
    return this.#context.store.messages.uidFromEnd(this.#before.id, firstWindow - 1) ?? 1;
  }

  /** Flags that changed where the server can tell (CONDSTORE), else those of the newest. */
  async #askFlags(modSeq: bigint): Promise<void> {
    const last = this.#before.uidNext - 1;
    if (modSeq > 0n && this.#connection.capabilities.has("CONDSTORE")) {
      await this.#fetch([[1, last]], { flags: true, modSeq: true, changedSince: modSeq });
      this.#flags = "all";
      return;
    }
    const from = this.#windowFrom;
    await this.#fetch([[from, Math.max(from, last)]], { flags: true, modSeq: true });
    this.#flags = { upTo: from - 1 };
  }

  /** What there is of the newest, so that the first screen shows nothing that is gone; or of what waits for us. */
  async #askPresent(asked: UidRanges): Promise<void> {
    const { uids, whole } = await this.#connection.run(uidSearch({ uid: asked }));
    const known: UidRanges = [[1, Math.max(1, this.#before.uidNext - 1)]];
    if (whole) this.#absent.push(uidSet.subtract(uidSet.intersect(asked, known), uids));
  }

  #changed(change: SelectChange, uidValidity: number): void {
    if (uidValidity === 0) this.#early.push(change);
    else if (uidValidity === this.#before.uidValidity) this.#apply(change);
  }

  #apply(change: SelectChange): void {
    if (change.kind === "vanished") this.#absent.push(change.uids);
    else this.#view.intake.take(change.message);
  }

  /** Takes what the flight brought for true, as far as it is. @throws ImapError, StoreError */
  async settle(): Promise<View> {
    const { store } = this.#context;
    const { id, uidNext } = this.#before;
    const { selected } = this.#connection;
    if (!selected) throw new ImapError("CLOSED", "the connection was lost");
    if (!sameNumbers(this.#before, selected)) return this.#renumber(selected);
    const view = this.#view;
    for (const change of this.#early) this.#apply(change);
    await view.intake.settle();
    await view.remove(uidSet.normalize(this.#absent.flat()));
    if (selected.mailboxId !== this.#before.mailboxId)
      store.mailboxes.setState(id, { mailboxId: selected.mailboxId });
    this.#note(view, selected);
    const all = this.#arrivals && view.uidNext <= uidNext + mostArrivals;
    view.completeFrom = all ? this.#before.completeFrom : view.uidNext;
    if (selected.exists > 0 && (!all || store.messages.serverCount(id) === 0)) await this.#fetchNewest(view);
    view.staleFlags = await this.#staleFlags(selected);
    view.unequal = view.completeFrom > 1 || view.held !== view.exists;
    return view;
  }

  #note(view: View, selected: SelectedMailbox): void {
    view.exists = selected.exists;
    view.uidNextTold = selected.uidNext !== null;
    view.uidNext = selected.uidNext ?? view.reached;
    view.highestModSeq = String(this.#told(selected));
  }

  /** HIGHESTMODSEQ, of use only where one can ask for what has changed since. 0: none. */
  #told({ highestModSeq }: SelectedMailbox): bigint {
    return this.#connection.capabilities.has("CONDSTORE") ? (highestModSeq ?? 0n) : 0n;
  }

  async #staleFlags(selected: SelectedMailbox): Promise<View["staleFlags"]> {
    const { id, highestModSeq, uidNext } = this.#before;
    const { messages } = this.#context.store;
    const asOf = BigInt(highestModSeq);
    const now = this.#told(selected);
    if (now < asOf) {
      // The count has begun anew or is not kept any more, and tells nothing about what is known.
      for (let uid: number | null = 0; uid !== null; uid = messages.forgetModSeqs(id, uid)) await breathe();
      return { upTo: uidNext - 1 };
    }
    if (this.#flags === "all" || uidNext <= 1) return null;
    if (asOf > 0n) return now === asOf ? null : "changed";
    return this.#flags ?? { upTo: uidNext - 1 };
  }

  /** The headers of the newest, where the index has nothing to show. */
  async #fetchNewest(view: View): Promise<void> {
    const { exists } = view;
    const came: number[] = [];
    const onMessage = ({ uid }: FetchedMessage) => {
      if (uid !== undefined) came.push(uid);
    };
    const asked = Math.min(exists, firstWindow);
    const query = listData(this.#connection);
    if (this.#connection.quirks.sequenceNumbersLie) {
      const uids = await view.ask();
      if (uids) await view.fetch(uidSet.slice(uids, -1, -asked), query, onMessage);
    } else await view.fetch([[exists - asked + 1, exists]], { ...query, bySequence: true }, onMessage);
    view.completeFrom = view.uidNext;
    if (came.length === asked) view.completeFrom = asked === exists ? 1 : Math.min(view.uidNext, ...came);
  }

  /** The UIDs known are not valid any more: what is cached goes under the new ones. */
  async #renumber(selected: SelectedMailbox): Promise<View> {
    const { store } = this.#context;
    const { id, path } = this.#before;
    const { uidValidity, mailboxId, exists } = selected;
    const known = store.messages.identities(id);
    if (Math.min(known.length, exists) >= worthCompressing) await this.#connection.compress();
    const { found, rows } = await rematch(this.#connection, exists, known);
    store.transaction(() => {
      // Another process may have done the same while we asked.
      const now = mailboxAt(this.#context, path);
      if (sameNumbers(now, selected)) return;
      store.messages.renumber(id, uidValidity, sameNumbers(now, this.#before) ? found : []);
      store.messages.put(id, rows);
      store.mailboxes.setState(id, { mailboxId, highestModSeq: String(this.#told(selected)) });
    });
    this.#context.emit({ kind: "messages", path });
    const { serverPath } = this.#view;
    const view = new View(this.#context, this.#connection, mailboxAt(this.#context, path), serverPath);
    view.inherit(this.#view);
    this.#begun(view);
    this.#note(view, selected);
    view.completeFrom = view.held === exists ? 1 : view.uidNext;
    if (exists > 0 && store.messages.serverCount(id) === 0) await this.#fetchNewest(view);
    view.unequal = view.completeFrom > 1 || view.held !== exists || this.#view.missed;
    if (this.#view.missed) view.staleFlags = { upTo: uidSet.maxNumber };
    return view;
  }
}

type Numbered = Pick<StoredMailbox, "uidValidity" | "mailboxId">;

/** Whether UIDs mean the same in both: another mailbox under the same name has other messages, whatever its UIDVALIDITY. */
function sameNumbers(a: Numbered, b: Numbered): boolean {
  const another = a.mailboxId !== null && b.mailboxId !== null && a.mailboxId !== b.mailboxId;
  return a.uidValidity === b.uidValidity && !another;
}

/** The server does not do it; the line is not at fault. */
function isRefusal(error: unknown): boolean {
  return error instanceof ImapError && ["NO", "BAD", "SYNTAX"].includes(error.code);
}

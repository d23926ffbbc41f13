/**
 * Messages found again where their UIDs are not valid any more (RFC 9051 §2.3.1.1): by what the server says is the
 * same content (EMAILID, RFC 8474; X-GM-MSGID), else by Message-ID and size. What is cached stays, and no body
 * is fetched again.
 */
import {
  type Connection,
  type FetchedMessage,
  fetch,
  ImapError,
  type UidRanges,
  uidSet,
} from "../imap/index.ts";
import type { Identity, Renumbered, StoredMessageInput } from "../store/index.ts";
import { isListed, listData, toStoredMessage } from "./convert.ts";

/** A message under its new UID. */
export type Fresh = Omit<Identity, "kept"> & Omit<Renumbered, "from">;

export interface Rematched {
  /** Messages that the store has, by old and new UID. */
  readonly found: readonly Renumbered[];
  /** Rows that came along of messages that the store has not. */
  readonly rows: readonly StoredMessageInput[];
}

const everyUid: UidRanges = [[1, 4_294_967_295]];
/** Rows held until the store has its new UIDs; others are asked for again by the sync. */
const rowsHeld = 2_000;
/** More answers than this beyond the messages there are is a fault or an attack. */
const slack = 10_000;

/**
 * Asks for the new UIDs of the mailbox that is selected and holds `exists` messages: by ids alone where the store
 * has them, and with list data only while something cached is not found. @throws ImapError
 */
export async function rematch(
  connection: Connection,
  exists: number,
  known: readonly Identity[],
): Promise<Rematched> {
  if (exists === 0 || known.length === 0) return { found: [], rows: [] };
  const { capabilities } = connection;
  const offered = capabilities.has("OBJECTID") || capabilities.has("X-GM-EXT-1");
  const byIds = offered && known.some(({ emailId }) => emailId !== null);
  const ids = byIds ? await askIds(connection, exists) : [];
  const found = byEmailId(known, ids);
  const done = new Set(found.map(({ from }) => from));
  const left = known.filter(({ uid }) => !done.has(uid));
  // Without anything cached there is nothing to gain: rows come with the sync.
  if (!left.some(({ kept }) => kept)) return { found, rows: [] };
  const taken = new Set(found.map(({ uid }) => uid));
  const rest = ids.flatMap(({ uid }) => (taken.has(uid) ? [] : [uid]));
  const { candidates, rows } = await askMail(connection, exists, byIds ? rest : null, left);
  return { found: [...found, ...byMessageId(left, candidates)], rows };
}

async function askIds(connection: Connection, exists: number): Promise<Fresh[]> {
  const found = new Map<number, Fresh>();
  const query = { flags: true, internalDate: true, emailId: true, gmailMessageId: true };
  await connection.run(
    fetch(everyUid, query, {
      onMessage(message) {
        const row = message.internalDate === undefined ? null : toStoredMessage(message, Date.now());
        if (row) keep(found, exists, row);
      },
    }),
  );
  return [...found.values()];
}

/** List data of `uids`, or where they are not known of all: of those that may be one of `left`, what tells them. */
async function askMail(
  connection: Connection,
  exists: number,
  uids: readonly number[] | null,
  left: readonly Identity[],
): Promise<{ candidates: Fresh[]; rows: StoredMessageInput[] }> {
  const wanted = new Set(left.map(sameMail));
  const candidates = new Map<number, Fresh>();
  const rows: StoredMessageInput[] = [];
  const onMessage = (message: FetchedMessage) => {
    const row = isListed(message) ? toStoredMessage(message, Date.now()) : null;
    if (!row) return;
    if (wanted.has(sameMail(row))) keep(candidates, exists, row);
    else if (rows.length < rowsHeld) rows.push(row);
  };
  const sets = uids ? uidSet.split(uidSet.fromNumbers(uids), connection.quirks.setOctets) : [everyUid];
  const query = listData(connection);
  await Promise.all(sets.map((set) => connection.run(fetch(set, query, { onMessage }))));
  return { candidates: [...candidates.values()], rows };
}

function keep(found: Map<number, Fresh>, exists: number, row: StoredMessageInput): void {
  if (found.size > exists + slack)
    throw new ImapError("LIMIT", `the server tells of more messages than the ${exists} there are`);
  const { uid, flags, modSeq, internalDate, emailId, messageId, size } = row;
  found.set(uid, { uid, flags, modSeq, internalDate, emailId, messageId, size });
}

/** The same id is the same content: where several have it, each takes the place of one, in the order of UIDs. */
export function byEmailId(known: readonly Identity[], fresh: readonly Fresh[]): Renumbered[] {
  const places = groups(fresh, ({ emailId }) => emailId);
  return [...groups(known, ({ emailId }) => emailId)].flatMap(([id, messages]) => {
    const there = places.get(id) ?? [];
    return messages.flatMap((message, at) => renumbered(message, there[at]));
  });
}

/**
 * By Message-ID and RFC822.SIZE; where several share both, by INTERNALDATE as well. What can then still be one or
 * the other is neither.
 */
export function byMessageId(known: readonly Identity[], fresh: readonly Fresh[]): Renumbered[] {
  const places = groups(fresh, sameMail);
  return [...groups(known, sameMail)].flatMap(([mail, messages]) => {
    const there = places.get(mail) ?? [];
    if (messages.length === 1 && there.length === 1) return renumbered(messages[0], there[0]);
    const atDate = groups(there, date);
    return [...groups(messages, date)].flatMap(([when, [message, ...others]]) => {
      const [place, ...otherPlaces] = atDate.get(when) ?? [];
      return others.length + otherPlaces.length === 0 ? renumbered(message, place) : [];
    });
  });
}

function sameMail({ messageId, size }: Pick<Identity, "messageId" | "size">): string | null {
  return messageId === null ? null : `${size} ${messageId}`;
}

function date({ internalDate }: Pick<Identity, "internalDate">): string {
  return String(internalDate);
}

/** By key, in the order given; those without one are left out. */
function groups<T>(items: readonly T[], key: (item: T) => string | null): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const at = key(item);
    if (at === null) continue;
    const group = found.get(at);
    if (group) group.push(item);
    else found.set(at, [item]);
  }
  return found;
}

function renumbered(message: Identity | undefined, place: Fresh | undefined): Renumbered[] {
  if (!message || !place) return [];
  const { uid, flags, modSeq, internalDate, emailId } = place;
  return [{ from: message.uid, uid, flags, modSeq, internalDate, emailId }];
}

/** Messages found by what is known of them, where the server did not tell their UIDs or its answer never came. */
import { type Connection, type FetchedMessage, fetch } from "../../imap/index.ts";
import type { JournalMessage, StoredMessageInput } from "../../store/index.ts";
import { isListed, listData, toStoredMessage } from "../convert.ts";

type Sought = Pick<JournalMessage, "id" | "messageId" | "emailId" | "size" | "internalDate">;
type Candidate = Pick<StoredMessageInput, "uid" | "messageId" | "emailId" | "size" | "internalDate">;

const maxUid = 4_294_967_295;

/**
 * Looks in the selected mailbox for messages that came in at UID `least` or later and are none of `taken`. Resolves to
 * the UIDs found, by message; see `pair`. @throws ImapError
 */
export async function findArrived(
  connection: Connection,
  sought: readonly Sought[],
  least: number,
  taken: ReadonlySet<number>,
  loose = false,
): Promise<Map<number, number>> {
  const candidates: Candidate[] = [];
  const onMessage = (message: FetchedMessage) => {
    const row = isListed(message) ? toStoredMessage(message, Date.now()) : null;
    if (row && row.uid >= least && !taken.has(row.uid)) candidates.push(row);
  };
  await connection.run(fetch([[least, maxUid]], listData(connection), { onMessage }));
  return pair(sought, candidates, loose);
}

/**
 * Which of `candidates` each of `sought` is: by what the server says is the same content, else by Message-ID and size,
 * else by size and INTERNALDATE, which COPY keeps and APPEND sets (RFC 9051 §6.4.7, §6.3.12). Of several that are
 * alike the first takes the first, and no candidate is two messages. `loose`: Message-ID alone will do, as some servers
 * change what is appended.
 */
export function pair(
  sought: readonly Sought[],
  candidates: readonly Candidate[],
  loose = false,
): Map<number, number> {
  const free = new Map<string, Candidate[]>();
  for (const candidate of candidates.toSorted((a, b) => a.uid - b.uid)) {
    for (const key of keys(candidate, loose)) {
      const list = free.get(key);
      if (list) list.push(candidate);
      else free.set(key, [candidate]);
    }
  }
  const used = new Set<number>();
  const found = new Map<number, number>();
  for (const message of sought) {
    const [key = ""] = keys(message, loose);
    const candidate = free.get(key)?.find(({ uid }) => !used.has(uid));
    if (!candidate) continue;
    used.add(candidate.uid);
    found.set(message.id, candidate.uid);
  }
  return found;
}

/** What a message may be known by, the surest first. */
function keys({ emailId, messageId, size, internalDate }: Omit<Candidate, "uid">, loose: boolean): string[] {
  return [
    ...(emailId === null ? [] : [`e ${emailId}`]),
    ...(messageId === null ? [] : [loose ? `m ${messageId}` : `m ${size} ${messageId}`]),
    // INTERNALDATE has whole seconds.
    ...(size === 0 ? [] : [`d ${size} ${Math.floor(internalDate / 1000)}`]),
  ];
}

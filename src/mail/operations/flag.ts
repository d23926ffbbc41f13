/** Changes of flags, guarded by mod-sequences where the server has them (RFC 7162 §3.1.3). */
import {
  type Connection,
  fetch,
  ImapError,
  type SelectedMailbox,
  store as storeCommand,
  type UidRanges,
  uidSet,
} from "../../imap/index.ts";
import type { Store, StoredMailbox } from "../../store/index.ts";
import { changedFlags, sameFlags } from "./operation.ts";

interface Change {
  readonly mode: "add" | "remove";
  readonly flags: readonly string[];
}

/**
 * Changes flags of messages of the selected mailbox that are there as far as is known; resolves to those that are not.
 * One flight, unless a message has changed since the local copy was in step: then it is looked at first.
 * @throws ImapError
 */
export async function storeFlags(
  connection: Connection,
  selected: SelectedMailbox,
  store: Store,
  mailbox: StoredMailbox | null,
  uids: readonly number[],
  change: Change,
): Promise<ReadonlySet<number>> {
  refuseUnkept(selected, change);
  const modSeqs = new Map<number, string>();
  const changed: number[] = [];
  const guarded = connection.capabilities.has("CONDSTORE") && selected.highestModSeq !== null;
  const guards = guarded && mailbox ? guardsOf(store, mailbox, uids) : null;
  const onMessage = ({ uid, modSeq }: { uid?: number; modSeq?: bigint }) => {
    if (uid !== undefined && modSeq !== undefined) modSeqs.set(uid, String(modSeq));
  };
  const send = async (set: UidRanges, unchangedSince?: bigint) => {
    const guard = unchangedSince === undefined ? {} : { unchangedSince };
    const told = await connection.run(
      storeCommand(set, { mode: change.mode, flags: change.flags, silent: true, ...guard }, onMessage),
    );
    for (const uid of uids) if (uidSet.contains(told.modified, uid)) changed.push(uid);
  };
  const cut = (numbers: readonly number[]) =>
    uidSet.split(uidSet.fromNumbers(numbers), connection.quirks.setOctets);
  const sets = guards ?? new Map([[undefined, uids]]);
  await Promise.all([...sets].flatMap(([guard, numbers]) => cut(numbers).map((set) => send(set, guard))));
  const gone = new Set<number>();
  if (changed.length > 0) {
    const flags = await flagsOf(connection, changed);
    const again = changed.filter((uid) => {
      const now = flags.get(uid);
      if (!now) gone.add(uid);
      return now && !sameFlags(changedFlags(now, change.mode, change.flags), now);
    });
    await Promise.all(cut(again).map((set) => send(set)));
  }
  if (mailbox) {
    store.messages.setFlags(
      mailbox.id,
      [...modSeqs].flatMap(([uid, modSeq]) => {
        const row = store.messages.get(mailbox.id, uid);
        return row ? { uid, flags: row.flags, modSeq } : [];
      }),
    );
  }
  return gone;
}

/** A flag that lasts only as long as the session is one that gets lost (RFC 9051 §7.1 PERMANENTFLAGS). */
function refuseUnkept({ permanentFlags }: SelectedMailbox, { mode, flags }: Change): void {
  if (mode === "remove" || !permanentFlags || permanentFlags.length === 0 || permanentFlags.includes("\\*"))
    return;
  const kept = new Set(permanentFlags.map((flag) => flag.toLowerCase()));
  const lost = flags.find((flag) => !kept.has(flag.toLowerCase()));
  if (lost === undefined) return;
  throw new ImapError("NO", `the folder does not keep the flag ${lost.replace("\\", "")}`, {
    hint: "Use one of its own flags, or move the message to a folder that keeps it.",
    responseCode: "LIMIT",
  });
}

/** UIDs by the mod-sequence up to which the index knows their flags; undefined: not known. */
function guardsOf(
  store: Store,
  mailbox: StoredMailbox,
  uids: readonly number[],
): Map<bigint | undefined, number[]> {
  const inStep = BigInt(mailbox.highestModSeq);
  const guards = new Map<bigint | undefined, number[]>();
  for (const uid of uids) {
    const own = BigInt(store.messages.get(mailbox.id, uid)?.modSeq ?? 0);
    const guard = own === 0n ? undefined : own > inStep ? own : inStep;
    const group = guards.get(guard);
    if (group) group.push(uid);
    else guards.set(guard, [uid]);
  }
  return guards;
}

/** The flags of messages. The server may tell another client's change with these and never again: the index hears of it. */
async function flagsOf(
  connection: Connection,
  uids: readonly number[],
): Promise<Map<number, readonly string[]>> {
  const found = new Map<number, readonly string[]>();
  await connection.run(
    fetch(
      uidSet.fromNumbers(uids),
      { flags: true, modSeq: true },
      {
        announces: true,
        onMessage: ({ uid, flags }) => void (uid !== undefined && flags && found.set(uid, flags)),
      },
    ),
  );
  return found;
}

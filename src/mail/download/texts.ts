/** Of messages too large to come whole at once: what is to be read of them, which is little. */
import { type Connection, fetch, isInvalid, uidSet } from "../../imap/index.ts";
import { chooseTextParts } from "../../message/choose.ts";
import type { MissingBody, Store } from "../../store/index.ts";
import { fetchSections } from "../sections.ts";
import { decodeStructure, encodeStructure, partSizes } from "../structure.ts";

/** A text larger than this is fetched when it is opened. */
const textLimit = 1024 * 1024;
/** Octets of text held in memory at a time. */
const groupLimit = 2 * 1024 * 1024;

interface Wanted {
  readonly message: MissingBody;
  readonly sections: readonly string[];
  /** Octets, as the structure says. */
  readonly size: number;
}

/** Fetches structures and texts that are not kept yet. Rejects with ImapError and StoreError. */
export async function fetchTexts(
  connection: Connection,
  store: Store,
  mailboxId: number,
  messages: readonly MissingBody[],
  signal: AbortSignal,
): Promise<void> {
  const unknown = messages.filter(({ uid }) => store.messages.bodyStructure(mailboxId, uid) === null);
  if (unknown.length > 0) await fetchStructures(connection, store, mailboxId, unknown, signal);
  for (const group of groups(messages.flatMap((message) => missing(store, mailboxId, message)))) {
    const sections = group[0]?.sections ?? [];
    const uids = uidSet.fromNumbers(group.map(({ message }) => message.uid));
    const found = await fetchSections(
      connection,
      uids,
      sections.map((section) => ({ section })),
      signal,
    );
    store.transaction(() => {
      for (const { message } of group)
        store.bodies.putUnreadParts(mailboxId, message, found.get(message.uid) ?? new Map());
    });
  }
}

async function fetchStructures(
  connection: Connection,
  store: Store,
  mailboxId: number,
  messages: readonly MissingBody[],
  signal: AbortSignal,
): Promise<void> {
  const found: [number, string][] = [];
  const uids = uidSet.fromNumbers(messages.map(({ uid }) => uid));
  const query = { bodyStructure: true };
  await connection.run(
    fetch(uids, query, {
      onMessage: ({ uid, bodyStructure }) => {
        if (uid !== undefined && bodyStructure && !isInvalid(bodyStructure))
          found.push([uid, encodeStructure(bodyStructure)]);
      },
    }),
    { signal },
  );
  store.transaction(() => {
    for (const [uid, json] of found) store.messages.setBodyStructure(mailboxId, uid, json);
  });
}

/** What is to be fetched of a message; nothing where its structure cannot be read. */
function missing(store: Store, mailboxId: number, message: MissingBody): Wanted[] {
  const json = store.messages.bodyStructure(mailboxId, message.uid);
  const structure = json === null ? null : decodeStructure(json);
  if (!structure) return [];
  const kept = new Set(store.bodies.sections(mailboxId, message.uid));
  const sizes = partSizes(structure);
  const wanted = ["HEADER", ...chooseTextParts(structure)].filter(
    (section) => !kept.has(section) && (sizes.get(section) ?? 0) <= textLimit,
  );
  const size = wanted.reduce((sum, section) => sum + (sizes.get(section) ?? 0), 0);
  return wanted.length === 0 ? [] : [{ message, sections: [...new Set(wanted)], size }];
}

/** Those of which the same sections are wanted, as many as may be held in memory. */
function groups(wanted: readonly Wanted[]): Wanted[][] {
  const bySections = new Map<string, { size: number; members: Wanted[] }>();
  const done: Wanted[][] = [];
  for (const one of wanted) {
    const key = one.sections.join(" ");
    const group = bySections.get(key);
    if (group && group.size + one.size <= groupLimit) {
      group.members.push(one);
      group.size += one.size;
      continue;
    }
    const members = [one];
    bySections.set(key, { size: one.size, members });
    done.push(members);
  }
  return done;
}

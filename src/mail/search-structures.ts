/** What is attached to messages: from the index, and for those it does not know from the server's BODYSTRUCTURE. */
import {
  type BodyStructure,
  type Connection,
  fetch,
  isInvalid,
  type UidRanges,
  uidSet,
} from "../imap/index.ts";
import { fold, type Store, StoreError } from "../store/index.ts";
import type { Query } from "./query.ts";
import { attachable } from "./query-terms.ts";
import { decodeStructure, encodeStructure } from "./structure.ts";

const { fromNumbers, iterate, slice, split, subtract } = uidSet;

/** What a full disk does not take in is asked for again by the next search. */
function keep(store: Store, mailboxId: number, structures: ReadonlyMap<number, string>): void {
  try {
    store.transaction(() => {
      for (const [uid, json] of structures) store.messages.setBodyStructure(mailboxId, uid, json);
    });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}

/** MIME is loaded when it is first needed. */
const messageRoom = () => import("../message/index.ts");

/** Structures asked for in one search, of the newest messages: some kilobytes for each ten. */
const mostAsked = 2_000;

export interface Looked {
  readonly yes: UidRanges;
  readonly unknown: UidRanges;
}

/** Looks at the structures of messages that the index cannot tell of; those that have a row keep theirs. */
export async function lookUp(
  { store, connection, mailboxId }: { store: Store; connection: Connection; mailboxId: number },
  query: Extract<Query, { kind: "has" | "file" }>,
  messages: UidRanges,
): Promise<Looked> {
  const { attachedTypes, fileNames } = await messageRoom();
  const holds = (structure: BodyStructure): boolean => {
    if (query.kind === "has") {
      const { type } = attachable[query.what];
      return attachedTypes(structure).some((attached) => attached.startsWith(type));
    }
    const wanted = fold(query.text);
    return fileNames(structure).some((name) => fold(name).includes(wanted));
  };
  const yes: number[] = [];
  const known: number[] = [];
  const decide = (uid: number, structure: BodyStructure) => {
    known.push(uid);
    if (holds(structure)) yes.push(uid);
  };
  for (const [uid, json] of store.messages.bodyStructures(mailboxId, [...iterate(messages)])) {
    const structure = decodeStructure(json);
    if (structure) decide(uid, structure);
  }
  const wanted = slice(subtract(messages, fromNumbers(known)), -mostAsked, -1);
  const fetched = new Map<number, string>();
  await Promise.all(
    split(wanted, connection.quirks.setOctets).map((set) =>
      connection.run(
        fetch(
          set,
          { bodyStructure: true },
          {
            onMessage: ({ uid, bodyStructure }) => {
              if (uid === undefined || !bodyStructure || isInvalid(bodyStructure)) return;
              decide(uid, bodyStructure);
              fetched.set(uid, encodeStructure(bodyStructure));
            },
          },
        ),
      ),
    ),
  );
  keep(store, mailboxId, fetched);
  return { yes: fromNumbers(yes), unknown: subtract(messages, fromNumbers(known)) };
}

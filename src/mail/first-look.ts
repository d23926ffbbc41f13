/** The first that is asked of a message: all that there is to know of a small one, in one answer. */
import { type BodyStructure, type Connection, type FetchedMessage, fetch, isInvalid } from "../imap/index.ts";
import type { StoredMessageInput } from "../store/index.ts";
import { isListed, listData, toStoredMessage } from "./convert.ts";
import { findPart } from "./structure.ts";

/** A message up to this size comes whole; of a larger one as much comes in vain. Octets. */
export const lookLimit = 64 * 1024;

export interface Look {
  /** Null where the server did not tell. */
  readonly row: StoredMessageInput | null;
  /** Null where it was not asked for, or is broken. */
  readonly structure: BodyStructure | null;
  /** The section, where it is small. */
  readonly bytes: Buffer | null;
}

/** `known`: it has a row already, and its text alone is asked for. `section`: all of it, or a part. Rejects with ImapError. */
export async function firstLook(
  connection: Connection,
  uid: number,
  known: boolean,
  section: string,
): Promise<Look> {
  const beginning = { section, partial: { offset: 0, length: lookLimit } };
  const listed = listData(connection);
  const all = { ...listed, bodyStructure: true, sections: [...(listed.sections ?? []), beginning] };
  let look: Look = { row: null, structure: null, bytes: null };
  const onMessage = (message: FetchedMessage) => {
    if (message.uid !== uid) return;
    const { bodyStructure, sections } = message;
    const structure = bodyStructure && !isInvalid(bodyStructure) ? bodyStructure : look.structure;
    const size = section === "" ? message.size : structure && findPart(structure, section)?.size;
    const bytes = sections?.get(section) ?? null;
    look = {
      row: isListed(message) ? toStoredMessage(message, Date.now()) : look.row,
      structure,
      bytes: bytes !== null && (known || isAll(bytes, size ?? 0)) ? bytes : look.bytes,
    };
  };
  // What is larger than it was said to be is not taken.
  const query = known ? { sections: [{ section }] } : all;
  await connection.run(fetch([[uid, uid]], query, { onMessage }));
  return look;
}

/** Whether a beginning is all there is. Some servers do not count well; that less came than was asked for may be a fault. */
const isAll = ({ length }: Buffer, size: number) =>
  size > 0 && length >= size && (length < lookLimit || size === lookLimit);

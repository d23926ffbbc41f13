import { copy, move } from "./command/copy.ts";
import { uidExpunge } from "./command/expunge.ts";
import { store } from "./command/store.ts";
import type { Connection } from "./connection.ts";
import type { CopyUid, UidRanges } from "./values.ts";

export interface MoveResult {
  /** Null where the server does not tell the new UIDs. */
  readonly copyUid: CopyUid | null;
  /** False: the originals are still there, flagged \Deleted, as the server cannot remove chosen messages. */
  readonly expunged: boolean;
}

/**
 * Moves messages of the selected mailbox. Without MOVE (RFC 6851 §3.3) it is done in steps, each sent only when the
 * one before it is done: no original is touched before its copy is confirmed. Never a bare EXPUNGE, which would
 * remove what others have flagged.
 * @param copied called where it takes several steps, when the copies are there and no original has been touched
 */
export async function moveMessages(
  connection: Connection,
  uids: UidRanges,
  path: string,
  copied?: (copyUid: CopyUid | null) => void,
): Promise<MoveResult> {
  if (connection.capabilities.has("MOVE"))
    return { copyUid: await connection.run(move(uids, path)), expunged: true };
  const copyUid = await connection.run(copy(uids, path));
  copied?.(copyUid);
  return { copyUid, expunged: await removeMessages(connection, uids) };
}

/**
 * Removes messages of the selected mailbox for good. False: they are still there, flagged \Deleted, as the server
 * lacks UIDPLUS.
 */
export async function removeMessages(connection: Connection, uids: UidRanges): Promise<boolean> {
  await connection.run(store(uids, { mode: "add", flags: ["\\Deleted"], silent: true }));
  if (!connection.capabilities.has("UIDPLUS")) return false;
  await connection.run(uidExpunge(uids));
  return true;
}

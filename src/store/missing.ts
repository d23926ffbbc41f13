/** What is not kept of a mailbox's messages: the newest first, some hundred rows at a time. */
import { type Database, number } from "./database.ts";
import { firstProvisionalUid, type MissingBody, type Place } from "./types.ts";

/** Rows looked at in one go: a millisecond or two. */
const sliceSize = 500;

export interface MissingQuery {
  /** Only messages that came then or later; milliseconds since the epoch. */
  readonly since: number;
  /** Where the last slice ended; null for the first. */
  readonly after: Place | null;
}

export interface MissingSlice {
  readonly messages: readonly MissingBody[];
  /** Where to go on; null: that was all. */
  readonly next: Place | null;
}

/** Of the next messages those whose whole source is not kept. */
export function missingBodies(
  database: Database,
  mailboxId: number,
  { since, after }: MissingQuery,
): MissingSlice {
  const rows = database.all(
    `SELECT uid, message.size, internal_date, body.message IS NOT NULL AS kept
     FROM message INDEXED BY message_by_date LEFT JOIN body ON body.message = message.id
     WHERE mailbox = ? AND internal_date >= ? AND (internal_date, uid) < (?, ?)
     ORDER BY internal_date DESC, uid DESC LIMIT ?`,
    mailboxId,
    since,
    after?.internalDate ?? Number.MAX_SAFE_INTEGER,
    after?.uid ?? 0,
    sliceSize,
  );
  const found = rows.map((row) => ({
    uid: number(row, "uid"),
    size: number(row, "size"),
    internalDate: number(row, "internal_date"),
    kept: number(row, "kept") === 1,
  }));
  const last = found.at(-1);
  return {
    messages: found.filter(({ uid, kept }) => !kept && uid < firstProvisionalUid),
    next: last && found.length === sliceSize ? last : null,
  };
}

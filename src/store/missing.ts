/** What is not kept of a mailbox's messages: the newest first, some hundred rows at a time. */
import { type Database, number } from "./database.ts";
import { firstProvisionalUid, type MissingBody, type Place } from "./types.ts";

/** Rows looked at in one go: a millisecond or two. */
const sliceSize = 500;

export interface MissingQuery {
  /** Only messages that came then or later; milliseconds since the epoch. */
  readonly since: number;
  /** Only those with a higher UID. */
  readonly above: number;
  /** Where the last slice ended; null for the first. */
  readonly after: Place | null;
}

export interface MissingSlice {
  readonly messages: readonly MissingBody[];
  /** Where to go on; null: that was all. */
  readonly next: Place | null;
}

/**
 * Of the next messages those whose whole source is not kept, newest first: by the time they came, or where only some
 * UIDs are asked for, by UID.
 */
export function missingBodies(
  database: Database,
  mailboxId: number,
  { since, above, after }: MissingQuery,
): MissingSlice {
  const { internalDate, uid } = after ?? { internalDate: Number.MAX_SAFE_INTEGER, uid: firstProvisionalUid };
  const select = `SELECT uid, message.size, internal_date, body.message IS NOT NULL AS kept FROM message`;
  const kept = "LEFT JOIN body ON body.message = message.id WHERE mailbox = ?";
  const rows =
    above > 0
      ? database.all(
          `${select} INDEXED BY message_by_uid ${kept} AND uid > ? AND uid < ? ORDER BY uid DESC LIMIT ?`,
          mailboxId,
          above,
          uid,
          sliceSize,
        )
      : database.all(
          `${select} INDEXED BY message_by_date ${kept} AND internal_date >= ? AND (internal_date, uid) < (?, ?)
           ORDER BY internal_date DESC, uid DESC LIMIT ?`,
          mailboxId,
          since,
          internalDate,
          uid,
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
    messages: found.filter((row) => !row.kept && row.internalDate >= since && row.uid < firstProvisionalUid),
    next: last && found.length === sliceSize ? last : null,
  };
}

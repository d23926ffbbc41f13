/**
 * Rows that have come into the index: they count for their mailbox, and wait for their thread. Done for all that one
 * write brings, as triggers for each row took a third of the time of its INSERTs.
 */
import type { Database } from "./database.ts";

export const arrivalSchema = `
CREATE TABLE arrived (upto INTEGER NOT NULL); -- rows of message up to this id are counted
INSERT INTO arrived VALUES (0);
`;

/** By id alone: to group them, SQLite would go through the index of all rows. */
const since = "FROM message NOT INDEXED WHERE id > (SELECT upto FROM arrived)";

/** What follows an INSERT into `message`, in the same transaction and before any of it may be deleted. */
export const countArrivals: readonly string[] = [
  `INSERT INTO unthreaded (mailbox, message) SELECT mailbox, id ${since}`,
  `UPDATE mailbox SET rows = mailbox.rows + came.rows, unread = mailbox.unread + came.unread
   FROM (SELECT mailbox, count(*) AS rows, sum(seen = 0) AS unread ${since} GROUP BY mailbox) AS came
   WHERE mailbox.id = came.mailbox`,
  `UPDATE arrived SET upto = (SELECT max(id) ${since}) WHERE EXISTS (SELECT 1 ${since})`,
];

/** Runs `countArrivals`. @throws StoreError */
export function arrivalsCounted(database: Database): void {
  for (const statement of countArrivals) database.run(statement);
}

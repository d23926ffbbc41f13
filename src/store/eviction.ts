import { type Database, number, text, textOrNull } from "./database.ts";
import type { Maildir } from "./maildir.ts";

export interface Eviction {
  /** How much is to go. */
  readonly octets: number;
  /** Only what was last used before; milliseconds since the epoch. */
  readonly before: number;
  /** Bodies and parts at most. */
  readonly most: number;
}

/** Deletes what was not used for longest. Returns octets freed; 0 where nothing may go. */
export function evict(
  database: Database,
  maildirOf: (mailboxId: number) => Maildir,
  { octets, before, most }: Eviction,
): number {
  if (octets <= 0) return 0;
  const oldest = (columns: string, table: string) =>
    `SELECT * FROM (SELECT ${columns}, used_at FROM ${table} JOIN message ON message.id = message
       WHERE used_at < ?1 ORDER BY used_at LIMIT ?2)`;
  return database.transaction(() => {
    const rows = database.all(
      `${oldest("message, mailbox, file, NULL AS section, body.size AS size", "body")} UNION ALL
       ${oldest("message, mailbox, NULL, section, length(content)", "part")} ORDER BY used_at, message LIMIT ?2`,
      before,
      most,
    );
    let freed = 0;
    for (const row of rows) {
      if (freed >= octets) break;
      const message = number(row, "message");
      const file = textOrNull(row, "file");
      if (file === null) {
        const section = text(row, "section");
        database.run("DELETE FROM part WHERE message = ? AND section = ?", message, section);
      } else {
        // Flags that another program has changed are to be noticed first.
        if (!maildirOf(number(row, "mailbox")).evict(file)) continue;
        database.run("DELETE FROM body WHERE message = ?", message);
      }
      freed += number(row, "size");
    }
    return freed;
  });
}

/** Folders that another program has renamed, told by their MAILBOXID (RFC 8474 §4): their local copy goes along. */
import { type Connection, ImapError, type ListedMailbox, status } from "../imap/index.ts";
import type { Mailboxes } from "../store/index.ts";

/** So many new folders are asked for their id at once. */
const mostAsked = 1_000;

/**
 * Renames in the store what `listed`, the whole of LIST, has under another path. The ids were told by SELECT, as only
 * what has been open has anything to keep; new folders are asked only where a folder with an id is gone. Without
 * OBJECTID nothing is concluded. @throws ImapError where the line fails
 */
export async function followRenames(
  connection: Connection,
  mailboxes: Mailboxes,
  listed: readonly ListedMailbox[],
): Promise<void> {
  if (!connection.capabilities.has("OBJECTID")) return;
  const there = new Set(listed.map(({ path }) => path));
  const gone = mailboxes.all().filter(({ path, mailboxId }) => mailboxId !== null && !there.has(path));
  if (gone.length === 0) return;
  const places = listed
    .filter(({ path, attributes }) => {
      const selectable = !attributes.has("\\noselect") && !attributes.has("\\nonexistent");
      return selectable && !mailboxes.byPath(path)?.uidValidity;
    })
    .slice(0, mostAsked);
  const told = await Promise.all(places.map(({ path }) => mailboxIdOf(connection, path)));
  const byId = new Map(places.map((place, at) => [told[at] ?? null, place]));
  // Folders below others first: a rename takes along what is below it.
  for (const { id, mailboxId } of gone.sort((a, b) => b.path.length - a.path.length)) {
    const place = mailboxId === null ? undefined : byId.get(mailboxId);
    const now = mailboxes.byId(id);
    if (place && now) mailboxes.rename(now.path, place.path, place.name);
  }
}

/** Null where the server will not tell. */
async function mailboxIdOf(connection: Connection, path: string): Promise<string | null> {
  try {
    return (await connection.run(status(path, ["mailboxId"]))).mailboxId ?? null;
  } catch (error) {
    if (error instanceof ImapError && (error.code === "NO" || error.code === "BAD")) return null;
    // With the line gone nothing is known, and nothing may be given up for lost.
    throw error;
  }
}

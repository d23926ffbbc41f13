/** The folder list as the server has it, with what is yet to be done to it. */
import { type Connection, type ListedMailbox, listMailboxes, type StatusItem } from "../imap/index.ts";
import type { Store } from "../store/index.ts";
import type { Operations } from "./operations/index.ts";
import { followRenames } from "./renames.ts";

/**
 * Brings the mailboxes of the store in step with LIST, and their counts; `more` is to be told of each besides.
 * @throws ImapError
 */
export async function listFolders(
  connection: Connection,
  store: Store,
  operations: Operations,
  more: readonly StatusItem[] = [],
): Promise<readonly ListedMailbox[]> {
  for (;;) {
    const { foldersSettled } = operations;
    const answer = await listMailboxes(connection, "", "*", {
      specialUse: true,
      statusItems: ["messages", "unseen", ...more],
    });
    // What was asked before a folder was made does not tell of it.
    if (operations.foldersSettled !== foldersSettled) continue;
    const listed = operations.withOpen(answer);
    await followRenames(connection, store.mailboxes, listed);
    const changes = operations.countsOpen();
    store.transaction(() => {
      for (const { path, name, delimiter, attributes, status } of listed) {
        const { messages, unseen } = status ?? {};
        const change = changes.get(path);
        store.mailboxes.put({
          path,
          name,
          delimiter,
          attributes: [...attributes],
          ...(messages === undefined ? {} : { messages: messages + (change?.messages ?? 0) }),
          ...(unseen === undefined ? {} : { unseen: Math.max(0, unseen + (change?.unseen ?? 0)) }),
        });
      }
      if (listed.length > 0) retain(store, listed);
    });
    return listed;
  }
}

/**
 * INBOX is always there (RFC 9051 §5.1), whether it is listed or not; and an empty list is a fault, not a wipe. Where
 * messages are on their way to a mailbox that is gone, its rows stay until the server has refused them.
 */
function retain(store: Store, listed: readonly ListedMailbox[]): void {
  const there = new Set(["INBOX", ...listed.map(({ path }) => path)]);
  const needed = new Set(store.transfers.provisional().map(({ mailboxId }) => mailboxId));
  const kept = store.mailboxes.all().filter(({ id, path }) => there.has(path) || needed.has(id));
  for (const { id, path, uidValidity } of kept) {
    if (there.has(path)) continue;
    store.mailboxes.setAttributes(id, ["\\nonexistent"]);
    if (uidValidity !== 0) store.messages.renumber(id, 0, []);
  }
  store.mailboxes.retainOnly(kept.map(({ path }) => path));
}

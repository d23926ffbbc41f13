/** All folders in step with the server: one list tells which have changed, and only those are opened. */
import { ImapError, type MailboxStatus } from "../imap/index.ts";
import type { Store, StoredMailbox } from "../store/index.ts";
import { listFolders } from "./list-folders.ts";
import type { Operations } from "./operations/index.ts";
import type { Session } from "./session.ts";
import type { MailEvent } from "./values.ts";

export interface SyncAllContext {
  readonly session: Session;
  readonly store: Store;
  readonly operations: Operations;
  emit(event: MailEvent): void;
}

/**
 * Brings every folder in step, opening those alone that have changed. A folder that the server will not open is told
 * of, and passed over. `sync` brings one in step. @throws ImapError, StoreError, MailError "OFFLINE"
 */
export async function syncAll(
  { session, store, operations, emit }: SyncAllContext,
  sync: (path: string) => Promise<void>,
): Promise<void> {
  const connection = await session.connected();
  await session.settled();
  const listed = await listFolders(
    connection,
    store,
    operations,
    connection.capabilities.has("CONDSTORE") ? ["uidNext", "uidValidity", "highestModSeq"] : [],
  );
  emit({ kind: "folders" });
  for (const { path, name, attributes, status } of listed) {
    if (attributes.has("\\noselect") || attributes.has("\\nonexistent")) continue;
    const mailbox = store.mailboxes.byPath(path);
    if (mailbox && status && isInStep(store, mailbox, status)) continue;
    try {
      await sync(path);
    } catch (error) {
      if (!(error instanceof ImapError) || error.code !== "NO") throw error;
      emit({ kind: "notice", level: "error", text: `${name}: ${error.message}` });
    }
  }
}

/** Whether the index has all that there is: no message and no flag has changed without HIGHESTMODSEQ (RFC 7162 §3.1.1). */
function isInStep(store: Store, mailbox: StoredMailbox, status: MailboxStatus): boolean {
  return (
    mailbox.complete &&
    mailbox.highestModSeq !== "0" &&
    mailbox.highestModSeq === String(status.highestModSeq ?? "") &&
    mailbox.uidValidity === status.uidValidity &&
    mailbox.uidNext === status.uidNext &&
    store.messages.serverCount(mailbox.id) === status.messages
  );
}

/** Messages as a person names them, by folder and UID, and as the journal follows them. */
import { firstProvisionalUid, isProvisional, type Store } from "../../store/index.ts";
import type { Ledger } from "./ledger.ts";
import { serverPath } from "./paths.ts";

/** The numbers by which the journal follows the messages `uids` of a mailbox; it begins to follow those it did not. */
export function nameMessages(store: Store, ledger: Ledger, path: string, uids: readonly number[]): number[] {
  const mailbox = store.mailboxes.byPath(path);
  const onServer = serverPath(ledger.folders, path) ?? path;
  const told = uids.filter((uid) => !isProvisional(uid));
  const uidValidity = mailbox?.uidValidity ?? 0;
  const followed = new Map<number, number>();
  for (const uid of told) {
    const arrival = ledger.arrival(path, uid);
    if (arrival !== undefined) followed.set(uid, arrival);
  }
  for (const message of store.journal.messages.at(onServer, told)) {
    if (
      message.uid !== null &&
      !followed.has(message.uid) &&
      (message.uidValidity === uidValidity || message.uidValidity === 0)
    )
      followed.set(message.uid, message.id);
  }
  const unknown = told.filter((uid) => !followed.has(uid));
  const known = new Map(
    (mailbox ? store.messages.identities(mailbox.id, unknown) : []).map((row) => [row.uid, row] as const),
  );
  const place = { path: onServer, uidValidity, least: 1, modSeq: mailbox?.highestModSeq ?? "0" };
  for (const uid of unknown) {
    const { messageId = null, emailId = null, size = 0, internalDate = 0 } = known.get(uid) ?? {};
    const identity = { messageId, emailId, size, internalDate };
    followed.set(uid, store.journal.messages.add({ ...place, uid, ...identity }));
  }
  return uids.map((uid) => (isProvisional(uid) ? uid - firstProvisionalUid : (followed.get(uid) ?? 0)));
}

/** The messages that each flag changes; flags that change the same ones go together. */
export function changesOf(
  store: Store,
  path: string,
  uids: readonly number[],
  mode: "add" | "remove",
  flags: readonly string[],
): { names: string[]; changed: ReadonlySet<number> }[] {
  const mailbox = store.mailboxes.byPath(path);
  const rows = new Map(
    uids.map((uid) => [uid, mailbox ? store.messages.get(mailbox.id, uid)?.flags : undefined] as const),
  );
  const groups = new Map<string, { names: string[]; changed: ReadonlySet<number> }>();
  for (const name of flags) {
    const changed = uids.filter((uid) => {
      const has = rows.get(uid)?.some((flag) => flag.toLowerCase() === name.toLowerCase());
      // Of a message that was never listed it is not known: taking the change back will take the flag.
      return has === undefined || has !== (mode === "add");
    });
    const group = groups.get(changed.join());
    if (group) group.names.push(name);
    else groups.set(changed.join(), { names: [name], changed: new Set(changed) });
  }
  return [...groups.values()];
}

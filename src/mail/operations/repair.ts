/** The index brought in step with the journal where it was left behind: by a crash in between, or as it was begun anew. */
import { firstProvisionalUid, type SpotChange, type Store } from "../../store/index.ts";
import type { LocalFolders } from "./folders.ts";
import type { Ledger } from "./ledger.ts";
import type { LocalCopy } from "./local.ts";
import { isFolderOperation, readOperation } from "./operation.ts";

/** Costs a look at two numbers where nothing has to be done. */
export function repair(store: Store, ledger: Ledger, local: LocalCopy, folders: LocalFolders): void {
  if (local.inStep) return;
  const { journal } = store;
  local.repair(() => {
    placeProvisional(store, ledger);
    // What is done to a message before it is moved finds its row where that lies.
    for (const { operation } of ledger.open)
      if (operation.kind === "move" || operation.kind === "remove") local.leave(operation.messages);
    for (const { operation, entry } of ledger.open) {
      if (isFolderOperation(operation)) {
        if (!folders.isApplied({ operation, entry })) folders.apply({ operation, entry });
      } else if (operation.kind === "flag") local.flag(operation, false);
      else if (operation.kind === "append") {
        const source = journal.source(entry.id);
        if (source) local.append(operation, source);
      } else if (operation.kind === "move" || operation.kind === "remove") local.restore(operation.messages);
      else if (operation.kind === "copy") local.restoreCopies(operation);
    }
    forgetFlags(store, local);
  });
}

/** Rows under provisional UIDs go to where the journal has their messages; without such a place they go. */
function placeProvisional(store: Store, ledger: Ledger): void {
  const changes: SpotChange[] = [];
  for (const from of store.transfers.provisional()) {
    const spot = ledger.spot(from.uid - firstProvisionalUid);
    const mailbox = spot && store.mailboxes.byPath(spot.path);
    if (mailbox && spot) changes.push({ from, to: { mailboxId: mailbox.id, uid: spot.uid } });
    else store.transfers.remove(from.mailboxId, [from.uid]);
  }
  store.transfers.move(changes);
}

/** A change of flags that was taken back may still show: the server is asked for all flags of the mailbox once. */
function forgetFlags(store: Store, local: LocalCopy): void {
  for (const entry of store.journal.all()) {
    if (entry.state !== "undone" && entry.state !== "failed") continue;
    const operation = readOperation(entry);
    if (operation.kind === "flag")
      store.mailboxes.setState(local.mailbox(operation.path).id, { highestModSeq: "0" });
  }
}

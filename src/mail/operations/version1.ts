/** Operations as version 1 of the journal kept them, which named their messages by UIDs. */
import type { JournalEntry, Store } from "../../store/index.ts";
import { bareRow } from "../source-row.ts";
import { nowhere, type Operation } from "./operation.ts";

type Version1 =
  | { readonly kind: "flag"; readonly mode: "add" | "remove"; readonly flags: readonly string[] }
  | { readonly kind: "move" | "copy"; readonly to: string }
  | { readonly kind: "remove" }
  | {
      readonly kind: "append";
      readonly flags: readonly string[];
      readonly internalDate: number;
      /** In base64. */
      readonly source: string;
    };
type Named = Version1 & {
  readonly path: string;
  readonly uidValidity?: number;
  readonly uids?: readonly number[];
};

/** Makes the entries that version 1 left into those of today. */
export function carryOver(store: Store): void {
  const { journal } = store;
  const old = [...journal.pending(), ...journal.failed()].filter(({ payload }) => isVersion1(payload));
  if (old.length === 0) return;
  journal.transaction(() => {
    for (const entry of old.sort((a, b) => a.id - b.id)) carry(store, entry);
  });
}

function isVersion1(payload: string): boolean {
  const operation = JSON.parse(payload) as object;
  return "uids" in operation || "source" in operation;
}

function carry(store: Store, entry: JournalEntry): void {
  const { journal } = store;
  const old = JSON.parse(entry.payload) as Named;
  const { path, uidValidity = 0, uids = [] } = old;
  const mailbox = store.mailboxes.byPath(path);
  const known = new Map((mailbox ? store.messages.identities(mailbox.id, uids) : []).map((m) => [m.uid, m]));
  const messages = uids.map((uid) => {
    const { messageId = null, emailId = null, size = 0, internalDate = 0 } = known.get(uid) ?? {};
    const followed = journal.messages.at(path, [uid]).find((m) => m.uidValidity === uidValidity);
    const place = { path, uidValidity, uid, least: 1, modSeq: "0" };
    return followed?.id ?? journal.messages.add({ ...place, messageId, emailId, size, internalDate });
  });
  const source = old.kind === "append" ? Buffer.from(old.source, "base64") : undefined;
  const operation = operationOf(store, old, messages, source);
  const details = { kind: entry.kind, payload: JSON.stringify(operation), ...(source ? { source } : {}) };
  const made = journal.append({ ...details, step: journal.newStep() });
  if (entry.state !== "pending") journal.mark(made.id, entry.state, { code: entry.code, error: entry.error });
  journal.remove(entry.id);
}

function operationOf(
  store: Store,
  old: Named,
  messages: readonly number[],
  source: Buffer | undefined,
): Operation {
  const { path } = old;
  switch (old.kind) {
    case "flag":
      return { kind: "flag", path, messages, mode: old.mode, flags: old.flags };
    case "move":
      return { kind: "move", path, messages, to: old.to };
    case "copy": {
      const copies = store.journal.messages
        .get(messages)
        .map((message) => store.journal.messages.add({ ...message, ...nowhere }));
      return { kind: "copy", path, messages, to: old.to, copies };
    }
    case "remove":
      return { kind: "remove", path, messages };
    case "append": {
      const row = bareRow(source ?? Buffer.alloc(0), old.flags, old.internalDate);
      const { messageId, size, internalDate } = row;
      const identity = { messageId, emailId: null, size, internalDate };
      return {
        kind: "append",
        path,
        messages: [store.journal.messages.add({ ...nowhere, ...identity })],
        row,
      };
    }
  }
}

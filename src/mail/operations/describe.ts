/** Operations in words. */
import { decodeMailboxName } from "../../imap/index.ts";
import type { Store } from "../../store/index.ts";
import { isFolderOperation, messagesOf, type Operation } from "./operation.ts";

/** "1 message", "3 messages". */
export function counted(messages: number): string {
  return messages === 1 ? "1 message" : `${messages} messages`;
}

/** What people call a mailbox. */
export function nameOf(store: Store, path: string): string {
  return store.mailboxes.byPath(path)?.name ?? decodeMailboxName(path);
}

/** `+flagged` */
function change(mode: "add" | "remove", flags: readonly string[]): string {
  return `${mode === "add" ? "+" : "-"}${flags.join(" ").replaceAll("\\", "")}`;
}

/** Several entries that are one change of the person's, as one. */
function whole(operations: readonly Operation[]): { first: Operation; messages: number } | null {
  const [first] = operations;
  if (!first) return null;
  const messages = new Set(
    operations.flatMap((operation) =>
      operation.kind === "copy" ? operation.messages : messagesOf(operation),
    ),
  ).size;
  if (first.kind !== "flag") return { first, messages };
  const flags = operations.flatMap((operation) => (operation.kind === "flag" ? operation.flags : []));
  return { first: { ...first, flags: [...new Set(flags)] }, messages };
}

/** A change that waits or was refused: "moving 3 messages from INBOX to Archive". */
export function describe(store: Store, operations: readonly Operation[]): string {
  const all = whole(operations);
  if (!all) return "nothing";
  const { first: operation } = all;
  const messages = counted(all.messages);
  const name = (path: string) => nameOf(store, path);
  if (isFolderOperation(operation)) {
    switch (operation.kind) {
      case "create":
        return `creating the folder ${operation.name}`;
      case "rename":
        return `renaming the folder ${operation.name} to ${operation.toName}`;
      case "delete":
        return `deleting the folder ${operation.name}`;
      case "subscribe":
        return `subscribing to ${operation.name}`;
      case "unsubscribe":
        return `unsubscribing from ${operation.name}`;
    }
  }
  switch (operation.kind) {
    case "flag":
      return `${change(operation.mode, operation.flags)} on ${messages} in ${name(operation.path)}`;
    case "move":
      return `moving ${messages} from ${name(operation.path)} to ${name(operation.to)}`;
    case "copy":
      return `copying ${messages} from ${name(operation.path)} to ${name(operation.to)}`;
    case "remove":
      return `removing ${messages} for good from ${name(operation.path)}`;
    case "append":
      return `putting ${messages} into ${name(operation.path)}`;
  }
}

/** What taking a change back did: "moved 3 messages back to INBOX". */
export function describeUndone(store: Store, operations: readonly Operation[]): string {
  const all = whole(operations);
  const operation = all?.first;
  const messages = counted(all?.messages ?? 0);
  switch (operation?.kind) {
    case "flag":
      return `took back ${change(operation.mode, operation.flags)}`;
    case "move":
      return `moved ${messages} back to ${nameOf(store, operation.path)}`;
    case "copy":
      return `took ${messages} out of ${nameOf(store, operation.to)} again`;
    case "append":
      return `took ${messages} out of ${nameOf(store, operation.path)} again`;
    case "remove":
      return `put ${messages} back into ${nameOf(store, operation.path)}`;
    case "create":
      return `took back the folder ${operation.name}`;
    case "rename":
      return `renamed ${operation.toName} back to ${operation.name}`;
    case "delete":
      return `brought back the folder ${operation.name}`;
    case "subscribe":
    case "unsubscribe":
      return `took back ${operation.kind} ${operation.name}`;
    case undefined:
      return "nothing was there to take back";
  }
}

/** The folder in which a change was made. */
export function pathOf(operation: Operation): string {
  return operation.path;
}

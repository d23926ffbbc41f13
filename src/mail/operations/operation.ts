/** What is asked of the server, and how it is taken back. */
import type { JournalEntry, JournalPlace, StoredMessageInput } from "../../store/index.ts";

/** Names its messages by the numbers that the journal follows them by, wherever they go, and never by sequence numbers. */
export type MessageOperation =
  | {
      readonly kind: "flag";
      /** Where the person did it; the messages may be elsewhere by now. */
      readonly path: string;
      readonly messages: readonly number[];
      /** Those that it changes, where not all: others had the flags, or had them not. */
      readonly changed?: readonly number[];
      readonly mode: "add" | "remove";
      readonly flags: readonly string[];
    }
  | {
      readonly kind: "move";
      readonly path: string;
      readonly messages: readonly number[];
      readonly to: string;
    }
  | {
      readonly kind: "copy";
      readonly path: string;
      readonly messages: readonly number[];
      readonly to: string;
      /** In step with `messages`. */
      readonly copies: readonly number[];
    }
  /** Removal for good. */
  | { readonly kind: "remove"; readonly path: string; readonly messages: readonly number[] }
  /** Its source is kept beside it. */
  | {
      readonly kind: "append";
      readonly path: string;
      /** One. */
      readonly messages: readonly number[];
      /** As it is listed until the server has it. */
      readonly row: Omit<StoredMessageInput, "uid">;
    };

/** Names mailboxes as they are called after all that was asked before. */
export type FolderOperation =
  | {
      readonly kind: "create";
      readonly path: string;
      readonly name: string;
      readonly delimiter: string | null;
    }
  | {
      readonly kind: "rename";
      readonly path: string;
      readonly name: string;
      readonly to: string;
      readonly toName: string;
      readonly delimiter: string | null;
    }
  /** `onlyEmpty`: not where messages have come in since. */
  | {
      readonly kind: "delete";
      readonly path: string;
      readonly name: string;
      readonly delimiter: string | null;
      readonly onlyEmpty: boolean;
    }
  | { readonly kind: "subscribe" | "unsubscribe"; readonly path: string; readonly name: string };

export type Operation = MessageOperation | FolderOperation;

/** An entry of the journal that is not settled, and what it asks for. */
export interface OpenEntry {
  readonly entry: JournalEntry;
  readonly operation: Operation;
}

/** What must be known for a second try where the first one's answer never came. */
export interface Note {
  /** UIDNEXT of the destination before the first try, or a UID below it. */
  readonly least: number;
  /** The destination's, where it was known. */
  readonly uidValidity: number;
  /** Messages whose copy the server has confirmed, with its UID (0: not told), where moving takes several commands. */
  readonly copied: Readonly<Record<number, number>>;
}

/** The place of a message that is gone, or has not come to be. */
export const nowhere: JournalPlace = { path: null, uidValidity: 0, uid: null, least: 1, modSeq: "0" };

export const nothingNoted: Note = { least: 1, uidValidity: 0, copied: {} };

export function isFolderOperation(operation: Operation): operation is FolderOperation {
  return !("messages" in operation);
}

/** Every message that an operation names. */
export function messagesOf(operation: Operation): readonly number[] {
  if (isFolderOperation(operation)) return [];
  return operation.kind === "copy" ? [...operation.messages, ...operation.copies] : operation.messages;
}

/** The messages that it puts into another mailbox, and its path; null: nowhere. Undefined: it puts none anywhere. */
export function relocation(
  operation: Operation,
): { readonly messages: readonly number[]; readonly to: string | null } | undefined {
  switch (operation.kind) {
    case "move":
      return { messages: operation.messages, to: operation.to };
    case "copy":
      return { messages: operation.copies, to: operation.to };
    case "append":
      return { messages: operation.messages, to: operation.path };
    case "remove":
      return { messages: operation.messages, to: null };
    default:
      return undefined;
  }
}

/** The messages that come to be by an operation. */
export function createdBy(operation: Operation): readonly number[] {
  if (isFolderOperation(operation)) return [];
  return operation.kind === "copy" ? operation.copies : operation.kind === "append" ? operation.messages : [];
}

/** The operation for some of its messages only. */
export function narrowed(operation: MessageOperation, to: ReadonlySet<number>): MessageOperation {
  const messages = operation.messages.filter((message) => to.has(message));
  if (operation.kind === "copy") {
    return {
      ...operation,
      messages,
      copies: operation.copies.filter((_, at) => to.has(operation.messages[at]!)),
    };
  }
  if (operation.kind === "flag" && operation.changed) {
    return { ...operation, messages, changed: operation.changed.filter((message) => to.has(message)) };
  }
  return { ...operation, messages };
}

/** What takes an operation back that the server has done; null where nothing can. */
export function inverse(operation: Operation): Operation | null {
  switch (operation.kind) {
    case "flag": {
      const { path, messages, changed = messages, mode, flags } = operation;
      return { kind: "flag", path, messages: changed, mode: mode === "add" ? "remove" : "add", flags };
    }
    case "move":
      return { kind: "move", path: operation.to, messages: operation.messages, to: operation.path };
    case "copy":
      return { kind: "remove", path: operation.to, messages: operation.copies };
    case "append":
      return { kind: "remove", path: operation.path, messages: operation.messages };
    case "create":
      return { ...operation, kind: "delete", onlyEmpty: true };
    case "rename": {
      const { path, name, to, toName } = operation;
      return { ...operation, path: to, name: toName, to: path, toName: name };
    }
    case "subscribe":
      return { ...operation, kind: "unsubscribe" };
    case "unsubscribe":
      return { ...operation, kind: "subscribe" };
    case "remove":
    case "delete":
      return null;
  }
}

const sets = new WeakMap<readonly number[], ReadonlySet<number>>();

/** Whether an operation's list has a message: asked of each of many, a long list is not walked through each time. */
export function isAmong(ids: readonly number[], id: number): boolean {
  if (ids.length < 16) return ids.includes(id);
  const set = sets.get(ids) ?? new Set(ids);
  sets.set(ids, set);
  return set.has(id);
}

/** The flags that a message has after a change; names are compared as RFC 9051 §2.3.2 has it, in any case. */
export function changedFlags(
  flags: readonly string[],
  mode: "add" | "remove",
  change: readonly string[],
): string[] {
  const kept = flags.filter((flag) => !change.some((c) => c.toLowerCase() === flag.toLowerCase()));
  return mode === "add" ? [...kept, ...change].sort() : kept;
}

/** Whether both are the same flags, in any order and case. */
export function sameFlags(one: readonly string[], other: readonly string[]): boolean {
  const words = (flags: readonly string[]) => flags.map((flag) => flag.toLowerCase()).sort();
  return words(one).join(" ") === words(other).join(" ");
}

/** The journal is our own writing, fsynced row by row: what it holds was checked when it went in. */
export function readOperation(entry: JournalEntry): Operation {
  return JSON.parse(entry.payload) as Operation;
}

export function readNote(entry: JournalEntry): Note {
  return entry.note === null
    ? nothingNoted
    : { ...nothingNoted, ...(JSON.parse(entry.note) as Partial<Note>) };
}

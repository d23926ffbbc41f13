/** Operations on folders: in the local copy at once, on the server when there is a connection. */
import {
  type Connection,
  create,
  deleteMailbox,
  ImapError,
  type ListedMailbox,
  listMailboxes,
  rename,
  status,
  subscribe,
  unsubscribe,
} from "../../imap/index.ts";
import type { Store, StoredMailbox } from "../../store/index.ts";
import { MailError } from "../errors.ts";
import type { Session } from "../session.ts";
import type { MailEvent } from "../values.ts";
import type { Attempt } from "./attempt.ts";
import { codeOf, isRefusal } from "./conflict.ts";
import type { FolderOperation, OpenEntry } from "./operation.ts";
import { deletedPath, renamedPath } from "./paths.ts";

const subscribed = "\\subscribed";
const nonexistent = "\\nonexistent";

/** The last entry that the index has taken in. */
const appliedKey = "folder entry";

export type FolderEntry = OpenEntry & { readonly operation: FolderOperation };

/** What operations on folders do to the local copy. */
export class LocalFolders {
  readonly #store: Store;
  readonly #emit: (event: MailEvent) => void;

  constructor(store: Store, emit: (event: MailEvent) => void) {
    this.#store = store;
    this.#emit = emit;
  }

  apply(open: FolderEntry): void {
    this.#store.transaction(() => {
      this.#apply(open);
      this.#store.meta.set(appliedKey, String(open.entry.id));
    });
    this.#emit({ kind: "folders" });
  }

  /** Whether an entry has been applied: doing it again could meet another folder of the same name. */
  isApplied({ entry }: OpenEntry): boolean {
    return entry.id <= Number(this.#store.meta.get(appliedKey) ?? 0);
  }

  #apply({ entry, operation }: FolderEntry): void {
    const { mailboxes } = this.#store;
    const mailbox = mailboxes.byPath(operation.path);
    if (operation.kind === "create") {
      const attributes = (mailbox?.attributes ?? []).filter((a) => a !== nonexistent);
      const { path, name, delimiter } = operation;
      mailboxes.put({ path, name, delimiter, attributes: [...new Set([...attributes, subscribed])] });
    } else if (operation.kind === "rename") mailboxes.rename(operation.path, operation.to, operation.toName);
    else if (operation.kind === "delete") {
      if (mailbox) mailboxes.setPath(mailbox.id, deletedPath(entry.id, operation.path));
    } else if (mailbox) this.#subscribe(mailbox, operation.kind === "subscribe");
  }

  /** It was not done, or is not to be done. */
  takeBack(open: FolderEntry): void {
    this.#store.transaction(() => this.#takeBack(open));
    this.#emit({ kind: "folders" });
  }

  #takeBack({ entry, operation }: FolderEntry): void {
    const { mailboxes } = this.#store;
    const mailbox = mailboxes.byPath(operation.path);
    if (operation.kind === "create") {
      // What was moved there comes back as its own operations are refused.
      if (mailbox && mailbox.rows > 0) mailboxes.setAttributes(mailbox.id, [nonexistent]);
      else if (mailbox) mailboxes.remove(mailbox.id);
    } else if (operation.kind === "rename") mailboxes.rename(operation.to, operation.path, operation.name);
    else if (operation.kind === "delete") {
      const hidden = mailboxes.byPath(deletedPath(entry.id, operation.path));
      if (hidden && mailbox) this.#mergeInto(hidden, mailbox);
      if (hidden) mailboxes.setPath(hidden.id, operation.path);
    } else if (mailbox) this.#subscribe(mailbox, operation.kind === "unsubscribe");
  }

  /** One made anew in the place of one that was not deleted after all: what was moved there stays. */
  #mergeInto(mailbox: StoredMailbox, made: StoredMailbox): void {
    const moved = this.#store.transfers.provisional().filter(({ mailboxId }) => mailboxId === made.id);
    this.#store.transfers.move(moved.map((from) => ({ from, to: { mailboxId: mailbox.id, uid: from.uid } })));
    this.#store.mailboxes.remove(made.id);
  }

  /** The server has done it. */
  confirm({ entry, operation }: FolderEntry): void {
    if (operation.kind !== "delete") return;
    const hidden = this.#store.mailboxes.byPath(deletedPath(entry.id, operation.path));
    if (hidden) this.#store.mailboxes.remove(hidden.id);
  }

  #subscribe(mailbox: StoredMailbox, on: boolean): void {
    const others = mailbox.attributes.filter((attribute) => attribute !== subscribed);
    this.#store.mailboxes.setAttributes(mailbox.id, on ? [...others, subscribed] : others);
  }
}

/** Sends an operation on a folder; `retry` where a first try's answer never came. @throws ImapError, MailError, Superseded */
export async function performFolder(
  session: Session,
  store: Store,
  operation: FolderOperation,
  attempt: Attempt,
): Promise<void> {
  await apart(session, operation, async (connection) => {
    if (attempt.retry && (await isDone(connection, operation))) return;
    if (operation.kind === "delete" && operation.onlyEmpty) await refuseFull(connection, operation.path);
    attempt.begin();
    await send(connection, store, operation);
  });
}

async function send(connection: Connection, store: Store, operation: FolderOperation): Promise<void> {
  const { path } = operation;
  switch (operation.kind) {
    case "create": {
      // Without waiting: what is not made cannot be seen either.
      const listed = connection.run(subscribe(path)).catch(quietly);
      try {
        const { mailboxId } = await connection.run(create(path));
        const mailbox = store.mailboxes.byPath(path);
        if (mailbox) store.mailboxes.setState(mailbox.id, { mailboxId });
      } catch (error) {
        await listed;
        if (isRefusal(error) && !isThere(error)) await connection.run(unsubscribe(path)).catch(quietly);
        throw error;
      }
      await listed;
      return;
    }
    case "rename": {
      const { to, delimiter } = operation;
      await connection.run(rename(path, to));
      // Subscriptions are names (RFC 9051 §6.3.6): they do not follow.
      const below = store.mailboxes
        .all()
        .filter(
          (m) => m.attributes.includes(subscribed) && renamedPath(m.path, to, path, delimiter) !== m.path,
        );
      await Promise.all(
        below.flatMap((m) => [
          connection.run(subscribe(m.path)).catch(quietly),
          connection.run(unsubscribe(renamedPath(m.path, to, path, delimiter))).catch(quietly),
        ]),
      );
      return;
    }
    case "delete":
      try {
        await connection.run(deleteMailbox(path));
      } catch (error) {
        // What another program has deleted is deleted.
        if (!(error instanceof ImapError && codeOf(error) === "NONEXISTENT")) throw error;
      }
      await connection.run(unsubscribe(path)).catch(quietly);
      return;
    case "subscribe":
      await connection.run(subscribe(path));
      return;
    case "unsubscribe":
      await connection.run(unsubscribe(path));
  }
}

/** A subscription that fails is no reason to call the folder's own change off. */
function quietly(error: unknown): void {
  if (!isRefusal(error)) throw error;
}

function isThere(error: Error): boolean {
  return error instanceof ImapError && codeOf(error) === "ALREADYEXISTS";
}

/** Runs `work` while neither the mailbox nor one below it is selected: servers end sessions for less. */
async function apart(
  session: Session,
  operation: FolderOperation,
  work: (connection: Connection) => Promise<void>,
): Promise<void> {
  const connection = await session.connected();
  const moves = operation.kind === "rename" || operation.kind === "delete";
  const delimiter = operation.kind === "rename" ? operation.delimiter : null;
  const at = connection.selected?.path;
  const inTheWay = moves && at !== undefined && renamedPath(at, operation.path, "", delimiter) !== at;
  if (inTheWay) await session.within("INBOX", work, { ahead: true });
  else await work(connection);
}

/** Whether a first try has reached the server. */
async function isDone(connection: Connection, operation: FolderOperation): Promise<boolean> {
  const there = async (path: string) => (await listMailboxes(connection, "", path)).some(isReal);
  switch (operation.kind) {
    case "create":
      return there(operation.path);
    case "delete":
      return !(await there(operation.path));
    case "rename":
      return !(await there(operation.path)) && (await there(operation.to));
    default:
      return false;
  }
}

function isReal({ attributes }: ListedMailbox): boolean {
  return !attributes.has(nonexistent);
}

async function refuseFull(connection: Connection, path: string): Promise<void> {
  const { messages = 0 } = await connection.run(status(path, ["messages"]));
  if (messages === 0) return;
  throw new MailError(
    "NOT_EMPTY",
    "messages have come into the folder since",
    "delete it with folder delete",
  );
}

/** What LIST told, with what open entries do to it. */
export function withOpen(
  listed: readonly ListedMailbox[],
  open: readonly OpenEntry[],
): readonly ListedMailbox[] {
  let result = [...listed];
  for (const { operation } of open) {
    const { kind, path } = operation;
    if (kind === "create" && !result.some((mailbox) => mailbox.path === path)) {
      const { name, delimiter } = operation;
      result.push({ path, name, delimiter, attributes: new Set([subscribed]), status: null });
    } else if (kind === "delete") result = result.filter((mailbox) => mailbox.path !== path);
    else if (kind === "rename") {
      const { to, name, toName, delimiter } = operation;
      result = result.map((mailbox) => ({
        ...mailbox,
        path: renamedPath(mailbox.path, path, to, delimiter),
        name: renamedPath(mailbox.name, name, toName, delimiter),
      }));
    } else if (kind === "subscribe" || kind === "unsubscribe") {
      result = result.map((mailbox) => {
        if (mailbox.path !== path) return mailbox;
        const attributes = new Set([...mailbox.attributes].filter((a) => a !== subscribed));
        if (kind === "subscribe") attributes.add(subscribed);
        return { ...mailbox, attributes };
      });
    }
  }
  return result;
}

/** The operation with the mailboxes it names called as they are after a rename. */
export function readdressed<O extends { readonly path: string }>(
  operation: O,
  from: string,
  to: string,
  delimiter: string | null,
): O {
  const path = renamedPath(operation.path, from, to, delimiter);
  const target = Reflect.get(operation, "to");
  return {
    ...operation,
    path,
    ...(typeof target === "string" ? { to: renamedPath(target, from, to, delimiter) } : {}),
  };
}

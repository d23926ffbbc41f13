/**
 * Folders that were made, renamed or deleted and of which the server does not know yet: the local copy has them under
 * their new names at once, the server under the old ones until it has been told.
 */
import { ownPath } from "../../store/index.ts";
import { isFolderOperation, type OpenEntry } from "./operation.ts";

/** Where a deleted folder's messages wait for the server to confirm it. */
export function deletedPath(entryId: number, path: string): string {
  return `${ownPath}deleted ${entryId} ${path}`;
}

/** `path` where `from`, and what is below it, is called `to`. */
export function renamedPath(path: string, from: string, to: string, delimiter: string | null): string {
  if (path === from) return to;
  return delimiter !== null && path.startsWith(from + delimiter) ? to + path.slice(from.length) : path;
}

/** What the local copy calls the mailbox that was `path` to the server after the entry `since`. */
export function localPath(open: readonly OpenEntry[], path: string, since = 0): string {
  let name = path;
  for (const { entry, operation } of open) {
    if (entry.id <= since || !isFolderOperation(operation)) continue;
    if (operation.kind === "rename")
      name = renamedPath(name, operation.path, operation.to, operation.delimiter);
    else if (operation.kind === "delete" && name === operation.path) name = deletedPath(entry.id, name);
  }
  return name;
}

/** What the server calls the mailbox that is `path` to the local copy; null where it has none yet. */
export function serverPath(open: readonly OpenEntry[], path: string): string | null {
  let name = path;
  for (const { entry, operation } of open.toReversed()) {
    if (!isFolderOperation(operation)) continue;
    if (operation.kind === "rename")
      name = renamedPath(name, operation.to, operation.path, operation.delimiter);
    else if (operation.kind === "delete" && name === deletedPath(entry.id, operation.path))
      name = operation.path;
    else if (operation.kind === "create" && name === operation.path) return null;
  }
  return name;
}

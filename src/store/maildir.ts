import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { asStoreError, systemCode } from "./error.ts";

/**
 * One maildir (cr.yp.to/proto/maildir.html), with the UID in the name as offlineimap and mbsync have it:
 * `<seconds>.postern_<uidvalidity>_<uid>.<host>,U=<uid>:2,<flags>`. The part before `:2,` is the same for the same
 * message, so that writing it again after a crash replaces the file instead of doubling the message.
 */

const folders = ["cur", "new"] as const;
/** Files made here; no other program's unique part looks like this, and only these are ever deleted. */
const ours = /^\d+\.postern_\d+_\d+\./;
/** Age after which the maildir rules call a file in tmp/ abandoned, milliseconds. */
const abandoned = 36 * 3600 * 1000;

const letters: ReadonlyMap<string, string> = new Map([
  ["\\draft", "D"],
  ["\\flagged", "F"],
  ["\\answered", "R"],
  ["\\seen", "S"],
  ["\\deleted", "T"],
]);

/** Flags as a maildir spells them: letters in ASCII order; keywords live in the index only. */
export function flagLetters(flags: readonly string[]): string {
  const found = flags.map((flag) => letters.get(flag.toLowerCase()) ?? "");
  return [...new Set(found)].sort().join("");
}

const host =
  hostname()
    .replace(/[^A-Za-z0-9.-]/g, "_")
    .slice(0, 60) || "localhost";

/** The unchanging part of a message's file name. `internalDate` in milliseconds. */
export function baseName(uidValidity: number, uid: number, internalDate: number): string {
  const seconds = Math.max(0, Math.trunc(internalDate / 1000));
  return `${seconds}.postern_${uidValidity}_${uid}.${host},U=${uid}`;
}

function baseOf(name: string): string {
  const colon = name.lastIndexOf(":2,");
  return colon < 0 ? name : name.slice(0, colon);
}

/** Runs a file operation; `missing` where the file is not there. Other errors are StoreErrors naming `path`. */
export function onFile<T>(path: string, work: () => T, missing: T): T {
  try {
    return work();
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return missing;
    throw asStoreError(error, path);
  }
}

/** A directory of ours and its parents, for its owner alone. */
export function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw asStoreError(error, path);
  }
}

/** A view of one maildir for the length of one operation: a listing, once read, is not read again. */
export class Maildir {
  readonly #directory: string;
  #listing: Map<string, string> | null = null;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Absolute path of the file named `name`, wherever another program has renamed it to; null if it is gone. */
  locate(name: string): string | null {
    const expected = join(this.#directory, "cur", name);
    return exists(expected) ? expected : (this.#list().get(baseOf(name)) ?? null);
  }

  /** Gives a file the flags; returns its new name, or null if it is gone. */
  setFlags(name: string, flags: readonly string[]): string | null {
    const wanted = `${baseOf(name)}:2,${flagLetters(flags)}`;
    const target = join(this.#directory, "cur", wanted);
    if (renamed(join(this.#directory, "cur", name), target)) return wanted;
    const found = this.#list().get(baseOf(name));
    return found !== undefined && renamed(found, target) ? wanted : null;
  }

  /** Deletes a file of ours, whatever its flags are now. */
  remove(name: string): void {
    const path = this.locate(name);
    if (path) removeFile(path);
  }

  /** Opens a new file in tmp/, making the maildir where there is none. The caller closes the descriptor. */
  openTemporary(name: string): { readonly path: string; readonly descriptor: number } {
    const path = join(this.#directory, "tmp", name);
    const open = (): number => openSync(path, "wx", 0o600);
    try {
      const descriptor = onFile<number | null>(path, open, null) ?? this.#make(open);
      return { path, descriptor };
    } catch (error) {
      throw asStoreError(error, path);
    }
  }

  /** Takes a file back to tmp/, for `deliver` under another name. Returns its path there; null if it is gone. */
  withdraw(name: string, base: string): string | null {
    const path = this.locate(name);
    const temporary = join(this.#directory, "tmp", base);
    return path !== null && renamed(path, temporary) ? temporary : null;
  }

  /** Moves a finished file from tmp/ to cur/, over an earlier one of the same name. Returns its name. */
  deliver(temporary: string, base: string, flags: readonly string[]): string {
    const name = `${base}:2,${flagLetters(flags)}`;
    const path = join(this.#directory, "cur", name);
    try {
      renameSync(temporary, path);
    } catch (error) {
      throw asStoreError(error, path);
    }
    return name;
  }

  /** Deletes what a killed process left in tmp/. */
  sweep(): void {
    const tmp = join(this.#directory, "tmp");
    for (const name of list(tmp).filter((n) => ours.test(n))) {
      const path = join(tmp, name);
      const modified = onFile(path, () => statSync(path).mtimeMs, Date.now());
      if (Date.now() - modified > abandoned) removeFile(path);
    }
  }

  /** Deletes every file of ours, then the directories that are empty. Other programs' files stay. */
  clear(): void {
    for (const folder of [...folders, "tmp"]) {
      const path = join(this.#directory, folder);
      for (const name of list(path)) if (ours.test(name)) removeFile(join(path, name));
      removeIfEmpty(path);
    }
    removeIfEmpty(this.#directory);
  }

  /** Moves cur/, new/ and tmp/ to another directory; false (and all as before) if that has some already. */
  moveTo(directory: string): boolean {
    const moved: string[] = [];
    makeDirectory(directory);
    try {
      for (const folder of [...folders, "tmp"]) {
        const from = join(this.#directory, folder);
        if (!exists(from)) continue;
        renameSync(from, join(directory, folder));
        moved.push(folder);
      }
    } catch {
      for (const folder of moved) renameSync(join(directory, folder), join(this.#directory, folder));
      return false;
    }
    removeIfEmpty(this.#directory);
    return true;
  }

  #make(open: () => number): number {
    for (const folder of [...folders, "tmp"]) makeDirectory(join(this.#directory, folder));
    return open();
  }

  #list(): Map<string, string> {
    if (this.#listing) return this.#listing;
    const listing = new Map<string, string>();
    for (const folder of folders) {
      const path = join(this.#directory, folder);
      for (const name of list(path)) if (ours.test(name)) listing.set(baseOf(name), join(path, name));
    }
    this.#listing = listing;
    return listing;
  }
}

/** Deletes our files in every maildir below `root`, for an index that no longer knows them. */
export function clearTree(root: string): void {
  const children = onFile(root, () => readdirSync(root, { withFileTypes: true }), []);
  for (const child of children) {
    const own = child.name === "cur" || child.name === "new" || child.name === "tmp";
    if (child.isDirectory() && !own) clearTree(join(root, child.name));
  }
  new Maildir(root).clear();
}

/** Renames a file; false if it is gone. */
function renamed(from: string, to: string): boolean {
  return onFile(
    from,
    () => {
      renameSync(from, to);
      return true;
    },
    false,
  );
}

/** Size of a file in octets; null where there is none. */
export function fileSize(path: string): number | null {
  return onFile<number | null>(path, () => statSync(path).size, null);
}

export function removeFile(path: string): void {
  onFile(path, () => unlinkSync(path), undefined);
}

/** Makes the file, readable by its owner alone, unless it is there. */
export function touch(path: string): void {
  try {
    closeSync(openSync(path, "a", 0o600));
  } catch (error) {
    throw asStoreError(error, path);
  }
}

export function exists(path: string): boolean {
  return onFile(path, () => statSync(path, { throwIfNoEntry: false }) !== undefined, false);
}

function list(directory: string): string[] {
  return onFile(directory, () => readdirSync(directory), []);
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // Not empty (others' files, child mailboxes) or not there: it stays as it is.
  }
}

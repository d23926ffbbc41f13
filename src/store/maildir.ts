import {
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { asStoreError, systemCode } from "./error.ts";
import { firstProvisionalUid } from "./types.ts";

/**
 * One maildir (cr.yp.to/proto/maildir.html), with the UID in the name as offlineimap and mbsync have it:
 * `<seconds>.postern_<uidvalidity>_<uid>.<host>,U=<uid>:2,<flags>`. The part before `:2,` is the same for the same
 * message, so that writing it again after a crash replaces the file instead of doubling the message.
 */

const folders = ["cur", "new"] as const;
/** Files made here; no other program's unique part looks like this, and only these are ever deleted. */
const ours = /^\d+\.postern_\d+_(\d+)\./;
/** Age after which the maildir rules call a file in tmp/ abandoned, milliseconds. */
const abandoned = 36 * 3600 * 1000;

/** Letters that maildirs have for flags: D draft, F flagged, P passed (on), R replied, S seen, T trashed. */
const flagOfLetter: Readonly<Record<string, string>> = {
  D: "\\Draft",
  F: "\\Flagged",
  P: "$Forwarded",
  R: "\\Answered",
  S: "\\Seen",
  T: "\\Deleted",
};
const letterOfFlag = new Map(
  Object.entries(flagOfLetter).map(([letter, flag]) => [flag.toLowerCase(), letter]),
);

/** Flags as a maildir spells them: letters in ASCII order; other keywords live in the index only. */
export function flagLetters(flags: readonly string[]): string {
  return inOrder(flags.map((flag) => letterOfFlag.get(flag.toLowerCase()) ?? ""));
}

function inOrder(letters: Iterable<string>): string {
  return [...new Set(letters)].sort().join("");
}

/** What one set of letters has and another has not. */
function without(letters: string, others: string): string {
  return [...letters].filter((letter) => !others.includes(letter)).join("");
}

/** Flags that another program gave a file, or took from it, by changing letters of its name. */
export interface LetterChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** What was done to a file's flags since it was called `written`; letters that mean no flag of ours do not count. */
export function letterChange(written: string, found: string): LetterChange {
  const flags = (letters: string) => [...inOrder(letters)].flatMap((letter) => flagOfLetter[letter] ?? []);
  const [before, after] = [lettersOf(written), lettersOf(found)];
  return { added: flags(without(after, before)), removed: flags(without(before, after)) };
}

const host =
  hostname()
    .replace(/[^A-Za-z0-9.-]/g, "_")
    .slice(0, 60) || "localhost";

/** The unchanging part of a message's file name, with its UID where that is the server's. `internalDate` in milliseconds. */
export function baseName(uidValidity: number, uid: number, internalDate: number): string {
  const seconds = Math.max(0, Math.trunc(internalDate / 1000));
  const told = uid < firstProvisionalUid ? `,U=${uid}` : "";
  return `${seconds}.postern_${uidValidity}_${uid}.${host}${told}`;
}

/** The name in tmp/ of a message being written: unlike any other's, also of the same message. */
export function temporaryName(base: string): string {
  return `${base}.${process.pid}_${temporaries++}`;
}

let temporaries = 0;

/** What `temporaryName` adds. */
const temporaryEnd = /\.(\d+)_\d+$/;

/** What stays the same of a file's name, in whatever directory. */
export function baseOf(name: string): string {
  const colon = name.lastIndexOf(":2,");
  return colon < 0 ? name.replace(temporaryEnd, "") : name.slice(0, colon);
}

function lettersOf(name: string): string {
  const colon = name.lastIndexOf(":2,");
  return colon < 0 ? "" : name.slice(colon + 3);
}

/** The UID in the name of a file of ours; null for those of other programs. */
export function uidOf(name: string): number | null {
  const found = ours.exec(name)?.[1];
  return found === undefined ? null : Number(found);
}

/** What is done to the name of a file on its way to another one: `written` is what the index gets to know. */
export interface Naming {
  readonly written: string;
  readonly name: string;
}

/**
 * The name for `flags`. Letters that are not ours stay; and so does what another program has changed since the file was
 * called `written`, which is to be noticed by the difference to the name that the index knows.
 */
function naming(base: string, flags: readonly string[], written: string, found: string): Naming {
  const [before, after] = [lettersOf(written), lettersOf(found)];
  const foreign = [...before].filter((letter) => !(letter in flagOfLetter));
  const wanted = inOrder([...flagLetters(flags), ...foreign]);
  const letters = inOrder(without(wanted + without(after, before), without(before, after)));
  return { written: `${base}:2,${wanted}`, name: `${base}:2,${letters}` };
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

/** A file of ours: the name that the index has for it, the one it was found under (in tmp/: the same), and where it is. */
export interface Found {
  readonly written: string;
  readonly found: string;
  readonly path: string;
}

/**
 * A view of one maildir for the length of one operation: a listing, once read, is not read again.
 * A message that is in the index may still be in tmp/: it is moved to cur/ when the index has it.
 */
export class Maildir {
  readonly #directory: string;
  #listing: Map<string, string[]> | null = null;
  #arriving: string[] | null = null;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The file that the index knows as `name`, wherever it is and whatever it is called now; null if it is gone. */
  find(name: string): Found | null {
    // The last look is for one that went from tmp/ to its place during the others.
    const path = this.#asWritten(name) ?? this.#list().get(baseOf(name))?.[0] ?? this.#asWritten(name);
    return path === null ? null : { written: name, found: this.#nameIn(path, name), path };
  }

  /** Whether a file has the name we gave it. */
  isThere(name: string): boolean {
    return this.#asWritten(name) !== null;
  }

  /** Whether a file has the name we gave it, or is still in tmp/ to get it. */
  holds(name: string): boolean {
    if (this.isThere(name)) return true;
    const base = baseOf(name);
    this.#arriving ??= list(join(this.#directory, "tmp"));
    return this.#arriving.some((other) => baseOf(other) === base);
  }

  /** Every file that may be the one that the index knows as `name`, most likely first. */
  candidates(name: string): Found[] {
    const asWritten = this.#asWritten(name);
    const paths = [...(asWritten === null ? [] : [asWritten]), ...(this.#list().get(baseOf(name)) ?? [])];
    return [...new Set(paths)].map((path) => ({ written: name, found: this.#nameIn(path, name), path }));
  }

  /** No other program renames what lies in tmp/. */
  #nameIn(path: string, written: string): string {
    return this.isTemporary(path) ? written : basename(path);
  }

  /** Brings a finished file from tmp/ to its place, unless whoever wrote it is quicker. Its path; null if it is gone. */
  arrive({ path, written }: Found): string | null {
    const target = this.finished(written);
    return renamed(path, target) || exists(target) ? target : null;
  }

  isTemporary(path: string): boolean {
    return dirname(path) === join(this.#directory, "tmp");
  }

  /** The path of a file that still has the name we gave it; null where it has not. */
  #asWritten(name: string): string | null {
    return folders.map((folder) => join(this.#directory, folder, name)).find(exists) ?? null;
  }

  /**
   * Gives a file the flags; null if it is gone. What another program has changed of them stays in the file's name, and
   * the name returned, for the index, is the one without that.
   */
  setFlags(name: string, flags: readonly string[]): string | null {
    const wanted = naming(baseOf(name), flags, name, name).written;
    if (wanted === name) return name;
    const asWritten = () => renamed(this.finished(name), this.finished(wanted));
    if (asWritten()) return wanted;
    const file = this.find(name);
    if (!file) return null;
    const target = naming(baseOf(name), flags, name, file.found).name;
    // It may go from tmp/ to its place at this moment.
    return renamed(file.path, this.finished(target)) || asWritten() ? wanted : null;
  }

  /** Deletes a file of ours, whatever its flags are now. */
  remove(name: string): void {
    const file = this.find(name);
    if (file) removeFile(file.path);
  }

  /** Deletes a file of ours, unless another program has changed its flags: false then, as that is to be noticed first. */
  evict(name: string): boolean {
    const written = this.#asWritten(name);
    const paths = written === null ? (this.#list().get(baseOf(name)) ?? []) : [written];
    // One that a kill has left in tmp/ is nobody else's.
    if (written === null && !paths.every((path) => this.isTemporary(path))) return false;
    for (const path of paths) removeFile(path);
    return true;
  }

  /** Opens a new file in tmp/, making the maildir where there is none. The caller closes the descriptor. */
  openTemporary(name: string): { readonly path: string; readonly descriptor: number } {
    const path = this.temporary(name);
    const open = (): number => openSync(path, "wx", 0o600);
    try {
      const descriptor = onFile<number | null>(path, open, null);
      if (descriptor !== null) return { path, descriptor };
      this.make();
      return { path, descriptor: open() };
    } catch (error) {
      throw asStoreError(error, path);
    }
  }

  /** Makes the directories that are missing. */
  make(): void {
    for (const folder of [...folders, "tmp"]) makeDirectory(join(this.#directory, folder));
  }

  /** Where `name` is as long as it is not finished, and where then. */
  temporary(name: string): string {
    return join(this.#directory, "tmp", name);
  }

  finished(name: string): string {
    return join(this.#directory, "cur", name);
  }

  /** Takes a file back to tmp/, for `deliver` under another name; null if it is gone. */
  withdraw(name: string, base: string): Found | null {
    const file = this.find(name);
    const path = join(this.#directory, "tmp", base);
    return file && renamed(file.path, path) ? { ...file, path } : null;
  }

  /** What a message with these flags is called, where it takes the place of the `earlier` file. */
  naming(base: string, flags: readonly string[], earlier: Found | null): Naming {
    return naming(base, flags, earlier?.written ?? "", earlier?.found ?? "");
  }

  /** Moves a finished file from tmp/ to cur/ under its own name, over the one of the same name or the `earlier` one. */
  deliver(temporary: string, { name }: Naming, earlier: Found | null): void {
    const path = this.finished(name);
    try {
      renameSync(temporary, path);
    } catch (error) {
      // Another one of us has found it on its way, and has brought it here.
      if (systemCode(error) !== "ENOENT" || !exists(path)) throw asStoreError(error, path);
    }
    if (earlier && earlier.path !== path && earlier.path !== temporary) removeFile(earlier.path);
  }

  /**
   * Gives a file another name, also in `target`, beside the one it has. Returns the name for the index; null if it is
   * gone. `leaving`: the new name has what another program has changed of the flags, as the old one will go.
   */
  share(
    name: string,
    target: Maildir,
    base: string,
    flags: readonly string[],
    leaving: boolean,
  ): string | null {
    const file = this.find(name);
    if (file === null) return null;
    const temporary = target.temporary(temporaryName(base));
    try {
      target.make();
      if (!linked(file.path, temporary)) return null;
      const naming = target.naming(base, flags, leaving ? file : null);
      target.deliver(temporary, naming, null);
      return naming.written;
    } finally {
      // Renaming one name of a file onto another of the same file leaves both.
      removeFile(temporary);
    }
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

  #list(): ReadonlyMap<string, string[]> {
    if (this.#listing) return this.#listing;
    const listing = new Map<string, string[]>();
    for (const folder of [...folders, "tmp"]) {
      const path = join(this.#directory, folder);
      for (const name of list(path)) {
        if (!ours.test(name)) continue;
        const base = baseOf(name);
        const known = listing.get(base);
        if (known) known.push(join(path, name));
        else listing.set(base, [join(path, name)]);
      }
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

/** Puts a file under one more name, or a copy of it where the file system has no links; false if it is gone. */
function linked(from: string, to: string): boolean {
  return onFile(
    from,
    () => {
      try {
        removeFile(to);
        linkSync(from, to);
      } catch (error) {
        if (systemCode(error) === "ENOENT") throw error;
        copyFileSync(from, to);
      }
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

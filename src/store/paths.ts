import { createHash } from "node:crypto";

/**
 * Names of mailboxes as names of directories. A server chooses mailbox names, so they are hostile: what comes out
 * here never leaves the cache, is the same on every system, and can be read by a person for the usual names.
 */

/** Bytes of one path segment; file systems take 255, and a few are kept for the temporary names of others. */
const maxSegment = 200;
/** Characters of a whole relative directory; PATH_MAX is 1024 on some systems, and file names come on top. */
const maxDirectory = 600;

/** Everything outside printable ASCII, what shells and Windows treat specially, and `%` itself. */
const unsafe = /[^A-Za-z0-9 ._+=@&,!#()[\]~-]/g;
const maildirOwn = new Set(["cur", "new", "tmp"]);

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  // Mailbox names are Latin-1 byte strings; anything wider can only be our own mistake and stays distinct.
  return code < 0x100
    ? `%${code.toString(16).toUpperCase().padStart(2, "0")}`
    : `%u${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** The mark of a shortened name; `%~` can come from nothing else. */
function digest(name: string): string {
  return `%~${createHash("sha256").update(name).digest("hex").slice(0, 20)}`;
}

/**
 * One level of a mailbox name as a path segment: 1 to 200 printable ASCII characters, never `.`, `..`, `cur`,
 * `new`, `tmp` (in any case), never beginning with a dot. Different names give different segments; names too
 * long for a segment end in a hash and cannot be decoded.
 */
export function encodeSegment(name: string): string {
  if (name === "") return "%";
  let encoded = name.replace(unsafe, escaped);
  if (encoded.startsWith(".") || maildirOwn.has(encoded.toLowerCase())) {
    encoded = escaped(encoded) + encoded.slice(1);
  }
  if (encoded.length <= maxSegment) return encoded;
  const start = encoded.slice(0, 100).replace(/%[^%]{0,4}$/, "");
  return start + digest(name);
}

/** The name that `encodeSegment` was given, or null for a shortened one or one that it never makes. */
export function decodeSegment(segment: string): string | null {
  if (segment === "%") return "";
  if (segment.includes("%~")) return null;
  const name = segment.replace(/%(?:u([0-9A-F]{4})|([0-9A-F]{2}))/g, (_all, wide?: string, narrow?: string) =>
    String.fromCharCode(Number.parseInt(wide ?? narrow ?? "0", 16)),
  );
  return encodeSegment(name) === segment ? name : null;
}

/** The directory of a mailbox below the maildir root: one segment for each level of its name. */
export function mailboxDirectory(path: string, delimiter: string | null): string {
  const levels = delimiter ? path.split(delimiter) : [path];
  const directory = levels.map(encodeSegment).join("/");
  return directory.length <= maxDirectory ? directory : hashedDirectory(path);
}

/** A directory for a mailbox whose own is too long, or is taken by a name differing in case or delimiter only. */
export function hashedDirectory(path: string): string {
  const start = encodeSegment(path).slice(0, 60);
  return start.replace(/%[^%]{0,4}$/, "") + digest(path);
}

/** Folders: their roles, their order on the screen, and finding the one a person means. */
import { encodeMailboxName } from "../imap/index.ts";
import type { StoredMailbox } from "../store/index.ts";
import { MailError } from "./errors.ts";
import type { Folder, Role } from "./values.ts";

const roleOfAttribute: Readonly<Record<string, Role>> = {
  "\\drafts": "drafts",
  "\\sent": "sent",
  "\\archive": "archive",
  "\\junk": "junk",
  "\\trash": "trash",
  "\\all": "all",
  "\\flagged": "flagged",
};

/** Names that tell a role where the server has no SPECIAL-USE (RFC 6154). */
const roleOfName: Readonly<Record<string, Role>> = {
  drafts: "drafts",
  draft: "drafts",
  sent: "sent",
  "sent items": "sent",
  "sent messages": "sent",
  archive: "archive",
  archives: "archive",
  junk: "junk",
  spam: "junk",
  trash: "trash",
  "deleted items": "trash",
  "deleted messages": "trash",
};

/** Every role, in the order of folders on the screen. */
export const roles: readonly Role[] = [
  "inbox",
  "drafts",
  "sent",
  "archive",
  "junk",
  "trash",
  "all",
  "flagged",
];

/** Folders with their roles: the inbox first, those with a role next, the rest by name with children below parents. */
export function arrangeFolders(stored: readonly StoredMailbox[]): Folder[] {
  const byAttribute = stored.some((m) => m.attributes.some((a) => a in roleOfAttribute));
  const folders = stored.map((mailbox): Folder => {
    const levels = mailbox.delimiter ? mailbox.name.split(mailbox.delimiter) : [mailbox.name];
    const leaf = levels.at(-1) ?? mailbox.name;
    return {
      path: mailbox.path,
      name: mailbox.name,
      leaf,
      depth: levels.length - 1,
      role: role(mailbox, leaf, byAttribute),
      selectable: !mailbox.attributes.some((a) => a === "\\noselect" || a === "\\nonexistent"),
      messages: mailbox.messages,
      unread: mailbox.unseen,
      uidValidity: mailbox.uidValidity || null,
      uidNext: mailbox.uidNext || null,
      highestModSeq: mailbox.highestModSeq === "0" ? null : mailbox.highestModSeq,
    };
  });
  const delimiter = stored.find((m) => m.delimiter)?.delimiter ?? "/";
  const rootRank = new Map(folders.filter((f) => f.depth === 0).map((f) => [f.name, rank(f)]));
  const key = (f: Folder) => {
    const root = f.name.split(delimiter)[0] ?? f.name;
    const rooted = f.depth === 0 ? rank(f) : (rootRank.get(root) ?? rank(f));
    // The delimiter sorts before all else, so that children follow their parent directly.
    return `${String(rooted).padStart(2, "0")} ${f.name.toLowerCase().replaceAll(delimiter, "\u0000")}`;
  };
  return folders
    .map((folder) => ({ folder, key: key(folder) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ folder }) => folder);
}

function rank(folder: Folder): number {
  const index = folder.role ? roles.indexOf(folder.role) : -1;
  return index === -1 ? roles.length : index;
}

function role(mailbox: StoredMailbox, leaf: string, byAttribute: boolean): Role | null {
  if (mailbox.path.toUpperCase() === "INBOX") return "inbox";
  for (const attribute of mailbox.attributes) {
    const known = roleOfAttribute[attribute];
    if (known) return known;
  }
  return byAttribute ? null : (roleOfName[leaf.toLowerCase()] ?? null);
}

/**
 * The folder a person means: its name, its server name, a role with `@` (`@sent`), or its last level where that is
 * unambiguous; upper and lower case alike. Throws MailError "NO_FOLDER".
 */
export function findFolder(folders: readonly Folder[], wanted: string): Folder {
  if (wanted.startsWith("@")) return folderWithRole(folders, wanted.slice(1));
  const lower = wanted.toLowerCase();
  const leaves = folders.filter((f) => f.leaf.toLowerCase() === lower);
  const found =
    folders.find((f) => f.name === wanted || f.path === wanted) ??
    folders.find((f) => f.name.toLowerCase() === lower) ??
    (leaves.length === 1 ? leaves[0] : undefined);
  if (found) return found;
  const near = folders.filter((f) => f.name.toLowerCase().includes(lower)).slice(0, 5);
  throw new MailError(
    "NO_FOLDER",
    `there is no folder "${wanted}"`,
    near.length > 0
      ? `did you mean ${near.map((f) => f.name).join(", ")}?`
      : 'see "postern folders" for what there is',
  );
}

/** The folder for sent mail, trash, …; throws MailError "NO_ROLE" where the server has none. */
export function folderWithRole(folders: readonly Folder[], wanted: string): Folder {
  const found = folders.find((f) => f.role === wanted);
  if (found) return found;
  throw new MailError(
    "NO_ROLE",
    `this account has no ${wanted} folder`,
    "create one on the server, or name a folder instead",
  );
}

/** A stand-in for a folder that has not been listed yet: a name typed by a person, as the server would spell it. */
export function unlistedFolder(name: string): Folder {
  const inbox = name.toUpperCase() === "INBOX";
  return {
    path: inbox ? "INBOX" : encodeMailboxName(name, false),
    name: inbox ? "INBOX" : name,
    leaf: name,
    depth: 0,
    role: inbox ? "inbox" : null,
    selectable: true,
    messages: null,
    unread: null,
    uidValidity: null,
    uidNext: null,
    highestModSeq: null,
  };
}

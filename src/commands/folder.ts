import type { Folder } from "../mail/index.ts";
import { type Context, defineCommand, UsageError } from "./definition.ts";
import type { Result } from "./result.ts";

const verbs = {
  create: "NAME",
  rename: "NAME NEW",
  delete: "NAME",
  subscribe: "NAME",
  unsubscribe: "NAME",
  acl: "NAME [WHO RIGHTS]",
} as const;
type Verb = keyof typeof verbs;

const isVerb = (word: string): word is Verb => Object.hasOwn(verbs, word);

/** How many words may follow the name, least and most. */
const following: Partial<Record<Verb, readonly [number, number]>> = { rename: [1, 1], acl: [0, 2] };

export const folder = defineCommand({
  name: "folder",
  aliases: ["mailbox"],
  summary:
    "Create, rename, delete, subscribe to or unsubscribe from a folder, or see and change who may use it: folder create Plans, folder rename Plans Ideas, folder acl Plans ada +lrs",
  imap: "CREATE, RENAME, DELETE, SUBSCRIBE, UNSUBSCRIBE, MYRIGHTS, GETACL, SETACL, DELETEACL",
  args: {
    verb: { type: "text", required: true, words: Object.keys(verbs), help: Object.keys(verbs).join(", ") },
    name: { type: "folder", required: true, help: "the folder" },
    more: {
      type: "text",
      repeat: true,
      help: "its new name (rename); or who, and which rights that one has: lrs, +w to add, -w to take away, none (acl; letters of RFC 4314)",
    },
  },
  options: {},
  returns: ["change", "acl"],
  changes: ({ verb, more }) => verb !== "acl" || (Array.isArray(more) && more.length > 0),
  run(context, { verb, name, more }) {
    if (!isVerb(verb)) {
      throw new UsageError(
        `folder: there is no "${verb}"`,
        `say folder ${Object.keys(verbs).join(", folder ")}`,
      );
    }
    const [least, most] = following[verb] ?? [0, 0];
    const way = `say folder ${verb} ${verbs[verb]}`;
    if (more.length < least) throw new UsageError(`folder ${verb}: needs a new name`, way);
    if (more.length > most)
      throw new UsageError(
        `folder ${verb}: "${more[most]}" is one word too many`,
        `${way}; a name with spaces needs quotes`,
      );
    return work[verb](context, name, more);
  },
});

const work: Record<Verb, (context: Context, name: string, more: readonly string[]) => Promise<Result>> = {
  async create({ mail, dryRun }, name) {
    // How the server separates levels of names is told by its list.
    if (mail.folders().length < 2) await mail.refreshFolders();
    if (dryRun) return would(mail.findCachedFolder(name), `create ${name}`);
    const { folder: made, outcome } = await mail.folderChanges.create(name);
    return { kind: "change", folder: made, uids: [], sent: outcome.sent, text: `created ${made.name}` };
  },

  async rename({ mail, dryRun }, name, [to = ""]) {
    const old = await mail.findFolder(name);
    if (dryRun) return would(old, `rename ${old.name} to ${to}`);
    const { folder: now, outcome } = await mail.folderChanges.rename(old, to);
    const text = `renamed ${old.name} to ${now.name}`;
    return { kind: "change", folder: now, uids: [], sent: outcome.sent, text };
  },

  async delete(context, name) {
    const { mail } = context;
    const gone = await mail.findFolder(name);
    const messages = gone.messages ?? mail.count(gone);
    const what = messages === 1 ? "1 message" : `${messages} messages`;
    if (context.dryRun) return would(gone, `delete ${gone.name} with ${what}`);
    if (messages > 0 && !(await context.confirm(`Delete ${gone.name} with ${what} for good?`))) {
      return { kind: "change", folder: gone, uids: [], sent: true, text: "nothing was deleted" };
    }
    const { sent } = await mail.folderChanges.delete(gone);
    return { kind: "change", folder: gone, uids: [], sent, text: `deleted ${gone.name}` };
  },

  subscribe: (context, name) => subscription(context, name, true),
  unsubscribe: (context, name) => subscription(context, name, false),

  async acl({ mail, dryRun }, name, [who, rights]) {
    const chosen = await mail.findFolder(name);
    if (who === undefined) return { kind: "acl", folder: chosen, ...(await mail.server.acl(chosen)) };
    const { mode, letters } = parseRights(rights);
    if (dryRun) return would(chosen, `change the rights of ${who}`);
    await mail.server.setAcl(chosen, who, mode, letters);
    const text =
      mode === "replace" && letters === ""
        ? `took ${who} off the list of ${chosen.name}`
        : `changed the rights of ${who} with ${chosen.name}`;
    return { kind: "change", folder: chosen, uids: [], sent: true, text };
  },
};

function would(folder: Folder, what: string): Result {
  return { kind: "change", folder, uids: [], sent: true, dryRun: true, text: `would ${what}` };
}

/** Throws UsageError. */
function parseRights(word: string | undefined): { mode: "replace" | "add" | "remove"; letters: string } {
  if (word === "none") return { mode: "replace", letters: "" };
  const [, sign = "", letters = ""] = /^([+-]?)([a-z0-9]+)$/.exec(word ?? "") ?? [];
  if (letters === "")
    throw new UsageError(
      word === undefined ? "folder acl: needs rights" : `folder acl: "${word}" are no rights`,
      "give letters: l sees the folder, r reads, s marks as read, w flags, i puts in, k makes folders in it, x deletes it, t and e remove messages, a gives rights; none for no rights",
    );
  return { mode: sign === "+" ? "add" : sign === "-" ? "remove" : "replace", letters };
}

async function subscription({ mail, dryRun }: Context, name: string, on: boolean): Promise<Result> {
  const chosen = await mail.findFolder(name);
  if (dryRun) return would(chosen, `${on ? "subscribe to" : "unsubscribe from"} ${chosen.name}`);
  const { sent } = await mail.folderChanges.subscribe(chosen, on);
  const text = `${on ? "subscribed to" : "unsubscribed from"} ${chosen.name}`;
  return { kind: "change", folder: chosen, uids: [], sent, text };
}

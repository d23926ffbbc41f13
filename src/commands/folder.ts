import { type Context, defineCommand, type Result, UsageError } from "./definition.ts";

const verbs = ["create", "rename", "delete", "subscribe", "unsubscribe"] as const;
type Verb = (typeof verbs)[number];

const isVerb = (word: string): word is Verb => verbs.some((verb) => verb === word);

export const folder = defineCommand({
  name: "folder",
  aliases: ["mailbox"],
  summary:
    "Create, rename, delete, subscribe to or unsubscribe from a folder: folder create Plans, folder rename Plans Ideas",
  imap: "CREATE, RENAME, DELETE, SUBSCRIBE, UNSUBSCRIBE",
  args: {
    verb: { type: "text", required: true, help: verbs.join(", ") },
    name: { type: "folder", required: true, help: "the folder" },
    to: { type: "text", help: "its new name (rename)" },
  },
  options: {},
  run(context, { verb, name, to }) {
    if (!isVerb(verb)) {
      throw new UsageError(`folder: there is no "${verb}"`, `say folder ${verbs.join(", folder ")}`);
    }
    if ((verb === "rename") !== (to !== undefined)) {
      throw new UsageError(
        verb === "rename"
          ? "folder rename: needs a new name"
          : `folder ${verb}: "${to}" is one word too many`,
        verb === "rename" ? "say folder rename OLD NEW" : "a name with spaces needs quotes",
      );
    }
    return work[verb](context, name, to ?? "");
  },
});

const work: Record<Verb, (context: Context, name: string, to: string) => Promise<Result>> = {
  async create({ mail }, name) {
    // How the server separates levels of names is told by its list.
    if (mail.folders().length < 2) await mail.refreshFolders();
    const { folder: made, outcome } = await mail.folderChanges.create(name);
    return { kind: "change", folder: made, uids: [], sent: outcome.sent, text: `created ${made.name}` };
  },

  async rename({ mail }, name, to) {
    const old = await mail.findFolder(name);
    const { folder: now, outcome } = await mail.folderChanges.rename(old, to);
    const text = `renamed ${old.name} to ${now.name}`;
    return { kind: "change", folder: now, uids: [], sent: outcome.sent, text };
  },

  async delete(context, name) {
    const { mail } = context;
    const gone = await mail.findFolder(name);
    const messages = gone.messages ?? mail.count(gone);
    const what = messages === 1 ? "1 message" : `${messages} messages`;
    if (messages > 0 && !(await context.confirm(`Delete ${gone.name} with ${what} for good?`))) {
      return { kind: "change", folder: gone, uids: [], sent: true, text: "nothing was deleted" };
    }
    const { sent } = await mail.folderChanges.delete(gone);
    return { kind: "change", folder: gone, uids: [], sent, text: `deleted ${gone.name}` };
  },

  subscribe: (context, name) => subscription(context, name, true),
  unsubscribe: (context, name) => subscription(context, name, false),
};

async function subscription({ mail }: Context, name: string, on: boolean): Promise<Result> {
  const chosen = await mail.findFolder(name);
  const { sent } = await mail.folderChanges.subscribe(chosen, on);
  const text = `${on ? "subscribed to" : "unsubscribed from"} ${chosen.name}`;
  return { kind: "change", folder: chosen, uids: [], sent, text };
}

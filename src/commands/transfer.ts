/** What `move`, `copy`, `archive` and `junk` share: messages go to a folder. */
import { type Folder, MailError } from "../mail/index.ts";
import type { Context, Params } from "./definition.ts";
import { count } from "./flag.ts";
import { type Chosen, resolveMessages } from "./ids.ts";
import type { Result } from "./result.ts";

export const transferParams = {
  args: { id: { type: "messages", repeat: true, help: "the messages" } },
  options: {
    to: { type: "folder", required: true, alias: "t", help: "the folder to put them in" },
    create: { type: "flag", help: "create the folder where there is none" },
  },
} as const satisfies Record<string, Params>;

/** Moves or copies the messages named by `words` to the folder a person calls `to`. */
export async function transfer(
  context: Context,
  kind: "move" | "copy",
  words: readonly string[],
  to: string,
  create = false,
): Promise<Result> {
  const chosen = await resolveMessages(context, words);
  return transferred(context, kind, chosen, await targetOf(context, to, create));
}

async function targetOf({ mail, dryRun }: Context, to: string, create: boolean): Promise<Folder> {
  try {
    return await mail.findFolder(to);
  } catch (error) {
    if (!create || !(error instanceof MailError && error.code === "NO_FOLDER")) throw error;
    if (dryRun) return mail.findCachedFolder(to);
    return (await mail.folderChanges.create(to)).folder;
  }
}

export async function transferred(
  { mail, dryRun = false }: Context,
  kind: "move" | "copy",
  { folder, uids }: Chosen,
  target: Folder,
): Promise<Result> {
  const said = (verb: string) => `${verb} ${count(uids)} to ${target.name}`;
  if (dryRun) return { kind: "change", folder, uids, sent: true, dryRun, text: said(`would ${kind}`) };
  const { sent } = await mail[kind](folder, uids, target);
  return { kind: "change", folder, uids, sent, text: said(kind === "move" ? "moved" : "copied") };
}

/** What `move`, `copy`, `archive` and `junk` share: messages go to a folder. */
import type { Folder } from "../mail/index.ts";
import type { Context, Params, Result } from "./definition.ts";
import { count } from "./flag.ts";
import { resolveIds } from "./ids.ts";

export const transferParams = {
  args: { id: { type: "messages", repeat: true, help: "the messages" } },
  options: { to: { type: "folder", required: true, alias: "t", help: "the folder to put them in" } },
} as const satisfies Record<string, Params>;

/** Moves or copies the messages named by `words` to the folder a person calls `to`. */
export async function transfer(
  context: Context,
  kind: "move" | "copy",
  words: readonly string[],
  to: string,
): Promise<Result> {
  const { mail } = context;
  const folder = await context.folder();
  const uids = await resolveIds(context, folder, words);
  const target: Folder = await mail.findFolder(to);
  const { sent } = await mail[kind](folder, uids, target);
  const verb = kind === "move" ? "moved" : "copied";
  return { kind: "change", folder, uids, sent, text: `${verb} ${count(uids)} to ${target.name}` };
}

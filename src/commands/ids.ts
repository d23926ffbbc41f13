/** Message ids on a command line: UIDs and sets of them (`5`, `1:5,9`, `100:*`), `-` for standard input. */
import type { Folder } from "../mail/index.ts";
import { MailError } from "../mail/index.ts";
import type { Context } from "./definition.ts";
import { UsageError } from "./definition.ts";

/** A set never names more messages than this: a slip like `1:4000000000` must not become an array. */
const most = 4_294_967_295;

async function fromStdin(context: Context): Promise<string[]> {
  let text = "";
  for await (const chunk of context.stdin) text += String(chunk);
  return text.split(/\s+/).filter((word) => word !== "");
}

function bound(text: string, last: number): number {
  if (text === "*") return last;
  const uid = Number(text);
  if (!/^\d+$/.test(text) || uid < 1 || uid > most) {
    throw new UsageError(
      `"${text}" is not a message id`,
      'give ids as in 5, 1:5,9 or 100:*, as "postern list" shows them',
    );
  }
  return uid;
}

/**
 * The UIDs a person named, ascending, only those that `folder` has. Without words: the context's selection.
 * Throws UsageError for a word that is no id, MailError "NO_MESSAGE" where nothing is left.
 */
export async function resolveIds(
  context: Context,
  folder: Folder,
  words: readonly string[],
): Promise<number[]> {
  if (words.length === 0 && context.selection.length > 0) return [...context.selection];
  const given = words.includes("-")
    ? [...words.filter((w) => w !== "-"), ...(await fromStdin(context))]
    : words;
  if (given.length === 0) {
    throw new UsageError(
      "no message is named",
      "give ids as in 5, 1:5,9 or 100:*, or - to read them from standard input",
    );
  }
  const known = await context.mail.uids(folder);
  const last = known.at(-1) ?? 0;
  const ranges = given
    .flatMap((word) => word.split(","))
    .map((item) => {
      const [from = "", to = from] = item.split(":");
      const a = bound(from, last);
      const b = bound(to, last);
      return [Math.min(a, b), Math.max(a, b)] as const;
    });
  const found = known.filter((uid) => ranges.some(([from, to]) => uid >= from && uid <= to));
  if (found.length === 0) {
    throw new MailError(
      "NO_MESSAGE",
      `${folder.name} has no message ${given.join(" ")}`,
      '"postern list" shows the ids',
    );
  }
  return found;
}

/** Exactly one UID, for a command that shows one message. */
export async function resolveId(context: Context, folder: Folder, words: readonly string[]): Promise<number> {
  const uids = await resolveIds(context, folder, words);
  const [uid] = uids;
  if (uids.length !== 1 || uid === undefined) {
    throw new UsageError(`one message is wanted here, ${uids.length} were named`, "give one id");
  }
  return uid;
}

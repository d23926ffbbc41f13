/** Message ids on a command line: UIDs and sets of them (`5`, `1:5,9`, `100:*`), `-` for standard input. */
import type { Folder } from "../mail/index.ts";
import { MailError } from "../mail/index.ts";
import type { Context } from "./definition.ts";
import { UsageError } from "./definition.ts";

/** The largest UID there can be (RFC 9051 §2.3.1.1). */
const most = 4_294_967_295;

async function fromStdin(context: Context): Promise<string[]> {
  let text = "";
  for await (const chunk of context.stdin) text += String(chunk);
  return text.split(/\s+/).filter((word) => word !== "");
}

/** One item of a set: its two ends, `*` for the last message; the same end twice for a single id. */
function readItem(item: string): readonly [string, string] {
  const [from = "", to = from, ...more] = item.split(":");
  for (const end of more.length > 0 ? [item] : [from, to]) {
    const uid = /^\d{1,10}$/.test(end) ? Number(end) : 0;
    if (end !== "*" && (uid < 1 || uid > most)) {
      throw new UsageError(
        `"${item}" is not a message id`,
        'give ids as in 5, 1:5,9 or 100:*, as "postern list" shows them',
      );
    }
  }
  return [from, to];
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
  // Before the server is asked anything: a slip of the pen needs no network.
  const items = given.flatMap((word) => word.split(",")).map(readItem);
  const known = await context.mail.uids(folder);
  const last = known.at(-1) ?? 0;
  const ranges = items
    .map((ends) => ends.map((end) => (end === "*" ? last : Number(end))))
    .map((ends) => [Math.min(...ends), Math.max(...ends)] as const)
    .sort((a, b) => a[0] - b[0]);
  let next = 0;
  const found = known.filter((uid) => {
    while ((ranges[next]?.[1] ?? uid) < uid) next++;
    return (ranges[next]?.[0] ?? Infinity) <= uid;
  });
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

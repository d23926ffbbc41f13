/** What `move`, `copy`, `archive` and `junk` share: messages go to a folder. */
import { type Folder, type Mail, MailError, NotPut } from "../mail/index.ts";
import { readAll } from "./append.ts";
import type { Context, Params } from "./definition.ts";
import { count } from "./flag.ts";
import { type Chosen, resolveMessages } from "./ids.ts";
import type { Result } from "./result.ts";

export const transferParams = {
  args: { id: { type: "messages", repeat: true, help: "the messages" } },
  options: {
    to: {
      type: "folder",
      required: true,
      otherAccounts: true,
      alias: "t",
      help: "the folder to put them in; ACCOUNT:FOLDER for one of another account",
    },
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
  const [, account = "", name = ""] = /^([\w.-]+):(.+)$/s.exec(to) ?? [];
  const mail = account === context.mail.account.name ? context.mail : await context.account?.(account);
  if (!mail) return transferred(context, kind, chosen, await targetOf(context, to, create));
  const target = await targetOf({ ...context, mail }, name, create);
  if (mail === context.mail) return transferred(context, kind, chosen, target);
  return transferredElsewhere(context, kind, chosen, { mail, folder: target });
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

/** A folder of another account. */
interface Elsewhere {
  readonly mail: Mail;
  readonly folder: Folder;
}

/**
 * Two servers know nothing of one another: the messages are fetched from one and put into the folder of the other. What is
 * moved leaves its own folder, for the Trash, when all is there and not before: whatever happens between, nothing is lost.
 * Where not all of it comes there, or it is stopped, what has come there is taken out again.
 */
async function transferredElsewhere(
  context: Context,
  kind: "move" | "copy",
  chosen: Chosen,
  target: Elsewhere,
): Promise<Result> {
  const { mail, dryRun } = context;
  const { folder, uids } = chosen;
  const name = `${target.mail.account.name}:${target.folder.name}`;
  const said = (verb: string) => `${verb} ${count(uids)} to ${name}`;
  if (dryRun) return { kind: "change", folder, uids, sent: true, dryRun, text: said(`would ${kind}`) };
  // Where it cannot leave, it need not be sent.
  const trash = kind === "move" && folder.role !== "trash" ? await mail.findFolder("@trash") : null;
  const { sources } = await import("./exchange/sources.ts");
  const doing = kind === "move" ? "moving" : "copying";
  async function* messages(signal: AbortSignal) {
    for await (const { row, stream } of sources(context, chosen, doing)) {
      signal.throwIfAborted();
      const flags = row.flags.filter((flag) => flag !== "\\Deleted");
      yield { source: await readAll(stream), flags, date: row.internalDate };
    }
  }
  const put = (signal: AbortSignal) => target.mail.appendWhole(target.folder, messages(signal), signal);
  const label = `${doing} ${count(uids)} to ${name}`;
  const { sent } = await (context.waiting?.(label, put) ?? put(context.signal ?? neverAborted())).catch(
    (error: unknown) => {
      throw error instanceof NotPut ? notPut(error, kind, chosen, name) : error;
    },
  );
  const of = [target.mail];
  if (kind === "copy") return { kind: "change", folder, uids, sent, text: said("copied"), of };
  // Nobody is there to take them away when they have arrived.
  if (!sent)
    return { kind: "change", folder, uids, sent, text: `${said("copied")}, and left in ${folder.name}`, of };
  const gone = trash ? await mail.move(folder, uids, trash) : await mail.remove(folder, uids);
  const text = `${said("moved")}${trash ? `, from ${folder.name} to ${trash.name}` : ""}`;
  return { kind: "change", folder, uids, sent: gone.sent, text, of: [target.mail, mail] };
}

const neverAborted = () => new AbortController().signal;

/** What a person must know of messages that were to go to the folder `name` of another account, and did not. */
function notPut(
  { reason, back: { left, waits, error } }: NotPut,
  kind: "move" | "copy",
  { folder, uids }: Chosen,
  name: string,
): unknown {
  const what = reason instanceof Error ? reason.message : "stopped";
  const stay = `${uids.length === 1 ? "it is" : "all are"} in ${folder.name} as before`;
  if (left === 0) {
    const done = kind === "move" ? "moved" : "copied";
    return reason ?? new MailError("CANCELLED", `${what}: nothing was ${done} to ${name}`, stay);
  }
  const some = `${left} of ${count(uids)}`;
  const then = error
    ? `${some} could not be taken out of ${name} again: ${error.message}`
    : waits
      ? `${some} may be in ${name} until there is a connection again, and are taken out then`
      : `${some} stay in ${name}, flagged deleted: its server cannot remove single messages (no UIDPLUS)`;
  return new MailError(reason === null ? "CANCELLED" : "NOT_DONE", `${what}: ${then}`, stay);
}

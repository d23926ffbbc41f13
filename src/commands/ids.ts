/**
 * Messages on a command line: UIDs and sets of them (`5`, `1:5,9`, `100:*`), with their folder (`Lists/garden/5`),
 * addresses that hold for good (`imap://…;UIDVALIDITY=7/;UID=5`, RFC 5092, as JSON gives them), queries (`mid:…`,
 * `from:ada`), `-` for standard input.
 */
import { formatImapUrl, ImapError, type ImapUrl, parseImapUrl } from "../imap/index.ts";
import type { Folder, Mail } from "../mail/index.ts";
import { MailError } from "../mail/index.ts";
import { otherTerms, type QueryTerm, textTerms } from "../mail/query-terms.ts";
import type { ChosenMessages } from "../send/desk.ts";
import type { Context } from "./definition.ts";
import { UsageError } from "./definition.ts";

/** The largest UID there can be (RFC 9051 §2.3.1.1). */
const most = 4_294_967_295;

/** Messages of one folder, ascending. */
export type Chosen = ChosenMessages;

/**
 * What names a message until its folder is made anew; null for one that is on its way and has no UID yet. Without an
 * account it is relative to the server.
 */
export function imapUrl(account: Mail["account"] | null, folder: Folder, uid: number): string | null {
  if (folder.uidValidity === null || uid > most) return null;
  const { uidValidity, name: mailbox } = folder;
  if (account === null) return formatImapUrl({ mailbox, uidValidity, uid });
  const { host, port, user } = account.imap;
  const usual = port === 993 || port === 143;
  return formatImapUrl({ host, user, ...(usual ? {} : { port }), mailbox, uidValidity, uid });
}

async function fromStdin(context: Context): Promise<string[]> {
  let text = "";
  for await (const chunk of context.stdin) text += String(chunk);
  return text.split(/[\s\0]+/).filter((word) => word !== "");
}

function noId(word: string): UsageError {
  return new UsageError(
    `"${word}" is not a message id`,
    'give ids as in 5, 1:5,9 or 100:*, as "postern list" shows them, or a query such as from:ada',
  );
}

/** One item of a set: its two ends, `*` for the last message; the same end twice for a single id. */
function readItem(item: string): readonly [string, string] {
  const [from = "", to = from, ...more] = item.split(":");
  for (const end of more.length > 0 ? [item] : [from, to]) {
    const uid = /^\d{1,10}$/.test(end) ? Number(end) : 0;
    if (end !== "*" && (uid < 1 || uid > most)) throw noId(item);
  }
  return [from, to];
}

/** `FOLDER/UID`. */
const inFolder = /^([^/].*)\/(\d{1,10})$/s;
const isUrl = (word: string) => /^imap:\/\/|^\/.*;UID=/i.test(word) || inFolder.test(word);

const terms: Readonly<Record<string, QueryTerm>> = { ...textTerms, ...otherTerms };
const termNames = new Set(Object.entries(terms).flatMap(([name, { aliases = [] }]) => [name, ...aliases]));
const isQuery = (word: string) => termNames.has(/^-?([a-z]+):/.exec(word)?.[1] ?? "");

/** The words of a query, together; its quotes were taken by the shell. */
const queryOf = (words: readonly string[]) =>
  words.map((word) => word.replace(/^(-?[a-z]+:)(.*\s.*)$/s, '$1"$2"')).join(" ");

/**
 * The messages that a person named, of those that the folder has. Without words: the context's selection.
 * Throws UsageError for a word that names none, MailError "NO_MESSAGE" where nothing is left, "STALE" where the folder is
 * not the one any more that an address is of.
 */
export async function resolveMessages(context: Context, words: readonly string[]): Promise<Chosen> {
  if (words.length === 0 && context.selection.length > 0)
    return { folder: await context.folder(), uids: context.selection.toSorted((a, b) => a - b) };
  const given = words.includes("-")
    ? [...words.filter((w) => w !== "-"), ...(await fromStdin(context))]
    : words;
  if (given.length === 0) {
    throw new UsageError(
      "no message is named",
      "give ids as in 5, 1:5,9 or 100:*, or - to read them from standard input",
    );
  }
  const kinds = [isUrl, isQuery].filter((is) => given.some(is));
  if (kinds.some((is) => !given.every(is)))
    throw new UsageError("ids, addresses and queries do not go together", "name messages in one way");
  if (kinds.includes(isUrl)) return fromUrls(context, given);
  if (kinds.includes(isQuery)) {
    const { folder, uids } = await context.mail.find(await context.folder(), queryOf(given));
    return some(folder, uids, given);
  }
  // Before the server is asked anything: a slip of the pen needs no network.
  const items = given.flatMap((word) => word.split(",")).map(readItem);
  const folder = await context.folder();
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
  return some(folder, found, given);
}

/** As `resolveMessages`, with those of further folders that are chosen with them. */
export async function resolveTogether(context: Context, words: readonly string[]): Promise<Chosen[]> {
  const chosen = await resolveMessages(context, words);
  return [chosen, ...(words.length === 0 ? (context.also ?? []) : [])];
}

function some(folder: Folder, uids: readonly number[], words: readonly string[]): Chosen {
  if (uids.length > 0) return { folder, uids };
  throw new MailError(
    "NO_MESSAGE",
    `${folder.name} has no message ${words.join(" ")}`,
    '"postern list" shows the ids',
  );
}

function readUrl(word: string): ImapUrl & { readonly mailbox: string; readonly uid: number } {
  const [, name = "", number = ""] = (/^imap:/i.test(word) ? null : inFolder.exec(word)) ?? [];
  if (number !== "") return { mailbox: name, uid: Number(number) };
  try {
    const url = parseImapUrl(word);
    if (url.mailbox === undefined || url.uid === undefined || url.section !== undefined) throw noId(word);
    return { ...url, mailbox: url.mailbox, uid: url.uid };
  } catch (error) {
    throw error instanceof ImapError ? noId(word) : error;
  }
}

async function fromUrls(context: Context, words: readonly string[]): Promise<Chosen> {
  const { mail } = context;
  const { host, user } = mail.account.imap;
  const urls = words.map(readUrl);
  const [first] = urls;
  if (first === undefined || urls.some((url) => url.mailbox !== first.mailbox))
    throw new UsageError("these messages are in several folders", "give those of one folder at a time");
  const elsewhere = urls.find(
    (url) => url.host !== undefined && (url.host !== host || (url.user ?? user) !== user),
  );
  if (elsewhere)
    throw new UsageError(
      `the message is on another account: ${elsewhere.host}`,
      "name the account with --account",
    );
  const folder = await mail.findFolder(first.mailbox);
  const known = new Set(await mail.uids(folder));
  // It has been opened now, so that what it is known by is true.
  const { uidValidity } = mail.folders().find(({ path }) => path === folder.path) ?? folder;
  if (urls.some((url) => url.uidValidity !== undefined && url.uidValidity !== uidValidity))
    throw new MailError(
      "STALE",
      `${folder.name} was made anew on the server: these ids are of the one before`,
      "list it again",
    );
  const uids = [...new Set(urls.map(({ uid }) => uid))].filter((uid) => known.has(uid));
  return some(
    folder,
    uids.sort((a, b) => a - b),
    words,
  );
}

/** Exactly one message, for a command that shows one. */
export async function resolveMessage(
  context: Context,
  words: readonly string[],
): Promise<{ readonly folder: Folder; readonly uid: number }> {
  const { folder, uids } = await resolveMessages(context, words);
  const [uid] = uids;
  if (uids.length !== 1 || uid === undefined) {
    throw new UsageError(`one message is wanted here, ${uids.length} were named`, "give one id");
  }
  return { folder, uid };
}

/** As `resolveMessage`, but a plain UID is not looked for: who asks for the message finds out, a round trip sooner. */
export async function resolveUnseen(
  context: Context,
  words: readonly string[],
): Promise<{ readonly folder: Folder; readonly uid: number }> {
  const [only = ""] = words;
  if (words.length !== 1 || !/^\d+$/.test(only)) return resolveMessage(context, words);
  const [uid] = readItem(only);
  return { folder: await context.folder(), uid: Number(uid) };
}

/** What can be told of a command line before its parser is loaded. */
import { type GlobalOption, globalOptions } from "./options.ts";

/** The options of every command that take a value, and their short forms. */
const globalValues: ReadonlySet<string> = new Set(
  Object.entries<GlobalOption>(globalOptions).flatMap(([name, { type, alias }]) =>
    type === "string" ? [`--${name}`, ...(alias ? [`-${alias}`] : [])] : [],
  ),
);

/** Where the command stands: the first word that is no option and no option's value; -1 where there is none. */
export function commandAt(argv: readonly string[]): number {
  return argv.findIndex((word, i) => !word.startsWith("-") && !globalValues.has(argv[i - 1] ?? ""));
}

/** The accounts that are named. */
export function namedAccounts(argv: readonly string[]): string[] {
  return argv.flatMap((word, at) => {
    if (word === "--account" || word === "-a") return argv[at + 1] ?? [];
    return /^(?:--account=|-a=?)(.+)$/s.exec(word)?.[1] ?? [];
  });
}

/** Commands that always ask the server, and at once. */
export const askingCommands: ReadonlySet<string> = new Set(
  "list ls folders mailboxes search count check sort thread sync flag tag move mv copy cp archive junk spam delete rm expunge".split(
    " ",
  ),
);

/** Commands that ask it for what is not kept here. */
export const readingCommands: ReadonlySet<string> = new Set(["fetch", "read"]);

/** What makes them wait for something else, or leave it: help, another config, ids from standard input. */
const otherwise = /^(?:-|-[hc].*|--(?:no-)?(?:help|config|offline)(?:=.*)?)$/s;

/** Whether a command line asks the one server of its account, as soon as it can. */
export function asksAtOnce(argv: readonly string[]): boolean {
  return askingCommands.has(argv[commandAt(argv)] ?? "") && forOneServer(argv);
}

/** The UID of the one message in INBOX that a command line reads, from the server where it is not kept here; else null. */
export function readsOne(argv: readonly string[]): number | null {
  const at = commandAt(argv);
  if (!readingCommands.has(argv[at] ?? "") || !forOneServer(argv)) return null;
  if (argv.some((word) => /^(?:-f|--folder)/.test(word))) return null;
  const words = argv.filter((word, i) => i > at && !word.startsWith("-") && !takesValue(argv[i - 1] ?? ""));
  const [only = ""] = words;
  return words.length === 1 && /^\d{1,10}$/.test(only) ? Number(only) : null;
}

const takesValue = (word: string) => word === "--part" || globalValues.has(word);

const forOneServer = (argv: readonly string[]) =>
  namedAccounts(argv).length < 2 && !argv.some((word) => otherwise.test(word));

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

/** What makes them wait for something else, or leave it: help, another config, ids from standard input. */
const otherwise = /^(?:-|-[hc].*|--(?:no-)?(?:help|config|offline)(?:=.*)?)$/s;

/** Whether a command line asks the one server of its account, as soon as it can. */
export function asksAtOnce(argv: readonly string[]): boolean {
  const named = askingCommands.has(argv[commandAt(argv)] ?? "");
  return named && namedAccounts(argv).length < 2 && !argv.some((word) => otherwise.test(word));
}

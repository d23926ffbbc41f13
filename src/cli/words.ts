/** The words of a command line made ready for yargs, which would misread some of ours; and its complaints made ours. */
import { type Command, commands, findCommand, UsageError } from "../commands/index.ts";
import { commandAt } from "./argv.ts";
import { nearest } from "./nearest.ts";
import { globalOptions } from "./options.ts";
import { ownCommands } from "./own.ts";
import { sendmailWords } from "./sendmail.ts";

/** Stands for a minus that yargs must not take for an option. No word of a process's arguments can hold it. */
const minus = "\0";

/** The command that `argv` names. */
export function namedCommand(argv: readonly string[]): Command | undefined {
  const found = findCommand(argv[commandAt(argv)] ?? "");
  return found?.screenOnly ? undefined : found;
}

/** Words that begin with a minus and are no options: flags to remove, terms that must not match; `-` always is one. */
function minusWords(command: Command): RegExp | null {
  const types = Object.values(command.args).map((param) => param.type);
  if (command.name === "flag") return /^-[^-\d]./;
  return types.includes("query") ? /^-(?:[\p{L}]{2}|[("])/u : null;
}

/** `argv` for yargs. {@link restoreWord} gives back what was hidden from it. */
export function prepareWords(given: readonly string[]): string[] {
  const command = namedCommand(given);
  if (!command) return [...given];
  const at = commandAt(given) + 1;
  const argv = command.name === "send" ? [...given.slice(0, at), ...sendmailWords(given.slice(at))] : given;
  const hidden = minusWords(command);
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? "";
    // What follows `--` is no option, whatever it looks like.
    if (word === "--") return [...words, ...argv.slice(i + 1).map((w) => w.replace(/^-/, minus))];
    const option = word.startsWith("--") ? command.options[word.slice(2)] : undefined;
    const next = argv[i + 1] ?? "";
    // yargs takes it for a number.
    if (word === "-0") words.push("--null");
    else if (option?.optionalValue) words.push(`${word}=`);
    else if (option && option.type !== "flag" && /^-[^-]/.test(next)) {
      // `--sort -date`: the value of an option may begin with a minus.
      words.push(`${word}=${next}`);
      i++;
    } else words.push(word === "-" || hidden?.test(word) ? minus + word.slice(1) : word);
  }
  return words;
}

/** A value as the person wrote it. */
export function restoreWord(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(restoreWord);
  return typeof value === "string" && value.startsWith(minus) ? `-${value.slice(1)}` : value;
}

function commandNames(): string[] {
  const shared = commands.filter(({ screenOnly }) => !screenOnly);
  return [...shared.flatMap(({ name, aliases }) => [name, ...aliases]), ...Object.keys(ownCommands)];
}

function optionsOf(command: Command | undefined): string[] {
  return [...Object.keys(command?.options ?? {}), ...Object.keys(globalOptions)];
}

/** What yargs finds wrong with `argv`, in our words. */
export function wrongUse(complaint: string, argv: readonly string[]): UsageError {
  const command = namedCommand(argv);
  const help = `"postern ${command ? `${command.name} ` : ""}--help"`;
  const wrong = (what: string, meant: readonly string[] = []) =>
    new UsageError(
      command ? `${command.name}: ${what}` : what,
      meant.length > 0 ? `did you mean ${meant.join(" or ")}? ${help} shows all` : `see ${help}`,
    );
  const word = argv[commandAt(argv)];
  if (!command && word !== undefined && !Object.hasOwn(ownCommands, word))
    return wrong(`there is no command "${word}"`, nearest(word, commandNames()));
  const unknown = /^Unknown arguments?: ([^,]+)/.exec(complaint)?.[1];
  if (unknown !== undefined) {
    const option = argv.find((word) => /^--?/.test(word) && word.replace(/^-+/, "").startsWith(unknown));
    if (option !== undefined) {
      const name = option.split("=")[0] ?? "";
      const meant = nearest(name.replace(/^-+/, ""), optionsOf(command)).map((one) => `--${one}`);
      return wrong(`there is no option ${name}`, meant);
    }
    return wrong(`"${unknown}" is one word too many`);
  }
  if (command && complaint.startsWith("Not enough non-option")) {
    const needed = Object.entries(command.args).find(([, param]) => param.required)?.[0] ?? "";
    return wrong(`needs ${needed.toUpperCase()}`);
  }
  const valueless = /^Not enough arguments following: (.+)$/.exec(complaint)?.[1];
  if (valueless !== undefined) {
    return wrong(`${valueless.length > 1 ? "--" : "-"}${valueless} needs a value`);
  }
  return wrong(complaint);
}

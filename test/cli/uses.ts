// A use of each command as a script gives it, and what the tables of commands make of it: the same with another folder or message.

import { type GlobalOption, globalOptions } from "../../src/cli/options.ts";
import { type Command, commands, type Param, type RawValues } from "../../src/commands/index.ts";

/** A command line that works. */
export interface Use {
  readonly command: Command;
  readonly args: readonly string[];
}

/** In order: later ones see what earlier ones did. */
const lines: readonly (readonly [name: string, ...args: string[]])[] = [
  ["folders"],
  ["sync", "INBOX"],
  ["list"],
  ["list", "--threads"],
  ["list", "is:unread", "--before-uid", "6", "-n", "2"],
  ["search", "subject:sample"],
  ["search", "subject:sample", "--ids", "--server"],
  ["search", "subject:sample", "--count", "--local"],
  ["search", "subject:sample", "--all-folders"],
  ["count"],
  ["count", "is:unread", "--all-folders"],
  ["check"],
  ["sort", "from,-date"],
  ["thread", "1"],
  ["fetch", "1"],
  ["fetch", "1", "--raw"],
  ["fetch", "1", "--headers=from"],
  ["fetch", "1", "--mark-seen"],
  ["fetch", "7", "--part", "2"],
  ["attach", "7"],
  ["attach", "7", "save", "--dir", "saved"],
  ["attach", "7", "cat", "2"],
  ["flag", "1", "+flagged"],
  ["undo"],
  ["redo"],
  ["flag", "6", "+deleted"],
  ["move", "2", "--to", "Archive"],
  ["copy", "3", "--to", "Archive"],
  ["copy", "3", "--to", "Made/for it", "--create"],
  ["archive", "3"],
  ["junk", "4"],
  ["delete", "5"],
  ["delete", "8", "--permanent"],
  ["expunge", "6"],
  ["expunge", "--all"],
  ["append", "note.eml"],
  ["append", "note.eml", "--to", "Drafts"],
  ["compose", "ann@example.org", "--body", "x", "--draft"],
  ["reply", "1", "--body", "x", "--print"],
  ["reply-all", "1", "--body", "x", "--print"],
  ["reply-list", "Lists/written/1", "--body", "x", "--print"],
  ["forward", "7", "--to", "ann@example.org", "--body", "x", "--print"],
  ["bounce", "1", "--to", "ann@example.org", "--dry-run"],
  ["edit-as-new", "1", "--body", "x", "--print"],
  ["mailto", "mailto:ann@example.org?body=x", "--print"],
  ["contacts", "a"],
  ["accept", "Asked/1", "--dry-run"],
  ["tentative", "Asked/1", "--comment", "x", "--dry-run"],
  ["decline", "Asked/1", "--dry-run"],
  ["receipt", "Asked/2", "--dry-run"],
  ["unsubscribe", "Asked/3", "--dry-run"],
  ["send", "note.eml", "ann@example.org", "--dry-run"],
  ["send", "note.eml", "ann@example.org", "--at", "2h"],
  ["draft"],
  ["outbox"],
  ["export", "--mbox", "-"],
  ["export", "1", "--eml", "files"],
  ["import", "note.eml"],
  ["import", "note.eml", "--to", "Drafts"],
  ["folder", "create", "Plans"],
  ["folder", "subscribe", "Plans"],
  ["folder", "unsubscribe", "Plans"],
  ["folder", "acl", "Plans"],
  ["folder", "acl", "Plans", "someone", "lr"],
  ["folder", "rename", "Plans", "Ideas"],
  ["folder", "delete", "Ideas"],
  ["queue"],
  ["quota"],
  ["status"],
  ["raw", "NOOP"],
];

export const uses: readonly Use[] = lines.map(([name, ...args]) => {
  const command = commands.find((one) => one.name === name);
  if (command === undefined) throw new Error(`there is no command ${name}`);
  return { command, args };
});

export const lineOf = ({ command, args }: Use): string[] => [command.name, ...args];

/** A word of a use and what it stands for. */
interface Place {
  readonly at: number;
  readonly name: string;
  readonly param: Param;
  readonly value: string;
}

const globals: readonly (readonly [string, GlobalOption])[] = Object.entries(globalOptions);

/** Its words, by the table of its command. */
function places({ command, args }: Use): Place[] {
  const found: Place[] = [];
  const loose = Object.entries(command.args);
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? "";
    if (!/^--?[a-z]/.test(word)) {
      const [name, param] = loose[0] ?? [];
      if (name === undefined || param === undefined) throw new Error(`${command.name}: one word too many`);
      found.push({ at, name, param, value: word });
      if (!param.repeat) loose.shift();
      continue;
    }
    const [option = "", value] = word.replace(/^--?/, "").split("=");
    const [name, param] =
      Object.entries(command.options).find(([long, { alias }]) => option === long || option === alias) ?? [];
    if (name !== undefined && param !== undefined) {
      const flag = param.type === "flag" || value !== undefined;
      found.push({ at: flag ? at : ++at, name, param, value: value ?? args[at] ?? "" });
    } else if (
      globals.find(([long, { alias }]) => option === long || option === alias)?.[1].type === "string"
    )
      at++;
  }
  return found;
}

/** As yargs hands them to the command. */
function valuesOf(use: Use): RawValues {
  const values: Record<string, unknown> = {};
  for (const { name, param, value } of places(use)) {
    const before = values[name];
    if (param.repeat) values[name] = [...(Array.isArray(before) ? before : []), value];
    else values[name] = param.type === "flag" ? true : value;
  }
  return values;
}

/** Whether it says of itself that it changes mail. */
export const changesMail = (use: Use): boolean => use.command.changes(valuesOf(use));

const withWord = (use: Use, at: number, word: string): Use => ({
  ...use,
  args: use.args.map((old, i) => (i === at ? word : old)),
});

/** The same with `word` for the message that it names; none where it names none. */
export const withMessage = (use: Use, word: string): Use[] =>
  places(use)
    .filter(({ param, value }) => param.type === "messages" && /^(.+\/)?\d+$/.test(value))
    .slice(0, 1)
    .map(({ at }) => withWord(use, at, word));

/** The same with `word` for a folder that it names, one for each; none where it names none. */
export const withFolder = (use: Use, word: string): Use[] =>
  places(use)
    .filter(({ param }) => param.type === "folder")
    .map(({ at }) => withWord(use, at, word));

/** The same with `--folder`, where that is what it goes by. */
export const inFolder = (use: Use, folder: string): Use[] =>
  withMessage(use, "1").length + withFolder(use, "x").length > 0
    ? []
    : [{ ...use, args: [...use.args, "--folder", folder] }];

/** Commands whose table has a parameter of this type. */
export const commandsWith = (type: Param["type"]): readonly string[] =>
  commands
    .filter(({ args, options, screenOnly }) => {
      return !screenOnly && [...Object.values(args), ...Object.values(options)].some((p) => p.type === type);
    })
    .map(({ name }) => name);

/** What can be completed where: from the tables of commands and options, the same for every shell. */
import { type Command, commands, type Param } from "../../commands/index.ts";
import { type AccountOption, accountOptions } from "../account/options.ts";
import { type GlobalOption, globalOptions } from "../options.ts";
import { type OwnCommand, ownCommands } from "../own.ts";

/** What stands in a place: fixed words, or what is looked up when it is wanted. */
export type Takes =
  | "nothing"
  | "text"
  | "folder"
  | "account"
  | "address"
  | "template"
  | "file"
  | readonly string[];

export interface CompletedOption {
  /** Without the dashes. */
  readonly name: string;
  readonly alias: string | null;
  readonly help: string;
  readonly takes: Takes;
}

export interface CompletedCommand {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** Its words, one by one; the last one's place is also that of what follows. */
  readonly args: readonly Takes[];
}

function takes({ type, words }: Param): Takes {
  if (words) return words;
  if (type === "flag") return "nothing";
  const lookedUp = type === "folder" || type === "file" || type === "address" || type === "template";
  return lookedUp ? type : "text";
}

function ofCommand({ name, aliases, summary, args, options }: Command): CompletedCommand {
  return {
    name,
    aliases,
    summary,
    args: Object.values(args).map(takes),
    options: Object.entries(options).map(([option, param]) => ({
      name: option,
      alias: param.alias ?? null,
      help: param.help,
      takes: takes(param),
    })),
  };
}

const ofAccount = Object.entries<AccountOption>(accountOptions).map(([name, { type, help, value }]) => ({
  name,
  alias: null,
  help,
  takes: type === "flag" ? ("nothing" as const) : value === "FILE" ? ("file" as const) : ("text" as const),
}));

const ofGlobal: Readonly<Record<string, Takes>> = {
  account: "account",
  folder: "folder",
  config: "file",
  trace: "file",
};

const ofOption = ([name, { alias, type, describe }]: readonly [string, GlobalOption]): CompletedOption => ({
  name,
  alias: alias ?? null,
  help: describe,
  takes: type === "boolean" ? "nothing" : (ofGlobal[name] ?? "text"),
});

function ofOwn([name, { summary, choices = [], options = {} }]: readonly [
  string,
  OwnCommand,
]): CompletedCommand {
  const first: Takes = name === "schema" ? commands.map((command) => command.name) : choices;
  return {
    name,
    aliases: [],
    summary,
    args: name === "account" ? [first, "account"] : [first],
    options: name === "account" ? ofAccount : Object.entries(options).map(ofOption),
  };
}

export const completed: readonly CompletedCommand[] = [
  ...commands.filter(({ screenOnly }) => !screenOnly).map(ofCommand),
  ...Object.entries<OwnCommand>(ownCommands).map(ofOwn),
];

export const globals: readonly CompletedOption[] = [
  ...Object.entries<GlobalOption>(globalOptions).map(ofOption),
  { name: "help", alias: "h", help: "print what there is to say", takes: "nothing" },
];

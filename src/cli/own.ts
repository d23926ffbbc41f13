/**
 * Commands for the shell alone: they are about the program, its accounts or the terminal rather than about mail. yargs,
 * help, completion and the manual page are made from this table; each command is loaded when it is given.
 */
import type { Argv } from "yargs";
import { type RawValues, type ResultKind, UsageError } from "../commands/index.ts";
import { type AccountOption, accountOptions, type Verb, verbs } from "./account/options.ts";
import { readGlobals } from "./globals.ts";
import type { GlobalOption } from "./options.ts";
import { restoreWord } from "./words.ts";

export interface OwnCommand {
  /** As yargs writes them: `<verb> [word]`. */
  readonly words: string;
  readonly summary: string;
  /** More of it, for the manual page. */
  readonly about?: string;
  /** What its words may be, for completion: the first of them one of these, or each a folder. */
  readonly choices?: readonly string[] | "folder";
  readonly options?: Readonly<Record<string, GlobalOption>>;
  /** Tells yargs of its words and options where the table does not. */
  usage?(sub: Argv): Argv;
  /** What it prints with `--json`, where that is a result of mail. */
  readonly returns?: readonly ResultKind[];
  /** Resolves to the exit status. */
  run(values: RawValues): Promise<number>;
}

/** A word that was given; undefined where it was not. */
function word(values: RawValues, name: string): string | undefined {
  const value = restoreWord(values[name]);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export const configVerbs = {
  test: "read the config and say whether it is right",
  path: "print where it is",
  dump: "print what it says, with what it leaves out; no secrets",
} as const;

export const agentVerbs = {
  status: "say who serves the account, and since when",
  stop: "end the agent when it has done what it is at",
} as const;

export const shells = ["bash", "zsh", "fish"] as const;

function accountUsage(sub: Argv): Argv {
  const lines = Object.entries<Verb>(verbs).map(([name, { word, summary }]) => {
    return `  account ${`${name} ${word === null ? "" : `[${word}]`}`.padEnd(16)} ${summary}`;
  });
  sub.positional("verb", { describe: Object.keys(verbs).join(", "), type: "string" });
  sub.positional("word", { describe: "the address, or the account's name", type: "string" });
  for (const [name, { type, help, value, verbs: of }] of Object.entries<AccountOption>(accountOptions)) {
    const describe = `${value === undefined ? "" : `${value}: `}${help} (${of.join(", ")})`;
    sub.option(name, { describe, type: type === "flag" ? "boolean" : "string" });
  }
  return sub.epilogue(lines.join("\n"));
}

export const ownCommands = {
  doctor: {
    words: "",
    summary: "Check config, passwords, network, login, local copy and terminal, and say what to do",
    about:
      "It goes through all accounts, or those of `--account`. Its exit status is that of the first thing that is wrong. The columns are: what was checked; good, note or bad; what was found; what to do.",
    run: async (values) => (await import("./doctor.ts")).doctor(readGlobals(values)),
  },
  console: {
    words: "",
    summary: "Type commands of the protocol and see the answers; Tab completes, ^D ends",
    about:
      "It needs a terminal; in a script, `raw` does the same for one command. SELECT chooses the folder of the commands that follow.",
    run: async (values) => (await import("./console.ts")).openConsole(readGlobals(values)),
  },
  keys: {
    words: "[words..]",
    summary: "Show the keys of the screen, your own among them; with words, those that have to do with them",
    about: "Each comes with its place and its command line. `--account` and `--folder` say where.",
    run: async (values) => {
      const words = Array.isArray(values.words) ? values.words.map(restoreWord).map(String) : [];
      (await import("./keys.ts")).printKeys(readGlobals(values), words);
      return 0;
    },
  },
  account: {
    words: "<verb> [word]",
    summary:
      "Set up, show and remove accounts, keep their passwords: account add ADDRESS, account login NAME",
    about:
      "Without an account, `postern` alone begins with `account add`. Where there is a terminal, what is not given is asked for; a script gives all of it, and is never asked.",
    choices: Object.keys(verbs),
    usage: accountUsage,
    run: async (values) => (await import("./account/index.ts")).account(values),
  },
  config: {
    words: "<verb>",
    summary: "Test the config, say where it is, or print what it says",
    choices: Object.keys(configVerbs),
    run: async (values) =>
      (await import("./config.ts")).config(readGlobals(values), word(values, "verb") ?? ""),
  },
  schema: {
    words: "[command]",
    summary: "Print the JSON Schema of what a command prints with --json; without a command, those of all",
    about: "`schema error` prints that of errors.",
    run: async (values) => {
      (await import("./schema.ts")).printSchema(word(values, "command"));
      return 0;
    },
  },
  man: {
    words: "[page]",
    summary: "Open a manual page: postern, config, keys, query or json",
    choices: ["postern", "config", "keys", "query", "json"],
    run: async (values) => (await import("./manual.ts")).openManual(word(values, "page")),
  },
  completion: {
    words: "<shell>",
    summary: "Print what lets a shell complete the words of a command line: bash, zsh or fish",
    about:
      'For bash `eval "$(postern completion bash)"` in ~/.bashrc, for zsh the same in ~/.zshrc after compinit, for fish `postern completion fish > ~/.config/fish/completions/postern.fish`.',
    choices: shells,
    run: async (values) => {
      (await import("./completion/index.ts")).printCompletion(word(values, "shell") ?? "");
      return 0;
    },
  },
  watch: {
    words: "[folders..]",
    summary:
      "Stay, and print what happens in a folder: mail that comes, flags that change, messages that go; or run a program for it",
    about:
      "Without a folder, that of `--folder`. The first is listened to (IDLE), the others are looked into when the server says that something has changed there (NOTIFY), and once a minute. It begins with a line that says `watching`; a line that is lost comes back, and what was missed is told then. Without `--json`, `--jsonl`, `--fields` and `--format`, the columns are: what happened (watching, new, changed, gone), the folder, and those of `list`. What strangers wrote is never part of the command itself: its variables want quotes as anywhere in a shell. A program that runs when a signal comes is waited for. It ends with a signal, or when nobody reads any more.",
    choices: "folder",
    options: {
      exec: {
        type: "string",
        value: "COMMAND",
        describe:
          "run this by /bin/sh for each event, one at a time, and print nothing unless --jsonl or the like asks for it; it gets the event as JSON on standard input, and POSTERN_EVENT, POSTERN_ACCOUNT, POSTERN_FOLDER, POSTERN_UID, POSTERN_FROM and POSTERN_SUBJECT",
      },
      once: { type: "boolean", describe: "end with the first event" },
    },
    returns: ["event"],
    run: async (values) => {
      const exec = word(values, "exec");
      const folders = Array.isArray(values.folders) ? values.folders.map(restoreWord).map(String) : [];
      const options = { folders, once: values.once === true, ...(exec === undefined ? {} : { exec }) };
      return (await import("./watch.ts")).watch(readGlobals(values), options);
    },
  },
  agent: {
    words: "[verb]",
    summary: "Stay, so that other commands find a connection: agent; agent status, agent stop",
    about:
      "It serves one account on a socket that only you can use, until it has had nothing to do for a while (`--idle`), in the foreground: a shell puts it behind with &. The screen serves in the same way while it is open. Commands hand themselves over without being told to, and do their work alone where nobody is there, where the config has changed since, or where they read or write files by name.",
    choices: Object.keys(agentVerbs),
    options: {
      idle: {
        type: "string",
        value: "TIME",
        describe: "end after so long with nothing to do: 90s, 30m (default), 2h",
      },
    },
    run: async (values) =>
      (await import("./agent/command.ts")).agent(
        readGlobals(values),
        word(values, "verb") ?? "",
        word(values, "idle") ?? "30m",
      ),
  },
  version: {
    words: "",
    summary: "Print the version",
    run: async (values) => {
      (await import("./about.ts")).printVersion(readGlobals(values));
      return 0;
    },
  },
  demo: {
    words: "",
    summary: "Try the screen on a mailbox of its own: no account, no network",
    about: "It has sample mail; nothing is kept.",
    run: async () => (await import("./demo.ts")).demo(),
  },
} as const satisfies Readonly<Record<string, OwnCommand>>;

/** What one of these commands is called. */
export type OwnName = keyof typeof ownCommands;

export function wrongWord(command: string, given: string, choices: readonly string[]): UsageError {
  return new UsageError(
    given === "" ? `${command}: needs a word` : `${command}: there is no "${given}"`,
    `say ${command} ${choices.join(`, ${command} `)}`,
  );
}

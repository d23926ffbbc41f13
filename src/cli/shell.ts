/** Commands as a shell sees them: yargs reads the words, one command runs, its result is printed, the process ends. */
import yargs, { type Argv } from "yargs";
import { type Command, commands, type Param, type RawValues } from "../commands/index.ts";
import { type AccountOption, accountOptions, type Verb, verbs } from "./account/options.ts";
import { describeFailure, printFailure } from "./failure.ts";
import { readGlobals } from "./globals.ts";
import { globalOptions } from "./options.ts";
import { runOneShot } from "./run.ts";
import { prepareWords, restoreWord, wrongUse } from "./words.ts";

function positional(name: string, param: Param): string {
  const word = param.repeat ? `${name}..` : name;
  return param.required ? `<${word}>` : `[${word}]`;
}

function addCommand(
  parser: Argv,
  command: Command,
  run: (command: Command, values: RawValues) => Promise<void>,
): void {
  const words = Object.entries(command.args).map(([name, param]) => positional(name, param));
  parser.command(
    [[command.name, ...words].join(" "), ...command.aliases],
    command.summary,
    (sub) => {
      for (const [name, { help }] of Object.entries(command.args)) {
        sub.positional(name, { describe: help, type: "string" });
      }
      for (const [name, { help, alias, type }] of Object.entries(command.options)) {
        sub.option(name, {
          describe: help,
          type: type === "flag" ? "boolean" : "string",
          ...(alias ? { alias } : {}),
        });
      }
      return sub.epilogue(`IMAP: ${command.imap}`);
    },
    (values) => run(command, values),
  );
}

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

/** Runs the command line `argv` (without `node postern`); resolves to the exit status. */
export async function shell(argv: readonly string[]): Promise<number> {
  const json = argv.includes("--json") || argv.includes("--jsonl");
  try {
    let status = 0;
    const parser = yargs(prepareWords(argv))
      .scriptName("postern")
      .usage("$0 [command]\n\nRead and handle mail over IMAP. Without a command, opens the screen.")
      .options(globalOptions)
      .parserConfiguration({
        "parse-numbers": false,
        "parse-positional-numbers": false,
        "camel-case-expansion": false,
      })
      .version(false)
      .help()
      .alias("help", "h")
      .strict()
      .exitProcess(false)
      .fail((message, error) => {
        throw error ?? wrongUse(message, argv);
      });
    for (const command of commands.filter((c) => !c.screenOnly)) {
      addCommand(parser, command, async (chosen, values) => {
        const given = Object.fromEntries(
          Object.entries(values).map(([key, value]) => [key, restoreWord(value)]),
        );
        status = await runOneShot(chosen, readGlobals(values), given);
      });
    }
    parser.command(
      "keys [words..]",
      "Show the keys of the screen, your own among them; with words, those that have to do with them",
      {},
      async (values: RawValues) => {
        const words = Array.isArray(values.words) ? values.words.map(restoreWord).map(String) : [];
        (await import("./keys.ts")).printKeys(readGlobals(values), words);
      },
    );
    parser.command(
      "account <verb> [word]",
      "Set up, show and remove accounts, keep their passwords: account add ADDRESS, account login NAME",
      (sub) => accountUsage(sub),
      async (values: RawValues) => {
        status = await (await import("./account/index.ts")).account(values);
      },
    );
    parser.command(
      "schema [command]",
      "Print the JSON Schema of what a command prints with --json; without a command, those of all",
      {},
      async ({ command }: RawValues) => {
        (await import("./schema.ts")).printSchema(typeof command === "string" ? command : undefined);
      },
    );
    parser.command("demo", "Try the screen on a mailbox of its own: no account, no network", {}, async () => {
      status = await (await import("./demo.ts")).demo();
    });
    parser.command("$0", false, {}, async (values: RawValues) => {
      await (await import("./screen.ts")).openScreen(readGlobals(values));
    });
    await parser.parseAsync();
    return status;
  } catch (error) {
    const failure = describeFailure(error);
    printFailure(failure, json, process.stderr);
    return failure.status;
  }
}

/** Commands as a shell sees them: yargs reads the words, one command runs, its result is printed, the process ends. */
import yargs, { type Argv } from "yargs";
import { type Command, commands, type Param, type RawValues } from "../commands/index.ts";
import { describeFailure, printFailure } from "./failure.ts";
import { readGlobals } from "./globals.ts";
import { globalOptions } from "./options.ts";
import { type OwnCommand, ownCommands } from "./own.ts";
import { runOneShot } from "./run.ts";
import { namedCommand, prepareWords, restoreWord, wrongUse } from "./words.ts";

function positional(name: string, param: Param): string {
  const word = param.repeat ? `${name}..` : name;
  return param.required ? `<${word}>` : `[${word}]`;
}

function addCommand(parser: Argv, command: Command, chosen: (values: RawValues) => void): void {
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
    (values) => chosen(values),
  );
}

/** Runs the command line `argv` (without `node postern`); resolves to the exit status. */
export async function shell(argv: readonly string[]): Promise<number> {
  const json = argv.includes("--json") || argv.includes("--jsonl");
  try {
    // Run when yargs is done: what it does after a command has begun would only hold that up.
    let chosen: () => Promise<number> = () => Promise.resolve(0);
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
    const named = namedCommand(argv);
    for (const command of named ? [named] : commands.filter((c) => !c.screenOnly)) {
      addCommand(parser, command, (values) => {
        const given = Object.fromEntries(
          Object.entries(values).map(([key, value]) => [key, restoreWord(value)]),
        );
        chosen = () => runOneShot(command, readGlobals(values), given);
      });
    }
    for (const [name, { words, summary, options, run }] of Object.entries<OwnCommand>(ownCommands)) {
      parser.command(`${name} ${words}`.trim(), summary, options ?? {}, (values: RawValues) => {
        chosen = () => run(values);
      });
    }
    // For the scripts of completion, while somebody types.
    parser.command("complete <what>", false, {}, (values: RawValues) => {
      chosen = async () => {
        const { printNames } = await import("./completion/index.ts");
        await printNames(readGlobals(values), String(values.what));
        return 0;
      };
    });
    parser.command("$0", false, {}, (values: RawValues) => {
      chosen = async () => (await import("./screen.ts")).openScreen(readGlobals(values));
    });
    await parser.parseAsync();
    return await chosen();
  } catch (error) {
    const failure = describeFailure(error);
    printFailure(failure, json, process.stderr);
    return failure.status;
  }
}

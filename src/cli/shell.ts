/** Commands as a shell sees them: yargs reads the words, one command runs, its result is printed, the process ends. */
import yargs, { type Argv } from "yargs";
import { type Command, commands, type Param, type RawValues } from "../commands/index.ts";
import type { Early } from "./early.ts";
import { describeFailure, printFailure } from "./failure.ts";
import { readGlobals } from "./globals.ts";
import { globalOptions } from "./options.ts";
import { type OwnCommand, ownCommands } from "./own.ts";
import { runOneShot, type Said } from "./run.ts";
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

/** What a command line means: a command about mail, or something else that the shell does. */
export type Chosen = Said | { readonly run: () => Promise<number> };

/** Reads a command line. With `help`, prints help where that is asked for. Throws UsageError. */
export async function readLine(argv: readonly string[], help: boolean): Promise<Chosen> {
  // Run when yargs is done: what it does after a command has begun would only hold that up.
  let chosen: Chosen = { run: () => Promise.resolve(0) };
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
    .help(help)
    .strict()
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? wrongUse(message, argv);
    });
  if (help) parser.alias("help", "h");
  const named = namedCommand(argv);
  for (const command of named ? [named] : commands.filter((c) => !c.screenOnly)) {
    addCommand(parser, command, (given) => {
      const values = Object.fromEntries(
        Object.entries(given).map(([key, value]) => [key, restoreWord(value)]),
      );
      chosen = { command, globals: readGlobals(given), values };
    });
  }
  for (const [name, { words, summary, options, usage, run }] of Object.entries<OwnCommand>(ownCommands)) {
    parser.command(
      `${name} ${words}`.trim(),
      summary,
      usage ?? ((sub) => sub.options(options ?? {})),
      (values: RawValues) => {
        chosen = { run: () => run(values) };
      },
    );
  }
  // For the scripts of completion, while somebody types.
  parser.command("complete <what>", false, { typed: { type: "string" } }, (values: RawValues) => {
    chosen = {
      run: async () => {
        const { printNames } = await import("./completion/index.ts");
        const typed = restoreWord(values.typed);
        await printNames(readGlobals(values), String(values.what), typeof typed === "string" ? typed : "");
        return 0;
      },
    };
  });
  parser.command("$0", false, {}, (values: RawValues) => {
    chosen = { run: async () => (await import("./screen.ts")).openScreen(readGlobals(values)) };
  });
  await parser.parseAsync();
  return chosen;
}

/** Runs the command line `argv` (without `node postern`), for which `early` was begun; resolves to the exit status. */
export async function shell(argv: readonly string[], early: Early | null): Promise<number> {
  try {
    const chosen = await readLine(argv, true);
    if ("run" in chosen) return await chosen.run();
    return await runOneShot(chosen, early);
  } catch (error) {
    return fail(error, argv, process.stderr);
  } finally {
    early?.end();
  }
}

/** Tells of what ended a command; returns its exit status. */
export function fail(error: unknown, argv: readonly string[], stderr: NodeJS.WritableStream): number {
  const failure = describeFailure(error);
  printFailure(failure, argv.includes("--json") || argv.includes("--jsonl"), stderr);
  return failure.status;
}

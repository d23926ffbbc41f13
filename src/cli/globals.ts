/** The global options as they were given. */
import { type RawValues, UsageError } from "../commands/index.ts";
import type { Printing } from "./print.ts";
import { leaveAlone } from "./terminal.ts";

export interface Globals extends Printing {
  /** Of several, the last. */
  readonly account?: string;
  readonly accounts: readonly string[];
  readonly folder?: string;
  readonly config?: string;
  readonly trace?: string;
  readonly offline: boolean;
  readonly readOnly: boolean;
  readonly dryRun: boolean;
  /** Nobody is asked: the answer is yes. */
  readonly yes: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 86_400))
    throw new UsageError(`--timeout: "${text}" are no seconds`, "give a number such as 30 or 0.5");
  return value * 1_000;
}

/** The global options among what yargs found. Throws UsageError. */
export function readGlobals(values: RawValues): Globals {
  const all = (name: string) =>
    listOf(values[name]).map((value) => {
      if (value === "") throw new UsageError(`--${name} needs a value`, 'see "postern --help"');
      return String(value);
    });
  // Given twice, the last one counts.
  const word = (name: string) => {
    const value = all(name).at(-1);
    return value === undefined ? {} : { [name]: value };
  };
  const is = (name: string) => listOf(values[name]).at(-1) === true;
  const timeout = all("timeout").at(-1);
  if (is("non-interactive")) leaveAlone();
  const chosen = all("account");
  const globals: Globals = {
    ...word("account"),
    accounts: chosen,
    ...word("folder"),
    ...word("config"),
    ...word("trace"),
    ...word("format"),
    ...(values.fields === undefined ? {} : { fields: all("fields").flatMap((names) => names.split(",")) }),
    ...(timeout === undefined ? {} : { timeout: seconds(timeout) }),
    json: is("json") || is("jsonl"),
    jsonl: is("jsonl"),
    null: is("null"),
    ascii: is("ascii"),
    offline: is("offline"),
    readOnly: is("read-only"),
    dryRun: is("dry-run"),
    yes: is("yes") || is("non-interactive"),
  };
  if (globals.format !== undefined && (globals.json || globals.fields))
    throw new UsageError("--format does not go with --json or --fields", "choose one");
  return globals;
}

/**
 * What a command is. One definition makes its yargs entry, its line in `:` and its completion, its help, its place in
 * the man page; a key is bound to a command line. A command is one file of this folder, listed in index.ts.
 */
import type { Readable } from "node:stream";
import type { Folder, Mail } from "../mail/index.ts";
import type { CryptoTools } from "../message/crypto/types.ts";
import type { ChosenMessages } from "../send/desk.ts";
import type { Asked, Result, ResultKind } from "./result.ts";
import type { Writer } from "./writing/writer.ts";

/** What a word of the command line means; completion offers folders, flags, … by it. */
export interface Param {
  readonly type:
    | "text"
    | "number"
    | "flag"
    | "messages"
    | "folder"
    | "query"
    | "file"
    | "address"
    | "template";
  readonly help: string;
  readonly required?: boolean;
  /** What it may be, for completion; other words may do as well. */
  readonly words?: readonly string[];
  /** Takes all remaining words. */
  readonly repeat?: boolean;
  readonly alias?: string;
  /** Where an option may also come without a value: `--headers` and `--headers=from,to`. */
  readonly optionalValue?: boolean;
  /** A folder may be one of another account too: `ACCOUNT:FOLDER`. */
  readonly otherAccounts?: boolean;
}

export type Params = Readonly<Record<string, Param>>;

type Value<P extends Param> = P extends { repeat: true }
  ? readonly string[]
  : P extends { type: "flag" }
    ? boolean
    : P extends { type: "number" }
      ? number | undefined
      : P extends { required: true }
        ? string
        : string | undefined;

export type Values<P extends Params> = { readonly [K in keyof P]: Value<P[K]> };

/** A word for each parameter, as yargs or the `:` line found it; checked by `checkValues` before a command sees it. */
export type RawValues = Readonly<Record<string, unknown>>;

/** What a command acts on. */
export interface Context {
  readonly mail: Mail;
  /** The folder of `--folder`, or the one open on the screen; throws MailError "NO_FOLDER". */
  folder(): Promise<Folder>;
  /** UIDs for a command that names none: the marked messages, or the one under the cursor; empty in a shell. */
  readonly selection: readonly number[];
  /** With `together`: what is chosen in further folders of the account. */
  readonly also?: readonly ChosenMessages[];
  /** Standard input, for `-`. */
  readonly stdin: Readable;
  /** Asks the person yes or no; a script means what it says, and is not asked. */
  confirm(question: string): Promise<boolean>;
  /** Only say what would be done. */
  readonly dryRun?: boolean;
  /** Aborts where nobody waits for the result any more. */
  readonly signal?: AbortSignal;
  /** The mail of another account of the configuration; null where none is called that. */
  account?(name: string): Promise<Mail | null>;
  /** Does what a person may have to wait for, and can end: `work` tells then what it has come to. By `signal` alone where this is not given. */
  waiting?<T>(label: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Opens a page of the web, which the person has agreed to; resolves to what was done. None in a script. */
  openPage?(page: string): Promise<string>;
  /** A person who can edit a message and decide; none in a script. */
  readonly writer?: Writer;
  /** Is told how far something is that may take long; `total` is null where nobody knows. */
  progress?(what: string, done: number, total: number | null): void;
  /** By what is decrypted, signed and encrypted; gpg as it is found where not given. */
  readonly crypto?: CryptoTools;
}

export interface Command {
  readonly name: string;
  readonly aliases: readonly string[];
  /** One line for help: what it does, in the imperative. */
  readonly summary: string;
  /** The IMAP commands it causes. */
  readonly imap: string;
  readonly args: Params;
  readonly options: Params;
  /** What it may return, for the JSON Schema. */
  readonly returns: readonly ResultKind[];
  /** Whether these values make it change mail, here or on the server: `--read-only` refuses that. */
  changes(values: RawValues): boolean;
  /** Means nothing without a screen and its session. */
  readonly screenOnly: boolean;
  /** Takes the session for itself, or the terminal of whoever gave it: it is run where it was given. */
  readonly alone: boolean;
  /** Of all that is chosen in an account it makes one thing; others are run folder by folder. */
  readonly together: boolean;
  run(context: Context, values: RawValues): Promise<Result & Asked>;
}

/** Wrong words on a command line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code = "USAGE";
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** Checks and types one value; the border between words and values. */
function checkValue(command: string, name: string, param: Param, value: unknown): unknown {
  const wrong = (what: string) => new UsageError(`${command}: ${what}`, `see "postern ${command} --help"`);
  if (param.repeat) {
    const list = (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);
    if (param.required && list.length === 0) throw wrong(`needs ${name.toUpperCase()}`);
    return list;
  }
  const single: unknown = Array.isArray(value) ? value.at(-1) : value;
  if (param.type === "flag") return single === true;
  if (single === undefined || single === null) {
    if (param.required) throw wrong(`needs ${name.toUpperCase()}`);
    return undefined;
  }
  if (param.type === "number") {
    const number = Number(single);
    if (!Number.isSafeInteger(number) || number < 0)
      throw wrong(`${name} must be a whole number, not "${single}"`);
    return number;
  }
  if (single === "" && !param.optionalValue) throw wrong(`${name} is empty`);
  return String(single);
}

/** Defines a command; `run` gets its values typed by `args` and `options`. */
export function defineCommand<const A extends Params, const O extends Params>(definition: {
  name: string;
  aliases?: readonly string[];
  summary: string;
  imap: string;
  args: A;
  options: O;
  returns: readonly ResultKind[];
  changes?: boolean | ((values: RawValues) => boolean);
  screenOnly?: boolean;
  alone?: boolean;
  together?: boolean;
  run(context: Context, values: Values<A> & Values<O>): Promise<Result & Asked>;
}): Command {
  const params: Params = { ...definition.args, ...definition.options };
  return {
    ...definition,
    aliases: definition.aliases ?? [],
    screenOnly: definition.screenOnly ?? false,
    alone: definition.alone ?? false,
    together: definition.together ?? false,
    changes(values) {
      const { changes = false } = definition;
      return typeof changes === "boolean" ? changes : changes(values);
    },
    run(context, raw) {
      const checked = Object.fromEntries(
        Object.entries(params).map(([name, param]) => [
          name,
          checkValue(definition.name, name, param, raw[name]),
        ]),
      );
      // checkValue gave each name the type that Values derives from its param.
      return definition.run(context, checked as Values<A> & Values<O>);
    },
  };
}

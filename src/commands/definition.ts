/**
 * What a command is. One definition makes its yargs entry, its line in `:` and its completion, its help, its place in
 * the man page; a key is bound to a command line. A command is one file of this folder, listed in index.ts.
 */
import type { Readable } from "node:stream";
import type { Folder, Mail, Message, QuotaUse, ServerStatus, ThreadMessage, Waiting } from "../mail/index.ts";
import type { ReadableMessage } from "../message/types.ts";

/** What a word of the command line means; completion offers folders, flags, … by it. */
export interface Param {
  readonly type: "text" | "number" | "flag" | "messages" | "folder" | "query" | "file";
  readonly help: string;
  readonly required?: boolean;
  /** Takes all remaining words. */
  readonly repeat?: boolean;
  readonly alias?: string;
  /** Where an option may also come without a value: `--headers` and `--headers=from,to`. */
  readonly optionalValue?: boolean;
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
  /** Standard input, for `-`. */
  readonly stdin: Readable;
  /** Asks the person yes or no; false without asking where there is nobody to ask. */
  confirm(question: string): Promise<boolean>;
}

/** What a command returns; the shell prints it as text or JSON, the screen shows it. */
export type Result =
  | {
      readonly kind: "messages";
      readonly folder: Folder;
      readonly items: readonly Message[];
      /** Matches in all, of which `items` is the first part. */
      readonly total: number;
      /** What a search could not look into, in sentences. */
      readonly notes?: readonly string[];
    }
  /** Messages thread after thread, as a list of threads or as the one thread asked for. */
  | {
      readonly kind: "threads";
      readonly folder: Folder;
      readonly items: readonly ThreadMessage[];
      readonly total: number;
      readonly notes?: readonly string[];
    }
  | { readonly kind: "folders"; readonly items: readonly Folder[] }
  /** Changes that are not on the server. */
  | { readonly kind: "queue"; readonly items: readonly Waiting[] }
  | {
      readonly kind: "message";
      readonly folder: Folder;
      readonly uid: number;
      readonly message: ReadableMessage;
    }
  /** Raw bytes for a file or a pipe. */
  | {
      readonly kind: "bytes";
      readonly stream: Readable;
      readonly fileName: string | null;
      readonly mediaType: string;
    }
  | { readonly kind: "quota"; readonly items: readonly QuotaUse[] }
  | { readonly kind: "status"; readonly status: ServerStatus }
  /** What the server said, laid out in lines: hostile text. */
  | { readonly kind: "protocol"; readonly lines: readonly string[]; readonly ended: "OK" | "NO" | "BAD" }
  /** A change, told in one sentence; `uids` are the messages it touched. */
  | {
      readonly kind: "change";
      readonly text: string;
      readonly folder: Folder;
      readonly uids: readonly number[];
      /** False where it waits in the journal for a connection. */
      readonly sent: boolean;
    };

export interface Command {
  readonly name: string;
  readonly aliases: readonly string[];
  /** One line for help: what it does, in the imperative. */
  readonly summary: string;
  /** The IMAP commands it causes. */
  readonly imap: string;
  readonly args: Params;
  readonly options: Params;
  /** Means nothing without a screen and its session. */
  readonly screenOnly: boolean;
  run(context: Context, values: RawValues): Promise<Result>;
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
  screenOnly?: boolean;
  run(context: Context, values: Values<A> & Values<O>): Promise<Result>;
}): Command {
  const params: Params = { ...definition.args, ...definition.options };
  return {
    ...definition,
    aliases: definition.aliases ?? [],
    screenOnly: definition.screenOnly ?? false,
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

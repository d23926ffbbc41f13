/** The options that every command takes; yargs, the words of a command line and the man page are made from this table. */

/** One option; `value` names what follows it, for help. */
export interface GlobalOption {
  readonly type: "string" | "boolean";
  readonly alias?: string;
  readonly value?: string;
  readonly describe: string;
}

export const globalOptions = {
  account: {
    alias: "a",
    type: "string",
    value: "NAME",
    describe: "the account, by its name in the config (default: the first)",
  },
  folder: {
    alias: "f",
    type: "string",
    value: "FOLDER",
    describe: "the folder to work on (default: INBOX); @sent, @trash, … by role",
  },
  config: { alias: "c", type: "string", value: "FILE", describe: "the config file" },
  json: { type: "boolean", describe: "print JSON (also for errors)" },
  offline: { type: "boolean", describe: "use the local copy only" },
  trace: {
    type: "string",
    value: "FILE",
    describe: "write the protocol to this file, secrets taken out",
  },
} as const satisfies Readonly<Record<string, GlobalOption>>;

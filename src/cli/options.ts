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
    describe:
      "the account, by its name in the config (default: the first); several times for several, all for every one",
  },
  folder: {
    alias: "f",
    type: "string",
    value: "FOLDER",
    describe: "the folder to work on (default: INBOX); @sent, @trash, … by role",
  },
  config: { alias: "c", type: "string", value: "FILE", describe: "the config file" },
  json: { type: "boolean", describe: "print JSON (also for errors)" },
  jsonl: { type: "boolean", describe: "print JSON, each item on a line of its own as soon as it is there" },
  fields: {
    type: "string",
    value: "NAMES",
    describe: "print only these members of the items, by their names in the JSON: uid,subject",
  },
  format: {
    type: "string",
    value: "TEMPLATE",
    describe: "print each item so: '{uid} {subject}', with \\t and \\n; nothing else is added",
  },
  null: { alias: "0", type: "boolean", describe: "end each line of text with NUL, for xargs -0" },
  ascii: { type: "boolean", describe: "draw lines and signs in ASCII" },
  offline: { type: "boolean", describe: "use the local copy only" },
  "read-only": { type: "boolean", describe: "refuse what changes mail" },
  "dry-run": { type: "boolean", describe: "only say what would be changed" },
  yes: { alias: "y", type: "boolean", describe: "the answer to every question is yes" },
  "non-interactive": { type: "boolean", describe: "ask nothing, as where there is no terminal" },
  timeout: { type: "string", value: "SECONDS", describe: "give up after this time" },
  trace: {
    type: "string",
    value: "FILE",
    describe: "write the protocol to this file, secrets taken out",
  },
} as const satisfies Readonly<Record<string, GlobalOption>>;

/** What `postern account` can be told; yargs, the manual page and the command's own checks are made from these tables. */

export interface Verb {
  /** What follows it, for help. */
  readonly word: "ADDRESS" | "NAME" | null;
  readonly summary: string;
}

export const verbs = {
  add: { word: "ADDRESS", summary: "Set up an account: an address is enough" },
  login: { word: "NAME", summary: "Keep its password, or allow access by OAuth 2.0" },
  logout: { word: "NAME", summary: "Forget its password or tokens" },
  list: { word: null, summary: "List the accounts" },
  show: { word: "NAME", summary: "Show an account's settings" },
  remove: { word: "NAME", summary: "Take it out of the config; what is stored of its mail stays" },
} as const satisfies Readonly<Record<string, Verb>>;

export type VerbName = keyof typeof verbs;

export interface AccountOption {
  readonly type: "text" | "flag";
  /** What follows it, for help. */
  readonly value?: string;
  readonly verbs: readonly VerbName[];
  readonly help: string;
}

export const accountOptions = {
  name: { type: "text", value: "NAME", verbs: ["add"], help: "what to call it (default: after its domain)" },
  imap: {
    type: "text",
    value: "URL",
    verbs: ["add"],
    help: "the server, as in the config or by its name alone; nothing is then looked for",
  },
  smtp: { type: "text", value: "URL", verbs: ["add"], help: "the server that takes mail to be sent" },
  user: { type: "text", value: "USER", verbs: ["add"], help: "the user name, where it is not the address" },
  "password-command": {
    type: "text",
    value: "COMMAND",
    verbs: ["add"],
    help: "prints the password; it goes into the config",
  },
  "store-command": {
    type: "text",
    value: "COMMAND",
    verbs: ["add"],
    help: "keeps a password for it; it goes into the config",
  },
  stdin: { type: "flag", verbs: ["add", "login"], help: "the password is the first line of standard input" },
  keyring: { type: "flag", verbs: ["add"], help: "keep the password in the system keyring, without asking" },
  oauth2: {
    type: "text",
    value: "PROVIDER",
    verbs: ["add"],
    help: "log in by OAuth 2.0, at a provider of postern-config(5) or at the https address of another",
  },
  scope: { type: "text", value: "SCOPE", verbs: ["add"], help: "what access is asked for there" },
  "client-id": { type: "text", value: "ID", verbs: ["add"], help: "your client id at that provider" },
  "client-secret": { type: "text", value: "SECRET", verbs: ["add"], help: "what came with the id" },
  browser: {
    type: "flag",
    verbs: ["add", "login"],
    help: "allow access in a browser, also where there is no terminal to paste to",
  },
  device: { type: "flag", verbs: ["add", "login"], help: "allow access on another device, by a code" },
  "ca-file": {
    type: "text",
    value: "FILE",
    verbs: ["add"],
    help: "certificate authorities to trust for this account; it goes into the config",
  },
  pin: {
    type: "text",
    value: "FINGERPRINT",
    verbs: ["add"],
    help: "the one certificate to accept, sha256:…; it goes into the config",
  },
  unchecked: { type: "flag", verbs: ["add", "login"], help: "do not try to log in" },
  yes: {
    type: "flag",
    verbs: ["add", "remove"],
    help: "do not ask: servers that DNS tells of are right, the account may go",
  },
} as const satisfies Readonly<Record<string, AccountOption>>;

export type OptionName = keyof typeof accountOptions;

/** The options as they were given. */
export type Given = {
  readonly [K in OptionName]?: (typeof accountOptions)[K]["type"] extends "flag" ? boolean : string;
};

/** Runs one command on one account, or on several, and prints what it returns. */
import { appendFileSync } from "node:fs";
import { type Account, chooseAccount, loadConfig } from "../account/config.ts";
import { Credentials } from "../account/credentials.ts";
import type { Asked, Command, RawValues, Result } from "../commands/index.ts";
import { type AccessToken, type Dialling, ImapError, type Secret } from "../imap/index.ts";
import { type Folder, type LineState, Mail, MailError } from "../mail/index.ts";
import { safeText } from "../message/safe.ts";
import type { Early } from "./early.ts";
import type { Globals } from "./globals.ts";
import { checkNames, print } from "./print.ts";
import { Progress } from "./progress.ts";
import { ownStreams, type Streams } from "./streams.ts";
import { someoneThere } from "./terminal.ts";

/** Opens an account's mail as the global options say. */
function openMail(
  account: Account,
  globals: Globals,
  keepOnline: boolean,
  password: (refused?: AccessToken) => Promise<Secret>,
  dialling?: Dialling,
): Mail {
  const { trace } = globals;
  return Mail.open({
    account,
    password,
    offline: globals.offline,
    keepOnline,
    ...(dialling ? { dialling } : {}),
    ...(trace === undefined
      ? {}
      : { log: (line: string) => appendFileSync(trace, `${line}\n`, { mode: 0o600 }) }),
  });
}

/** Opens the local copy of an account's mail alone: nobody is asked for anything, and nothing goes over the network. */
export function openLocal(account: Account, globals: Globals): Mail {
  const nobody = () => Promise.reject(new Error("nobody is asked"));
  return openMail(account, { ...globals, offline: true }, false, nobody);
}

/**
 * Opens an account's mail for one command or one sitting, with what was begun `early` for it; its password is asked for where
 * somebody is there.
 */
export function openOnce(account: Account, globals: Globals, early: Early | null = null): Mail {
  const begun = early?.take(account);
  let asked = begun?.password ?? null;
  const credentials = new Credentials(account, {
    interactive: someoneThere(),
    warn: (sentence) => warn(process.stderr, [sentence]),
  });
  const password = (refused?: AccessToken) => {
    const first = asked ?? credentials.get(refused);
    asked = null;
    return first;
  };
  return openMail(account, globals, false, password, begun?.dialling);
}

/**
 * What opens an account's mail for as long as it is wanted: with a line that comes back. The person is asked now for what only
 * a person can give, and not later; `typed` is what was typed before.
 */
export async function prepareToStay(
  account: Account,
  globals: Globals,
  typed?: Secret | null,
): Promise<() => Mail> {
  const credentials = new Credentials(account, {
    interactive: someoneThere(),
    ...(typed ? { typed } : {}),
    warn: (sentence) => warn(process.stderr, [sentence]),
  });
  if (!globals.offline) await credentials.prepare();
  return () => openMail(account, globals, true, credentials.unattended());
}

/** Opens an account's mail for as long as it is wanted. */
export async function openToStay(account: Account, globals: Globals): Promise<Mail> {
  return (await prepareToStay(account, globals))();
}

/** Why a change has not reached the server yet. */
function waitingBecause(line: LineState): string {
  const why = line.kind === "down" ? `: ${line.error.message}` : "";
  return `the change is kept and goes to the server with the next command${why}`;
}

/** The server said NO or BAD: EX_PROTOCOL. */
const refusedStatus = 76;

/** What a result that is none of a failure ends with. */
function statusOf(result: Result & Asked): number {
  // What the server said to a refused command is the answer to it.
  if (result.kind === "protocol" && result.ended !== "OK") return refusedStatus;
  if (result.kind === "change" && !result.sent) return 75;
  if (result.kind === "written" && result.state === "waits") return 75;
  return result.nothing ? 1 : 0;
}

/** The accounts that are meant; without a name the first of the config. Throws AccountError. */
export function chosenAccounts(
  { config: path, accounts: names }: Globals,
  early: Early | null = null,
): Account[] {
  const config = early && path === undefined ? early.config : loadConfig(path);
  if (names.includes("all") && !config.accounts.some(({ name }) => name === "all"))
    return [...config.accounts];
  return names.length === 0
    ? [chooseAccount(config, undefined)]
    : [...new Set(names)].map((name) => chooseAccount(config, name));
}

/**
 * Resolves to the exit status: 0; 1 where it was asked whether there is anything and there is not; 75 where a change waits
 * in the journal for a connection. Of several accounts, the first that is not 0.
 */
export async function runOneShot({ command, globals, values }: Said, early: Early | null): Promise<number> {
  await checkFirst(command, globals, values);
  const accounts = chosenAccounts(globals, early);
  const streams = ownStreams();
  const label = (account: Account) => (accounts.length > 1 ? account.name : null);
  let status = 0;
  for (const account of accounts) {
    const mail = openOnce(account, globals, globals.offline ? null : early);
    const { signal } = new AbortController();
    const own = await runOn(mail, { command, globals, values }, streams, signal, label(account), () =>
      mail.close(),
    );
    status ||= own;
  }
  return status;
}

/** What is wrong with a command whatever the mail may be. Throws UsageError, MailError "READ_ONLY". */
export async function checkFirst(command: Command, globals: Globals, values: RawValues): Promise<void> {
  if (globals.readOnly && command.changes(values))
    throw new MailError("READ_ONLY", `${command.name} changes mail`, "leave out --read-only");
  await checkNames(globals, command.returns);
}

/** Says on standard error what a person should know. */
export function warn(stderr: NodeJS.WritableStream, warnings: readonly string[]): void {
  for (const warning of warnings) stderr.write(`postern: ${safeText(warning)}\n`);
}

const doing = {
  headers: "reading headers",
  flags: "reading flags",
  command: "waiting for the server",
} as const;

/** What a command line says. */
export interface Said {
  readonly command: Command;
  readonly globals: Globals;
  readonly values: RawValues;
}

/** Runs a command on an account's mail, which `done` then closes; `label` is its name where there are several. */
export async function runOn(
  mail: Mail,
  { command, globals, values }: Said,
  streams: Streams,
  signal: AbortSignal,
  label: string | null,
  done: () => Promise<void>,
): Promise<number> {
  // Changes of an earlier session go out with this one: what the server refuses of them has nobody else to be told to.
  const refused: string[] = [];
  const progress = new Progress(streams, globals.ascii);
  const deaf = mail.on((event) => {
    if (event.kind === "progress") progress.tell(doing[event.doing], event.done, event.total);
    if (event.kind === "notice" && event.level === "error")
      refused.push(`${event.text} ("postern queue" shows it)`);
  });
  let folder: Promise<Folder> | undefined;
  const others: Mail[] = [];
  const late = new AbortController();
  /** What takes back what it has done, where it is stopped: with the mail still open. */
  const ending: Promise<unknown>[] = [];
  const context = {
    mail,
    account: async (name: string) => {
      const account = loadConfig(globals.config).accounts.find((known) => known.name === name);
      if (!account) return null;
      const other = openOnce(account, globals);
      others.push(other);
      return other;
    },
    folder: () => {
      folder ??= mail.findFolder(globals.folder ?? "INBOX");
      return folder;
    },
    selection: [],
    stdin: streams.stdin,
    confirm: (question: string) => (globals.yes ? Promise.resolve(true) : streams.confirm(question)),
    dryRun: globals.dryRun,
    signal,
    waiting: <T>(_label: string, work: (stopped: AbortSignal) => Promise<T>) => {
      const stopped = streams.stoppable((signal) => work(AbortSignal.any([signal, late.signal])));
      ending.push(stopped);
      return stopped;
    },
    ...(streams.writer && !globals.yes ? { writer: streams.writer } : {}),
    progress: progress.tell.bind(progress),
  };
  const work = async () => {
    const result = await command.run(context, values);
    const notes = "notes" in result ? (result.notes ?? []) : [];
    const waits = result.kind === "change" && !result.sent;
    const warnings = [...(waits ? [waitingBecause(mail.line)] : []), ...notes, ...refused.splice(0)];
    const shown = "folder" in result ? result.folder : null;
    // As it is known now that it has been opened.
    const where = {
      account: mail.account,
      folder: mail.folders().find(({ path }) => path === shown?.path) ?? shown,
    };
    await print(result, where, warnings, globals, label, streams, progress);
    warn(streams.stderr, warnings);
    return statusOf(result);
  };
  try {
    return await within(globals.timeout, work());
  } catch (error) {
    throw command.returns.includes("messages") ? offeringCopy(error, mail, globals) : error;
  } finally {
    progress.clear();
    late.abort();
    await Promise.allSettled(ending);
    await Promise.all([done(), ...others.map((other) => other.close())]);
    deaf();
    warn(streams.stderr, refused);
  }
}

/** There is no network, or no server at its other end. */
const unreachable = ["UNRESOLVED", "REFUSED", "TIMEOUT", "CLOSED", "BYE"];

/** What kept messages from being listed; where the local copy has some of the folder, it says how these are listed. */
function offeringCopy(error: unknown, mail: Mail, { folder: name = "INBOX", offline }: Globals): unknown {
  if (!(error instanceof ImapError) || !unreachable.includes(error.code) || offline) return error;
  const folder = mail.findCachedFolder(name);
  const kept = mail.folders().some(({ path }) => path === folder.path) ? mail.count(folder) : 0;
  if (kept === 0) return error;
  const hint = `${error.hint} With --offline you see the ${kept} messages of ${folder.name} in the local copy.`;
  return new ImapError(error.code, error.message, { hint, cause: error });
}

/** `work`, unless it takes longer than `ms`. */
export async function within<T>(ms: number | undefined, work: Promise<T>): Promise<T> {
  if (ms === undefined) return work;
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `it took longer than ${ms / 1_000} seconds`;
      reject(new MailError("TIMEOUT", message, "give it more time with --timeout, or try again"));
    }, ms);
  });
  try {
    return await Promise.race([work, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs one command on one account and prints what it returns. */
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { pipeline } from "node:stream/promises";
import { type Account, chooseAccount, loadConfig } from "../account/config.ts";
import { Credentials } from "../account/credentials.ts";
import { type Command, type RawValues, type Result, UsageError } from "../commands/index.ts";
import type { AccessToken, Secret } from "../imap/index.ts";
import { showsUtf8 } from "../mail/format.ts";
import { type Folder, type LineState, Mail } from "../mail/index.ts";
import { safeText } from "../message/safe.ts";
import { bytesJson, resultJson } from "./json.ts";
import { bytesText, resultText } from "./text.ts";

export interface Globals {
  readonly account?: string;
  readonly folder?: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly offline?: boolean;
  readonly trace?: string;
}

/** The global options among what yargs found. Throws UsageError. */
export function readGlobals(values: RawValues): Globals {
  const word = (name: string) => {
    const given = values[name];
    // Given twice, the last one counts.
    const value: unknown = Array.isArray(given) ? given.at(-1) : given;
    if (value === "") throw new UsageError(`--${name} needs a value`, 'see "postern --help"');
    return typeof value === "string" ? { [name]: value } : {};
  };
  return {
    ...word("account"),
    ...word("folder"),
    ...word("config"),
    ...word("trace"),
    json: values.json === true,
    offline: values.offline === true,
  };
}

/** Opens an account's mail as the global options say. */
export function openMail(
  account: Account,
  globals: Globals,
  keepOnline: boolean,
  password: (refused?: AccessToken) => Promise<Secret>,
): Mail {
  const { trace } = globals;
  return Mail.open({
    account,
    password,
    offline: globals.offline === true,
    keepOnline,
    ...(trace === undefined
      ? {}
      : { log: (line: string) => appendFileSync(trace, `${line}\n`, { mode: 0o600 }) }),
  });
}

/** A script must end, not ask: without a terminal on both sides nobody is there to answer. */
export function someoneThere(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

async function confirm(question: string): Promise<boolean> {
  // A script means what it says.
  if (!someoneThere()) return true;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question(`${question} [y/N] `);
  lines.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function print(result: Result, account: string, json: boolean, warnings: string[]): Promise<void> {
  if (result.kind === "bytes") {
    const { stream } = result;
    const shown = json ? bytesJson(account, result) : process.stdout.isTTY ? bytesText(stream) : stream;
    await pipeline(shown, process.stdout, { end: false });
    return;
  }
  const columns = process.stdout.isTTY ? process.stdout.columns : null;
  const target = { columns, now: Date.now(), utf8: showsUtf8(process.env) };
  process.stdout.write(json ? resultJson(account, result, warnings) : resultText(result, target));
}

/** Why a change has not reached the server yet. */
function waitingBecause(line: LineState): string {
  const why = line.kind === "down" ? `: ${line.error.message}` : "";
  return `the change is kept and goes to the server with the next command${why}`;
}

/** The server said NO or BAD: EX_PROTOCOL. */
const refusedStatus = 76;

/** Resolves to the exit status: 0, or 75 where a change waits in the journal for a connection. */
export async function runOneShot(command: Command, globals: Globals, values: RawValues): Promise<number> {
  const account = chooseAccount(loadConfig(globals.config), globals.account);
  const warn = (warnings: readonly string[]) => {
    for (const warning of warnings) process.stderr.write(`postern: ${safeText(warning)}\n`);
  };
  const credentials = new Credentials(account, {
    interactive: someoneThere(),
    warn: (sentence) => warn([sentence]),
  });
  const mail = openMail(account, globals, false, (refused) => credentials.get(refused));
  // Changes of an earlier session go out with this one: what the server refuses of them has nobody else to be told to.
  const refused: string[] = [];
  mail.on((event) => {
    if (event.kind === "notice" && event.level === "error")
      refused.push(`${event.text} ("postern queue" shows it)`);
  });
  try {
    let folder: Promise<Folder> | undefined;
    const result = await command.run(
      {
        mail,
        folder: () => {
          folder ??= mail.findFolder(globals.folder ?? "INBOX");
          return folder;
        },
        selection: [],
        stdin: process.stdin,
        confirm,
      },
      values,
    );
    const waits = result.kind === "change" && !result.sent;
    const notes = "notes" in result ? (result.notes ?? []) : [];
    const warnings = [...(waits ? [waitingBecause(mail.line)] : []), ...notes, ...refused.splice(0)];
    await print(result, mail.account.name, globals.json === true, warnings);
    warn(warnings);
    // What the server said to a refused command is the answer to it.
    if (result.kind === "protocol" && result.ended !== "OK") return refusedStatus;
    return waits ? 75 : 0;
  } finally {
    await mail.close();
    warn(refused);
  }
}

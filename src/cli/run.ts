/** Runs one command on one account and prints what it returns. */
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { pipeline } from "node:stream/promises";
import { chooseAccount, loadConfig } from "../account/config.ts";
import { getPassword } from "../account/password.ts";
import type { Command, RawValues, Result } from "../commands/index.ts";
import { type Folder, Mail } from "../mail/index.ts";
import { resultJson } from "./json.ts";
import { resultText } from "./text.ts";

export interface Globals {
  readonly account?: string;
  readonly folder?: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly offline?: boolean;
  readonly trace?: string;
}

/** The global options among what yargs found. */
export function readGlobals(values: RawValues): Globals {
  const word = (name: string) => {
    const value = values[name];
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

/** Opens the mail of the account that the global options name. */
export function openMail(globals: Globals, keepOnline: boolean): Mail {
  const account = chooseAccount(loadConfig(globals.config), globals.account);
  const { trace } = globals;
  return Mail.open({
    account,
    password: () => getPassword(account, true),
    offline: globals.offline === true,
    keepOnline,
    ...(trace === undefined
      ? {}
      : { log: (line: string) => appendFileSync(trace, `${line}\n`, { mode: 0o600 }) }),
  });
}

async function confirm(question: string): Promise<boolean> {
  // A script must end, not ask: without a terminal on both sides the question counts as put and answered.
  if (!process.stdin.isTTY || !process.stderr.isTTY) return true;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question(`${question} [y/N] `);
  lines.close();
  return /^y(es)?$/i.test(answer.trim());
}

async function print(result: Result, account: string, json: boolean): Promise<void> {
  if (result.kind === "bytes") {
    await pipeline(result.stream, process.stdout, { end: false });
    return;
  }
  const columns = process.stdout.isTTY ? process.stdout.columns : null;
  process.stdout.write(
    json ? `${resultJson(account, result)}\n` : resultText(result, { columns, now: Date.now() }),
  );
}

/** Resolves to the exit status: 0, or 75 where a change waits in the journal for a connection. */
export async function runOneShot(command: Command, globals: Globals, values: RawValues): Promise<number> {
  const mail = openMail(globals, false);
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
    await print(result, mail.account.name, globals.json === true);
    return result.kind === "change" && !result.sent ? 75 : 0;
  } finally {
    await mail.close();
  }
}

/** Where an account's password or tokens are kept: behind commands of the person's own, or in the keyring. */
import { spawn } from "node:child_process";
import type { Account } from "./config.ts";
import { AccountError } from "./errors.ts";
import type { Keyring } from "./keyring.ts";

export interface Vault {
  /** For people: "the keyring". */
  readonly name: string;
  /** Null where there is nothing. Throws AccountError PASSWORD_COMMAND, KEYRING. */
  read(): Promise<string | null>;
  /** Resolves where something can be kept here, as far as that can be told. Throws AccountError KEYRING, CONFIG. */
  ready(): Promise<void>;
  /** Throws AccountError PASSWORD_COMMAND, KEYRING, CONFIG (there is no command to store with). */
  write(text: string): Promise<void>;
  /** False where there was nothing. Throws AccountError KEYRING, CONFIG (it is not ours to remove). */
  remove(): Promise<boolean>;
}

/** A command that asks (pinentry, a hardware key) may take its time, but not for ever. */
const commandTimeoutMs = 120_000;

/** Runs one of the person's commands; resolves to the first line of what it prints. */
export function runCommand(
  account: Account,
  setting: "password-command" | "store-command" | "token-command",
  command: string,
  options: { readonly interactive: boolean; readonly input?: string },
): Promise<string> {
  const { interactive, input } = options;
  return new Promise((resolve, reject) => {
    const failed = (why: string) =>
      reject(
        new AccountError(
          "PASSWORD_COMMAND",
          `the ${setting.replace("-", " ")} of account "${account.name}" ${why}`,
          `run it by hand to see what is wrong: ${command}`,
        ),
      );
    const child = spawn("/bin/sh", ["-c", command], {
      // Where nobody is to be asked, the terminal is somebody else's.
      stdio: [input === undefined ? (interactive ? "inherit" : "ignore") : "pipe", "pipe", "pipe"],
      timeout: commandTimeoutMs,
    });
    let output = "";
    let complaint = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      complaint = (complaint + text).slice(-1000);
    });
    // A command that does not read to the end says so by its status.
    child.stdin?.on("error", () => undefined).end(input);
    child.on("error", (error) => failed(`did not start: ${error.message}`));
    child.on("close", (status, signal) => {
      const [first = ""] = output.split(/\r?\n/, 1);
      const last = complaint.trim().split("\n").at(-1) ?? "";
      if (status !== 0) failed(`failed (${signal ?? `status ${status}`})${last === "" ? "" : `: ${last}`}`);
      else if (first === "" && input === undefined) failed("printed nothing");
      else resolve(first);
    });
  });
}

/** Bound to the server: who edits the config cannot have a password sent elsewhere. */
export function vaultKey({ imap }: Account): string {
  return `${imap.user}@${imap.host}`;
}

function commandVault(account: Account, interactive: boolean): Vault {
  const { passwordCommand, storeCommand } = account;
  const storing = () => {
    if (storeCommand !== undefined) return storeCommand;
    throw new AccountError(
      "CONFIG",
      `account "${account.name}" has a password-command, and no store-command to keep anything for it`,
      "keep it by hand where password-command finds it, or set store-command",
    );
  };
  return {
    name: "your store-command",
    read: async () =>
      passwordCommand === null
        ? null
        : runCommand(account, "password-command", passwordCommand, { interactive }),
    ready: async () => void storing(),
    async write(text) {
      await runCommand(account, "store-command", storing(), { interactive, input: `${text}\n` });
    },
    remove: async () => {
      throw new AccountError(
        "CONFIG",
        `the password of account "${account.name}" is behind its password-command`,
        "remove it there by hand",
      );
    },
  };
}

function keyringVault(account: Account, keyring: Keyring): Vault {
  const key = vaultKey(account);
  return {
    name: "the keyring",
    ready: async () => void (await keyring.get(key)),
    read: () => keyring.get(key),
    write: (text) => keyring.set(key, text),
    remove: () => keyring.delete(key),
  };
}

/** Where the account's secret is; null where it is nowhere but in the person's head or the environment. */
export function vaultOf(account: Account, interactive: boolean, keyring: Keyring): Vault | null {
  if (account.passwordCommand !== null || account.storeCommand !== undefined)
    return commandVault(account, interactive);
  return account.keyring === false ? null : keyringVault(account, keyring);
}

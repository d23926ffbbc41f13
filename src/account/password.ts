/** Where an account's password comes from: its command, the environment, a prompt; in this order. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { ReadStream } from "node:tty";
import { Secret } from "../imap/index.ts";
import type { Account } from "./config.ts";
import { AccountError } from "./errors.ts";

/** A command that asks (pinentry, a hardware key) may take its time, but not for ever. */
const commandTimeoutMs = 120_000;

function fromCommand(account: Account, command: string, interactive: boolean): Promise<Secret> {
  return new Promise((resolve, reject) => {
    const failed = (why: string) =>
      reject(
        new AccountError(
          "PASSWORD_COMMAND",
          `the password command of account "${account.name}" ${why}`,
          `run it by hand to see what is wrong: ${command}`,
        ),
      );
    const child = spawn("/bin/sh", ["-c", command], {
      // Where nobody is to be asked, the terminal is somebody else's.
      stdio: [interactive ? "inherit" : "ignore", "pipe", "pipe"],
      timeout: commandTimeoutMs,
    });
    let output = "";
    let complaint = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint = (complaint + text).slice(-1000);
    });
    child.on("error", (error) => failed(`did not start: ${error.message}`));
    child.on("close", (status, signal) => {
      const password = output.split(/\r?\n/, 1)[0] ?? "";
      const last = complaint.trim().split("\n").at(-1) ?? "";
      if (status !== 0) failed(`failed (${signal ?? `status ${status}`})${last === "" ? "" : `: ${last}`}`);
      else if (password === "") failed("printed nothing");
      else resolve(new Secret(password));
    });
  });
}

/** Asks on the terminal itself, whatever stdin and stdout are, without showing what is typed. */
export function promptPassword(question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fd = openSync("/dev/tty", "r+");
    const tty = new ReadStream(fd);
    let typed = "";
    const finish = (action: () => void) => {
      tty.setRawMode(false);
      tty.destroy();
      process.stderr.write("\n");
      action();
    };
    process.stderr.write(question);
    tty.setRawMode(true);
    tty.setEncoding("utf8").on("data", (text: string) => {
      for (const c of text) {
        if (c === "\r" || c === "\n") return finish(() => resolve(typed));
        if (c === "\x03" || c === "\x04") {
          return finish(() => reject(new AccountError("NO_PASSWORD", "no password was given", "try again")));
        }
        if (c === "\x7f" || c === "\b") typed = typed.slice(0, -1);
        else if (c === "\x15") typed = "";
        else typed += c;
      }
    });
  });
}

/** Whether the password is to be had without asking a person. */
export function hasSource(account: Account): boolean {
  return account.passwordCommand !== null || Boolean(process.env.POSTERN_PASSWORD);
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r+"));
    return true;
  } catch {
    return false;
  }
}

/**
 * The account's password. `interactive` allows the prompt: scripts must end, not ask.
 * Throws AccountError "PASSWORD_COMMAND" or "NO_PASSWORD".
 */
export async function getPassword(account: Account, interactive: boolean): Promise<Secret> {
  if (account.passwordCommand !== null) return fromCommand(account, account.passwordCommand, interactive);
  const fromEnvironment = process.env.POSTERN_PASSWORD;
  if (fromEnvironment) return new Secret(fromEnvironment);
  if (interactive && hasTerminal()) {
    return new Secret(await promptPassword(`Password of ${account.imap.user} at ${account.imap.host}: `));
  }
  throw new AccountError(
    "NO_PASSWORD",
    `there is no password for account "${account.name}"`,
    "set password-command in the config, or POSTERN_PASSWORD in the environment",
  );
}

/** Asking a person for a password. */
import { closeSync, openSync } from "node:fs";
import { ReadStream } from "node:tty";
import { AccountError } from "./errors.ts";

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
    // First: what is typed as soon as the question is there must not be shown either.
    tty.setRawMode(true);
    process.stderr.write(question);
    tty.setEncoding("utf8").on("data", (text: string) => {
      for (const c of text) {
        if (c === "\r" || c === "\n") return finish(() => resolve(typed));
        if (c === "\x03")
          return finish(() => reject(new AccountError("STOPPED", "you stopped it", "nothing was changed")));
        if (c === "\x04")
          return finish(() => reject(new AccountError("NO_PASSWORD", "no password was given", "try again")));
        if (c === "\x7f" || c === "\b") typed = typed.slice(0, -1);
        else if (c === "\x15") typed = "";
        else typed += c;
      }
    });
  });
}

export function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r+"));
    return true;
  } catch {
    return false;
  }
}

/** The terminal that a command line is shown on. Loads nothing heavy: every command that is handed over tells of it. */
import { showsUtf8 } from "../mail/locale.ts";

export interface Terminal {
  /** Of the terminal that standard output is; null where it is none. */
  readonly columns: number | null;
  /** Of the terminal that standard error is; null where it is none. */
  readonly errorColumns: number | null;
  /** Whether what is drawn may be in UTF-8. */
  readonly utf8: boolean;
}

export const noTerminal: Terminal = { columns: null, errorColumns: null, utf8: false };

/** That of this process. */
export function ownTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  return {
    columns: stdout.isTTY ? stdout.columns : null,
    errorColumns: stderr.isTTY ? stderr.columns : null,
    utf8: showsUtf8(env),
  };
}

let leftAlone = false;

/** From now on nobody is asked. */
export function leaveAlone(): void {
  leftAlone = true;
}

/** A script must end, not ask: without a terminal on both sides nobody is there to answer. */
export function someoneThere(): boolean {
  return !leftAlone && process.stdin.isTTY === true && process.stderr.isTTY === true;
}

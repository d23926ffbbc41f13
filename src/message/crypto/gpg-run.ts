/**
 * gpg as it is run here, to read and to write: what is believed is its status lines on a channel of their own
 * (doc/DETAILS of GnuPG). It may not go to the network for keys, nor take any in.
 */
import { spawnSync } from "node:child_process";
import { type Run, type RunOptions, run } from "./run.ts";
import { type CryptoTools, timeoutOf } from "./types.ts";

/** Runs gpg. Never rejects: what went wrong is in the result. */
export function runGpg(
  args: readonly string[],
  streams: Pick<RunOptions, "input" | "second" | "output">,
  tools: CryptoTools,
): Promise<Run> {
  const fixed = [
    "--batch",
    "--no-tty",
    "--status-fd=3",
    "--charset=utf-8",
    "--display-charset=utf-8",
    "--disable-dirmngr",
    "--no-auto-key-retrieve",
    "--no-auto-key-locate",
    "--no-auto-key-import",
    "--enable-special-filenames",
    `--pinentry-mode=${tools.ask ? "ask" : "error"}`,
  ];
  const env = {
    ...(tools.gnupgHome ? { GNUPGHOME: tools.gnupgHome } : {}),
    // What asks for the passphrase is told by gpg which terminal to ask on.
    ...(tools.ask && !process.env.GPG_TTY ? { GPG_TTY: ownTerminal() } : {}),
  };
  return run(tools.gpg ?? "gpg", [...fixed, ...args], {
    ...streams,
    env,
    timeout: timeoutOf(tools),
    signal: tools.signal,
  });
}

/** The terminal of standard input; "not a tty" where that is none. */
function ownTerminal(): string {
  return spawnSync("tty", { stdio: ["inherit", "pipe", "ignore"] })
    .stdout.toString()
    .trim();
}

export interface Status {
  readonly keyword: string;
  readonly words: readonly string[];
}

export function statusLines(run: Run): Status[] {
  return run.status.split("\n").flatMap((line) => {
    const [, keyword = "", rest = ""] = /^\[GNUPG:\] ([A-Z0-9_]+) ?(.*)$/.exec(line.trimEnd()) ?? [];
    return keyword ? [{ keyword, words: rest.split(" ") }] : [];
  });
}

/** Of a key that is there but may not be used without its passphrase: GPG_ERR_NO_PIN_ENTRY, _CANCELED, _BAD_PASSPHRASE. */
const refusals = [11, 85, 86, 99, 177];

export function passphraseRefused(lines: readonly Status[]): boolean {
  return lines.some(
    ({ keyword, words }) =>
      keyword === "BAD_PASSPHRASE" ||
      keyword === "MISSING_PASSPHRASE" ||
      ((keyword === "ERROR" || keyword === "FAILURE") &&
        refusals.includes(Number(words.find((w) => /^\d+$/.test(w))) & 0xffff)),
  );
}

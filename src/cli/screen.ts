/** `postern` without a command: the screen, where there is a terminal to show it on. */
import { type Config, chooseAccount, loadConfig, ownKeys } from "../account/config.ts";
import { AccountError } from "../account/errors.ts";
import { UsageError } from "../commands/index.ts";
import type { Secret } from "../imap/index.ts";
import type { Mail } from "../mail/index.ts";
import { surroundings } from "./agent/place.ts";
import type { Agent } from "./agent/serve.ts";
import type { Globals } from "./globals.ts";
import { prepareToStay } from "./run.ts";

/** ms after which the screen is there, and other things may be begun. */
const shownMs = 1_000;

/** The config; where it has no account yet, one is set up, and `typed` is the password that was typed for it. */
async function openConfig(path: string | undefined): Promise<{ config: Config; typed: Secret | null }> {
  try {
    const config = loadConfig(path);
    if (config.accounts.length > 0) return { config, typed: null };
  } catch (error) {
    if (!(error instanceof AccountError && error.code === "NO_ACCOUNT")) throw error;
  }
  const [{ addAccount }, { placeOf }, { Talk }] = await Promise.all([
    import("./account/add.ts"),
    import("./account/index.ts"),
    import("./account/talk.ts"),
  ]);
  const { secret } = await addAccount(new Talk(), placeOf(path), undefined, {});
  return { config: loadConfig(path), typed: secret };
}

/** Ends the process when the person has quit. */
export async function openScreen(globals: Globals): Promise<never> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UsageError(
      "the screen needs a terminal",
      'in a script, give a command: "postern --help" lists them',
    );
  }
  const { config, typed } = await openConfig(globals.config);
  const before = surroundings(globals.config);
  // The one that is named, or all of them.
  const accounts = globals.account === undefined ? config.accounts : [chooseAccount(config, globals.account)];
  const open: (() => Mail)[] = [];
  for (const account of accounts) open.push(await prepareToStay(account, globals, typed));
  const { runScreen } = await import("../tui/index.ts");
  const served: Agent[] = [];
  const serveOthers = async (mail: Mail) => {
    const { serve } = await import("./agent/serve.ts");
    const first = config.accounts[0]?.name ?? "";
    const agent = await serve(mail, { kind: "screen", first, surroundings: before });
    if (agent) served.push(agent);
  };
  // Commands of other terminals find these connections; where they cannot, they make one of their own.
  const timers: NodeJS.Timeout[] = [];
  const status = await runScreen({
    open,
    settings: globals.folder === undefined ? config.screen : { ...config.screen, folder: globals.folder },
    keysOf: (account) => (account === null ? [config.keys] : ownKeys(config, account)),
    crypto: config.smime,
    onOpened: (mail) => {
      if (!globals.offline)
        timers.push(setTimeout(() => void serveOthers(mail).catch(() => undefined), shownMs));
    },
    onStopped: (now) => {
      for (const agent of served) agent.stopped(now);
    },
  });
  for (const timer of timers) clearTimeout(timer);
  await Promise.all(served.map((agent) => agent.close(0)));
  // A connection still being made would keep the process for as long as a dead host takes to be noticed.
  process.exit(status);
}

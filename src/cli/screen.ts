/** `postern` without a command: the screen, where there is a terminal to show it on. */
import { chooseAccount, loadConfig, ownKeys } from "../account/config.ts";
import { Credentials } from "../account/credentials.ts";
import { UsageError } from "../commands/index.ts";
import { safeText } from "../message/safe.ts";
import { type Globals, openMail } from "./run.ts";

/** Ends the process when the person has quit. */
export async function openScreen(globals: Globals): Promise<never> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UsageError(
      "the screen needs a terminal",
      'in a script, give a command: "postern --help" lists them',
    );
  }
  const config = loadConfig(globals.config);
  const account = chooseAccount(config, globals.account);
  const credentials = new Credentials(account, {
    interactive: true,
    warn: (sentence) => void process.stderr.write(`postern: ${safeText(sentence)}\n`),
  });
  if (globals.offline !== true) await credentials.prepare();
  const mail = openMail(account, globals, true, credentials.unattended());
  const { runScreen } = await import("../tui/index.ts");
  const folder = globals.folder ?? "INBOX";
  const status = await runScreen({
    mail,
    settings: config.screen,
    keys: ownKeys(config, account.name),
    crypto: config.smime,
    folder,
  });
  // A connection still being made would keep the process for as long as a dead host takes to be noticed.
  process.exit(status);
}

/** `postern` without a command: the screen, where there is a terminal to show it on. */
import { loadConfig } from "../account/config.ts";
import { UsageError } from "../commands/index.ts";
import { type Globals, openMail } from "./run.ts";

/** Resolves to the exit status when the person has quit. */
export async function openScreen(globals: Globals): Promise<number> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UsageError(
      "the screen needs a terminal",
      'in a script, give a command: "postern --help" lists them',
    );
  }
  const config = loadConfig(globals.config);
  const mail = openMail(globals, true);
  const { runScreen } = await import("../tui/index.ts");
  return runScreen({ mail, settings: config.screen, keys: config.keys, folder: globals.folder ?? "INBOX" });
}

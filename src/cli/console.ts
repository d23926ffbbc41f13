/** `postern console`: commands of the protocol typed by hand, on a plain terminal. */
import { createInterface } from "node:readline/promises";
import { chooseAccount, loadConfig } from "../account/config.ts";
import { consoleWords, folderCommands } from "../commands/console-words.ts";
import { UsageError } from "../commands/index.ts";
import { safeText } from "../message/safe.ts";
import { describeFailure, printFailure } from "./failure.ts";
import type { Globals } from "./globals.ts";
import { openOnce } from "./run.ts";
import { someoneThere } from "./terminal.ts";

/** Answers are laid out for no more columns than this. */
const widest = 120;

export async function openConsole(globals: Globals): Promise<number> {
  if (!someoneThere())
    throw new UsageError("the console needs a terminal", 'in a script, say postern raw "NOOP"');
  if (globals.readOnly) throw new UsageError("the console may change mail", "leave out --read-only");
  const account = chooseAccount(loadConfig(globals.config), globals.account);
  const mail = openOnce(account, globals);
  try {
    const folder = await mail.findFolder(globals.folder ?? "INBOX");
    await mail.server.reach();
    const console = mail.server.console(folder);
    const names = () => mail.folders().filter(({ selectable }) => selectable);
    const lines = createInterface({
      input: process.stdin,
      output: process.stdout,
      historySize: 200,
      completer: (line: string): [string[], string] => [
        folderCommands.test(line.replace(/\s+\S*$/, ""))
          ? names().map(({ path }) => `${line.replace(/\S*$/, "")}"${safeText(path)}"`)
          : consoleWords.map(({ text }) => text).filter((text) => text.startsWith(line.toUpperCase())),
        line,
      ],
    });
    const over = new Promise<null>((resolve) => lines.once("close", () => resolve(null)));
    for (;;) {
      const line = await Promise.race([lines.question(`${safeText(console.folder.leaf)}> `), over]);
      if (line === null || /^\s*(?:quit|exit|logout)\s*$/i.test(line)) break;
      if (line.trim() === "") continue;
      const began = performance.now();
      const width = Math.min(widest, Math.max(40, (process.stdout.columns ?? 80) - 2));
      try {
        await console.run(line, width, ({ lines: said, ended }) => {
          const took = ended === null ? "" : `   ${(performance.now() - began).toFixed(0)} ms`;
          const text = said.map((one) => safeText(one)).join("\n");
          process.stdout.write(`${text}${took}\n`);
        });
      } catch (error) {
        printFailure(describeFailure(error), false, process.stderr);
      }
    }
    lines.close();
    return 0;
  } finally {
    await mail.close();
  }
}

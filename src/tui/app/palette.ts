/**
 * The palette: all commands with their keys and what they do, those of the place first, narrowed by what is typed; the
 * chosen one is done.
 */
import { findCommand } from "../../commands/index.ts";
import { findAction } from "./actions.ts";
import type { App } from "./app.ts";
import { completeName } from "./completion.ts";

/** Asks for a command, and does it; one that needs more words is put onto the `:` line, to be gone on with. */
export function openPalette(app: App, count: number | null): void {
  app.dialog.line({
    prefix: "command: ",
    text: "",
    picks: true,
    complete: (typed) => completeName(typed, app),
    accept(name) {
      const wanted = whatFollows(name);
      if (wanted === null) app.execute(name, count);
      else app.promptCommand(`${name} ${wanted}`, count);
    },
  });
}

/** How what must follow a command's name begins; null where nothing must. */
function whatFollows(name: string): string | null {
  const action = findAction(name);
  if (action) return action.asks ? "" : null;
  const command = findCommand(name);
  if (!command) return null;
  if (Object.values(command.args).some(({ required }) => required)) return "";
  const [option] = Object.entries(command.options).find(([, { required }]) => required) ?? [];
  return option === undefined ? null : `--${option} `;
}

/** `postern completion`, and the names that its scripts ask for while somebody types: from what is here, at once. */
import { chooseAccount, loadConfig } from "../../account/config.ts";
import { safeText } from "../../message/safe.ts";
import type { Globals } from "../globals.ts";
import { shells, wrongWord } from "../own.ts";
import { openLocal } from "../run.ts";
import { bash } from "./bash.ts";
import { fish } from "./fish.ts";
import { zsh } from "./zsh.ts";

const scripts: Readonly<Record<(typeof shells)[number], () => string>> = { bash, zsh, fish };

/** Throws UsageError for a shell that is not known. */
export function printCompletion(shell: string): void {
  const known = shells.find((name) => name === shell);
  if (known === undefined) throw wrongWord("completion", shell, shells);
  process.stdout.write(scripts[known]());
}

/** Prints names, one a line: of folders, as the local copy knows them, or of accounts. Nothing goes over the network. */
export async function printNames(globals: Globals, what: string): Promise<void> {
  const config = loadConfig(globals.config);
  const print = (names: readonly string[]) =>
    process.stdout.write(names.map((name) => `${safeText(name)}\n`).join(""));
  if (what === "accounts") {
    print(config.accounts.map(({ name }) => name));
    return;
  }
  const account = chooseAccount(config, globals.account);
  const mail = openLocal(account, globals);
  print(
    mail
      .folders()
      .filter(({ selectable }) => selectable)
      .map(({ name }) => name),
  );
  await mail.close();
}

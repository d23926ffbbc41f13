/** `postern completion`, and the names that its scripts ask for while somebody types: from what is here, at once. */
import { chooseAccount, loadConfig, writingOf } from "../../account/config.ts";
import { templateNames } from "../../account/writing.ts";
import type { Mail } from "../../mail/index.ts";
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

/** Milliseconds that a shell waits for addresses from mail that was not looked through yet, and from a command. */
const patience = { mail: 250, command: 1_000 };
const mostAddresses = 50;

/** Recipients that what is typed may become, without names, a tab and what there is to say after each. */
async function addresses(mail: Mail, typed: string): Promise<string[]> {
  const [{ Contacts }, { candidates, lastRecipient }] = await Promise.all([
    import("../../send/contacts/contacts.ts"),
    import("../../send/contacts/typed.ts"),
  ]);
  const contacts = new Contacts([mail]);
  const { head, typed: word } = lastRecipient(typed);
  const [asked] = await Promise.all([
    contacts.ask(word, AbortSignal.timeout(patience.command)),
    contacts.load(patience.mail),
  ]);
  const found = candidates(contacts, contacts.find(word, mostAddresses, asked));
  // Shells go on from what is typed: found by a name, an address takes its place where it is the only one.
  const begun = found.filter(({ bare }) => bare.toLowerCase().startsWith(word.toLowerCase()));
  const offered = begun.length > 0 ? begun : found.length === 1 ? found : [];
  return offered.map(({ text, bare, help }) => `${safeText(head + bare)}\t${safeText(`${text}: ${help}`)}\n`);
}

/**
 * Prints names, one a line: of folders, as the local copy knows them, of accounts, of templates, or the addresses that
 * what is typed may become. Nothing goes over the network.
 */
export async function printNames(globals: Globals, what: string, typed: string): Promise<void> {
  const config = loadConfig(globals.config);
  const print = (names: readonly string[]) =>
    process.stdout.write(names.map((name) => `${safeText(name)}\n`).join(""));
  if (what === "accounts") {
    print(config.accounts.map(({ name }) => name));
    return;
  }
  const account = chooseAccount(config, globals.account);
  if (what === "templates") {
    print(templateNames(writingOf(account).templates));
    return;
  }
  const mail = openLocal(account, globals);
  if (what === "addresses") process.stdout.write((await addresses(mail, typed)).join(""));
  else
    print(
      mail
        .folders()
        .filter(({ selectable }) => selectable)
        .map(({ name }) => name),
    );
  await mail.close();
}

/** `postern account …`: what can be done with accounts rather than with their mail. */
import { chooseAccount, configPath, loadConfig, parseConfig } from "../../account/config.ts";
import { configText } from "../../account/config-text.ts";
import { type RawValues, UsageError } from "../../commands/index.ts";
import { safeText } from "../../message/safe.ts";
import { readGlobals } from "../globals.ts";
import { ownJson } from "../json.ts";
import { tableText } from "../text.ts";
import { addAccount, type Place } from "./add.ts";
import { logIn } from "./login.ts";
import { accountJson, accountRows, logOut, removeAccount } from "./manage.ts";
import { type AccountOption, accountOptions, type Given, type VerbName, verbs } from "./options.ts";
import { Talk } from "./talk.ts";

const isVerb = (word: string): word is VerbName => Object.hasOwn(verbs, word);

/** The options of `verb` among what yargs found. Throws UsageError where one is of another verb. */
function readGiven(verb: VerbName, values: RawValues): Given {
  const given = Object.entries<AccountOption>(accountOptions).flatMap(([name, { type, verbs: of }]) => {
    const found: unknown = values[name];
    const value: unknown = Array.isArray(found) ? found.at(-1) : found;
    if (value === undefined || value === false) return [];
    if (!of.includes(verb))
      throw new UsageError(`account ${verb}: there is no option --${name}`, 'see "postern account --help"');
    if (type === "text" && (typeof value !== "string" || value === ""))
      throw new UsageError(`account ${verb}: --${name} needs a value`, 'see "postern account --help"');
    return [[name, value] as const];
  });
  // Each value was checked against the type that its option has.
  return Object.fromEntries(given) as Given;
}

/** Where accounts are written. */
export function placeOf(config: string | undefined): Place {
  const path = configPath(config);
  const text = configText(path);
  return { path, config: text === "" ? null : parseConfig(text, path) };
}

export async function account(values: RawValues): Promise<number> {
  const globals = readGlobals(values);
  const verb = String(values.verb);
  if (!isVerb(verb))
    throw new UsageError(
      `account: there is no "${verb}"`,
      `say account ${Object.keys(verbs).join(", account ")}`,
    );
  const word = typeof values.word === "string" && values.word !== "" ? values.word : undefined;
  if (word !== undefined && verbs[verb].word === null)
    throw new UsageError(`account ${verb}: "${word}" is one word too many`, 'see "postern account --help"');
  const given = readGiven(verb, values);
  const talk = new Talk();
  const told = (text: string, more: object = {}) => {
    process.stdout.write(globals.json ? ownJson({ ...more, text }) : `${safeText(text)}\n`);
    return 0;
  };
  const shown = (json: object, rows: readonly (readonly string[])[]) => {
    process.stdout.write(globals.json ? ownJson(json) : tableText(rows));
    return 0;
  };
  if (verb === "add") {
    const added = await addAccount(talk, placeOf(globals.config), word, given);
    return told(`added account "${added.account.name}" to ${added.path}`, { account: added.account.name });
  }
  const config = loadConfig(globals.config);
  if (verb === "list") {
    const items = config.accounts.map(accountJson);
    return shown(
      { items },
      items.map(({ name, address, imap, secret }) => [name, address, imap, secret]),
    );
  }
  const chosen = chooseAccount(config, word ?? globals.account);
  switch (verb) {
    case "show":
      return shown({ account: chosen.name, item: accountJson(chosen) }, accountRows(chosen));
    case "login":
      return told(await logIn(talk, chosen, given), { account: chosen.name });
    case "logout":
      return told(await logOut(chosen), { account: chosen.name });
    case "remove": {
      if (word === undefined)
        throw new UsageError("account remove: needs NAME", "say which: it is never guessed");
      const text = await removeAccount(talk, config, chosen, given);
      return told(text ?? "nothing was changed", { account: chosen.name });
    }
  }
}

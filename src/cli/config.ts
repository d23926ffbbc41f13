/** `postern config`: the config file, tested and told. */
import { type Config, configPath, loadConfig } from "../account/config.ts";
import { accountJson } from "./account/manage.ts";
import type { Globals } from "./globals.ts";
import { ownJson } from "./json.ts";
import { configVerbs, wrongWord } from "./own.ts";
import { tableText } from "./text.ts";

/** Without secrets: commands that print one are not shown either, as a careless one has it in its words. */
function dumped({ path, accounts, screen, keys }: Config) {
  const contacts = accounts[0]?.contacts;
  return {
    ...{ path, accounts: accounts.map(accountJson), screen: { ...screen }, keys },
    contacts: contacts ? { vcard: contacts.vcards, aliases: contacts.aliases } : null,
  };
}

/** Rows for people: where a setting is, and what it is. */
function rows(value: unknown, at: string): (readonly [string, string])[] {
  if (value === null || value === undefined) return [];
  if (typeof value !== "object") return [[at, String(value)]];
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const label = Array.isArray(value) ? String((inner as { name?: unknown }).name ?? name) : name;
    return rows(inner, at === "" ? label : `${at}.${label}`);
  });
}

export async function config({ config: path, json }: Globals, verb: string): Promise<number> {
  const told = (member: object, text: string) => {
    process.stdout.write(json ? ownJson(member) : text);
    return 0;
  };
  switch (verb) {
    case "path":
      return told({ path: configPath(path) }, `${configPath(path)}\n`);
    case "test": {
      const { path: file, accounts } = loadConfig(path);
      const names = accounts.map(({ name }) => name);
      const text = `${file} is right; accounts: ${names.length === 0 ? "none yet" : names.join(", ")}`;
      return told({ path: file, accounts: names, text }, `${text}\n`);
    }
    case "dump": {
      const all = dumped(loadConfig(path));
      return told(all, tableText(rows(all, "")));
    }
    default:
      throw wrongWord("config", verb, Object.keys(configVerbs));
  }
}

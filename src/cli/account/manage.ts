/** `postern account list`, `show`, `logout` and `remove`. */
import type { Account, Config } from "../../account/config.ts";
import { configText, serverUrl, withoutAccount, writeConfig } from "../../account/config-text.ts";
import { AccountError } from "../../account/errors.ts";
import { systemKeyring } from "../../account/keyring.ts";
import { cacheDir, stateDir } from "../../account/paths.ts";
import { schemes, smtpSchemes } from "../../account/settings.ts";
import { vaultOf } from "../../account/vault.ts";
import type { Given } from "./options.ts";
import type { Talk } from "./talk.ts";

/** By what it logs in, and where that is. */
function secretOf({ oauth, passwordCommand, storeCommand, keyring }: Account): string {
  if (oauth && "tokenCommand" in oauth) return "token-command";
  if (passwordCommand !== null || storeCommand !== undefined) return "password-command";
  if (keyring === true) return "keyring";
  return oauth ? "keyring" : keyring === false ? "environment, prompt" : "keyring, environment, prompt";
}

/** An account as a script sees it; no secrets. */
export function accountJson(account: Account) {
  const { name, address, imap, smtp, oauth, caFile, pin } = account;
  return {
    name,
    address,
    imap: serverUrl(imap, address, schemes),
    smtp: smtp ? serverUrl(smtp, address, smtpSchemes) : null,
    user: imap.user,
    login: oauth ? "oauth2" : "password",
    secret: secretOf(account),
    caFile,
    pin,
  };
}

/** Rows of an account: what, and how it is. */
export function accountRows(account: Account): (readonly [string, string])[] {
  const { caFile, pin, smtp, login, ...rest } = accountJson(account);
  return [
    ["name", rest.name],
    ["address", rest.address],
    ["imap", rest.imap],
    ...(smtp === null ? [] : [["smtp", smtp] as const]),
    ["user", rest.user],
    ["logs in by", `${login === "oauth2" ? "OAuth 2.0, token" : "password"} from: ${rest.secret}`],
    ...(caFile === null ? [] : [["ca-file", caFile] as const]),
    ...(pin === null ? [] : [["pin", pin] as const]),
    ["local copy", cacheDir(rest.name)],
    ["journal", stateDir(rest.name)],
  ];
}

export async function logOut(account: Account): Promise<string> {
  const vault = vaultOf(account, false, systemKeyring());
  if (vault === null) return `nothing is kept for account "${account.name}"`;
  return (await vault.remove())
    ? `forgot what ${vault.name} had for account "${account.name}"`
    : `${vault.name} had nothing for account "${account.name}"`;
}

/** Null where the person does not want it after all. */
export async function removeAccount(
  talk: Talk,
  config: Config,
  account: Account,
  given: Given,
): Promise<string | null> {
  const { name } = account;
  const text = withoutAccount(configText(config.path), name, config.path);
  const sure =
    given.yes === true || (await talk.confirm(`Take account "${name}" out of ${config.path}?`, true));
  if (!sure) return null;
  writeConfig(config.path, text);
  const forgotten =
    account.passwordCommand === null && (await forget(account)) ? ", and forgot its password" : "";
  return `took account "${name}" out of ${config.path}${forgotten}; what is stored of its mail stays in ${cacheDir(name)} and ${stateDir(name)}`;
}

/** Whether there was something that is now forgotten. */
async function forget(account: Account): Promise<boolean> {
  try {
    return (await vaultOf(account, false, systemKeyring())?.remove()) ?? false;
  } catch (error) {
    // Without a keyring there is nothing to forget.
    if (error instanceof AccountError) return false;
    throw error;
  }
}

/** `postern account add`, and `postern` where there is no account: an address is enough; scripts say the rest by options. */

import { resolve } from "node:path";
import { tryLogin } from "../../account/check.ts";
import { type Account, type Config, parseConfig } from "../../account/config.ts";
import {
  type AccountDraft,
  configText,
  draftText,
  withAccount,
  writeConfig,
} from "../../account/config-text.ts";
import { Credentials } from "../../account/credentials.ts";
import { parseAddress, type SearchOptions } from "../../account/discovery/index.ts";
import { AccountError } from "../../account/errors.ts";
import { keyringMissing, systemKeyring } from "../../account/keyring.ts";
import { recordText } from "../../account/oauth/token.ts";
import { type Vault, vaultOf } from "../../account/vault.ts";
import { UsageError } from "../../commands/index.ts";
import { AccessToken, ImapError, lookUp, Secret } from "../../imap/index.ts";
import { judged } from "./certificate.ts";
import { allowAccess, openVault, readSecret } from "./login.ts";
import { withLogin } from "./oauth-client.ts";
import type { Given } from "./options.ts";
import { chooseServers, serverOf } from "./servers.ts";
import type { Talk } from "./talk.ts";

export interface Added {
  readonly account: Account;
  readonly path: string;
  /** What it logs in with, where it was typed just now. */
  readonly secret: Secret | null;
}

/** Where the account goes, and what is there already. */
export interface Place {
  readonly path: string;
  readonly config: Config | null;
}

/** How often a person may mistype. */
const mostTries = 3;

/** A name after the domain's own word: `example` of `me@mail.example.org`; another where that is taken. */
function nameOf(domain: string, taken: readonly string[]): string {
  const labels = domain.split(".");
  const short = labels.length > 2 && (labels.at(-2) ?? "").length <= 3;
  const word = (labels.at(short ? -3 : -2) ?? labels[0] ?? "").replace(/[^A-Za-z0-9_-]/g, "") || "mail";
  for (let number = 1; ; number++) {
    const name = number === 1 ? word : `${word}-${number}`;
    if (!taken.includes(name)) return name;
  }
}

/** The account that a draft makes: read as the config is read. */
function accountOf(draft: AccountDraft, path: string): Account {
  const [account] = parseConfig(draftText(draft), path).accounts;
  if (!account) throw new Error("a draft without an account");
  return account;
}

export async function addAccount(
  talk: Talk,
  place: Place,
  word: string | undefined,
  given: Given,
  search: SearchOptions = {},
): Promise<Added> {
  talk.title("Postern", "A mail account is set up in a minute: your address is enough.");
  const text = configText(place.path);
  const typed = word ?? (await talk.ask("Mail address", "an ADDRESS"));
  const { address, domain } = parseAddress(typed);
  const taken = place.config?.accounts.map(({ name }) => name) ?? [];
  if (given.name !== undefined && taken.includes(given.name))
    throw new UsageError(`there is an account "${given.name}" already`, "give another --name");
  const servers = await chooseServers(talk, address, given, search);
  const { provider } = servers.found ?? {};
  if (provider?.note !== undefined) talk.mark("note", provider.note);
  const [user = address] = servers.users;
  const drafted = await withLogin(talk, servers, given, {
    name: given.name ?? nameOf(domain, taken),
    address,
    imap: { ...servers.imap, user },
    ...(servers.smtp ? { smtp: { ...servers.smtp, user } } : {}),
    ...(given["password-command"] === undefined ? {} : { passwordCommand: given["password-command"] }),
    ...(given["store-command"] === undefined ? {} : { storeCommand: given["store-command"] }),
    ...(given["ca-file"] === undefined ? {} : { caFile: resolve(given["ca-file"]) }),
    ...(given.pin === undefined ? {} : { pin: given.pin }),
    comments: {
      imap: servers.found ? `from ${servers.found.told}` : "as you named it",
      smtp: "not tried yet",
      keyring: "the password or token is in the system keyring",
      pin: "the one certificate that is accepted",
    },
  });
  // What cannot be written is found out before the person goes to any trouble.
  withAccount(text, drafted, place.path);
  const { draft, secret } = await reached(talk, drafted, async (current) => {
    const { host } = current.imap;
    // Nobody types a password for a name that leads nowhere.
    if (given.unchecked !== true) await talk.during(`Looking for ${host} …`, lookUp(host));
    if (current.oauth2) return allowed(talk, current, place.path, given);
    const users = current === drafted ? servers.users : [current.imap.user];
    return byPassword(talk, current, place.path, given, users);
  });
  const checked = given.unchecked === true ? draft : await withSubmission(talk, draft, place.path, secret);
  writeConfig(place.path, withAccount(text, checked, place.path));
  talk.mark("good", `wrote ${place.path}: account "${draft.name}"`);
  return { account: accountOf(draft, place.path), path: place.path, secret };
}

/** What another name or port may put right. */
const elsewhere = ["REFUSED", "UNRESOLVED", "TIMEOUT", "CLOSED", "TLS", "SYNTAX", "BYE", "INSECURE"];

/** Does `work`; where the server is not there, the person may name another. */
async function reached(
  talk: Talk,
  draft: AccountDraft,
  work: (draft: AccountDraft) => Promise<Ready>,
): Promise<Ready> {
  for (let current = draft; ; ) {
    try {
      return await work(current);
    } catch (error) {
      if (!(talk.interactive && error instanceof ImapError && elsewhere.includes(error.code))) throw error;
      talk.mark("bad", error.message);
      talk.say(`  ${error.hint}`);
      const text = await talk.ask("Another IMAP server (Enter: give up)", "--imap");
      if (text === "") throw error;
      current = {
        ...current,
        imap: serverOf(text, "imap", current.address),
        comments: { ...current.comments, imap: "as you named it" },
      };
    }
  }
}

/** Logs in at the server for sending; if that does not go, it is told, and reading goes on all the same. */
async function withSubmission(
  talk: Talk,
  draft: AccountDraft,
  path: string,
  typed: Secret | null,
): Promise<AccountDraft> {
  const { smtp } = draft;
  if (!smtp) return draft;
  const said = (comment: string) => ({ ...draft, comments: { ...draft.comments, smtp: comment } });
  const account = accountOf(draft, path);
  const { SubmissionError, trySubmission } = await import("../../send/submission/index.ts");
  try {
    const credentials = new Credentials(account, {
      interactive: talk.interactive,
      ...(typed === null ? {} : { typed }),
    });
    await talk.during(
      `Logging in at ${smtp.host} …`,
      trySubmission(account, (refused) => credentials.get(refused)),
    );
    talk.mark("good", `${smtp.host} takes mail to be sent`);
    return said("tried when this was written");
  } catch (error) {
    if (!(error instanceof SubmissionError)) throw error;
    talk.mark("bad", `sending: ${error.message}`);
    if (error.reply) talk.say(`  the server says: ${error.reply.text}`);
    talk.say(`  ${error.hint} "smtp" in the config can be set later.`);
    return said("it could not be used when this was written");
  }
}

interface Ready {
  readonly draft: AccountDraft;
  readonly secret: Secret | null;
}

async function allowed(talk: Talk, draft: AccountDraft, path: string, given: Given): Promise<Ready> {
  const account = accountOf(draft, path);
  const { oauth } = account;
  if (!oauth || "tokenCommand" in oauth) throw new Error("a draft without a client");
  const vault = await openVault(account, talk);
  const record = await allowAccess(talk, oauth, draft.address, given);
  const token = new AccessToken(record.access ?? "");
  const proved =
    given.unchecked === true ? draft : (await login(talk, draft, path, token, [draft.imap.user])).draft;
  await vault.write(recordText(record));
  talk.mark("good", `access is allowed, and its tokens are kept by ${vault.name}`);
  return { draft: proved, secret: null };
}

async function byPassword(
  talk: Talk,
  draft: AccountDraft,
  path: string,
  given: Given,
  users: readonly string[],
): Promise<Ready> {
  const account = accountOf(draft, path);
  const own = draft.passwordCommand !== undefined;
  const question = `Password of ${account.imap.user} (not shown)`;
  const fixed = own
    ? await new Credentials(account, { interactive: talk.interactive }).get()
    : given.stdin === true
      ? await readSecret()
      : process.env.POSTERN_PASSWORD
        ? new Secret(process.env.POSTERN_PASSWORD)
        : null;
  if (fixed === null && given.unchecked === true) return { draft, secret: null };
  let current = draft;
  for (let tries = 1; ; tries++) {
    const secret =
      fixed ??
      new Secret(
        await talk.secret(question, "--password-command, --stdin or POSTERN_PASSWORD; or --unchecked"),
      );
    if (given.unchecked !== true) {
      const again = fixed === null && tries < mostTries;
      const tried = await login(talk, current, path, secret, users, again);
      current = tried.draft;
      if (!tried.proved) continue;
    }
    if (own) return { draft: current, secret: null };
    return { draft: await kept(talk, current, path, secret, given), secret };
  }
}

/** The draft as it went: with the user that was taken, and the pin that the person may have set. */
interface Tried {
  readonly draft: AccountDraft;
  /** False where the password was refused, and the person may try again. */
  readonly proved: boolean;
}

/** Logs in, as one of `users`. Throws ImapError where it cannot be done, or was refused and is not to be tried `again`. */
async function login(
  talk: Talk,
  draft: AccountDraft,
  path: string,
  secret: Secret,
  users: readonly string[],
  again = false,
): Promise<Tried> {
  let current = draft;
  for (let i = 0; ; ) {
    const user = users[i] ?? draft.imap.user;
    current = {
      ...current,
      imap: { ...current.imap, user },
      ...(current.smtp ? { smtp: { ...current.smtp, user } } : {}),
    };
    try {
      await talk.during(`Logging in at ${current.imap.host} …`, tryLogin(accountOf(current, path), secret));
      talk.mark("good", `logged in as ${user}`);
      return { draft: current, proved: true };
    } catch (error) {
      if (!(error instanceof ImapError)) throw error;
      if (error.code === "AUTH" && ++i < users.length) continue;
      if (error.code === "CERTIFICATE" && current.pin === undefined) {
        current = { ...current, pin: await judged(talk, current, error) };
        continue;
      }
      if (error.code !== "AUTH" || !again) throw error;
      talk.mark("bad", error.message);
      if (error.serverText !== undefined) talk.say(`  the server says: ${error.serverText}`);
      talk.say(`  ${error.hint}`);
      return { draft: current, proved: false };
    }
  }
}

/** Keeps the password where the person wants it and that can be; returns the draft that says so. */
async function kept(
  talk: Talk,
  draft: AccountDraft,
  path: string,
  secret: Secret,
  given: Given,
): Promise<AccountDraft> {
  if (draft.storeCommand !== undefined) {
    await vaultFor(draft, path, talk)?.write(secret.reveal());
    return draft;
  }
  const missing = keyringMissing();
  const asked = given.keyring === true;
  if (!asked && (!talk.interactive || missing !== null)) {
    if (missing !== null)
      talk.mark("note", `the keyring cannot keep it (${missing}): you are asked at every start`);
    talk.say('  "password-command" in the config spares you that: man postern-config');
    return draft;
  }
  if (!asked && !(await talk.confirm("Keep the password in the system keyring?", true))) return draft;
  const keeping = { ...draft, keyring: true };
  try {
    await vaultFor(keeping, path, talk)?.write(secret.reveal());
    talk.mark("good", "the keyring keeps the password");
    return keeping;
  } catch (error) {
    if (asked || !(error instanceof AccountError)) throw error;
    talk.mark("bad", `${error.message}: you are asked at every start`);
    return draft;
  }
}

function vaultFor(draft: AccountDraft, path: string, talk: Talk): Vault | null {
  return vaultOf(accountOf(draft, path), talk.interactive, systemKeyring());
}

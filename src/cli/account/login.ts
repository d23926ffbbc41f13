/** `postern account login`: an account's password or tokens are got, tried, and kept. */
import { tryLogin } from "../../account/check.ts";
import type { Account } from "../../account/config.ts";
import { AccountError } from "../../account/errors.ts";
import { systemKeyring } from "../../account/keyring.ts";
import { allowByBrowser } from "../../account/oauth/code.ts";
import { allowByDevice } from "../../account/oauth/device.ts";
import type { OAuthClient } from "../../account/oauth/settings.ts";
import { recordText, type TokenRecord } from "../../account/oauth/token.ts";
import { type Vault, vaultOf } from "../../account/vault.ts";
import { UsageError } from "../../commands/index.ts";
import { browserFor, startDetached } from "../../commands/programs.ts";
import { AccessToken, Secret } from "../../imap/index.ts";
import type { Given } from "./options.ts";
import type { Talk } from "./talk.ts";

/** A person who is asked by a provider may look for a telephone first, but not for ever. */
const patienceMs = 600_000;

/** Where the account's secret can be kept. Throws AccountError CONFIG, KEYRING where there is no such place. */
export async function openVault(account: Account, talk: Talk): Promise<Vault> {
  const vault = vaultOf(account, talk.interactive, systemKeyring());
  if (vault === null) {
    throw new AccountError(
      "CONFIG",
      `account "${account.name}" does not use the keyring, and has no store-command`,
      "set keyring = true, or password-command and store-command",
    );
  }
  await vault.ready();
  return vault;
}

/** The first line of standard input. */
export async function readSecret(): Promise<Secret> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  const [line = ""] = text.split(/\r?\n/, 1);
  if (line === "") throw new UsageError("standard input is empty", "pipe the password into it");
  return new Secret(line);
}

/** Lets the person allow access, in the way that was asked for or that fits. */
export async function allowAccess(
  talk: Talk,
  client: OAuthClient,
  address: string,
  given: Given,
): Promise<TokenRecord> {
  const signal = AbortSignal.timeout(patienceMs);
  if (given.device === true || (client.authorizationUrl === null && client.deviceUrl !== null)) {
    return allowByDevice(client, {
      signal,
      show: ({ url, code, complete }) => {
        talk.tell(`Open ${url} on any device, and type the code ${code}`);
        if (complete !== null) talk.say(`(or open ${complete})`);
      },
    });
  }
  if (!talk.interactive && given.browser !== true) {
    throw new UsageError(
      "access is allowed in a browser, and nobody is here to open it",
      client.deviceUrl === null ? "give --browser" : "give --browser, or --device",
    );
  }
  return allowByBrowser(client, {
    address,
    signal,
    open(url) {
      const browser = browserFor(url);
      // A browser that wants the terminal would take it from us.
      const opened = browser !== null && !browser.terminal;
      if (opened) startDetached(browser.command);
      talk.tell(opened ? "Allow access in the browser. If none has opened, go to:" : "Allow access here:");
      process.stderr.write(`\n${url}\n\n`);
      talk.say(
        "Is that browser on another machine? It then ends at an address it cannot open: paste that here.",
      );
    },
    pasted: (over) =>
      talk.interactive ? talk.ask("Waiting for the browser", "--browser", over) : new Promise(() => {}),
  });
}

/** Gets what the account logs in with, tries it and keeps it. Returns what was done, in a sentence. */
export async function logIn(talk: Talk, account: Account, given: Given): Promise<string> {
  const { oauth, name } = account;
  if (oauth && "tokenCommand" in oauth) {
    throw new UsageError(
      `the tokens of account "${name}" come from its token-command`,
      "there is nothing to be kept: allow access with the program behind it",
    );
  }
  const vault = await openVault(account, talk);
  if (oauth) {
    const record = await allowAccess(talk, oauth, account.address, given);
    if (given.unchecked !== true)
      await talk.during("Logging in …", tryLogin(account, new AccessToken(record.access ?? "")));
    await vault.write(recordText(record));
    return `access is allowed, and its tokens are kept by ${vault.name}`;
  }
  const secret =
    given.stdin === true
      ? await readSecret()
      : new Secret(await talk.secret(`Password of ${account.imap.user} (not shown)`, "--stdin"));
  if (given.unchecked !== true) await talk.during("Logging in …", tryLogin(account, secret));
  await vault.write(secret.reveal());
  return `the password is kept by ${vault.name}`;
}

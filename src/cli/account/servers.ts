/** The step of setting up an account in which its servers are found. */
import type { Account, ServerAddress } from "../../account/config.ts";
import { parseServer } from "../../account/config.ts";
import { type Found, findServers, type SearchOptions } from "../../account/discovery/index.ts";
import { AccountError } from "../../account/errors.ts";
import { schemes, smtpSchemes } from "../../account/settings.ts";
import { UsageError } from "../../commands/index.ts";
import type { Given } from "./options.ts";
import type { Talk } from "./talk.ts";

/** What is known before anybody has logged in. */
export interface Servers {
  readonly imap: Omit<ServerAddress, "user">;
  readonly smtp: Omit<ServerAddress, "user"> | null;
  /** User names to try, the likeliest first. */
  readonly users: readonly string[];
  /** Null where the person named the servers. */
  readonly found: Found | null;
}

const securities: Readonly<Record<Account["imap"]["security"], string>> = {
  tls: "TLS",
  starttls: "STARTTLS",
  none: "no encryption",
};

export function inWords({ host, port, security }: Omit<ServerAddress, "user">): string {
  return `${host}:${port} (${securities[security]})`;
}

/** A URL as in the config, or a host name alone. */
export function serverOf(text: string, kind: "imap" | "smtp", address: string): ServerAddress {
  const kinds = kind === "imap" ? schemes : smtpSchemes;
  const [first = ""] = Object.keys(kinds);
  return parseServer(text.includes("://") ? text : `${first}//${text}`, kind, address, kinds);
}

/** The servers of an address: as given, else as found, else as the person says. */
export async function chooseServers(
  talk: Talk,
  address: string,
  given: Given,
  search: SearchOptions,
): Promise<Servers> {
  const smtp = given.smtp === undefined ? null : serverOf(given.smtp, "smtp", address);
  if (given.imap !== undefined) {
    const imap = serverOf(given.imap, "imap", address);
    return { imap, smtp, users: [given.user ?? imap.user], found: null };
  }
  const domain = address.slice(address.lastIndexOf("@") + 1);
  const found = await talk.during(`Looking for the servers of ${domain} …`, findServers(address, search));
  if (found && (await accepted(talk, found, domain, given))) {
    return {
      imap: found.imap,
      smtp: smtp ?? found.smtp,
      users: given.user === undefined ? found.users : [given.user],
      found,
    };
  }
  if (!talk.interactive) {
    throw new AccountError(
      "NO_SERVER",
      found
        ? `DNS says that the mail of ${domain} is at ${found.imap.host}, which is not below ${domain}`
        : `no mail server of ${domain} was found`,
      found ? "give --yes if that is right, or --imap" : "give --imap imaps://HOST",
    );
  }
  if (!found) talk.mark("bad", `Nothing tells where the mail of ${domain} is.`);
  const text = await talk.ask("IMAP server (as your provider calls it)", "--imap");
  if (text === "") throw new UsageError("there is no account without a server", "ask your provider for it");
  const imap = serverOf(text, "imap", address);
  return { imap, smtp, users: given.user === undefined ? [imap.user] : [given.user], found: null };
}

/** Shows what was found; what only DNS tells, and lies elsewhere, is for the person to judge (RFC 6186 §6). */
async function accepted(talk: Talk, found: Found, domain: string, given: Given): Promise<boolean> {
  const { imap, smtp, told, confirm, provider } = found;
  const mark = confirm ? "note" : "good";
  talk.mark(mark, `${inWords(imap)}${smtp ? `, to send ${inWords(smtp)}` : ""}`);
  talk.mark("note", `told by ${told}`);
  if (confirm && given.yes !== true) {
    if (!talk.interactive) return false;
    talk.say(`${imap.host} is not below ${domain}, and DNS can be forged.`);
    if (!(await talk.confirm(`Is ${provider?.name ?? imap.host} where your mail is?`, false))) return false;
  }
  return true;
}

/**
 * Where an address's mail is: the table of providers knows it at once; else DNS, the domain's own web server, Mozilla's
 * list and who takes in the domain's mail are asked side by side, and the first good answer is taken; else it is guessed.
 */
import type { MxRecord, SrvRecord } from "node:dns";
import { setTimeout as sleep } from "node:timers/promises";
import { domainToASCII } from "node:url";
import { AccountError } from "../errors.ts";
import { type Found, isHostName, isWithin, type MailAddress, ofProvider, type Server } from "./found.ts";
import { type Network, systemNetwork } from "./network.ts";
import { providerOfDomain, providerOfExchange, providerOfServer } from "./providers.ts";

export type { Found, Server, Source } from "./found.ts";

export interface SearchOptions {
  readonly network?: Network;
  /** ms for all that is asked side by side, and again for guesses. */
  readonly limitMs?: number;
  readonly signal?: AbortSignal;
}

const limit = 5_000;
const graceMs = 500;
const mozilla = "https://autoconfig.thunderbird.net/v1.1/";

/** Throws AccountError "NO_SERVER" where it is no address. */
export function parseAddress(text: string): MailAddress {
  const address = text.trim();
  const at = address.lastIndexOf("@");
  const local = address.slice(0, at);
  const domain = domainToASCII(address.slice(at + 1)).toLowerCase();
  const plausible = at > 0 && !/[\s<>",;]/.test(local) && (isHostName(domain) || domain === "localhost");
  if (!plausible)
    throw new AccountError("NO_SERVER", `"${address}" is no mail address`, "write it as me@example.org");
  return { address, local, domain };
}

type Ask = (who: MailAddress, network: Network, signal: AbortSignal) => Promise<Found | null>;

/** RFC 6186, RFC 8314 §5.1: TLS from the start before STARTTLS; a target of "." says that there is none. */
const bySrv: Ask = async (who, { resolver }) => {
  const first = async (service: string): Promise<SrvRecord | null> => {
    const records = await resolver.resolveSrv(`_${service}._tcp.${who.domain}`).catch(() => []);
    records.sort((a, b) => a.priority - b.priority || b.weight - a.weight);
    return records.find(({ name, port }) => isHostName(name) && port > 0) ?? null;
  };
  const [imaps, imap, submissions, submission] = await Promise.all(
    ["imaps", "imap", "submissions", "submission"].map(first),
  );
  const server = (tls: SrvRecord | null | undefined, starttls: SrvRecord | null | undefined) => {
    const record = tls ?? starttls;
    if (!record) return null;
    const security = record === tls ? ("tls" as const) : ("starttls" as const);
    return { security, host: record.name.toLowerCase(), port: record.port };
  };
  const found = server(imaps, imap);
  if (!found) return null;
  const smtp = server(submissions, submission);
  const outside = [found, ...(smtp ? [smtp] : [])].some(({ host }) => !isWithin(host, who.domain));
  return {
    source: "srv",
    told: `the SRV records of ${who.domain}`,
    imap: found,
    smtp,
    // RFC 6186 §4: the whole address, and where that is refused, what stands before the @.
    users: [who.address, who.local],
    confirm: outside,
    provider: null,
  };
};

const autoConfigAt =
  (source: "autoconfig" | "ispdb", url: (who: MailAddress) => string): Ask =>
  async (who, network, signal) => {
    const address = url(who);
    const xml = await network.get(address, signal);
    if (xml === null) return null;
    const { parseAutoConfig } = await import("./autoconfig.ts");
    const found = parseAutoConfig(xml, who);
    const told = source === "ispdb" ? "Mozilla's list of providers" : new URL(address).host;
    return found && { source, told, ...found, confirm: false, provider: null };
  };

const asked = ({ address }: MailAddress) => `?emailaddress=${encodeURIComponent(address)}`;

/** Who takes in the domain's mail most often keeps it too. */
const byMx: Ask = async (who, network, signal) => {
  const records: MxRecord[] = await network.resolver.resolveMx(who.domain);
  records.sort((a, b) => a.priority - b.priority);
  const exchange = records[0]?.exchange.toLowerCase().replace(/\.$/, "");
  if (exchange === undefined || !isHostName(exchange)) return null;
  const confirm = !isWithin(exchange, who.domain);
  const provider = providerOfExchange(exchange);
  if (provider) {
    const found = ofProvider(provider, who);
    const told = `${exchange}, which takes in the mail of ${who.domain}`;
    return found && { source: "mx", told, ...found, confirm };
  }
  const home = baseDomain(exchange);
  if (home === who.domain) return null;
  const listed = await autoConfigAt("ispdb", () => mozilla + home)(who, network, signal);
  return listed && { ...listed, source: "mx", told: `Mozilla's list, for ${home}`, confirm };
};

/** The domain that a server's name is below: two labels, or three where the second is no name (co.uk). */
function baseDomain(host: string): string {
  const labels = host.split(".");
  const short =
    (labels.at(-1)?.length ?? 0) === 2 && /^(?:com?|net|org|ac|edu|gov|or|ne)$/.test(labels.at(-2) ?? "");
  return labels.slice(short ? -3 : -2).join(".");
}

const sources: readonly Ask[] = [
  bySrv,
  autoConfigAt("autoconfig", (who) => `https://autoconfig.${who.domain}/mail/config-v1.1.xml${asked(who)}`),
  autoConfigAt(
    "autoconfig",
    (who) => `https://${who.domain}/.well-known/autoconfig/mail/config-v1.1.xml${asked(who)}`,
  ),
  // It is told the domain, and not who asks.
  autoConfigAt("ispdb", (who) => mozilla + who.domain),
  byMx,
];

/** Names that a server may well have; each is taken only where an IMAP server proves that it is called so. */
function guesses({ domain }: MailAddress): readonly (readonly Server[])[] {
  const hosts = domain === "localhost" ? [domain] : [`imap.${domain}`, `mail.${domain}`, domain];
  return [
    hosts.map((host) => ({ security: "tls", host, port: 993 })),
    hosts.map((host) => ({ security: "starttls", host, port: 143 })),
  ];
}

/** The first of `work` that comes to something within `ms`; the others are given up. Null where none does. */
async function first<T>(
  work: readonly ((signal: AbortSignal) => Promise<T | null>)[],
  ms: number,
  outer: AbortSignal | undefined,
): Promise<T | null> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), ms);
  const signal = AbortSignal.any([over.signal, ...(outer ? [outer] : [])]);
  const late = new Promise<null>((resolve) => signal.addEventListener("abort", () => resolve(null)));
  const answers = work.map(async (ask) => {
    const answer = await ask(signal);
    if (answer === null) throw new Error("nothing");
    return answer;
  });
  try {
    return await Promise.race([Promise.any(answers).catch(() => null), late]);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

/**
 * Finds the servers of an address. Null where there is nothing to be found.
 * @throws AccountError NO_SERVER: it is no address, or its provider lets no mail program in
 */
export async function findServers(address: string, options: SearchOptions = {}): Promise<Found | null> {
  const who = parseAddress(address);
  const known = providerOfDomain(who.domain);
  if (known) {
    const found = ofProvider(known, who);
    if (found) return { source: "table", told: `what is known of ${known.name}`, ...found, confirm: false };
    throw new AccountError("NO_SERVER", known.note ?? `${known.name} offers no IMAP`, "use another account");
  }
  const network = options.network ?? systemNetwork();
  const ms = options.limitMs ?? limit;
  // RFC 6761 §6.3: localhost is nobody's domain.
  const local = who.domain === "localhost";
  const told = local
    ? null
    : await first(
        sources.map((ask) => async (signal) => {
          const found = await ask(who, network, signal);
          // What the person has to confirm is taken where nobody says anything better meanwhile.
          if (found?.confirm) await sleep(graceMs, undefined, { signal });
          return found;
        }),
        ms,
        options.signal,
      );
  network.resolver.cancel();
  if (told) return withProvider(told);
  for (const servers of guesses(who)) {
    const greeted = await first(
      servers.map((server) => async (signal) => {
        await network.greet(server, signal);
        return server;
      }),
      ms,
      options.signal,
    );
    if (greeted) {
      return {
        source: "guess",
        told: "a guess: it answers as an IMAP server",
        imap: greeted,
        smtp: guessSmtp(greeted),
        users: [who.address, who.local],
        confirm: false,
        provider: null,
      };
    }
  }
  return null;
}

/** What stands beside a guessed IMAP server; nobody has tried it. */
function guessSmtp({ security, host }: Server): Server {
  const name = host.replace(/^imap\./, "smtp.");
  return { security, host: name, port: security === "tls" ? 465 : 587 };
}

/** Whoever told us: what is known of the provider whose server it is goes with it. */
function withProvider(found: Found): Found {
  return { ...found, provider: found.provider ?? providerOfServer(found.imap.host) };
}

/** What a search for an address's servers comes to. */
import type { ServerAddress } from "../config.ts";
import { type SchemeTable, schemes, smtpSchemes } from "../settings.ts";
import type { Provider } from "./provider-table.ts";

/** A server, without a person. */
export type Server = Omit<ServerAddress, "user">;

/** Who told us: the table of providers, DNS (RFC 6186), the domain's own web server, Mozilla's list, who takes in its mail, or nobody. */
export type Source = "table" | "srv" | "autoconfig" | "ispdb" | "mx" | "guess";

export interface Found {
  readonly source: Source;
  /** For people: where it was told. */
  readonly told: string;
  readonly imap: Server;
  readonly smtp: Server | null;
  /** User names to try, the likeliest first. */
  readonly users: readonly string[];
  /**
   * Told by DNS, which can be forged, and outside of the address's domain: not to be used before the person has said
   * that it is right (RFC 6186 §6).
   */
  readonly confirm: boolean;
  readonly provider: Provider | null;
}

export interface MailAddress {
  /** As given. */
  readonly address: string;
  readonly local: string;
  /** Lower case, and ASCII also where it was written otherwise (RFC 5891). */
  readonly domain: string;
}

/** The server of a URL as in the config, without a user. */
function server(url: string, kinds: SchemeTable): Server {
  const { protocol, hostname, port } = new URL(url);
  const kind = kinds[protocol];
  if (!kind) throw new Error(`not in the table of schemes: ${url}`);
  return { security: kind.security, host: hostname, port: port === "" ? kind.port : Number(port) };
}

/** What the table says of a provider; null where it lets no mail program in. */
export function ofProvider(
  provider: Provider,
  { address, local }: MailAddress,
): Omit<Found, "source" | "told" | "confirm"> | null {
  if (provider.imap === null) return null;
  return {
    imap: server(provider.imap, schemes),
    smtp: server(provider.smtp, smtpSchemes),
    users: provider.user === "local-part" ? [local, address] : [address],
    provider,
  };
}

/** A name that may stand in DNS; what another machine tells us may be anything. */
export function isHostName(name: string): boolean {
  return (
    name.length <= 253 &&
    /^(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))+$/i.test(name) &&
    !/\.\d+$/.test(name)
  );
}

export function isWithin(host: string, domain: string): boolean {
  const name = host.toLowerCase();
  return name === domain || name.endsWith(`.${domain}`);
}

/** Who of the table of providers it is. */
import { type Provider, providers } from "./provider-table.ts";

const words = (text: string) => text.split(" ");

/** Whose addresses are of `domain` (lower case); null where it is nobody's in the table. */
export function providerOfDomain(domain: string): Provider | null {
  const takes = (pattern: string) =>
    pattern.endsWith(".*")
      ? domain.startsWith(pattern.slice(0, -1)) &&
        /^(?:[a-z]{2,3}\.)?[a-z]{2,3}$/.test(domain.slice(pattern.length - 1))
      : domain === pattern;
  return providers.find(({ domains }) => words(domains).some(takes)) ?? null;
}

/** Whose server `exchange` is, which takes in a domain's mail (lower case, without a dot at its end). */
export function providerOfExchange(exchange: string): Provider | null {
  const takes = (domain: string) => exchange === domain || exchange.endsWith(`.${domain}`);
  return providers.find(({ mx }) => mx !== undefined && words(mx).some(takes)) ?? null;
}

/** Whose IMAP server `host` is. */
export function providerOfServer(host: string): Provider | null {
  return providers.find(({ imap }) => imap !== null && new URL(imap).hostname === host) ?? null;
}

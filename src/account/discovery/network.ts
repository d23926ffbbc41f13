/** What a search asks: DNS, web servers, and whether an IMAP server answers. */
import { Resolver } from "node:dns/promises";
import type { LookupFunction } from "node:net";
import { connect } from "../../imap/index.ts";
import { askWeb, type WebAnswer } from "../web.ts";
import type { Server } from "./found.ts";

export interface Network {
  readonly resolver: Resolver;
  /** Asks over https; follows a few redirections, to https alone. Null where there is nothing. */
  get(url: string, signal: AbortSignal): Promise<string | null>;
  /** Resolves when an IMAP server has greeted there and proved who it is; rejects with why not. */
  greet(server: Server, signal: AbortSignal): Promise<void>;
}

export interface NetworkOptions {
  /** Addresses of the name servers to ask, in place of the system's. */
  readonly nameServers?: readonly string[];
  /** PEM: authorities in place of those that Node.js trusts. */
  readonly ca?: string;
  /** In place of 443. */
  readonly httpsPort?: number;
}

const dnsTimeoutMs = 2_000;
const mostRedirections = 3;

/** Looks names up at the resolver's servers, and not by the system's own rules. */
function lookupAt(resolver: Resolver): LookupFunction {
  return (host, options, done) => {
    resolver.resolve4(host).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: 4 }));
        if (options.all) done(null, found);
        else done(null, found[0]?.address ?? "", 4);
      },
      (error: NodeJS.ErrnoException) => done(error, ""),
    );
  };
}

export function systemNetwork({ nameServers, ca, httpsPort }: NetworkOptions = {}): Network {
  const resolver = new Resolver({ timeout: dnsTimeoutMs, tries: 2 });
  if (nameServers) resolver.setServers([...nameServers]);
  const ask = (url: URL, signal: AbortSignal): Promise<WebAnswer> => {
    if (url.protocol !== "https:") throw new Error(`not asked without https: ${url.host}`);
    return askWeb(url, {
      signal,
      ...(ca === undefined ? {} : { ca }),
      ...(httpsPort === undefined ? {} : { port: httpsPort }),
      ...(nameServers ? { lookup: lookupAt(resolver) } : {}),
    });
  };
  return {
    resolver,
    async get(address, signal) {
      let url = new URL(address);
      for (let step = 0; step <= mostRedirections; step++) {
        const { status, text, location } = await ask(url, signal);
        if (status === 200) return text;
        if (status < 300 || status > 399 || location === null || !URL.canParse(location, url.href))
          return null;
        url = new URL(location, url);
      }
      return null;
    },
    async greet(server, signal) {
      const connection = await connect({ ...server, signal, ...(ca === undefined ? {} : { ca }) });
      connection.destroy();
    },
  };
}

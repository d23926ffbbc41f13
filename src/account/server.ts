/** How an account's server is reached. */
import type { DialOptions } from "../imap/dial.ts";
import { type Account, readCa } from "./config.ts";

/** Throws AccountError CONFIG where the ca-file cannot be read. */
export function serverOf(account: Account): DialOptions {
  const { security, host, port } = account.imap;
  const ca = readCa(account);
  return {
    host,
    port,
    security,
    // The scheme imap+insecure:// is how a person insists.
    insecure: security === "none",
    ...(ca === undefined ? {} : { ca }),
    ...(account.pin === null ? {} : { pin: account.pin }),
  };
}

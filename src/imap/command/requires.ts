import type { Capabilities } from "../capabilities.ts";
import { ImapError } from "../errors.ts";

/**
 * The gate before everything a server may not know: never send what is not offered.
 * @param what as in "The server does not offer …"
 * @param names capabilities, of which one is enough
 * @throws ImapError UNSUPPORTED
 */
export function requires(capabilities: Capabilities, what: string, ...names: readonly string[]): void {
  if (names.some((name) => capabilities.has(name))) return;
  throw new ImapError("UNSUPPORTED", `The server does not offer ${what} (${names.join(" or ")}).`);
}

/** The capabilities of the last session with a server, kept from one start of the program to the next. */
import type { Account } from "../account/config.ts";
import type { RememberedCapabilities } from "../imap/index.ts";
import type { Store } from "../store/index.ts";

/** What they hold for: another host, port, security or user may have others. */
function key({ imap }: Account): string {
  return `capabilities ${imap.security} ${imap.host}:${imap.port} ${imap.user}`;
}

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === "string");

/** Null: none, or not in the form they are kept in now. */
export function recall(store: Store, account: Account): RememberedCapabilities | null {
  let kept: unknown;
  try {
    kept = JSON.parse(store.meta.get(key(account)) ?? "null");
  } catch {
    return null;
  }
  if (typeof kept !== "object" || kept === null) return null;
  const { greeting, authenticated, toldByLogin }: Partial<Record<string, unknown>> = { ...kept };
  if (!isNames(greeting) || !isNames(authenticated) || typeof toldByLogin !== "boolean") return null;
  return { greeting, authenticated, toldByLogin };
}

/** Never fails: without it the next start takes longer, and nothing else. */
export function remember(store: Store, account: Account, capabilities: RememberedCapabilities): void {
  try {
    store.meta.set(key(account), JSON.stringify(capabilities));
  } catch {
    // A full disk is told of by who needs it.
  }
}

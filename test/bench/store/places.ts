/** Local copies for the benchmark: where they lie, how they are filled and opened. */
import { join } from "node:path";
import type { Account } from "../../../src/account/config.ts";
import type { Mail } from "../../../src/mail/index.ts";
import type { Store, StoreLocation } from "../../../src/store/index.ts";

export interface AtServer {
  readonly port: number;
  readonly mailbox: string;
  /** Below which the program's cache and state lie, or a peer's files. */
  readonly dir: string;
}

export function placesIn(dir: string): StoreLocation {
  return { cacheDir: join(dir, "cache/postern/test"), stateDir: join(dir, "state/postern/test") };
}

/** A new local copy of `count` messages, of which it has the rows; still open. */
export async function filledStore(
  dir: string,
  count: number,
): Promise<{ readonly store: Store; readonly mailboxId: number }> {
  const { openStore } = await import("../../../src/store/index.ts");
  const { row } = await import("./mail.ts");
  const store = openStore(placesIn(dir));
  const { id } = store.mailboxes.put({ path: "INBOX", name: "INBOX", delimiter: "/", attributes: [] });
  store.mailboxes.setState(id, {
    uidValidity: 7,
    uidNext: count + 1,
    highestModSeq: String(count),
    messages: count,
  });
  for (let first = 1; first <= count; first += 1_000) {
    const length = Math.min(1_000, count - first + 1);
    store.messages.put(
      id,
      Array.from({ length }, (_, i) => row(first + i)),
    );
  }
  return { store, mailboxId: id };
}

export async function mailAt(
  { port, dir }: Omit<AtServer, "mailbox">,
  kind: "command" | "screen" | "offline" = "command",
  keeping: Partial<Account> = {},
): Promise<Mail> {
  const { keepingDefaults } = await import("../../../src/account/config.ts");
  const { Mail } = await import("../../../src/mail/index.ts");
  const { Secret } = await import("../../../src/imap/index.ts");
  return Mail.open({
    account: {
      name: "test",
      address: "user@example.org",
      imap: { security: "none", host: "127.0.0.1", port, user: "user" },
      passwordCommand: null,
      caFile: null,
      pin: null,
      ...keepingDefaults,
      ...keeping,
    },
    directories: placesIn(dir),
    password: () => Promise.resolve(new Secret("password")),
    offline: kind === "offline",
    keepOnline: kind === "screen",
  });
}

/** One account on a real server, with a local copy of its own. */

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepingDefaults } from "../../src/account/config.ts";
import { Secret } from "../../src/imap/index.ts";
import { type Folder, Mail, type MailEvent } from "../../src/mail/index.ts";
import { type Dovecot, startDovecot } from "../servers/dovecot.ts";

export interface Client {
  readonly mail: Mail;
  readonly inbox: Folder;
  readonly events: MailEvent[];
  /** The protocol, as the log shows it. */
  readonly log: string[];
}

/** Where the account is. */
export interface AccountServer {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  stop(): Promise<void>;
}

export interface ClientOptions {
  readonly offline?: boolean;
  readonly keepOnline?: boolean;
  readonly port?: number;
  readonly security?: "tls" | "none";
  readonly password?: string;
  /** What is kept of bodies; by default nothing is fetched in the background. */
  readonly keeping?: Partial<typeof keepingDefaults>;
}

export interface Clients {
  readonly dir: string;
  /** Another client of the same account; the same `name` shares the local copy. */
  client(name: string, options?: ClientOptions): Promise<Client>;
  /** All that were made, open or closed. */
  clients(): readonly Mail[];
  end(): Promise<void>;
}

export interface Fixture extends Clients {
  readonly dovecot: Dovecot;
}

export async function startFixture(): Promise<Fixture> {
  const dovecot = await startDovecot({ tls: "none" });
  return { dovecot, ...clientsOf(dovecot) };
}

/** Clients of an account on a server that has been started; it is stopped with them. */
export function clientsOf(server: AccountServer): Clients {
  const dir = mkdtempSync(join(tmpdir(), "postern-mail-"));
  const open: Mail[] = [];
  return {
    dir,
    async client(name, options = {}) {
      const { offline = false, keepOnline = false, port = server.port, security = "none" } = options;
      const events: MailEvent[] = [];
      const log: string[] = [];
      const mail = Mail.open({
        account: {
          name: "test",
          address: "user@example.org",
          imap: { security, host: "127.0.0.1", port, user: server.user },
          passwordCommand: null,
          caFile: null,
          pin: null,
          ...keepingDefaults,
          offlineAge: 0,
          ...options.keeping,
        },
        directories: { cacheDir: join(dir, name, "cache"), stateDir: join(dir, name, "state") },
        password: () => Promise.resolve(new Secret(options.password ?? server.password)),
        offline,
        keepOnline,
        log: (line) => void log.push(line),
      });
      open.push(mail);
      mail.on((event) => void events.push(event));
      return { mail, inbox: await mail.findFolder("INBOX"), events, log };
    },
    clients: () => open,
    async end() {
      for (const mail of open) await mail.close();
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Resolves when `holds` does; rejects after a minute. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`it did not come true that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The whole folder as `uid flags subject` lines, by UID. */
export function listing({ mail }: Client, folder: Folder): string[] {
  return mail
    .window(folder, { sort: "arrival", descending: false, offset: 0, limit: 100_000 })
    .map((m) => `${m.uid} ${m.flags.join(",")} ${m.subject}`);
}

/** The directory below `root` that holds `cur`. */
export function maildirBelow(root: string): string {
  const found = readdirSync(root, { recursive: true, encoding: "utf8" }).find((name) =>
    name.endsWith("/cur"),
  );
  if (found === undefined) throw new Error(`there is no maildir below ${root}`);
  return join(root, found, "..");
}

// The three servers as the rows see them: connections whose lines are kept, and mailboxes with sample mail.
import {
  append,
  type Connection,
  connect,
  create,
  type Login,
  Secret,
  select,
} from "../../src/imap/index.ts";
import { startCourier } from "../servers/courier.ts";
import { startCyrus } from "../servers/cyrus.ts";
import { startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import type { OpenOptions, Site } from "./row.ts";

/** What starting a server must tell. */
interface Started {
  host: string;
  port: number;
  tlsPort: number;
  user: string;
  password: string;
  ca: string;
  stop(): Promise<void>;
}

/** Everything that is off by default, and costs nothing to switch on. */
const dovecotExtras = `
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256
mail_attribute_dict = file:%h/attributes
mail_plugins = quota acl zlib fts fts_squat
protocol imap {
  mail_plugins = quota acl zlib fts fts_squat imap_quota imap_acl imap_zlib
  imap_metadata = yes
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=1G
  acl = vfile
  fts = squat
}
`;

const users = { user: "password", other: "password" };

/** How to start each server. */
export const servers: ReadonlyMap<string, () => Promise<Started>> = new Map([
  ["dovecot", () => startDovecot({ users, config: dovecotExtras })],
  ["cyrus", () => startCyrus({ users })],
  [
    "courier",
    async () => {
      const { host, port, stop } = await startCourier();
      return { host, port, tlsPort: 0, user: "user", password: "", ca: "", stop };
    },
  ],
]);

export class ServerSite implements Site {
  readonly name: string;
  readonly #server: Started;
  #connection: Connection | null = null;
  #capabilities = new Set<string>();
  readonly #others: Connection[] = [];
  #sent: string[] = [];
  #mailboxes = 0;

  private constructor(name: string, server: Started) {
    this.name = name;
    this.#server = server;
  }

  static async start(name: string): Promise<ServerSite> {
    const begin = servers.get(name);
    if (!begin) throw new Error(`There is no server "${name}".`);
    const site = new ServerSite(name, await begin());
    const before = await site.#connect({ anonymous: true, security: site.tlsPort ? "starttls" : "none" });
    const clear = await site.#connect({ anonymous: true });
    await site.ready();
    for (const connection of [before, clear, site.connection])
      for (const told of connection.capabilities.list()) site.#capabilities.add(told.toUpperCase());
    for (const connection of [before, clear]) connection.destroy();
    return site;
  }

  get connection(): Connection {
    if (!this.#connection) throw new Error("not connected");
    return this.#connection;
  }

  get capabilities(): ReadonlySet<string> {
    return this.#capabilities;
  }

  get other(): string | null {
    return this.name === "courier" ? null : "other";
  }

  get tlsPort(): number {
    return this.#server.tlsPort;
  }

  /** What was sent since the last call, without tags, a line for each command or continuation. */
  sent(): readonly string[] {
    return this.#sent.splice(0);
  }

  /** Makes sure that `connection` works, and ends the ones the last row opened. */
  async ready(): Promise<void> {
    for (const connection of this.#others.splice(0)) connection.destroy();
    if (this.#connection?.state === "closed") this.#connection = null;
    this.#connection ??= await this.#connect({});
  }

  async open(options: OpenOptions = {}): Promise<Connection> {
    const connection = await this.#connect(options);
    this.#others.push(connection);
    return connection;
  }

  async mailbox(count = 3): Promise<string> {
    const path = `Box${++this.#mailboxes}`;
    const name = this.name === "courier" ? `INBOX.${path}` : path;
    await this.connection.run(create(name));
    for (let n = 1; n <= count; n++)
      await this.connection.run(append(name, { source: sampleMessage({ n, to: `user${n}@example.org` }) }));
    await this.connection.run(select(name, { condstore: true }));
    return name;
  }

  async stop(): Promise<void> {
    for (const connection of [...this.#others, this.#connection]) connection?.destroy();
    await this.#server.stop();
  }

  async #connect(options: OpenOptions): Promise<Connection> {
    const { port, tlsPort, user, password, ca } = this.#server;
    const security = options.security ?? "none";
    const connection = await connect({
      host: "localhost",
      port: security === "tls" ? tlsPort : port,
      security,
      ...(ca ? { ca } : {}),
      clientId: { name: "postern" },
      log: (direction, text) => {
        if (direction === "out") this.#sent.push(text.replace(/^[0-9A-Z]+ (?=[A-Z])/, ""));
      },
    });
    if (!options.anonymous)
      await connection.authenticate({
        user: options.user ?? user,
        secret: new Secret(password),
        ...(options.mechanism ? { mechanism: options.mechanism } : {}),
      } as Login);
    return connection;
  }
}

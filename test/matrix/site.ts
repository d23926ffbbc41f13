// The three servers as the rows see them: connections whose lines are kept, and mailboxes with sample mail.
import { once } from "node:events";
import { type AddressInfo, connect as connectTcp, createServer, type Server } from "node:net";
import { append, type Connection, connect, create, Secret, select } from "../../src/imap/index.ts";
import { startCourier } from "../servers/courier.ts";
import { startCyrus } from "../servers/cyrus.ts";
import type { ServerName } from "../servers/daemon.ts";
import { startDovecot } from "../servers/dovecot.ts";
import { everyLogin, type Logins } from "../servers/logins.ts";
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
  /** What it calls itself, where that is not "localhost". */
  name?: string;
  /** Who may do more than others. */
  admin?: string;
  logins?: Logins;
  index?(): Promise<void>;
  stop(): Promise<void>;
}

/** Everything that is off by default, and costs nothing to switch on. */
const dovecotExtras = `
mail_attribute_dict = file:%h/attributes
mail_plugins = quota acl zlib
protocol imap {
  mail_plugins = quota acl zlib imap_quota imap_acl imap_zlib
  imap_metadata = yes
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=1G
  acl = vfile
  acl_shared_dict = file:%h/../../state/shared-acl
}
namespace others {
  type = shared
  separator = /
  prefix = Other/%%u/
  location = maildir:%h/../../mail/%%u
  subscriptions = no
  list = children
}
`;

const users = { user: "password", other: "password" };

/** How to start each server. */
export const servers: ReadonlyMap<ServerName, () => Promise<Started>> = new Map<
  ServerName,
  () => Promise<Started>
>([
  [
    "dovecot",
    async () => {
      const logins = await everyLogin();
      const server = await startDovecot({ users, config: `${dovecotExtras}${logins.config}` });
      const stop = async () => {
        await server.stop();
        logins.remove();
      };
      return { ...server, logins, stop };
    },
  ],
  ["cyrus", () => startCyrus({ users, plaintext: false })],
  [
    "courier",
    async () => {
      const { host, port, stop } = await startCourier();
      return { host, port, tlsPort: 0, user: "user", password: "", ca: "", stop };
    },
  ],
]);

const untagged = (line: string) => line.replace(/^[0-9A-Z]+ (?=[A-Z])/, "");

/** Passes clear text on, and shows each line that the client says. */
async function eavesdrop(port: number, hear: (line: string) => void): Promise<Server> {
  const relay = createServer((client) => {
    const server = connectTcp(port, "127.0.0.1");
    let rest = "";
    client.on("data", (data: Buffer) => {
      const lines = `${rest}${data.toString("latin1")}`.split("\r\n");
      rest = lines.pop() ?? "";
      lines.forEach(hear);
    });
    for (const [end, other] of [
      [client, server],
      [server, client],
    ] as const) {
      end.pipe(other);
      end.on("error", () => other.destroy());
      end.on("close", () => other.destroy());
    }
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  return relay;
}

export class ServerSite implements Site {
  readonly name: string;
  readonly #server: Started;
  readonly #relay: Server;
  #connection: Connection | null = null;
  #capabilities = new Set<string>();
  readonly #others: Connection[] = [];
  readonly #sent: string[];
  #mailboxes = 0;

  private constructor(name: string, server: Started, relay: Server, sent: string[]) {
    this.name = name;
    this.#server = server;
    this.#relay = relay;
    this.#sent = sent;
  }

  static async start(name: ServerName): Promise<ServerSite> {
    const begin = servers.get(name);
    if (!begin) throw new Error(`There is no server "${name}".`);
    const server = await begin();
    const sent: string[] = [];
    const relay = await eavesdrop(server.port, (line) => sent.push(untagged(line)));
    const site = new ServerSite(name, server, relay, sent);
    const before = await site.#connect({ anonymous: true, security: site.tlsPort ? "starttls" : "none" });
    const clear = await site.#connect({ anonymous: true });
    await site.ready();
    const admin = server.admin ? [await site.#connect({ user: server.admin })] : [];
    for (const connection of [before, clear, site.connection, ...admin])
      for (const told of connection.capabilities.list()) site.#capabilities.add(told.toUpperCase());
    for (const connection of [before, clear, ...admin]) connection.destroy();
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

  get admin(): string | null {
    return this.#server.admin ?? null;
  }

  get host(): string {
    return this.#server.name ?? "localhost";
  }

  get tlsPort(): number {
    return this.#server.tlsPort;
  }

  /** What was sent since the last call, line by line, without tags; what TLS hides, as the client's own log has it. */
  sent(): readonly string[] {
    return this.#sent.splice(0);
  }

  async index(): Promise<void> {
    await this.#server.index?.();
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
    this.#relay.close();
    await this.#server.stop();
  }

  async #connect(options: OpenOptions): Promise<Connection> {
    const { tlsPort, user, password, ca, logins } = this.#server;
    const { port } = this.#relay.address() as AddressInfo;
    const security = options.security ?? "none";
    const connection = await connect({
      host: "localhost",
      port: security === "tls" ? tlsPort : port,
      security,
      ...(ca ? { ca } : {}),
      ...(options.mechanism === "EXTERNAL" ? logins?.certificates.client : {}),
      clientId: { name: "postern" },
      log: (direction, text) => {
        // In the clear, the relay hears every octet.
        if (direction === "out" && security !== "none") this.#sent.push(untagged(text));
      },
    });
    if (options.anonymous) return connection;
    const { mechanism } = options;
    const who = options.user ?? user;
    const choice = mechanism ? { mechanism } : {};
    if (mechanism === "EXTERNAL") await connection.authenticate({ user: "", certificate: true, ...choice });
    else if ((mechanism === "OAUTHBEARER" || mechanism === "XOAUTH2") && logins)
      await connection.authenticate({ user: who, token: new Secret(logins.token(who)), ...choice });
    else await connection.authenticate({ user: who, secret: new Secret(password), ...choice });
    return connection;
  }
}

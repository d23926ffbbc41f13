// A real Cyrus IMAP for the tests: everything it owns lies in one temporary directory, and it listens on loopback only.
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { account, makeDirectory, owned, startDaemon, testCertificate, unpacked } from "./daemon.ts";

export interface CyrusOptions {
  /** Passwords by user name; default `{ user: "password" }`. */
  users?: Record<string, string>;
  /** Whether a password may be sent without TLS; default true. Where not, LOGINDISABLED is told until there is TLS. */
  plaintext?: boolean;
  /** Settings appended to imapd.conf; none of those here may be said twice. */
  config?: string;
}

export interface Cyrus {
  host: "127.0.0.1";
  /** What it calls itself: the host of the IMAP URLs that it accepts as its own. */
  name: string;
  /** Plain IMAP; offers STARTTLS, and PLAIN without it. */
  port: number;
  /** Implicit TLS. */
  tlsPort: number;
  user: string;
  password: string;
  /** May give quotas and rights on all mailboxes; its password is that of `user`. */
  admin: string;
  /** PEM of the CA that signed the certificate for `localhost` and 127.0.0.1. */
  ca: string;
  dir: string;
  /** The master process, leader of its process group. */
  pid: number;
  /** Indexes the mail of `user`: a fuzzy search finds nothing else. */
  index(): Promise<void>;
  /** Ends it, and starts it anew at the same ports with the mail it had; `pid` is that of the first start. */
  restart(): Promise<void>;
  /** Ends the server and removes its directory; resolves when both are gone. A second call does nothing. */
  stop(): Promise<void>;
}

const { root, libraries } = unpacked("cyrus");
const environment = {
  LD_LIBRARY_PATH: libraries.join(":"),
  SASL_PATH: libraries.map((at) => join(at, "sasl2")).join(":"),
  CYRUS_USER: account.user,
  CYRUS_GROUP: account.group,
};
const program = (name: string) => join(root, "usr/lib/cyrus/bin", name);

const specialUses = ["Drafts", "Sent", "Trash", "Archive", "Junk"];

function settings(dir: string, name: string, { plaintext = true, config = "" }: CyrusOptions): string {
  return `
configdirectory: ${dir}/conf
partition-default: ${dir}/spool
defaultpartition: default
proc_path: ${dir}/run/proc
mboxname_lockpath: ${dir}/run/lock
servername: ${name}
altnamespace: yes
unixhierarchysep: yes
allowplaintext: ${plaintext ? "yes" : "no"}
admins: admin
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: ${dir}/conf/sasldb2
sasl_mech_list: PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256
tls_server_cert: ${dir}/server.pem
tls_server_key: ${dir}/server.key
tls_session_timeout: 0
autocreate_quota: 100000
autocreate_inbox_folders: ${specialUses.join(" | ")}
autocreate_subscribe_folders: ${specialUses.join(" | ")}
${specialUses.map((box) => `xlist-${box.toLowerCase()}: ${box}`).join("\n")}
specialusealways: 1
duplicatesuppression: no
skiplist_unsafe: 1
conversations: 1
search_engine: xapian
defaultsearchtier: tests
testssearchpartition-default: ${dir}/search
imapidlepoll: 1
failedloginpause: 0
${config}
`;
}

function services(dir: string, [port, tlsPort]: [number, number]): string {
  const imapd = `${program("imapd")} -C ${dir}/imapd.conf`;
  return `
START {
  recover cmd="${program("ctl_cyrusdb")} -C ${dir}/imapd.conf -r"
}
SERVICES {
  imap cmd="${imapd}" listen="127.0.0.1:${port}" prefork=1
  imaps cmd="${imapd} -s" listen="127.0.0.1:${tlsPort}" prefork=0
}
EVENTS {
}
`;
}

/**
 * Starts a Cyrus of one's own. Several may run at the same time, also in several processes.
 * @throws Error when it does not start
 */
export async function startCyrus(options: CyrusOptions = {}): Promise<Cyrus> {
  const { ca, certificate, key } = await testCertificate();
  const users = options.users ?? { user: "password" };
  const [user, password] = Object.entries(users)[0] ?? ["user", "password"];
  const admin = "admin";
  const dir = mkdtempSync(join(tmpdir(), "postern-cyrus-"));
  owned(dir);
  for (const part of ["conf", "spool", "run", "search"]) makeDirectory(join(dir, part));
  const file = (name: string, text: string) => {
    writeFileSync(join(dir, name), text, { mode: 0o600 });
    owned(join(dir, name));
  };
  // The name is SASL's realm as well, and begins the greeting.
  const name = `cyrus-${dir.slice(-6).toLowerCase()}.test`;
  file("server.pem", certificate);
  file("server.key", key);
  file("imapd.conf", settings(dir, name, options));
  for (const [who, secret] of [...Object.entries(users), [admin, password]])
    execFileSync(
      join(root, "usr/sbin/saslpasswd2"),
      ["-p", "-c", "-u", name, "-f", `${dir}/conf/sasldb2`, who ?? ""],
      { input: secret, env: { ...process.env, ...environment }, ...account.as },
    );
  const daemon = await startDaemon({
    dir,
    name,
    // It logs by syslog alone.
    log: async () => "",
    prepare(ports) {
      file("cyrus.conf", services(dir, ports));
      const args = ["-C", `${dir}/imapd.conf`, "-M", `${dir}/cyrus.conf`, "-p", `${dir}/master.pid`];
      return { command: program("master"), args, env: environment };
    },
  });
  const [port, tlsPort] = daemon.ports;
  const { pid, restart, stop } = daemon;
  const index = async () => {
    const args = ["-C", `${dir}/imapd.conf`, "-u", user];
    await promisify(execFile)(program("squatter"), args, {
      env: { ...process.env, ...environment },
      ...account.as,
    });
  };
  return {
    host: "127.0.0.1",
    name,
    port,
    tlsPort,
    user,
    password,
    admin,
    ca,
    dir,
    pid,
    index,
    restart,
    stop,
  };
}

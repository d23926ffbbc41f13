// A real Dovecot 2.3 for the tests: everything it owns lies in one temporary directory, and it listens on loopback only.
import { execFile } from "node:child_process";
import { mkdtempSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { account, makeDirectory, owned, startDaemon, testCertificate } from "./daemon.ts";

export { serverAvailable, serverMissing } from "./daemon.ts";

const execute = promisify(execFile);

export interface DovecotOptions {
  /**
   * "starttls" (default): the plain port offers STARTTLS, and there is a TLS port; "none": no TLS at all. Dovecot takes
   * loopback for secure and never insists on TLS there: LOGINDISABLED needs the scripted server.
   */
  tls?: "starttls" | "none";
  /** Passwords by user name; default `{ user: "password" }`. */
  users?: Record<string, string>;
  /** Settings appended to dovecot.conf, which win over the ones here. */
  config?: string;
}

/** A message to put into a mailbox from outside of IMAP. */
export interface Delivery {
  message: Buffer;
  /** INTERNALDATE; default now. */
  date?: Date;
  /** Maildir flag letters in ASCII order: D(raft) F(lagged) R(eplied) S(een) T(rashed). */
  flags?: string;
}

export interface Dovecot {
  host: "127.0.0.1";
  /** Plain IMAP; offers STARTTLS unless told otherwise. */
  port: number;
  /** Implicit TLS; nothing listens there with `tls: "none"`. */
  tlsPort: number;
  user: string;
  password: string;
  /** PEM of the CA that signed the certificate for `localhost` and 127.0.0.1. */
  ca: string;
  dir: string;
  /** The master process, leader of its process group. */
  pid: number;
  /**
   * Puts messages straight into a maildir, in order, about 10,000 a second. A mailbox that is not there is made; its name is
   * ASCII, `/` between levels. Returns when all are in place; Dovecot gives UIDs when it next looks.
   */
  deliver(mailbox: string, messages: Iterable<Buffer | Delivery>, user?: string): void;
  /** Runs `doveadm` on this server and returns what it printed; rejects when it fails. */
  doveadm(...args: string[]): Promise<string>;
  /** What Dovecot logged so far. */
  log(): Promise<string>;
  /** Ends it, and starts it anew at the same ports with the mail it had; `pid` is that of the first start. */
  restart(): Promise<void>;
  /** Ends the server and removes its directory; resolves when both are gone. A second call does nothing. */
  stop(): Promise<void>;
}

function configuration(
  dir: string,
  name: string,
  [port, tlsPort]: [number, number],
  options: DovecotOptions,
) {
  const tls = options.tls ?? "starttls";
  const ssl =
    tls === "none" ? "ssl = no" : `ssl = yes\nssl_cert = <${dir}/server.pem\nssl_key = <${dir}/server.key`;
  const { user: me, group, uid, gid } = account;
  return `
base_dir = ${dir}/run
state_dir = ${dir}/state
log_path = ${dir}/log
protocols = imap
listen = 127.0.0.1
login_greeting = ${name}
default_internal_user = ${me}
default_internal_group = ${group}
default_login_user = ${me}
first_valid_uid = 1
first_valid_gid = 1
${ssl}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:${dir}/mail/%u
mail_home = ${dir}/home/%u
mail_fsync = never
mail_max_userip_connections = 100
mailbox_idle_check_interval = 1 s
passdb {
  driver = passwd-file
  args = scheme=plain username_format=%u ${dir}/users
}
userdb {
  driver = static
  args = uid=${uid} gid=${gid} home=${dir}/home/%u
}
namespace inbox {
  inbox = yes
  separator = /
${["Drafts", "Sent", "Trash", "Archive", "Junk"]
  .map((box) => `  mailbox ${box} {\n    auto = subscribe\n    special_use = \\${box}\n  }`)
  .join("\n")}
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service imap-login {
  chroot =
  service_count = 0
  process_min_avail = 1
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = ${tls === "none" ? 0 : tlsPort}
    ssl = yes
  }
}
${options.config ?? ""}
`;
}

/** Maildir++ (Dovecot's default layout): `A/B` lies in `.A.B`, INBOX in the root. */
function maildir(root: string, mailbox: string): string {
  return mailbox.toUpperCase() === "INBOX" ? root : join(root, `.${mailbox.replaceAll("/", ".")}`);
}

let delivered = 0;

function deliver(root: string, mailbox: string, messages: Iterable<Buffer | Delivery>): void {
  const box = maildir(root, mailbox);
  for (const part of ["cur", "new", "tmp"]) makeDirectory(join(box, part));
  if (box !== root) {
    writeFileSync(join(box, "maildirfolder"), "");
    owned(join(box, "maildirfolder"));
  }
  const started = Math.floor(Date.now() / 1000);
  for (const item of messages) {
    const { message, date, flags } = Buffer.isBuffer(item) ? { message: item } : item;
    // Dovecot gives UIDs in the order of seconds and microseconds in the names, and reads sizes from S= and W=.
    const serial = delivered++;
    const micro = String(serial % 1_000_000).padStart(6, "0");
    let bare = 0;
    for (let at = message.indexOf(10); at >= 0; at = message.indexOf(10, at + 1))
      if (message[at - 1] !== 13) bare++;
    const name = `${started + Math.floor(serial / 1_000_000)}.M${micro}P${process.pid}.test,S=${message.length},W=${message.length + bare}`;
    const temporary = join(box, "tmp", name);
    writeFileSync(temporary, message);
    owned(temporary);
    if (date) utimesSync(temporary, date, date);
    renameSync(
      temporary,
      flags === undefined ? join(box, "new", name) : join(box, "cur", `${name}:2,${flags}`),
    );
  }
}

/**
 * Starts a Dovecot of one's own. Several may run at the same time, also in several processes.
 * @throws Error with Dovecot's log when it does not start.
 */
export async function startDovecot(options: DovecotOptions = {}): Promise<Dovecot> {
  const { ca, certificate, key } = await testCertificate();
  const users = options.users ?? { user: "password" };
  const [user, password] = Object.entries(users)[0] ?? ["user", "password"];

  const dir = mkdtempSync(join(tmpdir(), "postern-dovecot-"));
  owned(dir);
  for (const part of ["run", "state", "home"]) makeDirectory(join(dir, part));
  for (const name of Object.keys(users)) {
    makeDirectory(join(dir, "home", name));
    for (const part of ["cur", "new", "tmp"]) makeDirectory(join(dir, "mail", name, part));
  }
  const file = (name: string, text: string) => {
    writeFileSync(join(dir, name), text, { mode: 0o600 });
    owned(join(dir, name));
  };
  file("server.pem", certificate);
  file("server.key", key);
  file(
    "users",
    Object.entries(users)
      .map(([name, secret]) => `${name}:{PLAIN}${secret}\n`)
      .join(""),
  );

  const conf = join(dir, "dovecot.conf");
  const log = () => readFile(join(dir, "log"), "utf8").catch(() => "");
  const name = `Postern test server ${dir.slice(-6)}`;
  const daemon = await startDaemon({
    dir,
    name,
    log,
    prepare(ports) {
      file("dovecot.conf", configuration(dir, name, ports, options));
      return { command: "/usr/sbin/dovecot", args: ["-F", "-c", conf] };
    },
  });
  return {
    host: "127.0.0.1",
    port: daemon.ports[0],
    tlsPort: daemon.ports[1],
    user,
    password,
    ca,
    dir,
    pid: daemon.pid,
    deliver: (mailbox, messages, whose = user) => deliver(join(dir, "mail", whose), mailbox, messages),
    doveadm: async (...args) =>
      (await execute("/usr/bin/doveadm", ["-c", conf, ...args], { ...account.as, cwd: dir })).stdout,
    log,
    restart: daemon.restart,
    stop: daemon.stop,
  };
}

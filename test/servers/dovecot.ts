// A real Dovecot 2.3 for the tests: everything it owns lies in one temporary directory, and it listens on loopback only.
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

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
  /** Ends the server and removes its directory; resolves when both are gone. A second call does nothing. */
  stop(): Promise<void>;
}

/** Whether the test run found the server `name`; a suite that needs it skips with {@link serverMissing} otherwise. */
export function serverAvailable(name: "dovecot" | "mutt"): boolean {
  return (process.env.POSTERN_TEST_SERVERS ?? "").split(",").includes(name);
}

/** For the `skip` option of a test: false when `name` is there, else the reason. */
export function serverMissing(name: "dovecot" | "mutt"): string | false {
  return serverAvailable(name) ? false : `${name} is not installed`;
}

// Started by root, Dovecot runs as nobody: it serves no mail of root's, and so only one set of settings is needed.
const isRoot = process.getuid?.() === 0;
const uid = isRoot ? 65534 : (process.getuid?.() ?? 0);
const gid = isRoot ? 65534 : (process.getgid?.() ?? 0);

/** Dovecot wants names, not numbers, for the account that it runs as. */
const nameOf = (option: "-un" | "-gn") =>
  execFileSync("id", isRoot ? [option, "nobody"] : [option], { encoding: "utf8" }).trim();

interface Certificate {
  ca: string;
  certificate: string;
  key: string;
}

let certificates: Promise<Certificate> | undefined;

/** A CA and a certificate for localhost, made once per process and kept in memory. */
async function makeCertificate(): Promise<Certificate> {
  const dir = mkdtempSync(join(tmpdir(), "postern-ca-"));
  const at = (name: string) => join(dir, name);
  try {
    await writeFile(
      at("openssl.cnf"),
      [
        "[req]",
        "distinguished_name = name",
        "[name]",
        "[ca]",
        "basicConstraints = critical, CA:TRUE",
        "keyUsage = critical, keyCertSign, cRLSign",
        "subjectKeyIdentifier = hash",
        "[server]",
        "basicConstraints = CA:FALSE",
        "subjectAltName = DNS:localhost, IP:127.0.0.1",
        "extendedKeyUsage = serverAuth",
        "",
      ].join("\n"),
    );
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const request = ["req", "-config", at("openssl.cnf"), "-x509", "-days", "2", ...key];
    const name = ["-subj", "/CN=Postern test CA", "-extensions", "ca"];
    await execute("openssl", [...request, ...name, "-keyout", at("ca.key"), "-out", at("ca.pem")]);
    const signed = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-extensions", "server"];
    const leaf = ["-subj", "/CN=localhost", "-keyout", at("server.key"), "-out", at("server.pem")];
    await execute("openssl", [...request, ...signed, ...leaf]);
    const [ca, certificate, serverKey] = await Promise.all(
      ["ca.pem", "server.pem", "server.key"].map((file) => readFile(at(file), "utf8")),
    );
    return { ca: ca ?? "", certificate: certificate ?? "", key: serverKey ?? "" };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            resolve(typeof address === "object" && address ? address.port : 0);
          }),
        ),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [ports[0] ?? 0, ports[1] ?? 0];
}

/** The server's first line, or "" when nothing answers. */
function greeting(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const done = (line: string) => {
      socket.destroy();
      resolve(line);
    };
    socket.setTimeout(2000, () => done(""));
    socket.once("data", (data) => done(data.toString("latin1")));
    socket.once("error", () => done(""));
    socket.once("close", () => done(""));
  });
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
  const [me, group] = [nameOf("-un"), nameOf("-gn")];
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

function owned(path: string): void {
  if (isRoot) chownSync(path, uid, gid);
}

function makeDirectory(path: string): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  for (let at = path; at.length >= first.length; at = join(at, "..")) owned(at);
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

/** Whether any process of the group is alive. */
function groupAlive(leader: number): boolean {
  try {
    process.kill(-leader, 0);
    return true;
  } catch {
    return false;
  }
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // Already gone.
  }
}

async function stopGroup(leader: number): Promise<void> {
  signalGroup(leader, "SIGTERM");
  for (let waited = 0; groupAlive(leader); waited += 10) {
    if (waited === 3000) signalGroup(leader, "SIGKILL");
    await sleep(10);
  }
}

/**
 * Starts a Dovecot of one's own. Several may run at the same time, also in several processes.
 * @throws Error with Dovecot's log when it does not start.
 */
export async function startDovecot(options: DovecotOptions = {}): Promise<Dovecot> {
  certificates ??= makeCertificate();
  const { ca, certificate, key } = await certificates;
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
  const as = isRoot ? { uid, gid } : {};
  const log = () => readFile(join(dir, "log"), "utf8").catch(() => "");
  const name = `Postern test server ${dir.slice(-6)}`;

  for (let attempt = 1; ; attempt++) {
    const ports = await freePorts();
    file("dovecot.conf", configuration(dir, name, ports, options));
    // Its own process group, so that none of its children can be left behind.
    const child: ChildProcess = spawn("/usr/sbin/dovecot", ["-F", "-c", conf], {
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
      cwd: dir,
      ...as,
    });
    const pid = child.pid ?? 0;
    let failed = pid === 0;
    // What is wrong in the settings is said here, before there is a log.
    let complaint = "";
    child.stderr?.on("data", (data: Buffer) => {
      complaint += data.toString();
    });
    child.once("error", () => {
      failed = true;
    });
    child.once("exit", () => {
      failed = true;
    });
    // A port taken by another between our look and Dovecot's bind would answer with another name.
    let answer = "";
    const deadline = Date.now() + 10_000;
    while (!failed && !answer.includes(name) && Date.now() < deadline) {
      answer = await greeting(ports[0]);
      if (!answer.includes(name)) await sleep(20);
    }
    if (failed || !answer.includes(name)) {
      if (pid > 0) await stopGroup(pid);
      if (attempt < 3) continue;
      const said = await log();
      rmSync(dir, { recursive: true, force: true });
      throw new Error(`Dovecot did not start: ${complaint}${said}`);
    }

    // A test run that ends without stop() (a failed assertion, an exception) must not leave a server behind.
    const abandon = () => {
      signalGroup(pid, "SIGKILL");
      rmSync(dir, { recursive: true, force: true });
    };
    process.once("exit", abandon);
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
      if (process.listenerCount(signal) === 0) process.once(signal, () => process.exit(1));
    let stopping: Promise<void> | undefined;
    return {
      host: "127.0.0.1",
      port: ports[0],
      tlsPort: ports[1],
      user,
      password,
      ca,
      dir,
      pid,
      deliver: (mailbox, messages, whose = user) => deliver(join(dir, "mail", whose), mailbox, messages),
      doveadm: async (...args) =>
        (await execute("/usr/bin/doveadm", ["-c", conf, ...args], { ...as, cwd: dir })).stdout,
      log,
      stop: () => {
        stopping ??= stopGroup(pid).then(() => {
          process.off("exit", abandon);
          rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
        });
        return stopping;
      },
    };
  }
}

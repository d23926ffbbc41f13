// What the real servers have in common: whose account they run in, their certificate, their ports, their start and their end.
import { execFile, execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const execute = promisify(execFile);

export type ServerName =
  | "dovecot"
  | "mutt"
  | "notmuch"
  | "mu"
  | "cyrus"
  | "courier"
  | "isync"
  | "neomutt"
  | "aerc"
  | "submission"
  | "lmtp"
  | "postfix";

/** Whether the test run found the server `name`; a suite that needs it skips with {@link serverMissing} otherwise. */
export function serverAvailable(name: ServerName): boolean {
  return (process.env.POSTERN_TEST_SERVERS ?? "").split(",").includes(name);
}

/** For the `skip` option of a test: false when `name` is there, else the reason. */
export function serverMissing(name: ServerName): string | false {
  return serverAvailable(name) ? false : `${name} is not installed`;
}

/** Where a server lies that was unpacked and not installed, and where its libraries do (one of them Debian's multiarch). */
export function unpacked(name: ServerName): { root: string; libraries: readonly string[] } {
  const root = join(process.env.POSTERN_TEST_UNPACKED ?? "", name);
  const libraries = ["usr/lib", "lib"].flatMap((lib) => {
    const at = join(root, lib);
    const inside = existsSync(at) ? readdirSync(at).filter((entry) => entry.includes("-linux-")) : [];
    return [at, ...inside.map((entry) => join(at, entry))];
  });
  return { root, libraries };
}

// Started by root, a server runs as nobody: it serves no mail of root's, and so only one set of settings is needed.
const isRoot = process.getuid?.() === 0;
const uid = isRoot ? 65534 : (process.getuid?.() ?? 0);
const gid = isRoot ? 65534 : (process.getgid?.() ?? 0);

const nameOf = (option: "-un" | "-gn") =>
  execFileSync("id", isRoot ? [option, "nobody"] : [option], { encoding: "utf8" }).trim();

/** The account that servers run as; `as` is for spawn. Servers want names where spawn wants numbers. */
export const account = {
  uid,
  gid,
  user: nameOf("-un"),
  group: nameOf("-gn"),
  as: isRoot ? { uid, gid } : {},
};

/** PEM texts: the CA, and a certificate it signed for `localhost` and 127.0.0.1 with its key. */
export interface Certificate {
  ca: string;
  certificate: string;
  key: string;
}

let certificates: Promise<Certificate> | undefined;

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

/** A CA and a certificate for localhost, made once per process and kept in memory. */
export function testCertificate(): Promise<Certificate> {
  certificates ??= makeCertificate();
  return certificates;
}

/** Ports that nobody listens at now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
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
  return ports;
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

/** Gives `path` to the account that servers run as. */
export function owned(path: string): void {
  if (isRoot) chownSync(path, uid, gid);
}

/** Makes the directory and those above it, for that account. */
export function makeDirectory(path: string): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  for (let at = path; at.length >= first.length; at = join(at, "..")) owned(at);
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

export interface Daemon {
  /** Clear text, and TLS. */
  ports: [number, number];
  /** The first process, leader of its process group. */
  readonly pid: number;
  /** Ends it, and starts it anew at the same ports with what it had. */
  restart(): Promise<void>;
  /** Ends the server and removes its directory; resolves when both are gone. A second call does nothing. */
  stop(): Promise<void>;
}

/** What it takes to start one. */
export interface Launch {
  /** All that it owns; removed at the end. */
  dir: string;
  /** A word of its greeting that no other server says. */
  name: string;
  /** Writes the settings for these ports, and says what to run. */
  prepare(ports: [number, number]): { command: string; args: string[]; env?: Record<string, string> };
  log(): Promise<string>;
}

/** Starts it once; resolves to its first process when it greets, or rejects with what it complained of. */
async function launch({ dir, name, prepare }: Launch, ports: [number, number]): Promise<number> {
  const { command, args, env } = prepare(ports);
  // Its own process group, so that none of its children can be left behind.
  const child = spawn(command, args, {
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    cwd: dir,
    env: { ...process.env, ...env },
    ...account.as,
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
  // A port taken by another between our look and the server's bind would answer with another name.
  let answer = "";
  const deadline = Date.now() + 10_000;
  while (!failed && !answer.includes(name) && Date.now() < deadline) {
    answer = await greeting(ports[0]);
    if (!answer.includes(name)) await sleep(20);
  }
  if (!failed && answer.includes(name)) return pid;
  if (pid > 0) await stopGroup(pid);
  throw new Error(`${command} did not start: ${complaint}`);
}

/**
 * Starts a server in a process group of its own, and waits until it greets.
 * @throws Error with what it logged when it does not
 */
export async function startDaemon(how: Launch): Promise<Daemon> {
  const { dir, log } = how;
  for (let attempt = 1; ; attempt++) {
    const [clear = 0, tls = 0] = await freePorts(2);
    const ports: [number, number] = [clear, tls];
    let pid: number;
    try {
      pid = await launch(how, ports);
    } catch (error) {
      if (attempt < 3) continue;
      const said = await log();
      rmSync(dir, { recursive: true, force: true });
      throw new Error(`${error instanceof Error ? error.message : error}${said}`);
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
      ports,
      get pid() {
        return pid;
      },
      restart: async () => {
        await stopGroup(pid);
        pid = await launch(how, ports);
      },
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

// A real Postfix that takes mail for addresses with letters of all kinds (RFC 6531) and delivers it; Dovecot 2.3 takes none.
// Everything it owns lies in one temporary directory, and it listens on loopback only.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts, serverMissing, unpacked } from "./daemon.ts";

export interface Postfix {
  readonly port: number;
  /** What has been delivered, to whomever at example.org, as Postfix has stored it. */
  received(): Buffer[];
  /** Ends the server and removes its directory. */
  stop(): Promise<void>;
}

/** Its master wants to be root, to become others. */
export function postfixMissing(): string | false {
  return serverMissing("postfix") || (process.getuid?.() === 0 ? false : "postfix has to be started by root");
}

/** Debian's user and group `mail`. */
const mail = 8;

const services = [
  "cleanup unix n - n - 0 cleanup",
  "qmgr unix n - n 300 1 qmgr",
  "rewrite unix - - n - - trivial-rewrite",
  "bounce unix - - n - 0 bounce",
  "defer unix - - n - 0 bounce",
  "trace unix - - n - 0 bounce",
  "proxymap unix - - n - - proxymap",
  "anvil unix - - n - 1 anvil",
  "virtual unix - n n - - virtual",
];

const queues = ["active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop"];

export async function startPostfix(): Promise<Postfix> {
  const { root, libraries } = unpacked("postfix");
  const [port = 0] = await freePorts(1);
  const dir = mkdtempSync(join(tmpdir(), "postern-postfix-"));
  // Its processes are of several users.
  chownSync(dir, mail, mail);
  const own = (path: string, user = mail) => {
    mkdirSync(join(dir, path), { recursive: true, mode: 0o755 });
    chownSync(join(dir, path), user, user);
  };
  for (const path of ["conf", "spool", "spool/pid"]) own(path, 0);
  for (const path of ["data", "mail"]) own(path);
  for (const queue of [...queues, "private", "public", "saved", "trace"]) own(`spool/${queue}`);
  const path = [join(root, "usr/lib/postfix"), ...libraries].join(":");
  const settings = {
    compatibility_level: "3.6",
    queue_directory: join(dir, "spool"),
    data_directory: join(dir, "data"),
    daemon_directory: join(root, "usr/lib/postfix/sbin"),
    command_directory: join(root, "usr/sbin"),
    shlib_directory: join(root, "usr/lib/postfix"),
    meta_directory: join(dir, "conf"),
    // Three that differ, of those every Debian has.
    mail_owner: "mail",
    setgid_group: "staff",
    default_privs: "nobody",
    import_environment: `MAIL_CONFIG LD_LIBRARY_PATH=${path} TZ=UTC`,
    inet_interfaces: "127.0.0.1",
    inet_protocols: "ipv4",
    myhostname: "post.example.org",
    mydestination: "",
    mynetworks: "127.0.0.0/8",
    smtpd_relay_restrictions: "permit_mynetworks, reject",
    smtputf8_enable: "yes",
    alias_maps: "",
    local_recipient_maps: "",
    virtual_mailbox_domains: "example.org",
    virtual_mailbox_base: join(dir, "mail"),
    virtual_mailbox_maps: "static:inbox/",
    virtual_uid_maps: `static:${mail}`,
    virtual_gid_maps: `static:${mail}`,
    virtual_minimum_uid: "1",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
  writeFileSync(join(dir, "conf/main.cf"), lines.join(""));
  const listener = `127.0.0.1:${port} inet n - n - - smtpd`;
  writeFileSync(join(dir, "conf/master.cf"), `${[listener, ...services].join("\n")}\n`);
  const master = spawn(join(root, "usr/lib/postfix/sbin/master"), ["-c", join(dir, "conf"), "-d"], {
    stdio: "ignore",
    // It ends its process group with itself: that is not to be the test's.
    detached: true,
    env: { LD_LIBRARY_PATH: path },
  });
  const over = once(master, "exit");
  async function stop(): Promise<void> {
    // It ends what it has started.
    if (master.exitCode === null && master.signalCode === null) master.kill();
    await over;
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
  const inbox = join(dir, "mail/inbox/new");
  const received = () => {
    try {
      return readdirSync(inbox).map((name) => readFileSync(join(inbox, name)));
    } catch {
      return [];
    }
  };
  const greets = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("data", () => resolve(true));
      for (const end of ["error", "close"]) socket.once(end, () => resolve(false));
      socket.once("data", () => socket.end("QUIT\r\n"));
    });
  for (const end = Date.now() + 30_000; !(await greets()); await sleep(50)) {
    if (master.exitCode === null && Date.now() < end) continue;
    await stop();
    throw new Error("Postfix does not come up");
  }
  return { port, received, stop };
}

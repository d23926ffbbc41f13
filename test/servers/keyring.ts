// A real Secret Service on a bus of its own: gnome-keyring, with its data in a temporary directory.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Why there is none here, for the `skip` option of a test. */
export function keyringAbsent(): string | false {
  if (!existsSync("/usr/bin/gnome-keyring-daemon")) return "gnome-keyring is not installed";
  if (!existsSync("/usr/bin/dbus-daemon")) return "dbus-daemon is not installed";
  try {
    createRequire(import.meta.url).resolve("keytar");
    return false;
  } catch {
    return "keytar is not installed: it needs libsecret-1-dev";
  }
}

export interface TestKeyring {
  /** An environment in which this is the session's keyring. */
  readonly env: Readonly<Record<string, string>>;
  /** The daemon lives, and says nothing any more. */
  hang(): void;
  /** Ends the daemon and starts it anew, without the password that opens it. */
  lock(): Promise<void>;
  /** Ends the daemon; the bus stays. */
  end(): Promise<void>;
  stop(): Promise<void>;
}

const bus = `<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`;

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

export async function startKeyring(): Promise<TestKeyring> {
  const dir = mkdtempSync(join(tmpdir(), "postern-keyring-"));
  const config = join(dir, "bus.conf");
  writeFileSync(config, bus);
  const daemon = spawn("dbus-daemon", [`--config-file=${config}`, "--nofork", "--print-address=1"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  // A test that fails before it can stop them is not kept from ending by them.
  daemon.unref();
  const [address] = (await once(daemon.stdout.setEncoding("utf8"), "data")) as [string];
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: dir,
    XDG_DATA_HOME: join(dir, "data"),
    XDG_RUNTIME_DIR: dir,
    DBUS_SESSION_BUS_ADDRESS: address.trim(),
  };
  let keyring: ChildProcess;
  const start = async (password: string | null) => {
    const unlock = password === null ? [] : ["--unlock"];
    keyring = spawn("gnome-keyring-daemon", ["--foreground", "--components=secrets", ...unlock], {
      env,
      stdio: ["pipe", "ignore", "ignore"],
    });
    keyring.unref();
    keyring.stdin?.end(password ?? "");
    await owned(env);
  };
  await start("opens it");
  const abandon = () => {
    keyring.kill("SIGKILL");
    daemon.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  };
  process.once("exit", abandon);
  return {
    env,
    hang: () => void keyring.kill("SIGSTOP"),
    async lock() {
      await ended(keyring);
      await start(null);
    },
    end: () => ended(keyring),
    async stop() {
      process.off("exit", abandon);
      await ended(keyring);
      await ended(daemon);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Resolves when somebody on the bus is the Secret Service. */
async function owned(env: Readonly<Record<string, string>>): Promise<void> {
  const name = "string:org.freedesktop.secrets";
  const to = [
    "--session",
    "--reply-timeout=1000",
    "--print-reply",
    "--dest=org.freedesktop.DBus",
    "/org/freedesktop/DBus",
  ];
  for (let tries = 0; tries < 100; tries++) {
    const asked = spawn("dbus-send", [...to, "org.freedesktop.DBus.NameHasOwner", name], { env });
    let said = "";
    asked.stdout.on("data", (data: Buffer) => {
      said += data.toString();
    });
    await once(asked, "close");
    if (said.includes("boolean true")) return;
    await sleep(50);
  }
  throw new Error("gnome-keyring did not come up");
}

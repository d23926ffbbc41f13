/**
 * The system's keyring (Secret Service, macOS Keychain), by keytar. It is asked in a process of its own: a keyring that
 * hangs costs a second, a keytar that cannot be loaded costs nothing, and neither takes the program with it.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { AccountError } from "./errors.ts";
import { type KeyringAnswer, type KeyringQuestion, serveKeyring } from "./keyring-process.ts";

export interface Keyring {
  /** Null where it has none of that name, or is locked: keyrings do not say which. Throws AccountError "KEYRING". */
  get(key: string): Promise<string | null>;
  /** Throws AccountError "KEYRING". */
  set(key: string, value: string): Promise<void>;
  /** False where there was none. Throws AccountError "KEYRING". */
  delete(key: string): Promise<boolean>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** What our entries are called in the keyring's own program. */
const service = "postern";

/** A process of Node starts in a hundredth of this, but not where the machine is busy. */
const startMs = 10_000;
/** Where nobody can be shown a window, a keyring that lives answers in a few milliseconds. */
const answerMs = 900;
/** Where the keyring may first ask the person to unlock it. */
const unlockMs = 30_000;

function failure(why: string, hint = "use password-command, or POSTERN_PASSWORD, or let yourself be asked") {
  return new AccountError("KEYRING", `the keyring cannot be used: ${why}`, hint);
}

/** Why there cannot be a keyring here, without asking one; null where there may be. */
export function keyringMissing(env: Env = process.env): string | null {
  if (process.platform === "darwin" || process.platform === "win32") return null;
  if (env.DBUS_SESSION_BUS_ADDRESS) return null;
  if (env.XDG_RUNTIME_DIR && existsSync(join(env.XDG_RUNTIME_DIR, "bus"))) return null;
  return "no D-Bus session runs here";
}

/** libsecret's words are for programmers; these are for the person. */
function inWords(message: string): string {
  if (/locked collection|unlock/i.test(message)) return "it is locked";
  if (/does not exist at path|no such object/i.test(message)) return "it has no default collection yet";
  if (/StartServiceByName|not provided by any|ServiceUnknown/i.test(message)) return "no keyring runs here";
  if (/autolaunch|D-?Bus|connect/i.test(message)) return "no D-Bus session runs here";
  return message.split("\n")[0] ?? message;
}

function keytarPath(): string | null {
  try {
    return createRequire(import.meta.url).resolve("keytar");
  } catch {
    return null;
  }
}

type Settled = Exclude<KeyringAnswer, { kind: "asking" }>;

/** One question to one process. */
function ask(question: Omit<KeyringQuestion, "keytar" | "service">, env: Env): Promise<Settled> {
  const missing = keyringMissing(env);
  if (missing !== null) return Promise.reject(failure(missing));
  const keytar = keytarPath();
  if (keytar === null) {
    return Promise.reject(
      failure(
        "keytar is not installed",
        "install libsecret (libsecret-1-dev), then postern again; or use password-command",
      ),
    );
  }
  const { NODE_OPTIONS: _, NODE_EXTRA_CA_CERTS: __, POSTERN_PASSWORD: ___, ...environment } = env;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["-e", `(${serveKeyring})(require)`], {
      stdio: ["pipe", "pipe", "ignore"],
      env: environment,
    });
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      settle();
    };
    const silent = () => finish(() => reject(failure("it does not answer")));
    let timer = setTimeout(silent, startMs);
    let text = "";
    const read = (line: string) => {
      const answer = JSON.parse(line) as KeyringAnswer;
      if (answer.kind !== "asking") return finish(() => resolve(answer));
      clearTimeout(timer);
      const asks = process.platform !== "linux" || env.DISPLAY || env.WAYLAND_DISPLAY;
      timer = setTimeout(silent, asks ? unlockMs : answerMs);
    };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
        read(text.slice(0, end));
        text = text.slice(end + 1);
      }
    });
    child.on("error", (error) => finish(() => reject(failure(error.message))));
    child.on("close", () => finish(() => reject(failure("keytar broke off"))));
    child.stdin.on("error", () => undefined);
    child.stdin.end(JSON.stringify({ ...question, keytar, service }));
  });
}

/** @param env tells where the keyring is, and whether it can show a window */
export function systemKeyring(env: Env = process.env): Keyring {
  const answer = async (question: Omit<KeyringQuestion, "keytar" | "service">) => {
    const said = await ask(question, env);
    if (said.kind === "unloadable") {
      throw failure(
        `keytar cannot be loaded (${said.message.split("\n")[0]})`,
        "install libsecret (libsecret-1-0); or use password-command",
      );
    }
    if (said.kind === "failed") throw failure(inWords(said.message));
    return said;
  };
  return {
    async get(key) {
      const said = await answer({ verb: "get", key });
      return said.kind === "value" ? said.value : null;
    },
    async set(key, value) {
      await answer({ verb: "set", key, value });
    },
    async delete(key) {
      const said = await answer({ verb: "delete", key });
      return said.kind === "done" && said.changed;
    },
  };
}

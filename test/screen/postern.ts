/** The program itself on a screen: a home of its own, a real pty, and a second connection to look at the server with. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Dovecot, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type Pty, startPty } from "./pty.ts";

export const program = resolve("bin/postern");

/** The sizes every promise about the screen is tested at. */
export const sizes = [
  { columns: 80, rows: 24 },
  { columns: 150, rows: 50 },
] as const;

/** A person's files: config, cache, state, and where attachments are saved. */
export interface Home {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  remove(): void;
}

/** A home whose one account is `user` on a plain loopback server. */
export function makeHome(port: number, settings = ""): Home {
  const dir = mkdtempSync(join(tmpdir(), "postern-home-"));
  const config = join(dir, "config.toml");
  writeFileSync(
    config,
    `${settings}\n[accounts.test]\naddress = "user@example.org"\nimap = "imap+insecure://user@127.0.0.1:${port}"\n`,
  );
  return {
    dir,
    env: {
      HOME: dir,
      XDG_CACHE_HOME: join(dir, "cache"),
      XDG_STATE_HOME: join(dir, "state"),
      POSTERN_CONFIG: config,
      POSTERN_PASSWORD: "password",
      TZ: "UTC",
    },
    remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }),
  };
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Starts the program with `args` on a screen of its own. */
export function openScreen(home: Home, size: Size = sizes[0], args: readonly string[] = []): Promise<Pty> {
  return startPty(program, args, { ...size, env: home.env, cwd: home.dir });
}

/** The row under the cursor; "" where there is none. */
export function barOf(pty: Pty): string {
  const column = pty.screen.cols - 2;
  return (
    pty.text().find((_, y) => {
      const { inverse, background } = pty.cell(y, column);
      return inverse || background >= 0;
    }) ?? ""
  );
}

/** The process ids directly below `pid`. */
export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

/** A line that can break, between a client and a server. */
export interface Relay {
  readonly port: number;
  /** Ends every connection and refuses new ones. */
  cut(): Promise<void>;
  /** Ends the newest connection alone. */
  cutNewest(): void;
  /** Swallows what goes over the connections there are, without a word; new ones work. As after a sleep. */
  forget(): void;
  /** Takes connections again, on the same port. */
  mend(): Promise<void>;
  /** While true, bytes go nowhere, in both directions, and nothing says so. */
  silent: boolean;
  /** The relay falls silent when the client says this. */
  silentAt: RegExp | null;
  /** What the client has said so far, of all connections. */
  readonly said: string;
  /** From here on what the server says is held back, until that is taken away. */
  heldAt: RegExp | null;
  /** ms that everything the server says is under way. */
  delayMs: number;
  stop(): Promise<void>;
}

export async function startRelay(target: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const forgotten = new WeakSet<Socket>();
  const held: (() => void)[] = [];
  let heldAt: RegExp | null = null;
  let server: Server;
  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server = createServer((near) => {
        const far = connect(target, "127.0.0.1");
        for (const [from, to] of [
          [near, far],
          [far, near],
        ] as const) {
          sockets.add(from);
          from.setNoDelay(true);
          from.on("data", (data) => {
            if (from === near && relay.silentAt?.test(data.toString("latin1"))) relay.silent = true;
            if (from === near) said += data.toString("latin1");
            if (relay.silent || forgotten.has(from)) return;
            const at = from === near || !heldAt ? -1 : data.toString("latin1").search(heldAt);
            const passed = from === far && held.length > 0 ? 0 : at < 0 ? data.length : at;
            if (passed > 0 && from === far && relay.delayMs > 0)
              setTimeout(() => to.write(data.subarray(0, passed)), relay.delayMs);
            else if (passed > 0) to.write(data.subarray(0, passed));
            if (passed < data.length) held.push(() => to.write(data.subarray(passed)));
          });
          from.on("error", () => {});
          from.on("close", () => {
            sockets.delete(from);
            if (!relay.silent && !forgotten.has(from)) to.destroy();
          });
        }
      });
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        const address = server.address();
        resolve(typeof address === "object" && address ? address.port : 0);
      });
    });
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  let said = "";
  const relay: Relay & { port: number } = {
    port: 0,
    get said() {
      return said;
    },
    silent: false,
    silentAt: null,
    delayMs: 0,
    get heldAt() {
      return heldAt;
    },
    set heldAt(pattern) {
      heldAt = pattern;
      for (const pass of pattern ? [] : held.splice(0)) pass();
    },
    cut,
    cutNewest: () => [...sockets].at(-1)?.destroy(),
    forget: () => {
      for (const socket of sockets) forgotten.add(socket);
    },
    mend: async () => void (await listen(relay.port)),
    stop: async () => {
      if (server.listening) await cut();
    },
  };
  relay.port = await listen(0);
  return relay;
}

/** Does something while nothing of what the server says arrives. */
export async function unanswered(relay: Relay, run: () => Promise<void>): Promise<void> {
  relay.heldAt = /./s;
  try {
    await run();
  } finally {
    relay.heldAt = null;
  }
}

/** A server with read messages, a line to it that can break, and a home on that line. */
export interface Relayed {
  readonly server: Dovecot;
  readonly relay: Relay;
  readonly home: Home;
  stop(): Promise<void>;
}

export async function startRelayed(messages: number): Promise<Relayed> {
  const server = await startDovecot({ tls: "none" });
  server.deliver(
    "INBOX",
    Array.from({ length: messages }, (_, i) => ({ message: sampleMessage({ n: i + 1 }), flags: "S" })),
  );
  const relay = await startRelay(server.port);
  const home = makeHome(relay.port);
  return {
    server,
    relay,
    home,
    async stop() {
      await relay.stop();
      await server.stop();
      home.remove();
    },
  };
}

/** Whether a line of the screen has this in it; for `Pty.waitFor`. */
export const has = (what: string | RegExp) => (lines: string[]) =>
  lines.some((line) => (typeof what === "string" ? line.includes(what) : what.test(line)));
export const lacks = (what: string | RegExp) => (lines: string[]) => !has(what)(lines);

/** Resolves when `holds` does; throws what `holds` last threw, or that it never held, after `timeoutMs`. */
export async function eventually(
  holds: () => Promise<boolean>,
  what: string,
  timeoutMs = 30_000,
): Promise<void> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  throw new Error(`never came true: ${what}`);
}

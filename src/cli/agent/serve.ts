/** Lets other processes of this user run their commands on the mail that is open here. */
import { once } from "node:events";
import { chmodSync, renameSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Mail } from "../../mail/index.ts";
import { ProcessLock } from "../../store/index.ts";
import { checkFirst, runOn, type Said } from "../run.ts";
import { fail, readLine } from "../shell.ts";
import { frame, readFrames } from "./frames.ts";
import { makePlace, type Request, socketIn, surroundings } from "./place.ts";
import { Visitor } from "./visitor.ts";

export interface ServeOptions {
  readonly kind: "agent" | "screen";
  /** The account that is meant where none is named. */
  readonly first: string;
  /** As when the config was read. */
  readonly surroundings: string;
  /** Asked to end by another process; a screen is not. */
  stop?(): void;
  /** Nothing has been asked for so many milliseconds. */
  readonly idle?: { readonly ms: number; over(): void };
}

/** What an agent tells of itself. */
export interface AgentStatus {
  readonly kind: ServeOptions["kind"];
  readonly account: string;
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Commands it has run. */
  readonly commands: number;
  readonly line: string;
}

/** Long enough for what a command needs to end; then whoever waits is told that it was cut short. */
const lastMs = 10_000;

const isWidth = (value: unknown) => value === null || (typeof value === "number" && value > 0);

function isRequest(value: unknown): value is Request {
  if (typeof value !== "object" || value === null) return false;
  const { surroundings: of, ask, argv, columns, errorColumns, utf8 } = value as Record<string, unknown>;
  const words = Array.isArray(argv) && argv.every((word) => typeof word === "string");
  const known = ask === "run" || ask === "status" || ask === "stop";
  const terminal = isWidth(columns) && isWidth(errorColumns) && typeof utf8 === "boolean";
  return words && known && typeof of === "string" && terminal;
}

class NoPlace extends Error {
  readonly code = "permission";
  readonly hint = "set XDG_RUNTIME_DIR to a directory that is yours alone (mode 0700)";
}

/** Null where another process serves the account. Throws where there is no private place for a socket, and StoreError. */
export async function serve(mail: Mail, options: ServeOptions): Promise<Agent | null> {
  const directory = makePlace();
  if (directory === null) throw new NoPlace("others may write to the directory of the sockets");
  const path = socketIn(directory, mail.account.name);
  if (path === null) throw new NoPlace("the path of the socket would be too long");
  const lock = new ProcessLock(join(directory, `${mail.account.name}.lock`));
  if (!lock.tryLock()) return null;
  // Whoever has the lock is the only one: a socket that is there was left by one that died.
  rmSync(path, { force: true });
  const server = createServer();
  try {
    server.listen(path);
    await once(server, "listening");
    chmodSync(path, 0o600);
  } catch (error) {
    lock.unlock();
    throw error;
  }
  return new Agent(mail, options, server, lock, path);
}

export class Agent {
  readonly #mail: Mail;
  readonly #options: ServeOptions;
  readonly #server: Server;
  readonly #lock: ProcessLock;
  readonly #path: string;
  readonly #since = Date.now();
  readonly #sockets = new Set<Socket>();
  readonly #running = new Set<Promise<void>>();
  #commands = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(mail: Mail, options: ServeOptions, server: Server, lock: ProcessLock, path: string) {
    this.#mail = mail;
    this.#options = options;
    this.#server = server;
    this.#lock = lock;
    this.#path = path;
    server.on("connection", (socket) => this.#visited(socket));
    this.#rest();
  }

  /** Counts the time with nothing to do. */
  #rest(): void {
    clearTimeout(this.#timer);
    const { idle } = this.#options;
    if (idle && this.#running.size === 0) this.#timer = setTimeout(() => idle.over(), idle.ms);
  }

  #visited(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    let request: Request | null = null;
    let said: Said | null = null;
    let visitor: Visitor | null = null;
    readFrames(socket, (letter, payload) => {
      if (visitor) {
        visitor.take(letter, payload);
      } else if (letter === "R" && request === null) {
        request = read(payload);
        if (request?.ask !== "run") this.#tell(socket, request);
        else
          void this.#understand(request).then((understood) => {
            said = understood;
            if (said) socket.write(frame("B", String(said.command.changes(said.values))));
            else socket.end(frame("N"));
          });
      } else if (letter === "G" && request && said) {
        visitor = new Visitor(socket, request);
        this.#run(said, request, visitor);
      }
    });
  }

  #tell(socket: Socket, request: Request | null): void {
    if (request === null) {
      socket.end(frame("N"));
      return;
    }
    const status: AgentStatus = {
      kind: this.#options.kind,
      account: this.#mail.account.name,
      pid: process.pid,
      since: this.#since,
      commands: this.#commands,
      line: this.#mail.line.kind,
    };
    socket.end(frame("T", JSON.stringify(status)));
    if (request.ask === "stop") this.#options.stop?.();
  }

  /** What is to be run here; null where it is better run by who asks. */
  async #understand({ argv, surroundings: theirs }: Request): Promise<Said | null> {
    const { first, surroundings: ours } = this.#options;
    // The config may have been written anew since it was read here.
    if (theirs !== ours || surroundings() !== ours || this.#mail.line.kind === "down") return null;
    try {
      const said = await readLine(argv, false);
      if ("run" in said) return null;
      const { command, globals, values } = said;
      const { accounts, account = first, config, offline, trace } = globals;
      if (accounts.length > 1 || account !== this.#mail.account.name) return null;
      if (config !== undefined || trace !== undefined || offline || command.alone) return null;
      // Files are where the other is, and its own.
      const files = Object.entries({ ...command.args, ...command.options }).filter(
        ([, { type }]) => type === "file",
      );
      if (files.length > 0 && !files.some(([name]) => values[name] === "-")) return null;
      await checkFirst(command, globals, values);
      return said;
    } catch {
      return null;
    }
  }

  #run(said: Said, { argv }: Request, visitor: Visitor): void {
    clearTimeout(this.#timer);
    this.#commands++;
    this.#mail.asOfNow();
    const running = runOn(this.#mail, said, visitor, visitor.signal, null, () => Promise.resolve())
      .catch((error: unknown) => fail(error, argv, visitor.stderr))
      .then((status) => visitor.end(status))
      .finally(() => {
        this.#running.delete(running);
        this.#rest();
      });
    this.#running.add(running);
  }

  /** While the process is stopped nobody is to wait for it: the socket is under a name that is not looked for. */
  stopped(now: boolean): void {
    const aside = `${this.#path}.stopped`;
    try {
      renameSync(now ? this.#path : aside, now ? aside : this.#path);
    } catch {
      // Somebody has taken it away: then nobody comes.
    }
  }

  /** Lets nobody in any more; resolves when what runs has ended, or has had `ms` for it. */
  async close(ms = lastMs): Promise<void> {
    clearTimeout(this.#timer);
    this.#server.close();
    const late = new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
    await Promise.race([Promise.all(this.#running), late]);
    for (const socket of this.#sockets) socket.destroy();
    this.#lock.unlock();
  }
}

function read(payload: Buffer): Request | null {
  try {
    const value: unknown = JSON.parse(payload.toString());
    return isRequest(value) ? value : null;
  } catch {
    return null;
  }
}

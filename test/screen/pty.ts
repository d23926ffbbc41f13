/**
 * A real pseudo-terminal for tests, without native modules: util-linux `script` opens the pty, `stty` sizes it, and
 * a headless xterm on our side shows what a person would see.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { promisify } from "node:util";
import headless, { type IBufferCell, type Terminal } from "@xterm/headless";

const run = promisify(execFile);

export interface PtyOptions {
  /** Columns, rows; 80 × 24 where not given. */
  readonly columns?: number;
  readonly rows?: number;
  /** Added to this process's environment; undefined removes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

/** What one cell of the screen shows. `width` is 0 for the right half of a wide character. */
export interface ShownCell {
  readonly text: string;
  readonly width: number;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
  readonly strike: boolean;
  /** Palette index, or -1 for the default colour. */
  readonly foreground: number;
  readonly background: number;
}

export interface Pty {
  readonly screen: Terminal;
  /** Process id of the command (not of what wraps it). */
  readonly pid: number;
  /** Bytes received so far, exactly as the terminal got them. */
  readonly bytes: number;
  /** The same bytes. */
  readonly raw: Buffer;
  /** Exit status of the command; 128 + n when signal n ended it. */
  readonly exit: Promise<number>;
  /** The visible rows, trailing blanks cut. */
  text(): string[];
  /** One visible cell, both counted from 0. */
  cell(row: number, column: number): ShownCell;
  /** Sends keys (or any bytes) as the keyboard would. */
  type(keys: string | Uint8Array): void;
  /** Changes the size; the command gets SIGWINCH. */
  resize(columns: number, rows: number): Promise<void>;
  /** Resolves when the screen shows `what`; throws with the screen's text after `timeoutMs`. */
  waitFor(what: string | ((lines: string[]) => boolean), timeoutMs?: number): Promise<void>;
  /** Resolves when more than so many bytes have come, or after `timeoutMs`; waiting for it costs no processor. */
  received(bytes: number, timeoutMs: number): Promise<void>;
  /** Resolves when no byte has come for `ms`. */
  settle(ms?: number): Promise<void>;
  /** Resolves once the command has stopped and can be told to go on; throws after `timeoutMs`. */
  stopped(timeoutMs?: number): Promise<void>;
  /** Lets a stopped command go on, as `fg` would. */
  resume(): void;
  /** Ends the command as a closed terminal would (SIGHUP, then SIGKILL) and lets go of everything. */
  stop(): Promise<void>;
}

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** Reads what a terminal shows at a cell of its visible part. */
export function cellOf(screen: Terminal, row: number, column: number): ShownCell {
  const buffer = screen.buffer.active;
  const cell: IBufferCell | undefined = buffer.getLine(buffer.viewportY + row)?.getCell(column);
  if (!cell) throw new Error(`no cell at row ${row}, column ${column}`);
  return {
    text: cell.getChars() || " ",
    width: cell.getWidth(),
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
    italic: cell.isItalic() !== 0,
    underline: cell.isUnderline() !== 0,
    inverse: cell.isInverse() !== 0,
    strike: cell.isStrikethrough() !== 0,
    foreground: cell.isFgDefault() ? -1 : cell.getFgColor(),
    background: cell.isBgDefault() ? -1 : cell.getBgColor(),
  };
}

/** The visible rows of a terminal, trailing blanks cut. */
export function linesOf(screen: Terminal): string[] {
  const buffer = screen.buffer.active;
  return Array.from({ length: screen.rows }, (_, row) =>
    (buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? "").trimEnd(),
  );
}

/** A headless terminal that interprets what is written to it. */
export function headlessTerminal(columns: number, rows: number): Terminal {
  return new headless.Terminal({
    cols: columns,
    rows,
    allowProposedApi: true,
    scrollback: 0,
    logLevel: "off",
  });
}

/** Starts `command` in a pty of its own and resolves once it runs. Stop it with `stop()`. */
export async function startPty(
  command: string,
  args: readonly string[] = [],
  options: PtyOptions = {},
): Promise<Pty> {
  const { columns = 80, rows = 24 } = options;
  const dir = mkdtempSync(join(tmpdir(), "pty-"));
  const info = join(dir, "info");
  const inner = [
    `stty rows ${rows} cols ${columns}`,
    `echo "$$ $(tty)" > ${quoted(info)}.new && mv ${quoted(info)}.new ${quoted(info)}`,
    `exec ${[command, ...args].map(quoted).join(" ")}`,
  ].join("; ");
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    TERM: "xterm-256color",
    LANG: "C.UTF-8",
    LC_ALL: "C.UTF-8",
  };
  // None of these is the person's terminal; each changes what a program prints or how it starts.
  for (const name of [
    "CI",
    "NO_COLOR",
    "FORCE_COLOR",
    "COLORTERM",
    "COLUMNS",
    "LINES",
    "NODE_EXTRA_CA_CERTS",
  ])
    delete env[name];
  Object.assign(env, options.env, { SHELL: "/bin/sh" });
  const child: ChildProcess = spawn("script", ["-qfec", inner, "/dev/null"], {
    env,
    cwd: options.cwd,
    stdio: ["pipe", "pipe", "inherit"],
  });

  const screen = headlessTerminal(columns, rows);
  const chunks: Buffer[] = [];
  // The terminal's own decoder loses a character that comes in two chunks where the second of its three octets is 0x80.
  const decoder = new StringDecoder("utf8");
  let bytes = 0;
  let lastByte = Date.now();
  let drawn: () => void = () => {};
  let came: () => void = () => {};
  screen.onData((reply) => child.stdin?.write(reply));
  child.stdin?.on("error", () => {});
  child.stdout?.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    lastByte = Date.now();
    came();
    screen.write(decoder.write(chunk), () => drawn());
  });
  const exit = new Promise<number>((resolve) => {
    child.on("close", (code) => {
      rmSync(dir, { recursive: true, force: true });
      resolve(code ?? 255);
    });
  });

  let ended = false;
  void exit.then(() => {
    ended = true;
    drawn();
  });
  const started = await until(() => readInfo(info) ?? (ended ? { pid: 0, tty: "" } : null), 30_000);
  if (!started || started.pid === 0) throw new Error(`could not start ${command} in a pty`);

  const resume = () => {
    // `script` stops when it hears that its command did, and continues it when it goes on itself.
    child.kill("SIGCONT");
    signal(started.pid, "SIGCONT");
  };

  return {
    screen,
    pid: started.pid,
    get bytes() {
      return bytes;
    },
    get raw() {
      return Buffer.concat(chunks);
    },
    exit,
    text: () => linesOf(screen),
    cell: (row, column) => cellOf(screen, row, column),
    type: (keys) => void child.stdin?.write(keys),
    async resize(newColumns, newRows) {
      screen.resize(newColumns, newRows);
      await run("stty", ["-F", started.tty, "rows", String(newRows), "cols", String(newColumns)]);
    },
    waitFor(what, timeoutMs = 30_000) {
      const shown =
        typeof what === "string" ? (lines: string[]) => lines.some((line) => line.includes(what)) : what;
      return new Promise((resolve, reject) => {
        const fail = (why: string) =>
          finish(() => reject(new Error(`${why}: ${String(what)}\n${linesOf(screen).join("\n")}`)));
        const timer = setTimeout(() => fail(`not shown within ${timeoutMs} ms`), timeoutMs);
        const before = drawn;
        const finish = (settle: () => void) => {
          clearTimeout(timer);
          drawn = before;
          settle();
        };
        drawn = () => {
          before();
          if (shown(linesOf(screen))) finish(resolve);
          else if (ended) fail("ended without showing");
        };
        drawn();
      });
    },
    received(before, timeoutMs) {
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        came = () => {
          if (bytes <= before) return;
          clearTimeout(timer);
          came = () => {};
          resolve();
        };
        came();
      });
    },
    async settle(ms = 350) {
      while (Date.now() - lastByte < ms) await pause(Math.max(1, ms - (Date.now() - lastByte)));
    },
    async stopped(timeoutMs = 30_000) {
      // A `script` told to go on before it has stopped would stop afterwards, and nobody would wake it.
      const both = () => [started.pid, child.pid].every((pid) => stateOf(pid) === "T") || null;
      if (!(await until(both, timeoutMs))) throw new Error(`${command} has not stopped`);
    },
    resume,
    async stop() {
      resume();
      if (!ended) signal(started.pid, "SIGHUP");
      const killed = setTimeout(() => {
        signal(started.pid, "SIGKILL");
        child.kill("SIGKILL");
      }, 1000);
      await exit;
      clearTimeout(killed);
      screen.dispose();
    },
  };
}

/** Signals a process that may have gone already. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended: what was wanted.
  }
}

/** What Linux says of a process: R for running, T for stopped. */
function stateOf(pid: number | undefined): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.charAt(stat.lastIndexOf(") ") + 2);
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function readInfo(file: string): { pid: number; tty: string } | null {
  try {
    const [pid, tty] = readFileSync(file, "utf8").trim().split(" ");
    return pid && tty ? { pid: Number(pid), tty } : null;
  } catch {
    return null;
  }
}

async function until<T>(read: () => T | null, timeoutMs: number): Promise<T | null> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await pause(5)) {
    const value = read();
    if (value !== null) return value;
  }
  return null;
}

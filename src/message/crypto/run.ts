/** Runs gpg and openssl: no shell, no terminal, bounded in time and output. What they print is text from outside. */
import { spawn } from "node:child_process";
import { Readable, Writable } from "node:stream";
import { drained } from "../drained.ts";

export interface Run {
  /** Exit status; null where it did not end by itself. */
  readonly code: number | null;
  readonly stdout: Buffer;
  /** Its complaints; the first 64 KiB. */
  readonly stderr: string;
  /** What it wrote to file descriptor 3. */
  readonly status: string;
  /** Why it did not end by itself; null where it did. */
  readonly broken: "missing" | "timeout" | "output" | "input" | "cancelled" | null;
}

export interface RunOptions {
  readonly input: Buffer | Readable;
  /** What it reads from file descriptor 4. */
  readonly second?: Buffer;
  /** Gets what it prints, as it comes, in place of `Run.stdout`. The run ends with it. */
  readonly output?: Writable;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

const MAX_OUTPUT = 64 * 1024 * 1024;
const MAX_WORDS = 64 * 1024;

/** Without what is Postern's own: a password may be among it. */
function environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("POSTERN_"));
  return { ...Object.fromEntries(kept), LC_ALL: "C.UTF-8", ...more };
}

/** Hands on what comes until the other end is gone. Rejects where the source fails. */
async function pump(source: Readable, to: Writable): Promise<void> {
  for await (const chunk of source) {
    if (to.destroyed) return;
    if (!to.write(chunk)) await drained(to);
  }
  to.end();
}

/** Runs `command` with `args`. Never rejects: what went wrong is in the result. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ["pipe", "pipe", "pipe", "pipe", "pipe"],
      env: environment(options.env ?? {}),
      windowsHide: true,
    });
    let broken: Run["broken"] = null;
    const stop = (why: NonNullable<Run["broken"]>) => {
      broken ??= why;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(() => stop("timeout"), options.timeout);
    const cancel = () => stop("cancelled");
    if (options.signal?.aborted) cancel();
    options.signal?.addEventListener("abort", cancel, { once: true });
    const collect = (stream: unknown, most: number, cut: boolean) => {
      const chunks: Buffer[] = [];
      let size = 0;
      if (stream instanceof Readable) {
        stream.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size <= most) chunks.push(chunk);
          else if (!cut) stop("output");
        });
        stream.on("error", () => undefined);
      }
      return () => Buffer.concat(chunks);
    };
    const { output } = options;
    const stdout = output ? () => Buffer.alloc(0) : collect(child.stdout, MAX_OUTPUT, false);
    if (output) {
      child.stdout?.pipe(output);
      output.on("close", () => {
        if (!output.writableEnded) stop("cancelled");
      });
    }
    const stderr = collect(child.stderr, MAX_WORDS, true);
    const status = collect(child.stdio[3], MAX_WORDS, true);
    const feed = (stream: unknown, bytes: Buffer | Readable) => {
      if (!(stream instanceof Writable)) return;
      // It may end before it has read all.
      stream.on("error", () => undefined);
      // Half of an input would be taken for the whole.
      if (bytes instanceof Readable) pump(bytes, stream).catch(() => stop("input"));
      else stream.end(bytes);
    };
    feed(child.stdin, options.input);
    feed(child.stdio[4], options.second ?? Buffer.alloc(0));
    const finish = (code: number | null) => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", cancel);
      output?.end();
      resolve({
        code,
        stdout: stdout(),
        stderr: stderr().toString("utf8"),
        status: status().toString("utf8"),
        broken,
      });
    };
    child.on("error", () => {
      broken ??= "missing";
      finish(null);
    });
    child.on("close", (code) => finish(code));
  });
}

/** Running one program to its end, watched from outside: time, processor and memory as the kernel counts them. */
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface Measured {
  readonly seconds: number;
  /** Processor seconds, user and system. */
  readonly cpu: number;
  /** Most memory resident at a time (VmHWM), MB. */
  readonly megabytes: number;
  /** Lines it printed, with the seconds since its start. */
  readonly lines: readonly { readonly text: string; readonly seconds: number }[];
}

const ticks = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
/** How often the kernel is asked, ms. Both counts only grow, so that the last look before the end is the one that counts. */
const lookMs = 10;

/** Peak memory of a process so far, MB. Throws where it is gone. */
export function peakMB(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}

/** Processor seconds of a process so far. Throws where it is gone. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

/** Rejects where it does not end with status 0. */
export function measured(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const elapsed = () => (performance.now() - started) / 1000;
    const lines: { text: string; seconds: number }[] = [];
    createInterface(child.stdout).on("line", (text) => lines.push({ text, seconds: elapsed() }));
    let complaint = "";
    child.stderr.on("data", (data: Buffer) => {
      complaint = (complaint + data.toString()).slice(-2000);
    });
    let cpu = 0;
    let megabytes = 0;
    const look = setInterval(() => {
      try {
        cpu = cpuSeconds(child.pid ?? 0);
        megabytes = peakMB(child.pid ?? 0) || megabytes;
      } catch {
        // It has ended; what was seen last stands.
      }
    }, lookMs);
    let seconds = 0;
    child.once("exit", () => {
      seconds = elapsed();
      clearInterval(look);
    });
    child.once("error", reject);
    child.once("close", (status) => {
      if (status === 0) resolve({ seconds, cpu, megabytes, lines });
      else reject(new Error(`${command} ${args.join(" ")} ended with ${status}: ${complaint}`));
    });
  });
}

/** Runs one of `children.ts` in a process of its own; what it returns is the last line of what it prints. */
export function child(name: string, options: object): Promise<Measured> {
  const main = process.argv[1] ?? fileURLToPath(import.meta.url);
  return measured(process.execPath, [main, "--child", name, JSON.stringify(options)]);
}

/** Seconds from the start of a program until it printed a line that begins so. */
export function when({ lines }: Measured, start: string): number {
  const found = lines.find(({ text }) => text.startsWith(start));
  if (!found) throw new Error(`it never said ${start}`);
  return found.seconds;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** The run of middle length. */
export function middle(runs: readonly Measured[]): Measured {
  return [...runs].sort((a, b) => a.seconds - b.seconds)[runs.length >> 1]!;
}

/** One table: the first column is left-aligned, all others right. */
export function table(title: string, rows: readonly (readonly (string | number)[])[]): void {
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === "number" ? cell.toFixed(cell < 10 ? 2 : cell < 100 ? 1 : 0) : cell)),
  );
  const columns = Math.max(...cells.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...cells.map((row) => row[i]?.length ?? 0)),
  );
  console.log(`\n${title}`);
  for (const row of cells) {
    const line = row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[i] ?? 0),
    );
    console.log(line.join("  "));
  }
}

/**
 * The screen on a mailbox of 10,000 messages beside mutt, neomutt and aerc, as far as they are installed (`npm run bench
 * -- screen [messages [launch|keys]]`): launch near and far, octets and milliseconds per key, processor time, memory. Counts are exact;
 * milliseconds depend on the machine.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { type Home, makeHome, type Size } from "../screen/postern.ts";
import type { Pty } from "../screen/pty.ts";
import { startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type Client, clients } from "./screen/clients.ts";
import { startSlowLine } from "./screen/slow-line.ts";

const count = Number(process.argv[2] ?? 10_000);
/** `launch` or `keys`, where one of both is enough. */
const part = process.argv[3] ?? "";
const sizes = [
  { columns: 80, rows: 24 },
  { columns: 150, rows: 50 },
  { columns: 200, rows: 60 },
];
/** Round trips, in milliseconds. */
const distances = [0, 100];
/** So many keys say how soon they are answered while all headers are fetched, in so many cold starts at most. */
const keysWhileFetching = 60;
const mostColdStarts = 12;
/** Keys after which memory is to be what it was. */
const manyKeys = 10_000;
const people = ["Ada Lovelace", "Grace Hopper", "Alan Turing", "Katherine Johnson", "Edsger W. Dijkstra"];
const words = "the of a mailbox server message garden river winter report meeting answer question plan".split(
  " ",
);

/** The list is on the screen, and the client waits for keys. */
const ready = (lines: string[]) => lines.some((line) => line.includes(`Number ${count} `));

/** Processor milliseconds that a process has used. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * (1000 / ticks);
}
const ticks = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

function residentMB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Types a key; resolves with the bytes it caused and the time until the first of them. */
async function press(pty: Pty, key: string): Promise<{ bytes: number; ms: number }> {
  const before = pty.bytes;
  const typed = performance.now();
  pty.type(key);
  // Whoever waits by looking again and again takes the processor from the one he waits for.
  await pty.received(before, 2_000);
  const ms = performance.now() - typed;
  for (let last = -1; last !== pty.bytes; ) {
    last = pty.bytes;
    await pause(25);
  }
  return { bytes: pty.bytes - before, ms };
}

type Measures = Record<string, number>;

async function launch(
  client: Client,
  home: Home,
  size: Size,
  port: number,
): Promise<{ pty: Pty; ms: number }> {
  const started = performance.now();
  const pty = await client.start(home, size, port);
  await pty.waitFor(ready, 120_000);
  return { pty, ms: performance.now() - started };
}

async function leave(client: Client, pty: Pty): Promise<void> {
  pty.type(client.quit);
  await Promise.race([pty.exit, pause(3_000)]);
  await pty.stop();
}

/** How long until the list is on the screen, without a cache and with one. */
async function measureLaunch(client: Client, home: Home, port: number): Promise<Measures> {
  const [size] = sizes;
  const colds: number[] = [];
  const during: number[] = [];
  let cold: { pty: Pty; ms: number } | null = null;
  // Where all is there soon, few keys are pressed before: it is begun anew until there are enough of them.
  while (cold === null || (client.name === "postern" && during.length < keysWhileFetching)) {
    if (cold) await leave(client, cold.pty);
    client.forget(home);
    cold = await launch(client, home, size!, port);
    colds.push(cold.ms);
    const fetching = () => cold!.pty.text().some((line) => line.includes("reading headers"));
    // The first of them come before the screen says that it reads.
    for (let n = 0; client.name === "postern" && (n < 5 || fetching()) && n < 200; n++)
      during.push((await press(cold.pty, n % 2 ? "k" : "j")).ms);
    if (colds.length === mostColdStarts) break;
  }
  const result: Measures = { "first list, cold (ms)": median(colds) };
  if (during.length > 0) {
    result["key while all is fetched, median (ms)"] = median(during);
    result["key while all is fetched, 9 of 10 (ms)"] = during.toSorted((a, b) => a - b)[
      Math.floor(during.length * 0.9)
    ]!;
    result["key while all is fetched, longest (ms)"] = Math.max(...during);
    result["keys pressed meanwhile"] = during.length;
  }
  await cold.pty.settle(1_500);
  await leave(client, cold.pty);
  const warm: number[] = [];
  for (let i = 0; i < 3; i++) {
    const { pty, ms } = await launch(client, home, size!, port);
    warm.push(ms);
    await pty.settle(500);
    await leave(client, pty);
  }
  result["first list, warm (ms)"] = median(warm);
  return result;
}

async function measureKeys(client: Client, home: Home, size: Size, port: number): Promise<Measures> {
  const result: Measures = {};
  const { pty } = await launch(client, home, size, port);
  try {
    await pty.settle(1_000);
    const rows = pty.text().filter((line) => line.includes("Number ")).length;
    await press(pty, "j");
    const inPage = [];
    for (let i = 0; i < Math.min(rows - 6, 25); i++) inPage.push(await press(pty, "j"));
    result["octets per j in the page"] = median(inPage.map(({ bytes }) => bytes));
    result["key to screen, j (ms)"] = median(inPage.map(({ ms }) => ms));
    for (let i = inPage.length; i < rows; i++) await press(pty, "j");
    const scrolling = [];
    for (let i = 0; i < 15; i++) scrolling.push(await press(pty, "j"));
    result["octets per j that scrolls"] = median(scrolling.map(({ bytes }) => bytes));
    result["octets per j that scrolls, mean"] =
      scrolling.reduce((sum, { bytes }) => sum + bytes, 0) / scrolling.length;
    const pages = [];
    for (let i = 0; i < 8; i++) pages.push(await press(pty, client.page));
    result["octets per page"] = median(pages.map(({ bytes }) => bytes));
    result["key to screen, page (ms)"] = median(pages.map(({ ms }) => ms));
    const opened = [];
    for (let i = 0; i < 5; i++) {
      const before = pty.bytes;
      pty.type(client.open);
      await pty.waitFor("This is sample message", 10_000);
      await pty.settle(150);
      opened.push(pty.bytes - before);
      pty.type(client.close);
      await pty.waitFor((lines) => !lines.some((line) => line.includes("This is sample message")), 10_000);
      await pty.settle(150);
      await press(pty, "j");
    }
    result["octets per opened message"] = median(opened);
    const used = cpuMs(pty.pid);
    const keys = 200;
    for (let i = 0; i < keys; i++) {
      pty.type(i % 2 ? "k" : "j");
      await pause(8);
    }
    await pty.settle();
    result["processor per key (ms)"] = (cpuMs(pty.pid) - used) / keys;
    result["memory (MB)"] = residentMB(pty.pid);
    if (size === sizes[0]) {
      for (let i = 0; i < manyKeys; i++) {
        pty.type(i % 400 < 200 ? "j" : "k");
        if (i % 10 === 0) await pause(4);
      }
      await pty.settle(1_000);
      result[`memory after ${manyKeys} keys (MB)`] = residentMB(pty.pid);
    }
    await leave(client, pty);
  } finally {
    await pty.stop();
  }
  return result;
}

function table(title: string, compared: readonly Client[], results: readonly Measures[]): void {
  console.log(`\n${title}`);
  console.log("".padEnd(42) + compared.map(({ name }) => name.padStart(10)).join(""));
  for (const key of new Set(results.flatMap((result) => Object.keys(result)))) {
    const shown = results.map((result) => {
      const value = result[key];
      return (value === undefined ? "–" : value.toFixed(value < 20 ? 1 : 0)).padStart(10);
    });
    console.log(key.padEnd(42) + shown.join(""));
  }
}

const server = await startDovecot({ tls: "none" });
const home = makeHome(server.port);
try {
  server.deliver(
    "INBOX",
    Array.from({ length: count }, (_, i) => {
      const subject = Array.from(
        { length: 3 + (i % 5) },
        (_, w) => words[(i * 7 + w * 3) % words.length],
      ).join(" ");
      const name = people[(i * 3) % people.length] ?? "";
      return {
        message: sampleMessage({
          n: i + 1,
          from: `${name} <${name.toLowerCase().replaceAll(/\W+/g, ".")}@example.org>`,
          subject: `Number ${i + 1} ${subject}`,
        }),
        date: new Date(Date.UTC(2024, 0, 1) + i * 3_600_000),
        flags: i % 4 === 0 ? "" : "S",
      };
    }),
  );
  const compared = clients();
  for (const distance of part === "keys" ? [] : distances) {
    const line = distance > 0 ? await startSlowLine(server.port, distance) : null;
    const results: Measures[] = [];
    for (const client of compared) results.push(await measureLaunch(client, home, line?.port ?? server.port));
    line?.stop();
    table(`${count} messages, a round trip of ${distance} ms`, compared, results);
  }
  for (const size of part === "launch" ? [] : sizes) {
    const results: Measures[] = [];
    for (const client of compared) results.push(await measureKeys(client, home, size, server.port));
    table(`${count} messages, ${size.columns}×${size.rows}`, compared, results);
  }
} finally {
  await server.stop();
  home.remove();
}

/**
 * The screen on a mailbox of 10,000 messages beside mutt and neomutt (`npm run bench -- screen [messages]`): launch,
 * bytes and milliseconds per key, processor time, memory. Counts are exact; milliseconds depend on the machine.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Home, makeHome, openScreen, type Size } from "../screen/postern.ts";
import { type Pty, startPty } from "../screen/pty.ts";
import { type Dovecot, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";

const count = Number(process.argv[2] ?? 10_000);
const people = ["Ada Lovelace", "Grace Hopper", "Alan Turing", "Katherine Johnson", "Edsger W. Dijkstra"];
const words = "the of a mailbox server message garden river winter report meeting answer question plan".split(
  " ",
);

interface Client {
  readonly name: string;
  /** The list is on the screen, and the client waits for keys. */
  ready(lines: string[]): boolean;
  start(home: Home, size: Size): Promise<Pty>;
  forget(home: Home): void;
}

const postern: Client = {
  name: "postern",
  ready: (lines) => lines.some((line) => line.includes(`Number ${count} `)),
  start: (home, size) => openScreen(home, size),
  forget(home) {
    for (const name of ["cache", "state"]) rmSync(join(home.dir, name), { recursive: true, force: true });
  },
};

function mutt(name: string, server: Dovecot): Client {
  return {
    name,
    ready: (lines) => lines.some((line) => line.includes(`Number ${count} `)),
    async start(home, size) {
      const cache = join(home.dir, name);
      mkdirSync(cache, { recursive: true });
      const settings = [
        `set folder="imap://user@127.0.0.1:${server.port}/" spoolfile="+INBOX" imap_user=user imap_pass=password`,
        `set header_cache="${cache}/headers" message_cachedir="${cache}" ssl_starttls=no ssl_force_tls=no`,
        "set imap_condstore=yes imap_qresync=yes imap_idle=yes sort=reverse-date-received arrow_cursor=no",
        'set mail_check=60 timeout=60 help=yes record="" postponed=""',
      ];
      mkdirSync(join(cache, "headers"), { recursive: true });
      writeFileSync(join(cache, "rc"), `${settings.join("\n")}\n`);
      return startPty(name, ["-F", join(cache, "rc"), "-n"], { ...size, env: home.env, cwd: home.dir });
    },
    forget: (home) => rmSync(join(home.dir, name), { recursive: true, force: true }),
  };
}

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
  while (pty.bytes === before && performance.now() - typed < 2_000)
    await new Promise((resolve) => setImmediate(resolve));
  const ms = performance.now() - typed;
  for (let last = -1; last !== pty.bytes; ) {
    last = pty.bytes;
    await pause(25);
  }
  return { bytes: pty.bytes - before, ms };
}

type Measures = Record<string, number>;

async function launch(client: Client, home: Home, size: Size): Promise<{ pty: Pty; ms: number }> {
  const started = performance.now();
  const pty = await client.start(home, size);
  await pty.waitFor((lines) => client.ready(lines), 60_000);
  return { pty, ms: performance.now() - started };
}

async function measure(client: Client, home: Home, size: Size): Promise<Measures> {
  const result: Measures = {};
  client.forget(home);
  const cold = await launch(client, home, size);
  result["first list, cold (ms)"] = cold.ms;
  if (client === postern) {
    const during: number[] = [];
    while (cold.pty.text().some((line) => line.includes("reading headers")) || during.length < 5) {
      during.push((await press(cold.pty, during.length % 2 ? "k" : "j")).ms);
      if (during.length > 200) break;
    }
    result["key while all is fetched, median (ms)"] = median(during);
    result["key while all is fetched, longest (ms)"] = Math.max(...during);
  }
  await cold.pty.settle(1_500);
  cold.pty.type("q");
  await Promise.race([cold.pty.exit, pause(3_000)]);
  await cold.pty.stop();

  const warm = await launch(client, home, size);
  result["first list, warm (ms)"] = warm.ms;
  const { pty } = warm;
  try {
    await pty.settle(1_000);
    const rows = pty.text().filter((line) => line.includes("Number ")).length;
    await press(pty, "j");
    const inPage = [];
    for (let i = 0; i < rows - 6; i++) inPage.push(await press(pty, "j"));
    result["bytes per j in the page"] = median(inPage.map(({ bytes }) => bytes));
    result["key to screen, j (ms)"] = median(inPage.map(({ ms }) => ms));
    for (let i = 0; i < 6; i++) await press(pty, "j");
    const scrolling = [];
    for (let i = 0; i < 15; i++) scrolling.push(await press(pty, "j"));
    result["bytes per j that scrolls"] = median(scrolling.map(({ bytes }) => bytes));
    result["bytes per j that scrolls, mean"] =
      scrolling.reduce((sum, { bytes }) => sum + bytes, 0) / scrolling.length;
    const page = client === postern ? "\x1b[6~" : "z";
    const pages = [];
    for (let i = 0; i < 10; i++) pages.push(await press(pty, page));
    result["bytes per page"] = median(pages.map(({ bytes }) => bytes));
    result["key to screen, page (ms)"] = median(pages.map(({ ms }) => ms));
    const used = cpuMs(pty.pid);
    const keys = 200;
    for (let i = 0; i < keys; i++) {
      pty.type(i % 2 ? "k" : "j");
      await pause(8);
    }
    await pty.settle();
    result["processor per key (ms)"] = (cpuMs(pty.pid) - used) / keys;
    result["memory (MB)"] = residentMB(pty.pid);
    pty.type(client === postern ? "q" : "x");
    await Promise.race([pty.exit, pause(3_000)]);
  } finally {
    await pty.stop();
  }
  return result;
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
  const others = ["mutt", "neomutt"].filter((name) => spawnSync("which", [name]).status === 0);
  const clients = [postern, ...others.map((name) => mutt(name, server))];
  for (const size of [
    { columns: 150, rows: 50 },
    { columns: 80, rows: 24 },
  ]) {
    const results: Measures[] = [];
    for (const client of clients) results.push(await measure(client, home, size));
    console.log(`\n${count} messages, ${size.columns}×${size.rows}`);
    console.log(
      `${"".padEnd(42)}${clients.map(({ name }) => name.padStart(10)).join("")}${"to mutt".padStart(10)}`,
    );
    for (const key of Object.keys(results[0] ?? {})) {
      const values = results.map((result) => result[key]);
      const [ours, theirs] = values;
      const shown = values
        .map((v) => (v === undefined ? "–" : v.toFixed(v < 20 ? 1 : 0)).padStart(10))
        .join("");
      const ratio = ours !== undefined && theirs ? (ours / theirs).toFixed(2) : "";
      console.log(`${key.padEnd(42)}${shown}${ratio.padStart(10)}`);
    }
  }
} finally {
  await server.stop();
  home.remove();
}

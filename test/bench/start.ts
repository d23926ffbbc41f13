// What a one-shot command costs beside `node -e 0`, curl and imapflow, all in one run: time to the first octet on the line,
// flights, and time in all, on loopback and with 100 ms to the server. `npm run bench -- start [RUNS]`
import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Home } from "../cli/postern.ts";
import { type Dovecot, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { roundsProxy } from "../servers/rounds.ts";
import { type LateLine, lateLine } from "./start/line.ts";
import { median, table } from "./store/measure.ts";

const messages = 1000;
const farMs = 100;

interface Contender {
  readonly name: string;
  /** The command line for a server behind `port`; `run` counts up. */
  command(port: number, run: number): readonly [string, ...string[]];
  /** What is undone before each run, so that the run begins as the first one did. */
  before?(): void;
}

interface Times {
  /** ms from the start of the process. */
  readonly first: number | null;
  readonly all: number;
}

const imapflowScript = `
import { ImapFlow } from "imapflow";
const [port, ca, what, uid] = process.argv.slice(2);
const { readFileSync } = await import("node:fs");
const client = new ImapFlow({ host: "127.0.0.1", port: Number(port), secure: true, tls: { ca: readFileSync(ca) },
  auth: { user: "user", pass: "password" }, logger: false });
await client.connect();
await client.mailboxOpen("INBOX", { readOnly: true });
if (what === "list") for await (const m of client.fetch("${messages - 49}:*", { uid: true, flags: true, envelope: true })) console.log(m.uid, m.envelope.subject);
else console.log((await client.fetchOne(uid, { source: true }, { uid: true })).source.toString());
await client.logout();
`;

function once(home: Home, line: LateLine | null, command: readonly [string, ...string[]]): Promise<Times> {
  return new Promise((resolve, reject) => {
    const [file, ...args] = command;
    const started = performance.now();
    const child = spawn(file, args, { env: home.env, stdio: ["ignore", "ignore", "pipe"] });
    let complaint = "";
    child.stderr.on("data", (data: Buffer) => {
      complaint += data.toString();
    });
    child.on("error", reject);
    child.on("close", (status) => {
      const all = performance.now() - started;
      if (status !== 0) reject(new Error(`${command.join(" ")}: ${status}: ${complaint}`));
      else resolve({ first: line?.first ? line.first - started : null, all });
    });
  });
}

function contenders(home: Home, server: Dovecot): Contender[] {
  const ca = join(home.dir, "ca.pem");
  // Beside node_modules, where imports are found.
  const script = join("build", `imapflow-${process.pid}.mjs`);
  writeFileSync(script, imapflowScript);
  process.on("exit", () => rmSync(script, { force: true }));
  const postern = (port: number, ...args: string[]) => {
    const imap = `imaps://${server.user}@127.0.0.1:${port}`;
    home.account(imap, [`password-command = "echo ${server.password}"`, 'ca-file = "ca.pem"']);
    return [process.execPath, "bin/postern", ...args] as const;
  };
  const empty = () => rmSync(join(home.dir, "cache"), { recursive: true, force: true });
  const curl = (...args: string[]) => {
    return ["curl", "-sS", "--cacert", ca, "-u", `${server.user}:${server.password}`, ...args] as const;
  };
  const flow = (port: number, ...args: string[]) =>
    [process.execPath, script, String(port), ca, ...args] as const;
  // A message that has not been read yet, each time.
  const uid = (run: number) => String(run + 1);
  const listed = `FETCH ${messages - 49}:${messages} (UID FLAGS ENVELOPE)`;
  return [
    { name: "postern list, cold", command: (port) => postern(port, "list"), before: empty },
    { name: "postern list, warm", command: (port) => postern(port, "list") },
    { name: "curl list", command: (port) => curl(`imaps://127.0.0.1:${port}/INBOX`, "-X", listed) },
    { name: "imapflow list", command: (port) => flow(port, "list") },
    { name: "postern fetch, cold", command: (port, run) => postern(port, "fetch", uid(run)), before: empty },
    { name: "postern fetch, warm", command: (port, run) => postern(port, "fetch", uid(run)) },
    { name: "curl fetch", command: (port, run) => curl(`imaps://127.0.0.1:${port}/INBOX;UID=${uid(run)}`) },
    { name: "imapflow fetch", command: (port, run) => flow(port, "fetch", uid(run)) },
  ];
}

/** Flights of the second run, which knows the server; the connection is one, the goodbye that nobody waits for is none. */
async function flights(home: Home, server: Dovecot, { command, before }: Contender, run: number) {
  const proxy = await roundsProxy(server.tlsPort);
  try {
    before?.();
    await once(home, null, command(proxy.port, run));
    before?.();
    const { rounds } = proxy;
    await once(home, null, command(proxy.port, run + 1));
    return proxy.rounds - rounds;
  } finally {
    await proxy.stop();
  }
}

async function main(runs: number): Promise<void> {
  const server = await startDovecot();
  const home = Home.on(server);
  const line = await lateLine(server.tlsPort);
  try {
    server.deliver(
      "INBOX",
      Array.from({ length: messages }, (_, i) => sampleMessage({ n: i })),
    );
    await server.doveadm("mailbox", "status", "-u", server.user, "messages", "*");
    const all = contenders(home, server);
    const node: number[] = [];
    const seen = new Map(
      all.map(({ name }) => [name, { first: [] as number[], near: [] as number[], far: [] as number[] }]),
    );
    let run = 0;
    for (let again = 0; again < runs; again++) {
      node.push((await once(home, null, [process.execPath, "-e", "0"])).all);
      for (const ms of [0, farMs]) {
        line.roundTripMs = ms;
        for (const { name, command, before } of all) {
          before?.();
          const times = await once(home, line, command(line.port, run++));
          const into = seen.get(name);
          if (ms === 0 && times.first !== null) into?.first.push(times.first);
          (ms === 0 ? into?.near : into?.far)?.push(times.all);
        }
      }
    }
    const base = median(node);
    const rows: (string | number)[][] = [];
    for (const contender of all) {
      const { first, near, far } = seen.get(contender.name)!;
      const counted = await flights(home, server, contender, run);
      run += 2;
      const ratio = median(first) / base;
      rows.push([contender.name, median(first), `${ratio.toFixed(1)}×`, counted, median(near), median(far)]);
    }
    const head = ["", "first octet ms", "of node -e 0", "flights", "0 ms away", `${farMs} ms away`];
    table(
      `one-shot commands, ${messages} messages, TLS 1.3, medians of ${runs}; node -e 0: ${base.toFixed(0)} ms`,
      [head, ...rows],
    );
  } finally {
    await line.stop();
    await server.stop();
    home.remove();
  }
}

await main(Number(process.argv[2] ?? 7));

/** A real server, a local copy, and processes on it that are killed: one point after another. */
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { build } from "esbuild";
import type { StoreLocation } from "../../src/store/index.ts";
import { startCyrus } from "../servers/cyrus.ts";
import { startDovecot } from "../servers/dovecot.ts";
import { Wire } from "../servers/wire.ts";
import type { ChildOptions, Work } from "./child.ts";
import { judgePromises, lookAt, stateOf } from "./judge.ts";
import { Ledger, type Step } from "./ledger.ts";
import { letter } from "./letter.ts";
import { Random } from "./random.ts";
import type { RecoveryOptions } from "./recovery.ts";

export type ServerKind = "dovecot" | "cyrus";

/** What one process said before it ended. */
interface Said {
  readonly promised: Step[];
  /** Begun and not promised. */
  open: { readonly number: unknown; readonly step: Step } | null;
  /** What it was refused, and errors it met: none is expected unless the disk is full. */
  readonly complaints: string[];
  /** Octets of the journal's log that are on the disk. */
  journalOctets: number;
  counts: { done: number; refused: number; evicted: number };
}

export interface Running {
  readonly process: ChildProcess;
  readonly said: Said;
  readonly closed: Promise<unknown>;
}

const usual: Record<Work, number> = {
  flag: 30,
  move: 18,
  copy: 8,
  remove: 6,
  append: 12,
  read: 14,
  sync: 8,
  evict: 3,
  pause: 10,
};

/** Octets: room for the bodies of all messages there are. */
export const room = 2e9;

/** System calls at which a process can be made to end, and how many of each it may live through. */
const calls: Readonly<Record<string, number>> = {
  pwrite64: 600,
  fdatasync: 60,
  rename: 30,
  unlink: 20,
  ftruncate: 4,
  writev: 60,
  openat: 400,
  read: 900,
};

const strace = spawnSync("strace", ["-V"]).status === 0;

export class Rig {
  readonly kind: ServerKind;
  readonly port: number;
  readonly dir: string;
  readonly random: Random;
  /** Where the local copy lies. */
  places: StoreLocation;
  /** Octets of bodies that are kept at most. */
  cacheSize = room;
  /** Where the local copies, protocols and stories of points with faults are kept for a look; null: nowhere. */
  keep: string | null = null;
  ledger: Ledger;
  readonly #wire: Wire;
  /** Where the programs are that the processes run. */
  readonly #programs: string;
  readonly #stop: () => Promise<void>;
  /** Since the last judgement. */
  #runs: Running[] = [];
  readonly #told = new Set<string>();
  #children = 0;

  private constructor(
    kind: ServerKind,
    port: number,
    wire: Wire,
    programs: string,
    seed: number,
    stop: () => Promise<void>,
  ) {
    this.kind = kind;
    this.port = port;
    this.#wire = wire;
    this.#programs = programs;
    this.#stop = stop;
    this.dir = mkdtempSync(join(tmpdir(), "postern-crash-"));
    this.places = { cacheDir: join(this.dir, "cache"), stateDir: join(this.dir, "state") };
    this.random = new Random(seed);
    this.ledger = new Ledger(new Map());
  }

  static async start(kind: ServerKind, seed: number, messages = 60): Promise<Rig> {
    // Inside the project, so that the program finds the packages.
    const programs = resolve(`build/crash-${process.pid}-${kind}`);
    await build({
      entryPoints: ["test/crash/child.ts", "test/crash/recovery.ts"],
      outdir: programs,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      packages: "external",
      logLevel: "warning",
    });
    const server = kind === "dovecot" ? await startDovecot({ tls: "none" }) : await startCyrus();
    const wire = await Wire.open(server.port);
    const rig = new Rig(kind, server.port, wire, programs, seed, () => server.stop());
    await rig.#fill("INBOX", messages);
    await rig.#fill("Archive", messages >> 1);
    rig.ledger = new Ledger(stateOf(await lookAt(wire)));
    return rig;
  }

  async #fill(mailbox: string, count: number): Promise<void> {
    const ids = Array.from({ length: count }, () => `<first.${this.random.below(1e9)}@crash.example.org>`);
    await this.#wire.appendAll(mailbox, ids.map(letter));
  }

  /** What another client does while none of ours runs: new mail, and mail that goes. */
  async meddle(): Promise<void> {
    await this.#fill("INBOX", this.random.between(1, 12));
    for (const path of [...this.ledger.state.keys()]) {
      await this.#wire.select(path);
      const rows = await this.#wire.listing();
      const surplus = rows.slice(0, Math.max(0, rows.length - 120));
      const gone = [...surplus, ...(rows.length > 20 ? this.random.some(rows.slice(-20), 3) : [])];
      const uids = gone.map(({ uid }) => uid).join(",");
      if (uids === "") continue;
      await this.#wire.command(`UID STORE ${uids} +FLAGS.SILENT (\\Deleted)`);
      await this.#wire.command(`UID EXPUNGE ${uids}`);
    }
    this.ledger = new Ledger(stateOf(await lookAt(this.#wire)));
  }

  /** Starts a process at work; `at` ends it at one of its system calls. */
  run(over: Partial<ChildOptions> = {}, at?: { call: string; nth: number }): Running {
    const ledgerFile = join(this.dir, `ledger-${this.#children}.json`);
    writeFileSync(ledgerFile, JSON.stringify(this.#promised()));
    const options: ChildOptions = {
      port: this.port,
      places: this.places,
      seed: this.random.below(2 ** 32),
      ledgerFile,
      name: `p${this.#children}`,
      offline: false,
      log: this.keep && join(this.dir, `protocol-${this.#children}.log`),
      share: { of: 1, mine: 0 },
      // Whether these were changed is not known before the server has been looked at.
      avoid: this.#open().flatMap((step) => ("ids" in step ? step.ids : [])),
      weights: usual,
      cacheSize: this.cacheSize,
      ...over,
    };
    this.#children++;
    const program = [join(this.#programs, "child.mjs"), JSON.stringify(options)];
    const inject = at ? [`trace=${at.call}`, `inject=${at.call}:signal=SIGKILL:when=${at.nth}`] : [];
    const child = at
      ? spawn(
          "strace",
          ["-f", "-qq", "-o", "/dev/null", ...inject.flatMap((e) => ["-e", e]), process.execPath, ...program],
          {
            stdio: ["ignore", "pipe", "pipe"],
            detached: true,
          },
        )
      : spawn(process.execPath, program, { stdio: ["ignore", "pipe", "pipe"], detached: true });
    const said: Said = {
      promised: [],
      open: null,
      complaints: [],
      journalOctets: 0,
      counts: { done: 0, refused: 0, evicted: 0 },
    };
    createInterface(child.stdout).on("line", (line) => this.#hear(said, line));
    child.stderr.on("data", (data: Buffer) =>
      said.complaints.push(`stderr: ${data.toString().slice(0, 2000)}`),
    );
    const running = { process: child, said, closed: once(child, "close") };
    this.#runs.push(running);
    return running;
  }

  #open(): Step[] {
    return this.#runs.flatMap(({ said }) => said.open?.step ?? []);
  }

  #promised(): Ledger {
    const ledger = new Ledger(this.ledger.state);
    for (const { said } of this.#runs) for (const step of said.promised) ledger.apply(step);
    return ledger;
  }

  #hear(said: Said, line: string): void {
    const heard = JSON.parse(line) as Record<string, unknown> & { step?: Step };
    if (typeof heard.synced === "number") said.journalOctets = heard.synced;
    if (heard.step) said.open = { number: heard.begin, step: heard.step };
    else if (typeof heard.evicted === "number") said.counts.evicted += heard.evicted;
    else if (heard.told !== undefined && said.open) {
      said.promised.push(said.open.step);
      said.open = null;
    } else if (heard.done !== undefined) said.counts.done++;
    else if (heard.refused !== undefined) {
      said.counts.refused++;
      // A step that was refused before it was promised has not been begun.
      if (said.open?.number === heard.refused) said.open = null;
      said.complaints.push(`refused: ${heard.error}`);
    } else if (heard.trouble !== undefined) said.complaints.push(`trouble: ${heard.trouble}`);
  }

  /** Lets a process live for a while and ends it with -9. Resolves when it is gone. */
  async killAfter({ process: child, closed }: Running, ms: number): Promise<void> {
    await Promise.race([sleep(ms), closed]);
    kill(child, "SIGKILL");
    await closed;
  }

  /** One process that is killed at a random time, or at a random one of its system calls. */
  async crash(
    over: Partial<ChildOptions> = {},
    among: readonly (keyof typeof calls)[] = Object.keys(calls),
  ): Promise<{ running: Running; how: string }> {
    if (strace && this.random.below(2) === 0) {
      const call = this.random.pick(among);
      const nth = this.random.between(1, calls[call] ?? 1);
      const running = this.run(over, { call, nth });
      await this.killAfter(running, 4_000);
      return { running, how: `${call} number ${nth}` };
    }
    const ms = this.random.between(80, 1_200);
    const running = this.run(over);
    await this.killAfter(running, ms);
    return { running, how: `after ${ms} ms` };
  }

  /** What was done to a message since the last judgement. */
  #history(id: string): string[] {
    return this.#runs.flatMap(({ said }, run) => {
      const told = said.promised.map((step) => ({ step, how: "promised" }));
      const all = [...told, ...(said.open ? [{ step: said.open.step, how: "begun" }] : [])];
      return all
        .filter(({ step }) => "ids" in step && step.ids.includes(id))
        .map(({ step, how }) => `    process ${run + 1}, ${how}: ${JSON.stringify(step).slice(0, 300)}`);
    });
  }

  /** What is wrong with the local copy once it has been opened again and brought in step. */
  async #recover(): Promise<string[]> {
    const options: RecoveryOptions = {
      port: this.port,
      places: this.places,
      cacheSize: this.cacheSize,
      log: this.keep && join(this.dir, "protocol-recovery.log"),
    };
    const args = [join(this.#programs, "recovery.mjs"), JSON.stringify(options)];
    try {
      const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 120_000 });
      return JSON.parse(stdout) as string[];
    } catch (error) {
      return [`the local copy does not open: ${String(error).slice(0, 2000)}`];
    }
  }

  /** Opens the copy again and judges what all processes since the last time were promised. */
  async judge(forgive: (complaint: string) => boolean = () => false): Promise<string[]> {
    const before = this.keep && mkdtempSync(`${this.keep}-`);
    if (before) cpSync(this.dir, before, { recursive: true });
    const lines = this.#runs.flatMap(({ said }) =>
      said.complaints.filter((complaint) => !forgive(complaint)),
    );
    lines.push(...(await this.#recover()));
    const server = await lookAt(this.#wire);
    for (const line of judgePromises(this.#promised(), this.#open(), server))
      lines.push(line, ...this.#history(/<\S+>/.exec(line)?.[0] ?? ""));
    this.ledger = new Ledger(stateOf(server));
    const runs = this.#runs.map(({ said }) => said);
    this.#runs = [];
    // What stays wrong is one fault, and not one more at each point after it.
    const fresh = lines.filter((line) => !this.#told.has(line));
    for (const line of lines) if (/^(maildir|index|journal):/.test(line)) this.#told.add(line);
    if (before) {
      for (const name of readdirSync(this.dir).filter((entry) => entry.endsWith(".log"))) {
        if (fresh.length > 0) cpSync(join(this.dir, name), join(before, name));
        rmSync(join(this.dir, name));
      }
      if (fresh.length > 0) {
        writeFileSync(join(before, "story.json"), JSON.stringify({ faults: fresh, runs }, null, 1));
        fresh.push(`  kept in ${before}`);
      } else rmSync(before, { recursive: true });
    }
    return fresh;
  }

  /** The local copy is gone, and its journal, which was empty, with it. */
  forget(): void {
    for (const directory of [this.places.cacheDir, this.places.stateDir])
      rmSync(directory, { recursive: true, force: true });
  }

  async stop(): Promise<void> {
    this.#wire.close();
    await this.#stop();
    rmSync(this.#programs, { recursive: true, force: true });
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Its process group too: strace's child does not end with strace. */
export function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid) process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}

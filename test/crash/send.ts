/**
 * The program killed while it writes and sends: `npm run crash -- --send [--points N] [--seed N]`. What was on the disk is
 * there afterwards, sent, held or a draft; nothing is with its recipient twice, and no copy of it is kept twice.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Home } from "../cli/postern.ts";
import { type SubmissionServer, startSubmission } from "../servers/submission.ts";
import { Random } from "./random.ts";

export type SendWork = "compose" | "draft" | "resume" | "flush";

/** What was killed, when, and what was then amiss. */
export interface SendPoint {
  readonly work: SendWork;
  readonly ms: number;
  /** It had ended before. */
  readonly ended: boolean;
  readonly faults: readonly string[];
}

interface Listed {
  readonly items: readonly { readonly id: string; readonly subject: string; readonly state?: string }[];
}

export class SendRig {
  readonly #server: SubmissionServer;
  readonly #home: Home;
  readonly #random: Random;
  /** How long each kind of work takes that is left alone, in milliseconds. */
  readonly #takes = new Map<SendWork, number>();
  #count = 0;

  private constructor(server: SubmissionServer, seed: number) {
    this.#server = server;
    this.#random = new Random(seed);
    this.#home = new Home("");
    this.#home.write("config.toml", server.config());
  }

  static async start(seed: number): Promise<SendRig> {
    return new SendRig(await startSubmission(), seed);
  }

  async stop(): Promise<void> {
    this.#home.remove();
    await this.#server.stop();
  }

  async #json(...args: string[]): Promise<Listed> {
    const ran = await this.#home.run([...args, "--json"]);
    if (ran.status !== 0 && ran.status !== 75) throw new Error(`${args.join(" ")}: ${ran.err}`);
    return JSON.parse(ran.out) as Listed;
  }

  /** Messages of a folder of the sender's with that subject. */
  async #kept(folder: string, subject: string): Promise<number> {
    const said = await this.#server.dovecot.doveadm(
      ...["-f", "tab", "fetch", "-u", "me", "uid", "mailbox", folder, "header", "subject", subject],
    );
    return said.trim().split("\n").slice(1).length;
  }

  /** How often it has been delivered. */
  #delivered(subject: string): number {
    const line = new RegExp(`^Subject: ${subject}\\r?$`, "m");
    return this.#server.received("ann").filter((source) => line.test(source.toString("latin1"))).length;
  }

  /** Whether something of it is on this machine's disk that a person would find again. */
  #onDisk(subject: string): boolean {
    const state = join(this.#home.dir, "state/postern/test");
    const names = (part: string) => (existsSync(join(state, part)) ? readdirSync(join(state, part)) : []);
    const says = (file: string) => existsSync(file) && readFileSync(file, "utf8").includes(subject);
    return (
      names("outbox").some((id) => !id.startsWith(".") && says(join(state, "outbox", id, "entry.json"))) ||
      names("drafts").some((name) => name.endsWith(".draft") && says(join(state, "drafts", name)))
    );
  }

  #start(args: readonly string[]): { child: ChildProcess; ended: Promise<string> } {
    const child = spawn(process.execPath, ["bin/postern", ...args], {
      env: this.#home.env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    let out = "";
    child.stdout?.on("data", (chunk) => {
      out += String(chunk);
    });
    return { child, ended: new Promise((resolve) => child.on("close", () => resolve(out))) };
  }

  /** What the work needs to be there; resolves to its command line. */
  async #prepared(work: SendWork, subject: string): Promise<string[]> {
    const message = [
      "ann@example.org",
      "--subject",
      subject,
      "--body",
      "text ".repeat(this.#random.below(5_000)),
    ];
    if (work === "compose") return ["compose", ...message];
    if (work === "draft") return ["compose", ...message, "--draft"];
    if (work === "flush") {
      await this.#home.run(["compose", ...message, "--at", "0s"]);
      return ["outbox", "flush"];
    }
    await this.#home.run(["compose", ...message, "--draft"]);
    // Another machine goes on with it: here nothing is known of it.
    for (const { id } of (await this.#json("draft")).items)
      rmSync(join(this.#home.dir, `state/postern/test/drafts/${id}.draft`));
    const [found] = (await this.#json("list", "-n", "1", "--folder", "Drafts")).items as unknown as {
      uid: number;
    }[];
    return [
      "edit-as-new",
      String(found?.uid ?? 0),
      "--folder",
      "Drafts",
      "--body",
      "newer",
      ...(this.#random.below(2) ? ["--draft"] : []),
    ];
  }

  /** Kills some work at some moment, lets the program find its feet, and compares. */
  async point(work: SendWork): Promise<SendPoint> {
    const subject = `point-${++this.#count}-${work}`;
    const args = await this.#prepared(work, subject);
    const known = this.#takes.get(work);
    const began = performance.now();
    const { child, ended } = this.#start(args);
    // The start of Node itself is no moment worth much.
    const ms = known === undefined ? 60_000 : known * (0.2 + 0.8 * (this.#random.below(1_000) / 1_000));
    const over = await Promise.race([ended.then(() => true), sleep(ms, false)]);
    if (over && known === undefined) this.#takes.set(work, performance.now() - began);
    child.kill("SIGKILL");
    const out = await ended;
    const faults = await this.#judge(work, subject, out, this.#onDisk(subject));
    return { work, ms: Math.round(ms), ended: over, faults };
  }

  async #judge(work: SendWork, subject: string, out: string, wasOnDisk: boolean): Promise<string[]> {
    const faults: string[] = [];
    const draftsBefore = await this.#kept("Drafts", subject);
    await this.#home.run(["outbox", "flush"]);
    await this.#home.run(["outbox", "flush"]);
    const entries = (await this.#json("outbox")).items.filter((item) => item.subject === subject);
    const drafts = (await this.#json("draft")).items.filter((item) => item.subject === subject);
    const delivered = this.#delivered(subject);
    const [sent, saved] = [await this.#kept("Sent", subject), await this.#kept("Drafts", subject)];
    const where = `delivered ${delivered}, in Sent ${sent}, outbox ${entries.map(({ state }) => state).join(",") || 0}, drafts ${drafts.length}, on the server ${saved} (before ${draftsBefore})`;
    if (delivered > 1) faults.push(`sent twice: ${where}`);
    if (sent > 1) faults.push(`two copies in Sent: ${where}`);
    if (/^sent to/m.test(out) && (delivered !== 1 || sent !== 1)) faults.push(`told as sent: ${where}`);
    if (/^kept as draft/m.test(out) && drafts.length === 0) faults.push(`told as kept: ${where}`);
    const existed = wasOnDisk || work === "resume" || work === "flush";
    if (existed && delivered + entries.length + drafts.length + saved === 0) faults.push(`lost: ${where}`);
    if (entries.some(({ state }) => state === "sending" || state === "waiting"))
      faults.push(`left lying: ${where}`);
    // What is held is not to be sent by the next points.
    for (const { id } of entries) await this.#home.run(["--yes", "outbox", "drop", id]);
    for (const { id } of drafts) await this.#home.run(["--yes", "draft", "delete", id]);
    return faults;
  }

  async run(points: number): Promise<SendPoint[]> {
    const done: SendPoint[] = [];
    const works: SendWork[] = ["compose", "draft", "resume", "flush"];
    // First each of them is left alone, to learn how long it takes.
    for (const work of works) done.push(await this.point(work));
    for (let i = 0; i < points; i++) done.push(await this.point(works[i % works.length] ?? "compose"));
    return done;
  }
}

/** Resolves to the number of faults. */
export async function runSends(seed: number, points: number): Promise<number> {
  const rig = await SendRig.start(seed);
  try {
    const done = await rig.run(points);
    for (const { work, ms, faults } of done)
      for (const fault of faults) console.log(`${work}, killed after ${ms} ms: ${fault}`);
    const cut = done.filter(({ ended }) => !ended).length;
    const found = done.reduce((sum, { faults }) => sum + faults.length, 0);
    console.log(`seed ${seed}: ${done.length} points, ${cut} of them cut short, ${found} faults`);
    return found;
  } finally {
    await rig.stop();
  }
}

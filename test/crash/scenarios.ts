/** The ways in which processes end before their time. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cutPower } from "./power.ts";
import { kill, type Rig, type Running, room } from "./rig.ts";

export interface Result {
  readonly how: string;
  /** Changes that were promised. */
  readonly changes: number;
  /** Bodies that were kept, and gave way to others. */
  readonly evicted: number;
  readonly faults: readonly string[];
}

const countsOf = (runs: readonly Running[]) => ({
  changes: runs.reduce((sum, { said }) => sum + said.promised.length, 0),
  evicted: runs.reduce((sum, { said }) => sum + said.counts.evicted, 0),
});

/** On line, killed. */
async function killed(rig: Rig): Promise<Result> {
  const { running, how } = await rig.crash();
  return { how, ...countsOf([running]), faults: await rig.judge() };
}

/** Killed while bodies come and go, as there is room for a few of them only. */
async function evicting(rig: Rig): Promise<Result> {
  rig.cacheSize = rig.random.between(5_000, 60_000);
  try {
    const weights = {
      flag: 12,
      move: 10,
      copy: 4,
      remove: 2,
      append: 8,
      read: 50,
      sync: 4,
      evict: 2,
      pause: 8,
    };
    const { running, how } = await rig.crash({ weights }, ["unlink", "pwrite64", "rename", "openat"]);
    const faults = await rig.judge();
    return { how: `room for ${rig.cacheSize} octets, ${how}`, ...countsOf([running]), faults };
  } finally {
    rig.cacheSize = room;
  }
}

/** Changes made off line, then killed, and killed again while they are brought to the server. */
async function replay(rig: Rig): Promise<Result> {
  const away = await rig.crash({ offline: true });
  const again = [await rig.crash(), await rig.crash()];
  const runs = [away, ...again];
  return {
    how: `off line ${runs.map(({ how }) => how).join(", then ")}`,
    ...countsOf(runs.map(({ running }) => running)),
    faults: await rig.judge(),
  };
}

/** The power fails: what nobody had synced is lost in part. */
async function powerCut(rig: Rig): Promise<Result> {
  const since = Date.now();
  const { running, how } = await rig.crash({ offline: rig.random.below(4) === 0 });
  const cut = cutPower(rig.places, { journalOctets: running.said.journalOctets, since }, rig.random);
  return { how: `${how}, ${cut}`, ...countsOf([running]), faults: await rig.judge() };
}

/** Two processes work on one account; one is killed, the other ends in peace. */
async function pair(rig: Rig): Promise<Result> {
  const offline = rig.random.below(4) === 0;
  const survivor = rig.run({ share: { of: 2, mine: 0 }, offline });
  const victim = await rig.crash({ share: { of: 2, mine: 1 } });
  await sleep(rig.random.below(400));
  kill(survivor.process, "SIGTERM");
  const ended = await Promise.race([survivor.closed.then(() => true), sleep(20_000, false)]);
  if (!ended) kill(survivor.process, "SIGKILL");
  await survivor.closed;
  const faults = await rig.judge();
  if (!ended) faults.push("hang: the other process did not end within 20 s");
  // One that had not begun ends by the signal itself.
  if (survivor.process.exitCode !== 0 && survivor.process.signalCode !== "SIGTERM" && ended)
    faults.push(`the other process ended with ${survivor.process.exitCode}`);
  return { how: victim.how, ...countsOf([survivor, victim.running]), faults };
}

/** Errors that tell of a full disk, and what follows from a change that could not be kept. */
const full = /full|ENOSPC|no space/i;

/** The local copy lies on a file system that fills up, and gets room again when the process is gone. */
async function diskFull(rig: Rig): Promise<Result> {
  const at = join(rig.dir, "small");
  mkdirSync(at, { recursive: true });
  const kilobytes = rig.random.between(400, 2_000);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "none", at]).status === 0;
  if (!mounted)
    return { how: "no small disk to be had: only root may mount one", changes: 0, evicted: 0, faults: [] };
  const usual = rig.places;
  rig.places = { cacheDir: join(at, "cache"), stateDir: join(at, "state") };
  try {
    const { running, how } = await rig.crash();
    spawnSync("mount", ["-o", "remount,size=200m", at]);
    const faults = await rig.judge((complaint) => full.test(complaint));
    return { how: `${kilobytes} kB, ${how}`, ...countsOf([running]), faults };
  } finally {
    rig.places = usual;
    rig.forget();
    spawnSync("umount", ["-l", at]);
    rmSync(at, { recursive: true, force: true });
  }
}

/** How often each has its turn. */
export const scenarios = {
  kill: { weight: 40, run: killed },
  evict: { weight: 15, run: evicting },
  replay: { weight: 20, run: replay },
  power: { weight: 20, run: powerCut },
  pair: { weight: 15, run: pair },
  full: { weight: 5, run: diskFull },
} satisfies Record<string, { weight: number; run(rig: Rig): Promise<Result> }>;

export type ScenarioName = keyof typeof scenarios;

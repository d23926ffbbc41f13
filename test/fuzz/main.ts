/**
 * `npm run fuzz -- [--minutes N] [--seed N] [--keep DIR] [FOLDER…]`: server replies (our own, and those of the folders)
 * cut everywhere, then changed at random, where changes that run code not run before are kept to change again.
 * An input that breaks a promise is written to DIR (build/fuzz) and ends the run. The seed makes a run repeatable.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { readTranscripts } from "../replies/sources.ts";
import { Coverage } from "./coverage.ts";
import { readsCut, readsSingly, readsWhole } from "./invariants.ts";
import { mutate, random } from "./mutate.ts";
import { seeds } from "./seeds.ts";

const { values, positionals } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    keep: { type: "string", default: "build/fuzz" },
  },
  allowPositionals: true,
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error("usage: npm run fuzz -- [--minutes N] [--seed N] [--keep DIR] [FOLDER…]");
  process.exit(64);
}

setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");
/** Octets in use when all garbage is gone. */
function inUse(): number {
  if (typeof collect === "function") collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Runs `step`; where it fails keeps `bytes` and ends. */
function keeping(bytes: Buffer, step: () => void): void {
  try {
    step();
  } catch (error) {
    mkdirSync(values.keep, { recursive: true });
    const file = join(values.keep, `failed-${seed}-${Date.now()}`);
    writeFileSync(file, bytes);
    console.error(error);
    console.log(`FAILED: ${file} (seed ${seed})`);
    process.exit(1);
  }
}

/** Inputs above this are cut at this many places, evenly. */
const mostCuts = 2_000;

const inputs = [
  ...seeds.map((line) => Buffer.from(`${line}\r\n`, "latin1")),
  Buffer.from(seeds.map((line) => `${line}\r\n`).join(""), "latin1"),
  ...readTranscripts(positionals).map(({ bytes }) => bytes),
];
const next = random(seed);
let cuts = 0;
for (const bytes of inputs)
  keeping(bytes, () => {
    const whole = readsWhole(bytes);
    readsSingly(bytes, whole);
    const step = Math.max(1, Math.ceil(bytes.length / mostCuts));
    for (let at = 1; at < bytes.length; at += step, cuts++) readsCut(bytes, at, whole);
  });
console.log(`${inputs.length} replies read whole, octet by octet and cut at ${cuts} places`);

const coverage = new Coverage(import.meta.url);
const pool = inputs.filter((bytes) => bytes.length <= 16_384);
for (const bytes of pool) readsWhole(bytes);
coverage.take();
console.log(`${coverage.size} characters of the code run by the replies as they are`);

/** Changed replies between two looks at the coverage: a look costs more than a reading. */
const batchSize = 30;
const before = inUse();
const end = Date.now() + minutes * 60_000;
let runs = 0;
let kept = 0;
for (let told = Date.now(); Date.now() < end; ) {
  const batch: Buffer[] = [];
  for (let i = 0; i < batchSize; i++, runs++) {
    const bytes = mutate(pool[Math.floor(next() * pool.length)]!, pool, next);
    batch.push(bytes);
    keeping(bytes, () => {
      const whole = readsWhole(bytes);
      readsCut(bytes, Math.floor(next() * (bytes.length + 1)), whole);
      if (next() < 0.1) readsSingly(bytes, whole);
    });
  }
  if (coverage.take() > 0) {
    // One or few of them ran what had not run before; those that are short enough are worth changing again.
    for (const bytes of batch) if (bytes.length <= 4096) pool.push(bytes);
    kept += batch.length;
  }
  if (Date.now() - told > 30_000) {
    told = Date.now();
    console.log(`${runs} changed replies, ${coverage.size} characters run, ${kept} kept`);
  }
}
const grown = Math.round((inUse() - before) / 1024);
const poolKiB = Math.round(pool.reduce((sum, bytes) => sum + bytes.length, 0) / 1024);
console.log(
  `${runs} changed replies (seed ${seed}), ${coverage.size} characters run, ${kept} kept, none failed`,
);
console.log(`memory ${grown} KiB more than at the beginning, the kept replies are ${poolKiB} KiB`);

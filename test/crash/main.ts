/**
 * Processes that work on a real server are killed, and what they were promised is compared with what is there:
 * `npm run crash -- [--points N] [--seed N] [--server dovecot|cyrus] [--only kill,…] [--keep DIR]`. Ends with 1 on any fault; the same seed does the
 * same changes, though not at the same moments. With `--line [--every OCTETS]` it is the line that fails, not the process; with
 * `--send` it is the shell's program, while it writes and sends.
 */
import { runLines } from "./line.ts";
import { Rig, type ServerKind } from "./rig.ts";
import { type ScenarioName, scenarios } from "./scenarios.ts";
import { runSends } from "./send.ts";

const argv = process.argv.slice(2);
const option = (name: string, usual: string) =>
  argv.includes(name) ? (argv[argv.indexOf(name) + 1] ?? usual) : usual;

const points = Number(option("--points", "200"));
const seed = Number(option("--seed", String(Date.now() % 1_000_000)));
const servers = option("--server", "dovecot,cyrus").split(",") as ServerKind[];
/** The beginning of directory names for what is kept of points with faults. */
const keep = option("--keep", "");
const only = option("--only", Object.keys(scenarios).join(",")).split(",") as ScenarioName[];

interface Row {
  points: number;
  changes: number;
  evicted: number;
  faults: number;
  ms: number;
}

if (argv.includes("--line")) {
  let found = 0;
  for (const kind of servers) found += await runLines(kind, seed, Number(option("--every", "100")));
  process.exit(found === 0 ? 0 : 1);
}

if (argv.includes("--send")) {
  const found = await runSends(seed, Number(option("--points", "50")));
  process.exit(found === 0 ? 0 : 1);
}

let faults = 0;
for (const kind of servers) {
  const rig = await Rig.start(kind, seed);
  if (keep !== "") rig.keep = keep;
  const rows = new Map<ScenarioName, Row>(
    only.map((name) => [name, { points: 0, changes: 0, evicted: 0, faults: 0, ms: 0 }]),
  );
  try {
    for (let point = 1; point <= points; point++) {
      const weights = Object.fromEntries(only.map((name) => [name, scenarios[name].weight]));
      const name = rig.random.weighted(weights) as ScenarioName;
      const started = performance.now();
      if (rig.random.below(4) === 0) await rig.meddle();
      if (rig.random.below(15) === 0) rig.forget();
      const { how, changes, evicted, faults: found } = await scenarios[name].run(rig);
      const row = rows.get(name)!;
      row.points++;
      row.changes += changes;
      row.evicted += evicted;
      const count = found.filter((line) => !line.startsWith(" ")).length;
      row.faults += count;
      row.ms += performance.now() - started;
      faults += count;
      if (found.length === 0) continue;
      console.log(`${kind}, point ${point}, ${name}, ${how}:`);
      for (const line of found.slice(0, 12)) console.log(`  ${line}`);
      if (found.length > 12) console.log(`  and ${found.length - 12} more`);
    }
  } finally {
    await rig.stop();
  }
  console.log(`\n${kind}, seed ${seed}`);
  console.log(
    `${"".padEnd(34)}${["points", "changes", "evicted", "faults", "s"].map((s) => s.padStart(9)).join("")}`,
  );
  for (const [name, row] of rows) {
    const cells = [row.points, row.changes, row.evicted, row.faults, (row.ms / 1000).toFixed(1)];
    console.log(`${name.padEnd(34)}${cells.map((cell) => String(cell).padStart(9)).join("")}`);
  }
}
console.log(faults === 0 ? "\nnothing lost, nothing doubled" : `\n${faults} faults`);
process.exit(faults === 0 ? 0 : 1);

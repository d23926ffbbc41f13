// The test command. `npm test` checks format, lint and types, builds the program, sets up the servers, and runs
// every suite; `node test/run.mjs --only imap,store` runs just those suites, without the checks.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildProgram, common } from "../build.mjs";
import { ensureServers } from "./servers/install.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
// Set on some machines, it adds 80 ms to every start of Node 20 and would be measured as ours.
delete process.env.NODE_EXTRA_CA_CERTS;

const argv = process.argv.slice(2);
const only = argv.includes("--only") ? argv[argv.indexOf("--only") + 1].split(",") : null;

/** Suites are the directories of test/ that hold *.test.ts files; one process each. */
function suites() {
  const found = new Map();
  for (const entry of readdirSync("test", { recursive: true })) {
    if (!/\.test\.tsx?$/.test(entry)) continue;
    const suite = entry.includes("/") ? entry.split("/")[0] : "house";
    found.set(suite, [...(found.get(suite) ?? []), `../../test/${entry}`]);
  }
  return found;
}

/** Bundles one entry per suite into build/<out>; packages stay outside, so that a test loads what the program loads. */
async function bundle(entries, out) {
  await rm(out, { recursive: true, force: true });
  await mkdir(`${out}/entries`, { recursive: true });
  const points = {};
  for (const [name, files] of entries) {
    points[name] = `${out}/entries/${name}.ts`;
    writeFileSync(
      points[name],
      `${files
        .sort()
        .map((f) => `import ${JSON.stringify(`../${f}`)};`)
        .join("\n")}\n`,
    );
  }
  await build({
    ...common,
    entryPoints: points,
    outdir: out,
    outExtension: { ".js": ".mjs" },
    packages: "external",
    sourcemap: "inline",
  });
  return [...entries.keys()].map((name) => `${out}/${name}.mjs`);
}

/** Runs a step; `failures` names the file where it leaves what failed. */
function run(title, command, args, failures = null) {
  const started = Date.now();
  const { status } = spawnSync(command, args, { stdio: "inherit" });
  console.log(
    `${status === 0 ? "ok" : "FAILED"}: ${title} (${((Date.now() - started) / 1000).toFixed(1)} s)`,
  );
  if (status === 0) return;
  if (failures && existsSync(failures)) console.log(readFileSync(failures, "utf8"));
  process.exit(status ?? 1);
}

/** Runs one script (a benchmark, the corpus run, the manual pages) in this process's place; `alone` needs neither program nor servers, `asked` names programs it measures beside ours. */
async function script(file, args, { alone = false, asked = [] } = {}) {
  if (!alone) {
    await buildProgram();
    await ensureServers(asked);
  }
  const [main] = await bundle(new Map([["main", [`../../${file}`]]]), `build/script-${process.pid}`);
  const { status } = spawnSync(process.execPath, ["--enable-source-maps", main, ...args], {
    stdio: "inherit",
  });
  await rm(`build/script-${process.pid}`, { recursive: true, force: true });
  process.exit(status ?? 1);
}

if (argv[0] === "--corpus") await script("test/corpus/main.ts", argv.slice(1));
if (argv[0] === "--man") await script("man/generate.ts", argv.slice(1), { alone: true });
if (argv[0] === "--matrix") await script("test/matrix/main.ts", argv.slice(1));
if (argv[0] === "--replies") await script("test/replies/main.ts", argv.slice(1), { alone: true });
if (argv[0] === "--fuzz") await script("test/fuzz/main.ts", argv.slice(1), { alone: true });
if (argv[0] === "--crash") await script("test/crash/main.ts", argv.slice(1));
if (argv[0] === "--golden") {
  process.env.POSTERN_GOLDEN = "write";
  await script("test/screen/golden.test.ts", []);
}
if (argv[0] === "--bench") {
  const name = argv[1] ?? "";
  const file = `test/bench/${name}.ts`;
  if (!existsSync(file)) {
    console.error(
      `usage: npm run bench -- ${readdirSync("test/bench")
        .filter((f) => f.endsWith(".ts"))
        .map((f) => f.slice(0, -3))
        .join("|")}`,
    );
    process.exit(64);
  }
  const asked = { store: ["isync"], screen: ["neomutt", "aerc"] };
  await script(file, argv.slice(2), { asked: asked[name] ?? [] });
}

if (!only) {
  run("format and lint", "npx", ["--no-install", "biome", "check", "--error-on-warnings", "."]);
  run("types", "npx", ["--no-install", "tsc", "--noEmit"]);
}
// The suites that start the program itself need it built; a run of others alone does not.
const needProgram = ["cli", "screen", "servers", "house"];
if (!only || only.some((name) => needProgram.includes(name))) await buildProgram();
await ensureServers();
const all = suites();
const chosen = only ? new Map([...all].filter(([name]) => only.includes(name))) : all;
const out = only ? `build/test-${only.join("-")}` : "build/test";
const files = await bundle(chosen, out);
const failures = `${out}/failures.txt`;
const options = [
  "--enable-source-maps",
  "--test-timeout=1800000",
  `--test-reporter=${process.stdout.isTTY ? "spec" : "tap"}`,
  "--test-reporter-destination=stdout",
  "--test-reporter=./test/failures.mjs",
  `--test-reporter-destination=${failures}`,
];
run("tests", process.execPath, ["--test", ...options, ...files], failures);

// What a start costs: which code a one-shot command loads, and how long the program takes to say its version.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Home } from "../cli/postern.ts";
import { serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";

/** Text that only these packages hold, and that a minifier leaves as it is. */
const marks = {
  react: /Symbol\.for\("react\.[a-z_.]*element"\)/,
  ink: /ink-(text|box|root|virtual-text)/,
  mailparser: /\bMailParser\b|libmime/,
};

/** The text of every chunk of dist that a run of `bin/postern` loaded, by V8's own account. */
async function loaded(home: Home, args: readonly string[]): Promise<string[]> {
  const coverage = join(home.dir, `coverage-${args.join("-")}`);
  const ran = await home.run(args, { env: { NODE_V8_COVERAGE: coverage } });
  assert.equal(ran.status, 0, ran.err);
  const urls = readdirSync(coverage).flatMap((file) => {
    const report: unknown = JSON.parse(readFileSync(join(coverage, file), "utf8"));
    assert.ok(
      typeof report === "object" && report !== null && "result" in report && Array.isArray(report.result),
    );
    return report.result.map((script: { url: string }) => script.url);
  });
  const chunks = urls.filter((url) => url.includes("/dist/"));
  assert.ok(chunks.length > 0, "the program itself is among what was loaded");
  return chunks.map((url) => readFileSync(new URL(url), "utf8"));
}

test("the marks are found in the program as a whole", () => {
  const all = readdirSync("dist")
    .filter((name) => name.endsWith(".js"))
    .map((name) => readFileSync(join("dist", name), "utf8"));
  for (const [name, mark] of Object.entries(marks))
    assert.ok(
      all.some((text) => mark.test(text)),
      name,
    );
});

test("list loads neither React, Ink nor mailparser; --version next to nothing", {
  skip: serverMissing("dovecot"),
}, async () => {
  const server = await startDovecot();
  server.deliver("INBOX", [sampleMessage()]);
  const home = Home.on(server);
  try {
    const chunks = await loaded(home, ["list"]);
    for (const [name, mark] of Object.entries(marks))
      assert.ok(!chunks.some((text) => mark.test(text)), `${name} is loaded by list`);
    const version = await loaded(home, ["--version"]);
    const octets = version.reduce((sum, text) => sum + text.length, 0);
    assert.ok(octets < 20_000, `${octets} octets of code to say the version`);
  } finally {
    await server.stop();
    home.remove();
  }
});

const median = (times: readonly number[]) => [...times].sort((a, b) => a - b)[times.length >> 1] ?? 0;

/** Medians of `runs` interleaved runs, in milliseconds. */
function measure(runs: number): { empty: number; version: number } {
  const env = { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "" };
  const timed = (args: string[]) => {
    const started = performance.now();
    execFileSync(process.execPath, args, { env, stdio: "ignore" });
    return performance.now() - started;
  };
  const empty: number[] = [];
  const version: number[] = [];
  for (let run = 0; run < runs; run++) {
    empty.push(timed(["-e", "0"]));
    version.push(timed(["bin/postern", "--version"]));
  }
  return { empty: median(empty), version: median(version) };
}

test("--version takes at most twice what Node itself takes", () => {
  // A machine that is busy with something else may spoil one measurement, not three.
  let times = measure(15);
  for (let again = 0; again < 2 && times.version > 2 * times.empty; again++) times = measure(15);
  assert.ok(times.version <= 2 * times.empty, `${times.version} ms against ${times.empty} ms`);
});

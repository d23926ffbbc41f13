// What a start costs: which code a one-shot command loads, and how long the program takes to say its version.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { askingCommands, readingCommands, readsOne } from "../../src/cli/argv.ts";
import { findCommand } from "../../src/commands/index.ts";
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

test("what decodes pictures is in the thread that does so, and in nothing that is loaded elsewhere", () => {
  const mark = /maxResolutionInMP|maxMemoryUsageInMB/;
  const files = readdirSync("dist").filter((name) => name.endsWith(".js"));
  assert.deepEqual(
    files.filter((name) => mark.test(readFileSync(join("dist", name), "utf8"))),
    ["picture-thread.js"],
  );
  for (const name of files)
    assert.doesNotMatch(readFileSync(join("dist", name), "utf8"), /(?:from|import\()"\.\/picture-thread/);
});

/** The file of dist whose name begins so, with all that it loads before it runs. */
function closure(name: string): string[] {
  const first = readdirSync("dist").find((file) => file.startsWith(name) && file.endsWith(".js"));
  assert.ok(first, name);
  const files = new Set([first]);
  // What is added meanwhile is visited, too.
  for (const file of files)
    for (const [, other = ""] of readFileSync(join("dist", file), "utf8").matchAll(
      /(?:from|import)"\.\/([^"]+)"/g,
    ))
      files.add(other);
  return [...files];
}

test("what is loaded before the first octet is sent is little", () => {
  const octets = closure("early-").reduce((sum, file) => sum + readFileSync(join("dist", file)).length, 0);
  assert.ok(octets > 10_000 && octets < 64_000, `${octets} octets`);
});

test("the commands that are waited for at once are commands", () => {
  for (const names of [askingCommands, readingCommands]) {
    const named = [...names].map((name) => findCommand(name));
    const all = named.flatMap((command) => [command?.name ?? "", ...(command?.aliases ?? [])]);
    assert.deepEqual(new Set(all), names);
  }
});

test("a message is read where one UID is named, and nothing else that could mean another", () => {
  const lines = ["fetch 7", "--json read 7 --raw", "fetch --part 2 7", "-a work fetch 7 --headers=from"];
  for (const line of lines) assert.equal(readsOne(line.split(" ")), 7, line);
  const others = [
    "fetch 7 8",
    "fetch 7 -f Sent",
    "fetch 1:7",
    "fetch Sent/7",
    "fetch 7 --offline",
    "fetch -",
    "list",
  ];
  for (const line of others) assert.equal(readsOne(line.split(" ")), null, line);
});

/** Counts the connections to a server that never says a word; `heard` resolves with the first octets of one. */
async function silent() {
  let connections = 0;
  let hear = (_: Buffer) => {};
  const heard = new Promise<Buffer>((resolve) => {
    hear = resolve;
  });
  const server = createServer((socket) => {
    connections++;
    socket.on("data", hear).on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    heard,
    get connections() {
      return connections;
    },
    stop: () => server.close(),
  };
}

test("TLS is begun before the local copy is opened, and let go where nothing comes of it", async () => {
  const server = await silent();
  const home = new Home("");
  try {
    home.account(`imaps://user@127.0.0.1:${server.port}`, ['password-command = "echo secret"']);
    // A file where the directory should be: the copy cannot be opened.
    home.write("cache", "");
    const ran = await home.run(["list"]);
    assert.notEqual(ran.status, 0);
    assert.doesNotMatch(ran.err, /ABORTED|TIMEOUT/);
    // A handshake (RFC 8446 §5.1): its first octet.
    assert.equal((await server.heard)[0], 22);
    assert.equal(server.connections, 1);
  } finally {
    server.stop();
    home.remove();
  }
});

test("nothing is sent for help, with --offline, or where there is something else to be read first", async () => {
  const server = await silent();
  const home = new Home("");
  try {
    home.account(`imaps://user@127.0.0.1:${server.port}`, ['password-command = "echo secret"']);
    const lines = [
      ["list", "--help"],
      ["list", "--offline"],
      ["--offline", "flag", "5", "seen"],
      ["queue"],
      ["config"],
    ];
    for (const args of lines) await home.run(args);
    assert.equal(server.connections, 0);
  } finally {
    server.stop();
    home.remove();
  }
});

test("what is kept is read without a word to the server, and what is not is asked for early", {
  skip: serverMissing("dovecot"),
}, async () => {
  const server = await startDovecot();
  server.deliver("INBOX", [sampleMessage(), sampleMessage({ n: 2 })]);
  const home = Home.on(server);
  const mute = await silent();
  try {
    const read = await home.run(["fetch", "1"]);
    assert.equal(read.status, 0, read.err);
    // The same account, as far as the local copy knows: it goes by the name.
    home.account(`imaps://${server.user}@127.0.0.1:${mute.port}`, ['password-command = "echo secret"']);
    assert.equal((await home.run(["fetch", "1"])).out, read.out);
    assert.equal(mute.connections, 0);
    const ran = home.run(["fetch", "2", "--timeout", "1"]);
    assert.equal((await mute.heard)[0], 22);
    mute.stop();
    assert.notEqual((await ran).status, 0);
    assert.equal(mute.connections, 1);
  } finally {
    mute.stop();
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

// A Postern that runs for an account lends its connection: commands hand themselves over, take one flight, and are the
// same to whoever reads them; where nobody can be trusted or asked, they do their work alone.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { startPty } from "../screen/pty.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { roundsProxy } from "../servers/rounds.ts";
import { Wire } from "../servers/wire.ts";
import { Home } from "./postern.ts";

const waitMs = 20_000;

/** Resolves when `there` is true. */
async function until(there: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + waitMs; !(await there()); ) {
    assert.ok(Date.now() < end, `waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const status = async (home: Home, ...more: string[]) => {
  const ran = await home.run(["agent", "status", "--json", ...more]);
  return ran.status === 0
    ? (JSON.parse(ran.out) as { commands: number; pid: number; kind: string; line: string })
    : null;
};

async function startAgent(home: Home, args: readonly string[] = [], env: Record<string, string> = {}) {
  const child = spawn("bin/postern", ["agent", ...args], {
    env: { ...home.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const account = args.includes("-a") ? ["-a", args[args.indexOf("-a") + 1] ?? ""] : [];
  await until(async () => (await status(home, ...account))?.line === "online", "the agent");
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  await gone;
}

describe("a running agent", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let home: Home;
  let agent: ChildProcess | null = null;
  const socket = () => join(home.dir, "run/postern/test.sock");

  before(async () => {
    server = await startDovecot();
    server.deliver(
      "INBOX",
      Array.from({ length: 20 }, (_, i) => sampleMessage({ n: i + 1 })),
    );
    server.deliver("Lists/sample", [sampleMessage({ n: 30, subject: "On a list" })]);
    await server.doveadm("mailbox", "status", "-u", server.user, "messages", "*");
    home = Home.on(server);
  });
  afterEach(async () => {
    if (agent) await stop(agent);
    agent = null;
  });
  after(async () => {
    await server.stop();
    home.remove();
  });

  /** What a command comes to without an agent and with one: it must be the same. */
  async function alike(args: readonly string[], stdin?: string): Promise<void> {
    const options = stdin === undefined ? {} : { stdin };
    const alone = await home.run(args, { ...options, env: { XDG_RUNTIME_DIR: join(home.dir, "nowhere") } });
    const handed = await home.run(args, options);
    assert.deepEqual(
      [handed.status, handed.out, handed.err],
      [alone.status, alone.out, alone.err],
      args.join(" "),
    );
  }

  it("gives what commands give by themselves: text, JSON, bytes, errors, standard input", async () => {
    agent = await startAgent(home);
    const lines = [
      ["list"],
      ["list", "--json", "-n", "3"],
      ["fetch", "3"],
      ["fetch", "4", "--raw"],
      ["search", "subject:message"],
      ["list", "-f", "Lists/sample"],
      ["folders", "--fields", "name"],
      ["count"],
      ["fetch", "99"],
      ["fetch", "99", "--json"],
      ["list", "-f", "Nowhere"],
      ["list", "from:(", "--json"],
      ["list", "--nonsense"],
      ["list", "--help"],
      ["list", "--offline"],
    ];
    for (const line of lines) await alike(line);
    const before = (await status(home))?.commands ?? 0;
    await alike(["fetch", "--raw", "-"], "5\n");
    assert.equal((await status(home))?.commands, before + 1, "standard input was handed over");
  });

  it("takes one flight for a list and for a message, and shows what came a moment ago", async () => {
    const line = await roundsProxy(server.tlsPort);
    const far = Home.on(server, `imaps://${server.user}@localhost:${line.port}`);
    const own = await startAgent(far);
    try {
      // What is looked after in the background comes to an end first.
      const rest = () =>
        until(async () => {
          const { rounds } = line;
          await new Promise((resolve) => setTimeout(resolve, 1_000));
          return rounds === line.rounds;
        }, "rest");
      await rest();
      const flights = async (...args: string[]) => {
        const begun = line.rounds;
        const ran = await far.run(args);
        assert.equal(ran.status, 0, ran.err);
        return { out: ran.out, flights: line.rounds - begun };
      };
      const wire = await Wire.open(server.port, "INBOX");
      await wire.append("INBOX", sampleMessage({ n: 50, subject: "Just now" }));
      wire.close();
      assert.match((await flights("list", "-n", "1")).out, /\tJust now\n$/);
      await rest();
      assert.equal((await flights("list")).flights, 1);
      await rest();
      assert.equal((await flights("count")).flights, 1);
      await rest();
      assert.ok((await flights("fetch", "7", "--raw")).flights <= 1);
    } finally {
      await stop(own);
      await line.stop();
      far.remove();
    }
  });

  it("is for its user alone: directory 0700, socket 0600, and what others may write to is not trusted", async () => {
    agent = await startAgent(home);
    const directory = join(home.dir, "run/postern");
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    assert.equal(statSync(socket()).mode & 0o777, 0o600);
    const counted = async () => {
      const earlier = (await status(home))?.commands ?? 0;
      assert.equal((await home.run(["list", "-n", "1"])).status, 0);
      return ((await status(home))?.commands ?? 0) - earlier;
    };
    assert.equal(await counted(), 1);
    chmodSync(directory, 0o770);
    assert.equal((await home.run(["list", "-n", "1"])).status, 0);
    chmodSync(directory, 0o700);
    assert.equal((await status(home))?.commands, 1, "nothing went into a directory that others may write to");
    await stop(agent);
    chmodSync(directory, 0o777);
    const refused = await home.run(["agent"]);
    assert.equal(refused.status, 73);
    assert.match(refused.err, /directory of the sockets/);
    chmodSync(directory, 0o700);
  });

  it("leaves alone what it cannot do: another config, another time zone, a password of one's own, files by name", async () => {
    agent = await startAgent(home);
    const mail = home.write("letter.eml", sampleMessage({ n: 60 }));
    const others = [
      () => home.run(["list"], { env: { TZ: "Asia/Tokyo" } }),
      () => home.run(["list"], { env: { POSTERN_PASSWORD: "password" } }),
      () => home.run(["list", "--config", home.config]),
      () => home.run(["list", "--trace", join(home.dir, "trace")]),
      () => home.run(["append", mail, "--to", "Drafts"]),
      () => home.run(["raw", "NOOP"]),
    ];
    for (const run of others) {
      const ran = await run();
      assert.equal(ran.status, 0, ran.err);
    }
    writeFileSync(home.config, `${readFileSync(home.config, "utf8")}# changed\n`);
    assert.equal((await home.run(["list"])).status, 0);
    assert.equal((await status(home))?.commands, 0);
  });

  it("a socket that was left behind, or listens and says nothing, costs a moment", async () => {
    agent = await startAgent(home);
    const gone = once(agent, "exit");
    agent.kill("SIGKILL");
    await gone;
    assert.ok(existsSync(socket()), "a killed agent leaves its socket");
    assert.match((await home.run(["list"])).out, /Sample message/);
    assert.equal((await home.run(["agent", "status"])).status, 69);
    agent = await startAgent(home);
    assert.equal((await home.run(["list", "-n", "1"])).status, 0);
    assert.equal((await status(home))?.commands, 1, "the next one takes its place");
    await stop(agent);
    const silent = createServer(() => {});
    silent.listen(socket());
    await once(silent, "listening");
    try {
      assert.match((await home.run(["list"])).out, /Sample message/);
      assert.equal((await home.run(["agent", "status"])).status, 69);
    } finally {
      silent.close();
    }
  });

  it("where the path would be too long for a socket, commands do their work alone, and an agent says so", async () => {
    const deep = { XDG_RUNTIME_DIR: join(home.dir, "deep".repeat(30)) };
    const refused = await home.run(["agent"], { env: deep });
    assert.equal(refused.status, 73);
    assert.match(refused.err, /too long\n.*XDG_RUNTIME_DIR/);
    assert.equal((await home.run(["list", "-n", "1"], { env: deep })).status, 0);
  });

  it("two at once: one serves, the other says so and ends", async () => {
    rmSync(join(home.dir, "run"), { recursive: true, force: true });
    const both = ["", ""].map(() =>
      spawn("bin/postern", ["agent"], { env: home.env, stdio: ["ignore", "ignore", "pipe"] }),
    );
    const [loser] = await Promise.race(both.map((child) => once(child, "exit").then(() => [child] as const)));
    assert.equal(loser.exitCode, 0);
    agent = both.find((child) => child !== loser) ?? null;
    await until(async () => (await status(home)) !== null, "the one that stays");
    assert.equal((await status(home))?.pid, agent?.pid);
  });

  it("ends by itself with nothing to do, and when told to", async () => {
    agent = await startAgent(home, ["--idle", "2s"]);
    await until(() => agent?.exitCode === 0, "its end");
    assert.ok(!existsSync(socket()));
    agent = await startAgent(home);
    assert.equal((await home.run(["agent", "stop"])).status, 0);
    await until(() => agent?.exitCode === 0, "its end");
    assert.equal((await home.run(["agent", "stop"])).status, 69);
  });

  it("serves each account on a socket of its own; the first is meant where none is named", async () => {
    const two = new Home("");
    two.write("ca.pem", server.ca);
    const lines = (name: string) =>
      `[accounts.${name}]\naddress = "user@example.org"\nimap = "imaps://user@localhost:${server.tlsPort}"\npassword-command = "echo password"\nca-file = "ca.pem"\n`;
    two.write("config.toml", lines("one") + lines("two"));
    const agents = [await startAgent(two, ["-a", "one"]), await startAgent(two, ["-a", "two"])];
    try {
      for (const args of [["list"], ["list", "-a", "two"], ["list", "--account=two"], ["list", "-a", "all"]])
        assert.equal((await two.run(args)).status, 0);
      assert.equal((await status(two, "-a", "one"))?.commands, 1);
      assert.equal((await status(two, "-a", "two"))?.commands, 2);
    } finally {
      for (const each of agents) await stop(each);
      two.remove();
    }
  });

  /** In the place of an agent: does `then` when a command is to begin. */
  async function impostor(changes: boolean, then: (socket: Socket) => void): Promise<() => Promise<void>> {
    mkdirSync(join(home.dir, "run/postern"), { recursive: true, mode: 0o700 });
    rmSync(socket(), { force: true });
    const frame = (letter: string, text: string) => {
      const bytes = Buffer.alloc(5 + text.length);
      bytes.write(letter);
      bytes.writeUInt32BE(text.length, 1);
      bytes.write(text, 5);
      return bytes;
    };
    const listening = createServer((visitor) => {
      visitor.on("error", () => {});
      visitor.once("data", () => {
        visitor.write(frame("B", String(changes)));
        visitor.once("data", () => then(visitor));
      });
    });
    listening.listen(socket());
    await once(listening, "listening");
    return async () => {
      listening.close();
      await once(listening, "close");
    };
  }

  it("an agent that dies in the middle: done again where nothing was done or shown, else told", async () => {
    let over = await impostor(false, (visitor) => visitor.destroy());
    const again = await home.run(["list", "-n", "1"]);
    assert.equal(again.status, 0, again.err);
    assert.equal(again.err, "");
    await over();
    over = await impostor(true, (visitor) => visitor.destroy());
    const unknown = await home.run(["flag", "1", "+flagged"]);
    assert.equal(unknown.status, 75);
    assert.match(unknown.err, /ended in the middle of it\n.*postern queue/);
    await over();
    over = await impostor(true, (visitor) => void visitor.write(Buffer.from([0x7a, 0, 0, 0, 0])));
    const strange = await home.run(["flag", "1", "+flagged"]);
    assert.equal(strange.status, 75, "what has begun is not done twice");
    await over();
    over = await impostor(false, (visitor) => {
      visitor.end(Buffer.from([0x4f, 0, 0, 0, 5, ...Buffer.from("1\tN\t\n")]));
    });
    const begun = await home.run(["list"]);
    assert.equal(begun.status, 75);
    assert.equal(begun.out, "1\tN\t\n");
    await over();
    over = await impostor(false, (visitor) => visitor.end(Buffer.from([0x7a, 0xff, 0xff, 0xff, 0xff])));
    assert.equal(
      (await home.run(["list", "-n", "1"])).status,
      0,
      "what cannot be understood is done without",
    );
    await over();
  });

  it("a killed agent loses no change, and whoever goes away stops what it asked for", async () => {
    agent = await startAgent(home);
    const reader = await home.shell(
      "postern fetch 6 --raw | head -c 10 >/dev/null; postern list | head -n 1",
    );
    assert.equal(reader.err, "");
    const child = spawn("bin/postern", ["append", "-", "--to", "Drafts"], {
      env: home.env,
      stdio: ["pipe", "ignore", "pipe"],
    });
    const asked = (await status(home))?.commands ?? 0;
    child.stdin.write("Subject: half of it\n\n");
    await until(async () => ((await status(home))?.commands ?? 0) > asked - 1, "the command");
    child.kill("SIGINT");
    await once(child, "exit");
    assert.doesNotMatch((await home.run(["list", "-f", "Drafts"])).out, /half of it/);
    // A change that the agent has taken on is in the journal before anything is said of it.
    const flagged = await home.run(["flag", "8", "+flagged"]);
    assert.equal(flagged.status, 0, flagged.err);
    const gone = once(agent, "exit");
    agent.kill("SIGKILL");
    await gone;
    const { out } = await home.run(["list", "is:flagged", "--fields", "uid"]);
    assert.match(out, /^8$/m);
  });

  it("the screen serves, too", async () => {
    const screen = await startPty("bin/postern", [], { env: { ...home.env, TERM: "xterm" } });
    try {
      await until(async () => (await status(home))?.kind === "screen", "the screen");
      assert.equal((await home.run(["list", "-n", "1"])).status, 0);
      assert.equal((await status(home))?.commands, 1);
      const refused = await home.run(["agent", "stop"]);
      assert.equal(refused.status, 64);
      // Stopped, it is not waited for.
      screen.type("\x1a");
      await until(() => !existsSync(socket()), "its going aside");
      assert.equal((await home.run(["list", "-n", "1"])).status, 0);
      assert.equal((await home.run(["agent", "status"])).status, 69);
      await screen.stopped();
      screen.resume();
      await until(async () => (await status(home)) !== null, "its coming back");
      assert.equal((await status(home))?.commands, 1);
    } finally {
      screen.type("q");
      await screen.exit;
      await screen.stop();
    }
    assert.equal((await home.run(["agent", "status"])).status, 69);
  });
});

// What happens in folders, told to a script as it happens: on real servers, over a line that is lost and comes back, to
// programs that are run for it, and to readers that have had enough.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { ownCommands } from "../../src/cli/own.ts";
import { schemaFor } from "../../src/commands/schema.ts";
import { type Cyrus, startCyrus } from "../servers/cyrus.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { Home } from "./postern.ts";
import { assertFits } from "./schema.ts";

interface Event {
  readonly event: string;
  readonly folder: string;
  readonly uid: number | null;
  readonly uidValidity: number;
  readonly subject: string | null;
  readonly keywords: Readonly<Record<string, true>>;
}

/** What a server does not tell by itself is asked for within a minute. */
const waitMs = 100_000;

async function until(there: () => boolean, what: () => string): Promise<void> {
  for (const end = Date.now() + waitMs; !there(); ) {
    assert.ok(Date.now() < end, `waited for ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A `postern watch` that runs. */
class Watch {
  readonly child: ChildProcess;
  out = "";
  err = "";

  constructor(home: Home, args: readonly string[]) {
    this.child = spawn(`${process.cwd()}/bin/postern`, ["watch", ...args], {
      env: home.env,
      cwd: home.dir,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      this.out += chunk;
    });
    this.child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      this.err += chunk;
    });
  }

  get events(): Event[] {
    return this.out
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Event);
  }

  /** Resolves to the events when there are `count` of them. */
  async told(count: number): Promise<Event[]> {
    await until(
      () => this.events.length >= count || this.child.exitCode !== null,
      () => `${count} events: ${this.out}${this.err}`,
    );
    assert.equal(this.events.length, count, `${this.out}${this.err}`);
    return this.events;
  }

  /** Resolves to the exit status. */
  async end(): Promise<number | null> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) await once(child, "close");
    return child.exitCode;
  }

  async stop(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.end();
  }
}

const brief = ({ event, uid, subject, keywords }: Event) => [
  event,
  uid,
  subject,
  Object.keys(keywords).sort().join(" "),
];

/** What every server's folders must tell. */
function everywhere(start: () => Promise<Dovecot | Cyrus>) {
  let server: Dovecot | Cyrus;
  let home: Home;
  let watch: Watch | null = null;
  let other: Wire;
  before(async () => {
    server = await start();
    home = Home.on(server);
    other = await Wire.open(server.port, "INBOX");
    await other.append("INBOX", sampleMessage({ n: 1, subject: "was there" }));
    await other.append("INBOX", sampleMessage({ n: 2, subject: "was there, too" }));
  });
  afterEach(() => watch?.stop());
  after(async () => {
    other?.close();
    await server?.stop();
    home?.remove();
  });

  it("tells of what comes, changes and goes, whoever does it, as it happens", async () => {
    watch = new Watch(home, ["--jsonl"]);
    const [begun] = await watch.told(1);
    assert.deepEqual([begun?.event, begun?.folder, begun?.uid], ["watching", "INBOX", null]);
    await other.append("INBOX", sampleMessage({ n: 3, subject: "new one" }));
    assert.deepEqual((await watch.told(2)).slice(1).map(brief), [["new", 3, "new one", ""]]);
    await other.command("UID STORE 1 +FLAGS (\\Flagged)");
    assert.deepEqual((await watch.told(3)).slice(2).map(brief), [["changed", 1, "was there", "$flagged"]]);
    assert.equal((await home.run(["flag", "3", "+seen"])).status, 0);
    assert.deepEqual((await watch.told(4)).slice(3).map(brief), [["changed", 3, "new one", "$seen"]]);
    await other.command("UID STORE 2 +FLAGS.SILENT (\\Deleted)");
    await watch.told(5);
    await other.command("UID EXPUNGE 2");
    assert.deepEqual((await watch.told(6)).slice(5).map(brief), [["gone", 2, null, ""]]);
    watch.child.kill("SIGTERM");
    assert.equal(await watch.end(), 0);
    assert.equal(watch.err, "");
    const schema = schemaFor("watch", ownCommands.watch.returns);
    const json = new Watch(home, ["--json"]);
    watch = json;
    await json.told(1);
    await other.append("INBOX", sampleMessage({ n: 4 }));
    for (const line of await json.told(2)) assertFits(schema, line, json.out);
  });

  it("tells after a server's restart what was missed meanwhile", async () => {
    watch = new Watch(home, ["--jsonl"]);
    await watch.told(1);
    other.close();
    await server.restart();
    other = await Wire.open(server.port, "INBOX");
    await other.append("INBOX", sampleMessage({ n: 5, subject: "after the restart" }));
    await other.command("UID STORE 1 +FLAGS (\\Answered)");
    const told = (await watch.told(3)).slice(1).map(brief);
    assert.deepEqual(told.map(([event, uid]) => `${event} ${uid}`).sort(), ["changed 1", "new 5"]);
    assert.match(watch.err, /^postern: the line is lost, and is tried again: .*\n$/);
    watch.child.kill("SIGINT");
    assert.equal(await watch.end(), 130);
  });
}

describe("watch on Dovecot", { skip: serverMissing("dovecot") }, () => everywhere(startDovecot));

describe("watch on Cyrus", { skip: serverMissing("cyrus") }, () => everywhere(startCyrus));

describe("watch, as scripts use it", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let home: Home;
  let watch: Watch | null = null;
  let other: Wire;
  let n = 0;
  const arrive = (subject: string, folder = "INBOX") =>
    other.append(folder, sampleMessage({ n: ++n, subject }));
  const lines = () => watch?.out.split("\n").slice(0, -1) ?? [];
  const seen = (count: number) =>
    until(
      () => lines().length >= count,
      () => `${count} lines: ${watch?.out}${watch?.err}`,
    );
  /** Its file's lines, when there are so many. */
  async function written(name: string, count: number): Promise<string[]> {
    const path = join(home.dir, name);
    const read = () => (existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : []);
    await until(
      () => read().length >= count,
      () => `${count} lines in ${name}: ${read().join("|")} ${watch?.err}`,
    );
    return read();
  }
  before(async () => {
    server = await startDovecot();
    home = Home.on(server);
    other = await Wire.open(server.port, "INBOX");
    await other.command("CREATE Second");
    await arrive("the first");
  });
  afterEach(() => watch?.stop());
  after(async () => {
    other?.close();
    await server?.stop();
    home?.remove();
  });

  it("tells of several folders, and of another account", async () => {
    watch = new Watch(home, ["INBOX", "second", "--fields", "event,folder,subject"]);
    await seen(2);
    assert.deepEqual(lines(), ["watching\tINBOX\t", "watching\tSecond\t"]);
    await arrive("elsewhere", "Second");
    await seen(3);
    assert.equal(lines()[2], "new\tSecond\telsewhere");
    await watch.stop();
    const both = readFileSync(home.config, "utf8");
    home.write("both.toml", `${both}\n${both.replace("accounts.test", "accounts.again")}`);
    watch = new Watch(home, ["-a", "all", "--config", join(home.dir, "both.toml")]);
    await seen(2);
    assert.deepEqual(lines().sort(), ["again\twatching\tINBOX\t\t\t\t\t", "test\twatching\tINBOX\t\t\t\t\t"]);
    await arrive("for both");
    await seen(4);
    for (const [at, name] of ["again", "test"].entries())
      assert.match(lines().slice(2).sort()[at] ?? "", new RegExp(`^${name}\tnew\tINBOX\t\\d+\t.*for both$`));
  });

  it("runs a program for each, one at a time, which no message can make do anything else", async () => {
    const hostile = [
      "$(touch owned)`touch owned`; touch owned",
      "'; touch owned; '",
      '"; touch owned; "',
      "& touch owned & | touch owned > owned",
      "-n --help",
      "\x1b]2;title\x07\x1b[31mred",
    ];
    const script =
      'cat >> json; printf "%s|%s|%s\\n" "$POSTERN_EVENT" "$POSTERN_FOLDER" "$POSTERN_SUBJECT" >> ran';
    watch = new Watch(home, ["--exec", script, "--fields", "event"]);
    await seen(1);
    for (const subject of hostile) await arrive(subject);
    const ran = await written("ran", hostile.length);
    assert.deepEqual(
      ran,
      [...hostile.slice(0, -1), "red"].map((subject) => `new|INBOX|${subject}`),
    );
    assert.equal(existsSync(join(home.dir, "owned")), false);
    const told = (await written("json", hostile.length)).map((line) => JSON.parse(line) as Event);
    for (const [at, { event, subject }] of told.entries()) {
      assert.equal(event, "new");
      assert.equal(subject, hostile[at]);
    }
    assert.deepEqual([lines().length, watch.err], [hostile.length + 1, ""]);
  });

  it("prints nothing of its own beside a program, and tells of one that fails", async () => {
    watch = new Watch(home, ["--exec", 'echo "got $POSTERN_EVENT"; exit 3', "--trace", "trace"]);
    // By then it has said what it would say.
    await until(
      () =>
        existsSync(join(home.dir, "trace")) &&
        /^> \S+ IDLE$/m.test(readFileSync(join(home.dir, "trace"), "utf8")),
      () => `IDLE: ${watch?.err}`,
    );
    await arrive("one");
    await seen(1);
    await until(
      () => watch?.err !== "",
      () => "a word of its failure",
    );
    assert.deepEqual(lines(), ["got new"]);
    assert.match(watch.err, /^postern: --exec: echo .* ended with 3\n$/);
  });

  it("with --once ends with the first event, and with the status that stands for what kept it from that", async () => {
    watch = new Watch(home, ["--once", "--format", "{event} {subject}\\n"]);
    await seen(1);
    await arrive("enough");
    assert.equal(await watch.end(), 0);
    assert.deepEqual([lines(), watch.err], [["watching ", "new enough"], ""]);
    const status = async (...args: string[]) => {
      const ran = await home.run(["watch", "--once", "--json", ...args]);
      return [
        ran.status,
        (JSON.parse(ran.err.split("\n").at(-2) ?? "") as { error: { code: string } }).error.code,
      ];
    };
    assert.deepEqual(await status("Nowhere"), [66, "NO_FOLDER"]);
    assert.deepEqual(await status("INBOX", "Nowhere"), [66, "NO_FOLDER"]);
    assert.deepEqual(await status("--timeout", "0.5"), [69, "TIMEOUT"]);
    assert.deepEqual(await status("--offline"), [64, "USAGE"]);
    assert.deepEqual(await status("--fields", "nonsense"), [64, "USAGE"]);
  });

  it("ends with what it cannot go on without", async () => {
    watch = new Watch(home, ["Second", "--jsonl"]);
    await seen(1);
    await other.command("DELETE Second");
    assert.equal(await watch.end(), 66, watch.err);
    assert.match(watch.err, /there is no folder \\"Second\\" any more/);
    await other.command("CREATE Second");
  });

  it("ends quietly where nobody reads any more", async () => {
    const ran = home.shell("postern watch --jsonl | head -n 1");
    let over = false;
    void ran.then(() => {
      over = true;
    });
    // The reader is gone after the first line, which is noticed when there is another.
    while (!over) {
      await arrive("for nobody");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { status, out, err } = await ran;
    assert.deepEqual([status, out.split("\n").length, err], [0, 2, ""]);
  });

  it("lets a program that runs come to its end when it is told to end", async () => {
    watch = new Watch(home, ["--exec", "echo begun; sleep 1; echo done > finished", "--fields", "event"]);
    await seen(1);
    await arrive("slow");
    await seen(3);
    watch.child.kill("SIGTERM");
    await arrive("too late");
    assert.equal(await watch.end(), 0);
    assert.deepEqual(lines(), ["watching", "new", "begun"]);
    assert.equal(readFileSync(join(home.dir, "finished"), "utf8"), "done\n");
  });
});

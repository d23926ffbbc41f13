// The commands of the shell alone, as a script gives them: nobody is asked, the JSON is what its schema says, and what goes
// wrong ends with the status that stands for it.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type OwnName, ownCommands } from "../../src/cli/own.ts";
import { everySchema } from "../../src/cli/schema.ts";
import { errorSchema } from "../../src/commands/schema.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Home, type Ran } from "./postern.ts";
import { assertFits } from "./schema.ts";

/** In order: later ones see what earlier ones did. */
const uses = (server: Dovecot): readonly (readonly [name: OwnName, ...args: string[]])[] => [
  ["version"],
  ["keys", "archive"],
  ["schema", "list"],
  ["completion", "bash"],
  ["man", "query"],
  ["config", "path"],
  ["config", "test"],
  ["config", "dump"],
  [
    ...(["account", "add", "user@localhost", "--name", "second"] as const),
    ...["--imap", `imap+insecure://user@127.0.0.1:${server.port}`],
    ...["--password-command", `echo ${server.password}`],
  ],
  ["account", "list"],
  ["account", "show", "second"],
  ["account", "login", "kept", "--stdin"],
  ["doctor"],
  ["account", "remove", "second"],
  ["agent", "--idle", "1s"],
];

/** What keeps a command from working without a terminal. */
const onTerminalOnly: readonly OwnName[] = ["console", "demo"];

/** Commands that are as good without an account, and why. */
const withoutAccount: Partial<Record<OwnName, string>> = {
  version: "is about the program",
  schema: "is about the program",
  completion: "is about the program",
  man: "is about the program",
  demo: "brings its own",
  keys: "shows the default keys",
};

describe("every command for the shell alone", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let home: Home;
  before(async () => {
    server = await startDovecot();
    server.deliver("INBOX", [sampleMessage({ n: 1 })]);
    home = Home.on(server);
    const config = [
      ...["", "[accounts.kept]", 'address = "user@localhost"'],
      `imap = "imap+insecure://user@127.0.0.1:${server.port}"`,
      'password-command = "cat kept"',
      'store-command = "cat > kept"',
    ];
    await home.shell(`printf '%s\\n' '${config.join("' '")}' >> "$POSTERN_CONFIG"`);
  });
  after(async () => {
    await server?.stop();
    home?.remove();
  });

  const schemas = everySchema();
  const fits = (name: string, { out }: Ran) => {
    assert.match(out, /^\{.*\}\n$/);
    assertFits(schemas[name] ?? {}, JSON.parse(out), out);
  };
  const failed = ({ err, out, status }: Ran) => {
    assert.equal(out, "");
    assert.match(err, /^\{.*\}\n$/);
    const json = JSON.parse(err) as { error: { code: string } };
    assertFits(errorSchema, json, err);
    return [status, json.error.code];
  };
  const run = (...args: string[]) =>
    home.run([...args, "--json"], { cwd: home.dir, env: { MANPAGER: "cat" } });

  it("is used here", () => {
    const used = new Set<string>([...uses(server).map(([name]) => name), ...onTerminalOnly, "watch"]);
    assert.deepEqual(
      Object.keys(ownCommands).filter((name) => !used.has(name)),
      [],
    );
  });

  it("ends without a question, and prints the JSON of its schema", async () => {
    for (const [name, ...args] of uses(server)) {
      const stdin = args.includes("--stdin") ? { stdin: `${server.password}\n` } : {};
      const line = [name, ...args, "--json"];
      const ran = await home.run(line, { cwd: home.dir, env: { MANPAGER: "cat" }, ...stdin });
      if (name === "man" && ran.status === 64) continue;
      assert.equal(ran.status, 0, `${line.join(" ")}: ${ran.err}`);
      assert.equal(ran.err, "", line.join(" "));
      // An agent that nobody asks anything says nothing.
      if (name === "agent") assert.equal(ran.out, "");
      else if (name in schemas) fits(name, ran);
    }
    // What a command keeps is not the program's to take away.
    assert.deepEqual(failed(await run("account", "logout", "kept")), [78, "CONFIG"]);
    for (const name of onTerminalOnly) assert.deepEqual(failed(await run(name)), [64, "USAGE"], name);
  });

  it("watch ends with the first event where that is wanted", async () => {
    const ran = await home.shell(
      `postern watch --once --json | while read -r line; do
        case $line in *'"watching"'*) postern flag 1 +flagged >&2;; esac
        printf '%s\\n' "$line"
      done`,
    );
    assert.equal(ran.status, 0);
    const lines = ran.out.split(/(?<=\n)/);
    assert.match(lines.at(-1) ?? "", /"event":"changed"/);
    for (const line of lines) assertFits(schemas.watch ?? {}, JSON.parse(line), line);
  });

  it("agent tells of one that is there, and ends it", async () => {
    assert.deepEqual(failed(await run("agent", "status")), [69, "NO_AGENT"]);
    const ran = await home.shell(
      `postern agent & until postern agent status --json 2>/dev/null; do sleep 0.1; done
      postern agent stop --json && wait`,
    );
    assert.deepEqual([ran.status, ran.err], [0, ""]);
    for (const line of ran.out.trim().split("\n")) assertFits(schemas.agent ?? {}, JSON.parse(line), line);
  });

  it("tells of a folder that is not there with 66", async () => {
    assert.deepEqual(failed(await run("watch", "Nowhere")), [66, "NO_FOLDER"]);
    assert.deepEqual(failed(await run("watch", "-f", "Nowhere")), [66, "NO_FOLDER"]);
    assert.deepEqual(failed(await run("watch", "INBOX", "Nowhere")), [66, "NO_FOLDER"]);
    assert.deepEqual(failed(await run("agent", "-f", "Nowhere")), [66, "NO_FOLDER"]);
  });

  it("tells of a server that cannot be reached with 69", async () => {
    const away = new Home("");
    away.account("imaps://user@localhost:1", ['password-command = "echo secret"']);
    const gone = (...args: string[]) => away.run([...args, "--json"]);
    const add = ["account", "add", "user@example.org", "--password-command", "echo secret"];
    assert.deepEqual(failed(await gone("watch")), [69, "REFUSED"]);
    assert.deepEqual(failed(await gone("account", "login", "--password-command", "x")), [64, "USAGE"]);
    assert.deepEqual(failed(await gone(...add, "--imap", "imaps://user@localhost:1")), [69, "REFUSED"]);
    const doctor = await gone("doctor");
    assert.equal(doctor.status, 69);
    fits("doctor", doctor);
    away.remove();
  });

  it("tells of an account that is not there with 78", async () => {
    const empty = new Home("");
    const env = { POSTERN_CONFIG: `${empty.dir}/nowhere.toml` };
    for (const [name, ...args] of [...uses(server), ["watch"] as const]) {
      if (name in withoutAccount) continue;
      if (name === "config" && args[0] === "path") continue;
      if (name === "account" && args[0] === "add") continue;
      const ran = await empty.run([name, ...args, "--json"], { stdin: "", env });
      assert.equal(ran.status, 78, `${name} ${args.join(" ")}`);
      if (name === "doctor") fits(name, ran);
      else assert.deepEqual(failed(ran), [78, "NO_ACCOUNT"], `${name} ${args.join(" ")}`);
    }
    empty.remove();
    for (const line of [
      ["account", "show"],
      ["account", "remove"],
      ["watch", "-a"],
      ["agent", "-a"],
    ])
      assert.deepEqual(failed(await run(...line, "nobody")), [78, "NO_ACCOUNT"], line.join(" "));
  });

  it("tells of a word that it does not know with 64", async () => {
    for (const name of ["config", "account", "agent", "schema", "completion", "man"])
      assert.deepEqual(failed(await run(name, "nonsense")), [64, "USAGE"], name);
  });
});

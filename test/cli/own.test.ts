// Commands for the shell alone: what they say, with and without a terminal, where all is well and where it is not.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startPty } from "../screen/pty.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Home } from "./postern.ts";

interface Finding {
  readonly account: string | null;
  readonly check: string;
  readonly state: string;
  readonly hint: string;
}

describe("commands for the shell alone", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let home: Home;
  before(async () => {
    server = await startDovecot({ users: { user: "never-to-be-seen" } });
    server.deliver("INBOX", [sampleMessage({ n: 1 })]);
    home = Home.on(server);
  });
  after(async () => {
    await server?.stop();
    home?.remove();
  });
  const found = (out: string) => (JSON.parse(out) as { items: readonly Finding[] }).items;

  it("doctor: finds all well, and says so", async () => {
    const ran = await home.run(["doctor", "--json"]);
    assert.equal(ran.status, 0, ran.out);
    const items = found(ran.out);
    const checks = ["program", "terminal", "config", "disk", "local copy", "password", "name", "login"];
    assert.deepEqual(
      items.map(({ check }) => check),
      checks,
    );
    assert.deepEqual(
      items.filter(({ state }) => state !== "good").map(({ check }) => check),
      ["terminal"],
    );
    assert.equal(ran.out.includes(server.password), false);
    assert.match(
      (await home.run(["doctor"])).out,
      /^test: login\tgood\tuser was let in at localhost:\d+ \(TLS\)/m,
    );
  });

  it("doctor: says what is wrong, what to do, and ends with its status", async () => {
    const bad = async (imap: string, lines: readonly string[]) => {
      const other = new Home("");
      other.account(imap, lines);
      const ran = await other.run(["doctor", "--json"]);
      other.remove();
      const wrong = found(ran.out).filter(({ state }) => state === "bad");
      for (const { hint } of wrong) assert.notEqual(hint, "");
      return [ran.status, ...wrong.map(({ check }) => check)];
    };
    const here = `imaps://user@localhost:${server.tlsPort}`;
    const secret = [`password-command = "echo ${server.password}"`];
    // A certificate that nobody vouches for; nobody there; no such name; a password that is wrong, and one that is missing.
    assert.deepEqual(await bad(here, secret), [76, "login"]);
    assert.deepEqual(await bad("imaps://user@localhost:1", secret), [69, "login"]);
    assert.deepEqual(await bad("imaps://user@nowhere.invalid", secret), [69, "name"]);
    const plain = `imap+insecure://user@127.0.0.1:${server.port}`;
    assert.deepEqual(await bad(plain, ['password-command = "echo wrong"']), [77, "login"]);
    assert.deepEqual(await bad(here, ['password-command = "false"']), [77, "password"]);
    const broken = new Home("this is no config");
    const ran = await broken.run(["doctor", "--json"]);
    assert.deepEqual([ran.status, found(ran.out).at(-1)?.check], [78, "config"]);
    broken.remove();
  });

  it("config: tests, tells where it is, and what it says but for secrets", async () => {
    assert.equal((await home.run(["config", "path"])).out, `${home.config}\n`);
    const tested = await home.run(["config", "test"]);
    assert.deepEqual([tested.status, tested.out], [0, `${home.config} is right; accounts: test\n`]);
    const dumped = await home.run(["config", "dump"]);
    assert.match(dumped.out, /^accounts\.test\.address\tuser@example\.org$/m);
    assert.match(dumped.out, /^screen\.keyBar\ttrue$/m);
    const json = await home.run(["config", "dump", "--json"]);
    assert.equal(JSON.parse(json.out).accounts[0].name, "test");
    for (const { out } of [dumped, json]) assert.equal(out.includes(server.password), false);
    assert.equal((await home.run(["config", "nonsense"])).status, 64);
    const wrong = new Home('[accounts.test]\naddress = "a@b"\nimap = "nonsense"\n');
    assert.equal((await wrong.run(["config", "test"])).status, 78);
    wrong.remove();
  });

  it("version and schema, in a pipe", async () => {
    assert.match((await home.run(["version"])).out, /^postern \d+\.\d+\.\d+\n$/);
    assert.match(JSON.parse((await home.run(["version", "--json"])).out).postern, /^\d+\.\d+\.\d+$/);
    const schema = JSON.parse((await home.run(["schema", "list"])).out);
    assert.equal(schema.title, "postern list --json");
    assert.ok("error" in JSON.parse((await home.run(["schema"])).out));
    assert.equal((await home.run(["schema", "nonsense"])).status, 64);
  });

  it("man: shows the pages that came with the program", async () => {
    const ran = await home.run(["man", "query"], { env: { MANPAGER: "cat", PAGER: "cat" } });
    if (ran.status === 64) assert.match(ran.err, /there is no man here/);
    else assert.match(ran.out.replace(/.\x08/g, ""), /POSTERN-QUERY\(7\)/);
    assert.match((await home.run(["man", "nonsense"])).err, /say man .*config/);
  });

  it("console: on a terminal alone; runs what is typed, in the folder chosen, and ends", async () => {
    const closed = await home.run(["console"]);
    assert.deepEqual([closed.status, closed.out], [64, ""]);
    assert.match(closed.err, /postern raw/);
    const pty = await startPty("bin/postern", ["console"], { env: home.env });
    try {
      await pty.waitFor((lines) => lines.some((line) => line.startsWith("INBOX>")));
      pty.type("uid search all\r");
      await pty.waitFor((lines) => lines.some((line) => line.startsWith("* SEARCH 1")));
      pty.type("select Trash\r");
      await pty.waitFor((lines) => lines.some((line) => line.startsWith("Trash>")));
      pty.type("logout\r");
      assert.equal(await pty.exit, 0);
    } finally {
      await pty.stop();
    }
  });
});

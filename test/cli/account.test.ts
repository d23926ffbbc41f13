// postern account, as a script meets it: stdin closed, no terminal, nobody to be asked.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { keyringAbsent, startKeyring, type TestKeyring } from "../servers/keyring.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Browser, startProvider, type TestProvider } from "../servers/provider.ts";
import { startSubmission, submissionMissing } from "../servers/submission.ts";
import { Home, type Ran } from "./postern.ts";

const json = (ran: Ran) => JSON.parse(ran.out) as Record<string, unknown>;

describe("postern account", { skip: serverMissing("dovecot") }, () => {
  let dovecot: Dovecot;
  const homes: Home[] = [];
  before(async () => {
    dovecot = await startDovecot({ users: { user: "password", "me@example.org": "other" } });
    dovecot.deliver("INBOX", [sampleMessage()]);
  });
  after(() => dovecot.stop());
  afterEach(() => {
    for (const home of homes.splice(0)) home.remove();
  });

  /** Nothing there but a directory. */
  function empty(): Home {
    const home = new Home("");
    home.write("ca.pem", dovecot.ca);
    homes.push(home);
    return home;
  }
  const text = (home: Home) => readFileSync(home.config, "utf8");
  const url = () => `imaps://localhost:${dovecot.tlsPort}`;
  const add = (home: Home, more: readonly string[] = [], env = {}) =>
    home.run(["account", "add", "user@example.org", "--imap", url(), "--user", "user", ...more], { env });
  const ca = (home: Home) => ["--ca-file", join(home.dir, "ca.pem")];
  const withPassword = (home: Home) => [...ca(home), "--password-command", "echo password"];

  it("adds an account by flags, tries it, and what it writes is used", async () => {
    const home = empty();
    const ran = await add(home, withPassword(home));
    assert.deepEqual([ran.status, ran.err], [0, ""]);
    assert.equal(ran.out, `added account "example" to ${home.config}\n`);
    assert.equal(
      text(home).replace(/ +#/g, " #"),
      [
        `# The accounts of Postern. Every setting is told of by "man postern-config".`,
        "",
        "[accounts.example]",
        'address = "user@example.org"',
        `imap = "imaps://user@localhost:${dovecot.tlsPort}" # as you named it`,
        'password-command = "echo password"',
        `ca-file = "${home.dir}/ca.pem"`,
        "",
      ].join("\n"),
    );
    const listed = await home.run(["list"]);
    assert.deepEqual([listed.status, listed.out.split("\n").length], [0, 2], listed.err);
    assert.ok(!/password"/.test(listed.out));
  });

  it("writes behind what is there, keeps its mode and the link to it, and takes no name twice", async () => {
    const home = empty();
    const before = "# mine\n[screen]\nkey-bar = false # mine too\n";
    const target = home.write("dotfiles.toml", before);
    chmodSync(target, 0o640);
    home.write("config.toml", "");
    const linked = join(home.dir, "linked.toml");
    symlinkSync(target, linked);
    const env = { POSTERN_CONFIG: linked };
    assert.equal((await add(home, withPassword(home), env)).status, 0);
    assert.equal((await add(home, withPassword(home), env)).status, 0);
    const after = readFileSync(target, "utf8");
    assert.ok(after.startsWith(before));
    assert.match(after, /\[accounts\.example\][\s\S]*\[accounts\.example-2\]/);
    assert.equal(statSync(target).mode & 0o777, 0o640);
    const again = await add(home, [...withPassword(home), "--name", "example"], env);
    assert.equal(again.status, 64);
    assert.match(again.err, /there is an account "example" already\n {2}give another --name\n/);
  });

  it("makes a file for its owner alone", async () => {
    const home = empty();
    const path = join(home.dir, "new/place/config.toml");
    const ran = await home.run(
      ["account", "add", "user@example.org", "--imap", url(), "--unchecked", "-c", path, "--name", "x"],
      {},
    );
    assert.equal(ran.status, 0, ran.err);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(home.dir, "new/place")).mode & 0o777, 0o700);
  });

  it("never asks: what is missing is named, and nothing is written", async () => {
    const home = empty();
    const cases: readonly [readonly string[], number, RegExp][] = [
      [["add"], 64, /mail address is needed\n {2}give an ADDRESS/],
      [["add", "nonsense"], 69, /"nonsense" is no mail address/],
      [["add", "me@tuta.com"], 69, /Tuta offers no IMAP/],
      [["add", "me@localhost", "--imap", "nonsense://x"], 78, /imaps:\/\/ \(TLS\)/],
      [["add", "u@example.org", "--imap", url(), ...ca(home)], 64, /--password-command, --stdin/],
      [["add", "u@outlook.com"], 64, /client id is needed\n {2}give --client-id/],
      [["add", "u@example.org", "--imap", url(), "--oauth2", "nobody"], 64, /no provider.*\n.*google/],
      [["nonsense"], 64, /there is no "nonsense"\n {2}say account add/],
      [["list", "x"], 64, /one word too many/],
      [["list", "--pin", "x"], 64, /account list: there is no option --pin/],
      [["login"], 78, /no account/],
      [["remove"], 78, /no account/],
    ];
    for (const [args, status, says] of cases) {
      const ran = await home.run(["account", ...args]);
      assert.deepEqual([ran.status, ran.out], [status, ""], `${args.join(" ")}: ${ran.err}`);
      assert.match(ran.err, says);
    }
    assert.equal(text(home), "");
  });

  it("a server for sending that is not there is noted, and reading goes on all the same", async () => {
    const home = empty();
    const ran = await add(home, [...withPassword(home), "--smtp", "submission://localhost:1"]);
    assert.equal(ran.status, 0, ran.err);
    assert.match(text(home), /^smtp = "submission:\/\/user@localhost:1" +# it could not be used when/m);
    const list = await home.run(["account", "list", "--json"]);
    assert.equal((json(list).items as { smtp: string }[])[0]?.smtp, "submission://user@localhost:1");
  });

  it("logs in at the server for sending too", { skip: submissionMissing() }, async () => {
    const server = await startSubmission();
    try {
      const home = new Home("");
      homes.push(home);
      home.write("ca.pem", server.dovecot.ca);
      const ran = await home.run([
        ...["account", "add", "me@example.org", "--imap", `imaps://localhost:${server.dovecot.tlsPort}`],
        ...["--user", "me", "--smtp", `submissions://localhost:${server.tlsPort}`, ...ca(home)],
        ...["--password-command", "echo secret"],
      ]);
      assert.equal(ran.status, 0, ran.err);
      assert.match(text(home), /^smtp = "submissions:.*" +# tried when this was written$/m);
      assert.match(await server.dovecot.log(), /submission-login: .*Login: user=<me>/);
    } finally {
      await server.stop();
    }
  });

  it("a refused password is told in the server's words, and nothing is written", async () => {
    const home = empty();
    const ran = await add(home, [...ca(home), "--password-command", "echo wrong"]);
    assert.deepEqual([ran.status, ran.out], [77, ""]);
    assert.match(
      ran.err,
      /refused the user name or password\.\n {2}the server says: .*\n {2}Check the user name/,
    );
    assert.equal(text(home), "");
  });

  it("a certificate that nobody vouches for is shown, and accepted by its fingerprint alone", async () => {
    const home = empty();
    const refused = await add(home, ["--password-command", "echo password"]);
    assert.equal(refused.status, 76);
    assert.match(
      refused.err,
      /--pin sha256:[0-9a-f]{64} \(for localhost, 127\.0\.0\.1; issued by CN=Postern test CA; good from \d{4}-\d\d-\d\d to/,
    );
    assert.equal(text(home), "");
    const pin = /sha256:[0-9a-f]{64}/.exec(refused.err)?.[0] ?? "";
    const other = await add(home, [
      "--password-command",
      "echo password",
      "--pin",
      pin.replace(/.$/, (c) => (c === "0" ? "1" : "0")),
    ]);
    assert.equal(other.status, 76);
    const ran = await add(home, ["--password-command", "echo password", "--pin", pin]);
    assert.equal(ran.status, 0, ran.err);
    assert.match(text(home), new RegExp(`pin = "${pin}" +# the one`));
    assert.equal((await home.run(["list"])).status, 0);
  });

  it("lists, shows and removes, as text and as JSON", async () => {
    const home = empty();
    await add(home, withPassword(home));
    await home.run([
      "account",
      "add",
      "me@example.org",
      "--imap",
      url(),
      "--unchecked",
      "--smtp",
      "smtp.example.org",
    ]);
    const list = await home.run(["account", "list"]);
    assert.equal(
      list.out,
      `example\tuser@example.org\timaps://user@localhost:${dovecot.tlsPort}\tpassword-command\nexample-2\tme@example.org\timaps://localhost:${dovecot.tlsPort}\tkeyring, environment, prompt\n`,
    );
    const { version, items } = json(await home.run(["account", "list", "--json"]));
    assert.equal(version, 1);
    assert.deepEqual((items as unknown[])[1], {
      name: "example-2",
      address: "me@example.org",
      imap: `imaps://localhost:${dovecot.tlsPort}`,
      smtp: "submissions://smtp.example.org",
      user: "me@example.org",
      login: "password",
      secret: "keyring, environment, prompt",
      caFile: null,
      pin: null,
    });
    const show = await home.run(["account", "show", "example-2"]);
    assert.match(show.out, /^name\texample-2\n(.*\n)*smtp\tsubmissions:\/\/smtp\.example\.org\n/);
    assert.match((await home.run(["account", "show"])).out, /^name\texample\n/);
    const unsaid = await home.run(["account", "remove"]);
    assert.deepEqual([unsaid.status, unsaid.out], [64, ""]);
    const gone = await home.run(["account", "remove", "example", "--yes", "--json"]);
    assert.equal(gone.status, 0, gone.err);
    assert.equal(json(gone).account, "example");
    assert.match(text(home), /^# The accounts[^\n]*\n\n\[accounts\.example-2\]\n/);
    const nobody = await home.run(["account", "remove", "example", "--yes"]);
    assert.equal(nobody.status, 78);
    assert.match(nobody.err, /there is no account "example"/);
  });

  it("takes an account out that was written otherwise only where nothing else can be harmed", async () => {
    const home = empty();
    const server = 'address = "a@b.example"\nimap = "imaps://h.example"\n';
    home.write(
      "config.toml",
      `[accounts.a]\n${server}[accounts.a.oauth2]\nclient-id = "x"\nprovider = "google"\n[ accounts . "b.c" ]\n${server}# kept\n[screen]\nmouse = true\n`,
    );
    assert.equal((await home.run(["account", "remove", "b.c", "--yes"])).status, 0);
    assert.equal((await home.run(["account", "remove", "a", "--yes"])).status, 0);
    assert.equal(text(home), "[screen]\nmouse = true\n");
    home.write("config.toml", `[accounts]\na = { address = "a@b.example", imap = "imaps://h.example" }\n`);
    const ran = await home.run(["account", "remove", "a", "--yes"]);
    assert.equal(ran.status, 78);
    assert.match(ran.err, /only you should change\n {2}take it out of .* by hand/);
  });

  describe("with a keyring", { skip: keyringAbsent() }, () => {
    let service: TestKeyring;
    before(async () => {
      service = await startKeyring();
    });
    after(() => service.stop());
    const session = () => {
      const { DBUS_SESSION_BUS_ADDRESS = "" } = service.env;
      return { DBUS_SESSION_BUS_ADDRESS };
    };

    it("login keeps a password that works, logout forgets it", async () => {
      const home = empty();
      await add(home, [...ca(home), "--unchecked"]);
      const env = session();
      const none = await home.run(["list"], { env });
      assert.equal(none.status, 77);
      assert.match(none.err, /no password for account "example"\n.*postern account login example/);
      const wrong = await home.run(["account", "login", "--stdin"], { env, stdin: "wrong\n" });
      assert.equal(wrong.status, 77);
      const login = await home.run(["account", "login", "--stdin"], { env, stdin: "password\n" });
      assert.deepEqual(
        [login.status, login.out, login.err],
        [0, "the password is kept by the keyring\n", ""],
      );
      const list = await home.run(["list"], { env });
      assert.equal(list.status, 0, list.err);
      const logout = await home.run(["account", "logout"], { env });
      assert.equal(logout.out, 'forgot what the keyring had for account "example"\n');
      assert.match((await home.run(["account", "logout"], { env })).out, /had nothing/);
      assert.equal((await home.run(["list"], { env })).status, 77);
    });

    it("add --keyring writes where the password is, and nothing of it", async () => {
      const home = empty();
      const ran = await home.run(
        [
          "account",
          "add",
          "user@example.org",
          "--imap",
          url(),
          "--user",
          "user",
          ...ca(home),
          "--keyring",
          "--stdin",
        ],
        { env: session(), stdin: "password\n" },
      );
      assert.equal(ran.status, 0, ran.err);
      assert.match(text(home), /^keyring = true +# /m);
      assert.doesNotMatch(text(home), /= "password"/);
      assert.equal((await home.run(["list"], { env: session() })).status, 0);
      // Without its session: one sentence, what to do, soon.
      const ssh = await home.run(["list"]);
      assert.equal(ssh.status, 77);
      assert.match(ssh.err, /^postern: [^\n]*no D-Bus session runs here\n {2}[^\n]*\n$/);
      assert.equal((await home.run(["account", "remove", "example", "--yes"], { env: session() })).status, 0);
      assert.ok(!existsSync(join(home.dir, "cache/none")));
    });
  });

  describe("by OAuth 2.0", () => {
    let provider: TestProvider;
    before(async () => {
      provider = await startProvider();
    });
    after(async () => {
      await provider.stop();
      for (const server of servers) await server.stop();
    });

    const servers: Dovecot[] = [];
    /** A server that asks the provider about tokens, and takes nothing else. */
    async function oauthDovecot(conf: string): Promise<Dovecot> {
      chmodSync(conf, 0o644);
      chmodSync(dirname(conf), 0o755);
      const passdb = `passdb {\n  driver = oauth2\n  mechanisms = oauthbearer xoauth2\n  args = ${conf}\n}\n`;
      const server = await startDovecot({ config: `auth_mechanisms = xoauth2\n${passdb}` });
      servers.push(server);
      server.deliver("INBOX", [sampleMessage()]);
      return server;
    }

    it("add asks a provider where its tokens are, has access allowed on another device, and logs in", async () => {
      const home = empty();
      const conf = home.write("oauth2.conf", provider.dovecot);
      const [bearer, kept] = [await oauthDovecot(conf), join(home.dir, "token")];
      const args = [
        ...["account", "add", "user@example.org", "--name", "by.token", ...ca(home)],
        ...["--imap", `imaps://user@localhost:${bearer.tlsPort}`],
        ...["--oauth2", provider.issuer, "--client-id", "postern", "--device"],
        ...["--password-command", `cat ${kept}`, "--store-command", `cat > ${kept}`],
      ];
      home.write("ca.pem", bearer.ca);
      const child = spawn("bin/postern", args, { env: home.env, stdio: ["ignore", "pipe", "pipe"] });
      let err = "";
      const told = new Promise<RegExpExecArray>((resolve) => {
        child.stderr.setEncoding("utf8").on("data", (text: string) => {
          err += text;
          const match = /Open (\S+) on any device, and type the code (\S+)/.exec(err);
          if (match) resolve(match);
        });
      });
      const ended = once(child, "exit");
      const [, url = "", typed = ""] = await Promise.race([told, ended.then(() => assert.fail(err))]);
      await new Browser().allowDevice(`${url}?user_code=${typed}`, "user");
      assert.deepEqual(await ended, [0, null], err);
      assert.match(text(home), /^\[accounts\."by\.token"\.oauth2\]\nauthorization-url = "http/m);
      assert.equal((await home.run(["account", "show"])).out.split("\n")[0], "name\tby.token");
      const list = await home.run(["list"]);
      assert.deepEqual([list.status, list.err], [0, ""]);
      const nowhere = await home.run([...args, "--name", "other", "--oauth2", `${provider.issuer}/x`]);
      assert.equal(nowhere.status, 77);
      assert.match(nowhere.err, /does not say where it gives out tokens/);
    });

    it("login keeps tokens by a command, by a device or a browser; without a way to be asked it says so", async () => {
      const home = empty();
      const kept = join(home.dir, "token");
      home.write(
        "config.toml",
        [
          "[accounts.work]",
          'address = "user@example.org"',
          `imap = "imaps://user@localhost:${dovecot.tlsPort}"`,
          `password-command = "cat ${kept}"`,
          `store-command = "cat > ${kept}"`,
          "[accounts.work.oauth2]",
          'client-id = "postern"',
          'scope = "openid offline_access"',
          `token-url = "${provider.issuer}/token"`,
          `device-url = "${provider.issuer}/device/auth"`,
          `authorization-url = "${provider.issuer}/auth?prompt=consent"`,
        ].join("\n"),
      );
      const nobody = await home.run(["account", "login", "--unchecked"]);
      assert.equal(nobody.status, 64);
      assert.match(nobody.err, /nobody is here to open it\n {2}give --browser, or --device/);
      // What --browser opens is a person's browser: here a program that says yes to everything.
      const opened = join(home.dir, "opened");
      const browser = home.run(["account", "login", "--unchecked", "--browser"], {
        env: { BROWSER: `echo > ${opened}`, DISPLAY: ":0" },
      });
      for (let i = 0; i < 200 && !existsSync(opened); i++) await new Promise((r) => setTimeout(r, 50));
      await new Promise((r) => setTimeout(r, 100));
      await fetch(await new Browser().allow(readFileSync(opened, "utf8").trim(), "user"));
      const ran = await browser;
      assert.deepEqual(
        [ran.status, ran.out],
        [0, "access is allowed, and its tokens are kept by your store-command\n"],
        ran.err,
      );
      assert.match(readFileSync(kept, "utf8"), /^\{"refresh":"[^"]+","access":"[^"]+","expires":\d+\}\n$/);
    });
  });
});

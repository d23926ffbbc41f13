// Setting up an account as a person does it: on a terminal, question by question.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { type Pty, startPty } from "../screen/pty.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { keyringAbsent, startKeyring } from "../servers/keyring.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Browser, startProvider } from "../servers/provider.ts";

describe("setting up on a terminal", { skip: serverMissing("dovecot") }, () => {
  let dovecot: Dovecot;
  const open: Pty[] = [];
  const dirs: string[] = [];
  before(async () => {
    dovecot = await startDovecot();
    dovecot.deliver("INBOX", [sampleMessage({ subject: "The first letter" })]);
  });
  after(() => dovecot.stop());
  afterEach(async () => {
    for (const pty of open.splice(0)) await pty.stop();
    for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  async function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const dir = mkdtempSync(join(tmpdir(), "postern-wizard-"));
    dirs.push(dir);
    const config = join(dir, "config.toml");
    const pty = await startPty(resolve("bin/postern"), args, {
      columns: 80,
      rows: 40,
      cwd: dir,
      env: {
        HOME: dir,
        LANG: "C.UTF-8",
        LC_ALL: "",
        POSTERN_CONFIG: config,
        POSTERN_PASSWORD: undefined,
        DBUS_SESSION_BUS_ADDRESS: undefined,
        XDG_RUNTIME_DIR: undefined,
        DISPLAY: undefined,
        WAYLAND_DISPLAY: undefined,
        BROWSER: undefined,
        XDG_CACHE_HOME: join(dir, "cache"),
        XDG_STATE_HOME: join(dir, "state"),
        ...env,
      },
    });
    open.push(pty);
    /** Waits for a question and answers it. */
    const answer = async (question: string, text: string) => {
      await pty.waitFor((lines) => lines.filter(Boolean).at(-1)?.includes(question) ?? false);
      pty.type(`${text}\r`);
    };
    const shown = () => pty.text().filter(Boolean).join("\n");
    return { pty, dir, config, answer, shown };
  }
  const server = () => `imaps://user@localhost:${dovecot.tlsPort}`;

  it("postern without an account: address, server, password, certificate; then the mail is there", async () => {
    const { pty, config, answer, shown } = await start([]);
    await answer("Mail address", "user@localhost");
    await answer("IMAP server", server());
    await answer("Password of user", "wrong");
    await pty.waitFor("Accept this one certificate");
    const asked = shown();
    assert.match(asked, /Nothing tells where the mail of localhost is/);
    assert.match(asked, /✗ localhost did not prove who it is/);
    assert.match(asked, /for localhost, 127\.0\.0\.1\n +issued by CN=Postern test CA\n +good from/);
    assert.match(asked, /fingerprint\n +sha256:[0-9a-f]{64}\n/);
    assert.deepEqual(
      asked.split("\n").filter((line) => line.length >= 80),
      [],
      "no line is left to the terminal to break",
    );
    assert.ok(!asked.includes("wrong"), "what is typed is not shown");
    pty.type("y\r");
    await pty.waitFor("✗ The server refused the user name or password");
    await answer("Password of user", "password");
    await pty.waitFor("The first letter");
    const text = readFileSync(config, "utf8");
    assert.match(text, /^\[accounts\.localhost\]\naddress = "user@localhost"\nimap = "imaps:/m);
    assert.match(text, /^pin = "sha256:[0-9a-f]{64}"/m);
    assert.ok(!text.includes('"password"'));
    pty.type("q");
    assert.equal(await pty.exit, 0);
  });

  it("keeps the password in the keyring, which the next start asks", { skip: keyringAbsent() }, async (t) => {
    const keyring = await startKeyring();
    t.after(() => keyring.stop());
    const { DBUS_SESSION_BUS_ADDRESS = "" } = keyring.env;
    const { pty, config, answer } = await start(
      ["account", "add", "user@localhost", "--imap", `imap+insecure://user@127.0.0.1:${dovecot.port}`],
      { DBUS_SESSION_BUS_ADDRESS },
    );
    await answer("Password of user", "password");
    await answer("Keep the password in the system keyring?", "");
    assert.equal(await pty.exit, 0);
    assert.match(readFileSync(config, "utf8"), /^keyring = true/m);
    // A start that has the password from there asks for none.
    const screen = await startPty(resolve("bin/postern"), [], {
      env: {
        HOME: dirs[0],
        POSTERN_CONFIG: config,
        DBUS_SESSION_BUS_ADDRESS,
        POSTERN_PASSWORD: undefined,
        XDG_CACHE_HOME: join(dirs[0] ?? "", "c"),
        XDG_STATE_HOME: join(dirs[0] ?? "", "s"),
      },
    });
    open.push(screen);
    await screen.waitFor("The first letter");
  });

  it("without a keyring it says so once, and goes on", async () => {
    const { pty, config, answer, shown } = await start([
      ...["account", "add", "user@localhost", "--imap", `imap+insecure://user@127.0.0.1:${dovecot.port}`],
    ]);
    await answer("Password of user", "password");
    assert.equal(await pty.exit, 0);
    assert.match(
      shown(),
      /the keyring cannot keep it \(no D-Bus session runs here\): you are asked at\s+every start/,
    );
    assert.ok(existsSync(config));
  });

  it("takes another server where the first is not there", async () => {
    const { pty, config, answer, shown } = await start([
      ...["account", "add", "user@localhost", "--imap", "imap+insecure://user@127.0.0.1:1"],
    ]);
    await answer("Password of user", "password");
    await answer("Another IMAP server", `imap+insecure://user@127.0.0.1:${dovecot.port}`);
    await answer("Password of user", "password");
    assert.equal(await pty.exit, 0, shown());
    assert.match(shown(), /✗ No connection to 127\.0\.0\.1 port 1: ECONNREFUSED/);
    assert.match(
      readFileSync(config, "utf8"),
      new RegExp(`imap = "imap\\+insecure://user@127.0.0.1:${dovecot.port}"`),
    );
  });

  it("asks for no password for a name that leads nowhere, but for another server", async () => {
    const { pty, answer, shown } = await start([
      ...["account", "add", "user@localhost", "--imap", "imaps://user@nowhere.invalid"],
    ]);
    await answer("Another IMAP server", `imap+insecure://user@127.0.0.1:${dovecot.port}`);
    assert.match(shown(), /✗ The host name nowhere\.invalid has no address/);
    assert.doesNotMatch(shown(), /Password/);
    await answer("Password of user", "password");
    assert.equal(await pty.exit, 0, shown());
  });

  it("stops at ^C, and a certificate that is not accepted, and leaves nothing", async () => {
    const { pty, config, answer } = await start(["account", "add"]);
    await answer("Mail address", "user@localhost");
    await pty.waitFor("IMAP server");
    pty.type("\x03");
    assert.equal(await pty.exit, 130);
    assert.ok(!existsSync(config));
    const second = await start(["account", "add", "user@localhost", "--imap", server()]);
    await second.answer("Password of user", "password");
    await second.answer("Accept this one certificate", "");
    assert.equal(await second.pty.exit, 76);
    assert.ok(!existsSync(second.config));
  });

  it("on a terminal that can do nothing it writes nothing but text", async () => {
    const { pty, answer } = await start(["account", "add"], { TERM: "dumb", LANG: "C", LC_ALL: "C" });
    await answer("Mail address", "user@localhost");
    await answer("IMAP server", `imap+insecure://user@127.0.0.1:${dovecot.port}`);
    await answer("Password of user", "password");
    assert.equal(await pty.exit, 0);
    assert.doesNotMatch(pty.raw.toString("latin1"), /[^\x00-\x7f]|\x1b\[\d*m/);
  });

  it("login by OAuth 2.0: the browser's address is pasted", async (t) => {
    const provider = await startProvider();
    t.after(() => provider.stop());
    const dir = mkdtempSync(join(tmpdir(), "postern-wizard-"));
    dirs.push(dir);
    const config = join(dir, "config.toml");
    const kept = join(dir, "token");
    writeFileSync(
      config,
      `[accounts.work]\naddress = "user@example.org"\nimap = "imap+insecure://user@127.0.0.1:${dovecot.port}"\npassword-command = "cat ${kept}"\nstore-command = "cat > ${kept}"\noauth2 = { client-id = "postern", scope = "openid offline_access", token-url = "${provider.issuer}/token", authorization-url = "${provider.issuer}/auth?prompt=consent" }\n`,
    );
    const login = await startPty(resolve("bin/postern"), ["account", "login", "--unchecked"], {
      columns: 800,
      env: {
        POSTERN_CONFIG: config,
        HOME: dir,
        DISPLAY: undefined,
        WAYLAND_DISPLAY: undefined,
        BROWSER: undefined,
      },
    });
    open.push(login);
    await login.waitFor("Waiting for the browser");
    const url = login.text().find((line) => line.startsWith("http://127.0.0.1")) ?? "";
    login.type(`${await new Browser().allow(url, "user")}\r`);
    assert.equal(await login.exit, 0, login.text().join("\n"));
    assert.match(readFileSync(kept, "utf8"), /"refresh":"/);
  });
});

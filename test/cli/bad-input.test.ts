// Whatever is wrong: one clear sentence with what to do on stderr, the right status, nothing on stdout, and soon.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { scriptedServer } from "../servers/scripted.ts";
import { Home, type Ran, readJson } from "./postern.ts";

/** What must be so for every failure; `says` is looked for in the sentence and in what to do. */
function assertFailed(ran: Ran, status: number, says: RegExp): void {
  const all = `status ${ran.status} after ${Math.round(ran.ms)} ms\n${ran.out}${ran.err}`;
  assert.equal(ran.status, status, all);
  assert.equal(ran.out, "", all);
  assert.match(ran.err, says, all);
  // The sentence, perhaps with a drawing of the place or the server's words, and what to do.
  assert.match(ran.err, /^postern: \S.*\n(?: {2}.*\n){1,3}$/, all);
  assert.doesNotMatch(
    ran.err,
    /^\s+at |\bsee\b.*\bsee\b|undefined|\[object|[\0-\x08\x0b-\x1f\x7f]|a fault in/m,
    all,
  );
  assert.ok(ran.ms < 5_000, all);
}

/** The same with `--json`: an error object on stderr, that says the same. */
function assertFailedJson(ran: Ran, status: number, says: RegExp): void {
  assert.deepEqual([ran.status, ran.out], [status, ""], ran.err);
  const { error } = readJson(ran.err);
  assert.ok(error && error.message !== "" && error.hint !== "");
  assert.match(error.code, /^[A-Z][A-Z_-]+$/);
  assert.match(`${error.message}\n${error.hint}`, says);
}

/** Runs the line as it is and with `--json`; both must fail as they should. */
async function fails(home: Home, words: readonly string[], status: number, says: RegExp): Promise<void> {
  const [ran, json] = await Promise.all([home.run(words), home.run([...words, "--json"])]);
  assertFailed(ran, status, says);
  assertFailedJson(json, status, says);
}

describe("wrong words", () => {
  const home = new Home("");
  after(() => home.remove());
  home.account("imaps://user@localhost:1", ['password-command = "echo x"']);

  const cases: readonly (readonly [words: string[], status: number, says: RegExp])[] = [
    [["nope"], 64, /there is no command "nope"\n.*"postern --help"/],
    [["fect", "1"], 64, /there is no command "fect"\n.*did you mean fetch\?/],
    [["lst", "--nope"], 64, /there is no command "lst"\n.*did you mean list or ls\?/],
    [["list", "--limti", "5"], 64, /list: there is no option --limti\n.*did you mean --limit\?/],
    [["--nope"], 64, /there is no option --nope/],
    [["list", "--nope"], 64, /list: there is no option --nope\n.*"postern list --help"/],
    [["folders", "extra"], 64, /"extra" is one word too many/],
    [["list", "--folder"], 64, /--folder needs a value/],
    [["list", "-n", "many"], 64, /limit must be a whole number, not "many"/],
    [["list", "--sort", "colour"], 64, /no sort order "colour"\n.*arrival, date/],
    [["search"], 64, /search: needs QUERY/],
    [["append"], 64, /append: needs FILE/],
    [["append", "/nonexistent/file"], 64, /cannot read \/nonexistent\/file: ENOENT/],
    [["append", "-"], 64, /standard input is empty/],
    [["move", "1"], 64, /move: needs TO/],
    [["flag", "1"], 64, /needs a change\n.*\+seen/],
    [["flag", "1", "+a b"], 64, /"a b" is not a flag/],
    [["fetch"], 64, /no message is named\n.*give ids/],
    [["fetch", "one"], 64, /"one" is not a message id\n.*1:5,9/],
    [["fetch", "0"], 64, /"0" is not a message id/],
    [["fetch", "1:2:3"], 64, /"1:2:3" is not a message id/],
    [["fetch", "1,,2"], 64, /"" is not a message id/],
    [["fetch", "99999999999"], 64, /is not a message id/],
    [["fetch", "1", "--raw", "--headers"], 64, /exclude one another/],
    [["search", "(from:ada"], 65, /a bracket is not closed\n {2}\(from:ada\n {2}\^\n/],
    [["search", "colour:red"], 65, /there is no colour:/],
    [["list", "newer:soon"], 65, /"soon" is not an age\n[\s\S]*2d, 3w/],
    [["list", "--account", "other"], 78, /there is no account "other"\n.*are: test/],
  ];
  for (const [words, status, says] of cases)
    it(`postern ${words.join(" ")}`, () => fails(home, words, status, says));

  it("postern alone, without a terminal", () => fails(home, [], 64, /needs a terminal\n.*give a command/));
});

describe("a config that is wrong", () => {
  const wrong = (name: string, toml: string, says: RegExp) =>
    it(name, async () => {
      const home = new Home(toml);
      await fails(home, ["list"], 78, says);
      home.remove();
    });
  const account = (...lines: string[]) =>
    ["[accounts.test]", 'address = "a@example.org"', ...lines, ""].join("\n");

  wrong("not TOML", "[accounts.test\naddress =", /config\.toml, line 1: .*\n.*TOML/);
  wrong(
    "an unknown setting",
    account('imap = "imaps://h"', "colour = 1"),
    /unknown setting "colour"\n.*address, imap/,
  );
  wrong(
    "a password in the address",
    account('imap = "imaps://me:secret@h"'),
    /a password inside "imap"\n.*password-command/,
  );
  wrong("another scheme", account('imap = "pop3://h"'), /unknown kind: pop3:\/\/\n.*imaps:\/\//);
  wrong(
    "no address of a server",
    account('imap = "mail.example.org"'),
    /not an address: mail\.example\.org\n.*imaps:\/\//,
  );
  wrong("no account in it", "", /has no account\n.*add one/);
  wrong(
    "a ca-file that is not there",
    account('imap = "imaps://h"', 'ca-file = "no.pem"'),
    /cannot read the ca-file .*no\.pem: ENOENT/,
  );

  it("a password in the address is not repeated", async () => {
    const home = new Home(account('imap = "imaps://me:secret@h"'));
    assert.doesNotMatch((await home.run(["list"])).err, /secret/);
    home.remove();
  });

  it("no config at all", async () => {
    const home = new Home("");
    await fails(home, ["list", "--config", join(home.dir, "none.toml")], 78, /no account yet: .*none\.toml/);
    home.remove();
  });
});

describe("a server that cannot be used", () => {
  const home = new Home("");
  after(() => home.remove());
  const password = 'password-command = "echo wonderful-secret"';

  it("a port where nothing listens", async () => {
    home.account("imaps://user@localhost:1", [password]);
    await fails(
      home,
      ["list"],
      69,
      /localhost port 1: ECONNREFUSED\.\n.*port, and that the network is up\.\n?$/,
    );
  });

  it("a name without an address", async () => {
    const other = new Home("");
    other.account("imaps://user@nonexistent.invalid", [password]);
    await fails(other, ["folders"], 69, /nonexistent\.invalid has no address\.\n.*spelling/);
    other.remove();
  });

  it("STARTTLS that is not offered, and no password in the clear", async (t) => {
    const server = await scriptedServer(async (peer) => {
      peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready");
    });
    t.after(() => server.stop());
    home.account(`imap://user@localhost:${server.port}`, [password]);
    await fails(home, ["list"], 76, /does not offer STARTTLS\.\n.*993/);
    assert.doesNotMatch(server.seen, /LOGIN|AUTHENTICATE/);
  });

  it("something that is no IMAP server", async (t) => {
    const server = await scriptedServer(async (peer) => {
      peer.send("SSH-2.0-OpenSSH_9.2");
    });
    t.after(() => server.stop());
    home.account(`imap+insecure://user@localhost:${server.port}`, [password]);
    const plain = await home.run(["list"]);
    home.account(`imaps://user@localhost:${server.port}`, [password]);
    const tls = await home.run(["list"]);
    assertFailed(plain, 76, /\S/);
    assertFailed(tls, 76, /No TLS could be agreed on/);
  });

  it("no password to be had, and no prompt", async (t) => {
    const server = await scriptedServer(async (peer) => {
      peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready");
    });
    t.after(() => server.stop());
    const imap = `imap+insecure://user@localhost:${server.port}`;
    home.account(imap);
    await fails(
      home,
      ["list"],
      77,
      /no password for account "test": the keyring cannot be used: no D-Bus session runs here\n.*password-command/,
    );
    home.account(imap, ['password-command = "echo locked >&2; exit 3"']);
    await fails(home, ["list"], 77, /password command .* failed \(status 3\): locked\n.*by hand/);
    home.account(imap, ['password-command = "true"']);
    await fails(home, ["list"], 77, /printed nothing/);
  });
});

describe("against a server", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let home: Home;

  before(async () => {
    server = await startDovecot();
    server.deliver("INBOX", [sampleMessage({ n: 1 }), sampleMessage({ n: 2 })]);
    home = Home.on(server);
  });
  after(async () => {
    await server.stop();
    home.remove();
  });

  it("unknown folders", async () => {
    await fails(home, ["list", "--folder", "Nowhere"], 66, /there is no folder "Nowhere"\n.*postern folders/);
    await fails(
      home,
      ["move", "1", "--to", "Archi"],
      66,
      /there is no folder "Archi"\n.*did you mean Archive\?/,
    );
    await fails(home, ["list", "--folder", "@all"], 66, /no all folder/);
    assert.match((await home.run(["list"])).out, /^2\t.*\n1\t/);
  });

  it("unknown messages and parts", async () => {
    await fails(home, ["fetch", "99"], 66, /INBOX has no message 99\n.*postern list/);
    await fails(home, ["flag", "7:9", "+seen"], 66, /INBOX has no message 7:9/);
    await fails(home, ["fetch", "1", "--part", "4.2"], 66, /no part 4\.2/);
    await fails(home, ["fetch", "1:2"], 64, /one message is wanted here, 2 were named/);
  });

  it("a wrong password, which is not repeated", async () => {
    const other = Home.on(server);
    other.account(`imaps://user@localhost:${server.tlsPort}`, [
      'password-command = "echo wonderful-secret"',
      'ca-file = "ca.pem"',
    ]);
    await fails(other, ["list"], 77, /refused the user name or password\.\n[\s\S]*app password/);
    assert.doesNotMatch((await other.run(["list"])).err, /wonderful/);
    other.remove();
  });

  it("a certificate that proves nothing", async () => {
    const other = Home.on(server);
    const password = 'password-command = "echo password"';
    other.account(`imaps://user@localhost:${server.tlsPort}`, [password]);
    await fails(other, ["list"], 76, /localhost did not prove who it is: .*\n.*CA file/);
    // Another way to write the server's address, which the certificate does not hold.
    other.account(`imaps://user@[::ffff:127.0.0.1]:${server.tlsPort}`, [password, 'ca-file = "ca.pem"']);
    await fails(other, ["list"], 76, /did not prove who it is: .*subjectAltName/);
    // STARTTLS asks for the same proof.
    other.account(`imap://user@localhost:${server.port}`, [password]);
    await fails(other, ["list"], 76, /localhost did not prove who it is/);
    other.remove();
  });
});

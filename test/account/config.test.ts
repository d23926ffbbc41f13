// The config file: what it may say, and what is said where it is wrong.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { chooseAccount, loadConfig, parseConfig, readCa } from "../../src/account/config.ts";
import { AccountError } from "../../src/account/errors.ts";

const path = "/home/me/.config/postern/config.toml";
const parse = (...lines: string[]) => parseConfig(lines.join("\n"), path);
const account = (...lines: string[]) => ["[accounts.work]", 'address = "me@example.org"', ...lines];
const imapOf = (url: string) => parse(...account(`imap = "${url}"`)).accounts[0]?.imap;

/** A check for `assert.throws`: the code, and what message and hint together say. */
const wrong = (code: string, says: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AccountError);
  assert.equal(error.code, code);
  assert.match(`${error.message}\n${error.hint}`, says);
  assert.doesNotMatch(error.message, /\n/);
  return true;
};

test("an account with all of its settings", () => {
  const pin = `sha256:${"ab".repeat(32)}`;
  const config = parse(
    ...account(
      'imap = "imaps://m%40e@imap.example.org:1993"',
      'password-command = "pass show mail"',
      'ca-file = "ca.pem"',
      `pin = "${pin}"`,
      'offline = "recent 2w"',
      'cache-size = "1.5 GB"',
      "fsync = true",
      'name = "Ada"',
      'signature-file = "~/sig"',
      'bcc = "log@example.org"',
      'encrypt = "known"',
      "sign = true",
      'pgp-key = "4A1B"',
      "sent-copy = false",
      'send-delay = "1min"',
      "markdown = true",
      'attribution = "{name}:"',
      'template = "letter"',
      'reply-template = "answer"',
      'identities = [{ address = "*@ada.example", signature = "A.", sign = false }]',
    ),
    "[screen]",
    "key-bar = false",
    'cursor = "arrow"',
    "threads = true",
    "preview = true",
    "screen-reader = true",
    'keymap = "mutt"',
    "[keys]",
    'A = "move --to Archive"',
    "[keys.reader]",
    'A = ""',
    '[keys.in."Lists/garden"]',
    'd = "archive"',
    "[accounts.work.keys]",
    'A = "move --to Done"',
    '[accounts.work.keys.in."@junk"]',
    '"!" = "move --to @inbox"',
  );
  assert.deepEqual(config, {
    path,
    accounts: [
      {
        name: "work",
        address: "me@example.org",
        imap: { security: "tls", host: "imap.example.org", port: 1993, user: "m@e" },
        passwordCommand: "pass show mail",
        caFile: "/home/me/.config/postern/ca.pem",
        pin,
        offlineAge: 14 * 86_400_000,
        cacheSize: 1.5e9,
        fsync: true,
        writing: {
          identities: [
            {
              address: "me@example.org",
              name: "Ada",
              signature: null,
              signatureFile: join(homedir(), "sig"),
              replyTo: null,
              bcc: "log@example.org",
              pgp: { key: "4A1B", sign: true, encrypt: "known" },
            },
            {
              address: "*@ada.example",
              name: "",
              signature: "A.",
              signatureFile: null,
              replyTo: null,
              bcc: null,
              pgp: { key: null, sign: false, encrypt: "known" },
            },
          ],
          sentCopy: false,
          sendDelay: 60_000,
          markdown: true,
          attribution: "{name}:",
          templates: {
            directory: "/home/me/.config/postern/templates",
            new: "letter",
            reply: "answer",
            forward: null,
          },
        },
      },
    ],
    screen: {
      keyBar: false,
      cursor: "arrow",
      keymap: "mutt",
      theme: "auto",
      colours: { light: {}, dark: {} },
      mouse: false,
      threads: true,
      preview: true,
      spoken: true,
      folder: "INBOX",
      unified: ["@inbox"],
      images: "auto",
    },
    keys: { any: { A: "move --to Archive" }, reader: { A: "" }, in: { "Lists/garden": { d: "archive" } } },
    accountKeys: { work: { any: { A: "move --to Done" }, in: { "@junk": { "!": "move --to @inbox" } } } },
    smime: { smimeKey: null, smimeAuthorities: null },
  });
});

test("what is left out has its default", () => {
  const config = parse(...account('imap = "imaps://imap.example.org"'));
  assert.deepEqual(config.screen, {
    keyBar: true,
    cursor: "bar",
    keymap: "default",
    theme: "auto",
    colours: { light: {}, dark: {} },
    mouse: false,
    threads: false,
    preview: false,
    spoken: false,
    folder: "INBOX",
    unified: ["@inbox"],
    images: "auto",
  });
  assert.deepEqual([config.keys, config.accountKeys], [{ any: {}, in: {} }, {}]);
  const [only] = config.accounts;
  assert.deepEqual([only?.passwordCommand, only?.caFile, only?.pin], [null, null, null]);
  assert.equal(only?.imap.user, "me@example.org");
  assert.deepEqual([only?.offlineAge, only?.cacheSize, only?.fsync], [30 * 86_400_000, 2e9, false]);
});

test("offline says of which mail the text is kept, and cache-size how much", () => {
  const only = (...lines: string[]) =>
    parse(...account('imap = "imaps://imap.example.org"', ...lines)).accounts[0];
  assert.equal(only('offline = "headers"')?.offlineAge, 0);
  assert.equal(only('offline = "all"')?.offlineAge, Number.POSITIVE_INFINITY);
  assert.equal(only('offline = "recent 1y"')?.offlineAge, 365 * 86_400_000);
  assert.equal(only('offline = "recent 6m"')?.offlineAge, 180 * 86_400_000);
  for (const [text, octets] of [
    ["500 MB", 500e6],
    ["2g", 2e9],
    ["10000000", 10e6],
  ] as const)
    assert.equal(only(`cache-size = "${text}"`)?.cacheSize, octets);
  for (const text of ["recent", "recent 0d", "recent 30", "30d", "some", "recent 30d please"])
    assert.throws(
      () => only(`offline = "${text}"`),
      wrong("CONFIG", /accounts\.work .*offline.*recent 30d/s),
    );
  assert.throws(() => only("offline = true"), wrong("CONFIG", /not a text/));
  assert.throws(() => only('cache-size = "much"'), wrong("CONFIG", /not a size: much.*2 GB/s));
  assert.throws(() => only('cache-size = "1 MB"'), wrong("CONFIG", /too small: 1 MB.*10 MB/s));
  assert.throws(() => only('fsync = "yes"'), wrong("CONFIG", /not true or false/));
});

test("pictures can be turned off", () => {
  assert.equal(parse("[screen]", 'images = "off"').screen.images, "off");
  assert.throws(() => parse("[screen]", 'images = "on"'), wrong("CONFIG", /use "auto" or "off"/));
});

test("files for S/MIME are beside the config, or under ~", () => {
  assert.deepEqual(parse("").smime, { smimeKey: null, smimeAuthorities: null });
  assert.deepEqual(parse("[smime]", 'key = "me.pem"', 'authorities = "~/ca.pem"').smime, {
    smimeKey: "/home/me/.config/postern/me.pem",
    smimeAuthorities: join(homedir(), "ca.pem"),
  });
  assert.throws(() => parse("[smime]", 'keys = "me.pem"'), wrong("CONFIG", /unknown setting "keys"/));
});

test("contacts come from vCards, a command that no shell sees, and aliases", () => {
  const contacts = (...lines: string[]) =>
    parse(...account('imap = "imaps://imap.example.org"'), "[contacts]", ...lines).accounts[0]?.contacts;
  assert.deepEqual(
    contacts(
      'vcard = ["a.vcf", "~/cards"]',
      `command = "khard -c '~/my conf' email --parsable %s"`,
      "[contacts.aliases]",
      'ada = "ada@example.org"',
      'team = ["ada", "Bob <bob@example.org>"]',
    ),
    {
      vcards: ["/home/me/.config/postern/a.vcf", join(homedir(), "cards")],
      command: ["khard", "-c", "~/my conf", "email", "--parsable", "%s"],
      aliases: { ada: "ada@example.org", team: "ada, Bob <bob@example.org>" },
    },
  );
  assert.deepEqual(contacts('command = ["a b", "%s"]', 'vcard = "x"')?.command, ["a b", "%s"]);
  assert.deepEqual(contacts(), { vcards: [], command: null, aliases: {} });
  assert.throws(() => contacts("vcard = 1"), wrong("CONFIG", /"vcard" that is not a text/));
  assert.throws(() => contacts("[contacts.aliases]", '"a b" = "c@d.example"'), wrong("CONFIG", /alias.*a b/));
  assert.throws(() => contacts("[contacts.aliases]", "a = 1"), wrong("CONFIG", /"a" that is not a text/));
});

test("the scheme says how the server is reached", () => {
  assert.deepEqual(imapOf("imaps://u@h"), { security: "tls", host: "h", port: 993, user: "u" });
  assert.deepEqual(imapOf("imap://u@h"), { security: "starttls", host: "h", port: 143, user: "u" });
  assert.deepEqual(imapOf("imap+insecure://u@h"), { security: "none", host: "h", port: 143, user: "u" });
  assert.deepEqual(imapOf("imaps://u@[::1]:9"), { security: "tls", host: "::1", port: 9, user: "u" });
});

test("a ca-file is beside the config, or under ~", () => {
  const caOf = (file: string) =>
    parse(...account('imap = "imaps://h"', `ca-file = "${file}"`)).accounts[0]?.caFile;
  assert.equal(caOf("/etc/ca.pem"), "/etc/ca.pem");
  assert.equal(caOf("../ca.pem"), "/home/me/.config/ca.pem");
  assert.equal(caOf("~/ca.pem"), join(homedir(), "ca.pem"));
});

test("where mail is sent, and where secrets are", () => {
  const [only] = parse(
    ...account(
      'imap = "imaps://h"',
      'smtp = "submission://u@smtp.example.org"',
      "keyring = false",
      'store-command = "pass insert -m -f x"',
    ),
  ).accounts;
  assert.deepEqual(only?.smtp, { security: "starttls", host: "smtp.example.org", port: 587, user: "u" });
  assert.deepEqual([only?.keyring, only?.storeCommand], [false, "pass insert -m -f x"]);
  const [plain] = parse(...account('imap = "imaps://h"')).accounts;
  assert.ok(plain && !("smtp" in plain || "keyring" in plain || "oauth" in plain));
});

test("OAuth 2.0: a provider that is known, or its addresses; or another program", () => {
  const oauth = (...lines: string[]) =>
    parse(...account('imap = "imaps://h"'), "[accounts.work.oauth2]", ...lines).accounts[0]?.oauth;
  const google = oauth('provider = "google"', 'client-id = "me"', 'scope = "mine"');
  assert.ok(google && "clientId" in google);
  assert.deepEqual(
    [google.clientId, google.clientSecret, google.scope, google.redirectPort, google.redirectHost],
    ["me", null, "mine", null, "127.0.0.1"],
  );
  assert.match(google.tokenUrl, /^https:/);
  const own = oauth('token-url = "http://127.0.0.1:5/t"', 'client-id = "me"', "redirect-port = 8080");
  assert.ok(own && "clientId" in own);
  assert.deepEqual([own.authorizationUrl, own.deviceUrl, own.redirectPort], [null, null, 8080]);
  assert.deepEqual(oauth('token-command = "t"'), { tokenCommand: "t" });
  const cases: readonly [string[], RegExp][] = [
    [['provider = "google"'], /has no "client-id"\n.*console\.cloud\.google\.com/],
    [['provider = "nobody"', 'client-id = "x"'], /unknown "provider"\n.*google, microsoft/],
    [['client-id = "x"'], /neither "provider" nor "token-url"/],
    [['client-id = "x"', 'token-url = "http://example.org/"'], /"token-url" that is no https address/],
    [['client-id = "x"', 'token-url = "nonsense"'], /"token-url" that is no https address/],
    [['client-id = "x"', 'provider = "google"', "redirect-port = 70000"], /"redirect-port" that is no port/],
    [['client-id = "x"', 'password = "y"'], /accounts\.work\.oauth2 has an unknown setting "password"/],
  ];
  for (const [lines, says] of cases)
    assert.throws(() => oauth(...lines), wrong("CONFIG", says), lines.join());
  assert.throws(
    () => parse(...account('imap = "imaps://h"', "oauth2 = 5")),
    wrong("CONFIG", /is not a table/),
  );
});

test("what is wrong is said with the place and what to write", () => {
  const imap = 'imap = "imaps://h"';
  const cases: readonly [string[], RegExp][] = [
    [["x = = 1"], /config\.toml, line 1: .*TOML/s],
    [["", "", "[accounts"], /line 3/],
    [["colour = 1"], /the file has an unknown setting "colour"\n.*accounts, contacts, screen, colours, keys/],
    [["accounts = 1"], /accounts is not a table/],
    [["accounts.work = 1"], /accounts\.work is not a table\n.*\[accounts\.work\]/],
    [[`[accounts."a/b"]`], /accounts\.a\/b has a name that cannot be a directory/],
    [[`[accounts.".."]`], /cannot be a directory/],
    [[`[accounts.${"x".repeat(65)}]`], /cannot be a directory/],
    [
      account(imap, 'smtp = "imaps://h"'),
      /"smtp" of an unknown kind: imaps:\/\/\n.*submissions:\/\/ \(TLS\)/,
    ],
    [account(imap, 'keyring = "yes"'), /"keyring" that is not true or false/],
    [account(imap, "password = 1"), /unknown setting "password"\n.*password-command/],
    [["[accounts.work]", imap], /has no "address"\n.*me@example\.org/],
    [account(), /has no "imap"\n.*imaps:\/\//],
    [account("imap = 993"), /"imap" that is not a text/],
    [account('imap = ""'), /"imap" that is not a text/],
    [account('imap = "h"'), /"imap" that is not an address: h\n/],
    [account('imap = "https://h"'), /unknown kind: https:\/\/\n.*imaps:\/\//],
    [account('imap = "imaps://me:geheim@h"'), /a password inside "imap"\n.*password-command/],
    [account('imap = "imaps:///x"'), /without a host/],
    [account('imap = "imaps://%ff@h"'), /user name/],
    [account('imap = "imaps://u@h:99999"'), /not an address/],
    [account(imap, 'pin = "sha256:abc"'), /"pin" that is not a fingerprint\n.*64 hexadecimal/],
    [account(imap, "password-command = 1"), /"password-command" that is not a text/],
    [["[screen]", 'key-bar = "yes"'], /"key-bar" that is not true or false\n.*key-bar = true/],
    [["[screen]", 'cursor = "hand"'], /unknown "cursor"\n.*"bar" or "arrow"/],
    [["[screen]", 'keymap = "vi"'], /screen has an unknown "keymap"\n.*default, mutt, aerc, alpine, emacs/],
    [["[screen]", 'theme = "pink"'], /screen has an unknown "theme"/],
    [["[colours]", 'pink = "bold"'], /colours has an unknown setting "pink"\n.*heading, .*list, /],
    [["[colours.dark.list]", 'read = "bold"'], /colours\.dark\.list has an unknown setting "read"\n.*unread/],
    [["[colours.dark]", 'light = "bold"'], /colours\.dark has an unknown setting "light"/],
    [["[colours.light]", 'link = "pink"'], /colours\.light has a "link" that is no look/],
    [["[colours.list]", 'read = "bold"'], /colours\.list has an unknown setting "read"\n.*unread/],
    [["[colours]", 'list = "bold"'], /colours\.list is not a table/],
    [
      ["[colours]", 'heading = "bold pink"'],
      /colours has a "heading" that is no look\n.*bold bright-red on 236/,
    ],
    [["[colours]", 'heading = "red on"'], /no look/],
    [["[colours]", 'heading = "256"'], /no look/],
    [["[keys.list]", "A = 1"], /keys\.list has a "A" that is not a text/],
    [["[keys.nowhere]", 'A = "next"'], /keys has a "nowhere" that is not a text/],
    [["[keys.in]", 'Work = "next"'], /keys\.in\.Work is not a table/],
    [["[keys]", "A = 1"], /keys has a "A" that is not a text/],
  ];
  for (const [lines, says] of cases)
    assert.throws(() => parse(...lines), wrong("CONFIG", says), lines.join(" / "));
});

test("colours are words, numbers of the 256, or red, green and blue", () => {
  const { screen } = parse(
    ...account('imap = "imaps://imap.example.org"'),
    "[colours]",
    'heading = "bold bright-red on 236"',
    'link = "#0080ff"',
    'code = "plain"',
    'border = "default on #102030"',
    "[colours.list]",
    'unread = "underline yellow"',
    "[colours.quote]",
    '1 = "dim 7 on bright-white"',
  );
  const everywhere = {
    heading: "1;91;48;5;236",
    link: "38;2;0;128;255",
    code: "",
    border: "39;48;2;16;32;48",
    "list.unread": "4;33",
    "quote.1": "2;38;5;7;107",
  };
  assert.deepEqual(screen.colours, { light: everywhere, dark: everywhere });
});

test("colours for a light or a dark background go before those for both", () => {
  const { screen } = parse(
    ...account('imap = "imaps://imap.example.org"'),
    "[colours]",
    'heading = "bold"',
    "[colours.list]",
    'unread = "yellow"',
    "[colours.light]",
    'heading = "plain"',
    "[colours.dark.list]",
    'unread = "bright-yellow"',
    'marked = "cyan"',
  );
  assert.deepEqual(screen.colours, {
    light: { heading: "", "list.unread": "33" },
    dark: { heading: "1", "list.unread": "93", "list.marked": "36" },
  });
});

test("a password in an address is never repeated, whatever else is wrong with it", () => {
  for (const url of [
    "imaps://me:geheim@h",
    "imaps://me:geheim@h:99999",
    "pop://me:geheim@h",
    "imaps://me:geheim@",
  ])
    assert.throws(
      () => imapOf(url),
      (error) => error instanceof AccountError && !/geheim/.test(`${error.message}${error.hint}`),
      url,
    );
});

test("an account is chosen by name, else the first", () => {
  const config = parse(
    ...["a", "b"].flatMap((name) => [`[accounts.${name}]`, 'address = "x@y"', 'imap = "imaps://h"']),
  );
  assert.equal(chooseAccount(config, undefined).name, "a");
  assert.equal(chooseAccount(config, "b").name, "b");
  assert.throws(() => chooseAccount(config, "c"), wrong("NO_ACCOUNT", /no account "c"\n.*are: a, b/));
  assert.throws(() => chooseAccount(parse(""), undefined), wrong("NO_ACCOUNT", /has no account\n/));
});

test("files that cannot be read are said by name", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "postern-config-"));
  t.after(() => rmSync(dir, { recursive: true }));
  assert.throws(() => loadConfig(join(dir, "none")), wrong("NO_ACCOUNT", /none does not exist\n.*demo/));
  assert.throws(() => loadConfig(dir), wrong("CONFIG", /cannot read .*: EISDIR/));
  const file = join(dir, "config.toml");
  writeFileSync(file, account('imap = "imaps://h"', 'ca-file = "ca.pem"').join("\n"));
  const [only] = loadConfig(file).accounts;
  assert.ok(only);
  assert.throws(() => readCa(only), wrong("CONFIG", /cannot read the ca-file .*ca\.pem: ENOENT/));
  writeFileSync(join(dir, "ca.pem"), "PEM");
  assert.equal(readCa(only), "PEM");
  assert.equal(readCa({ ...only, caFile: null }), undefined);
});

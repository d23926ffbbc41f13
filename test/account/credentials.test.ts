// Where a password comes from, and what is said where there is none.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { type Account, keepingDefaults } from "../../src/account/config.ts";
import { Credentials } from "../../src/account/credentials.ts";
import { AccountError } from "../../src/account/errors.ts";
import type { Keyring } from "../../src/account/keyring.ts";

const variable = "POSTERN_PASSWORD";
const before = process.env[variable];
beforeEach(() => {
  delete process.env[variable];
});
afterEach(() => {
  if (before === undefined) delete process.env[variable];
  else process.env[variable] = before;
});

const account = (passwordCommand: string | null, more: Partial<Account> = {}): Account => ({
  name: "work",
  address: "me@example.org",
  imap: { security: "tls", host: "h", port: 993, user: "me" },
  passwordCommand,
  caFile: null,
  pin: null,
  ...keepingDefaults,
  ...more,
});

/** A keyring that holds `entries`, or fails with `error`. */
const keyringOf = (entries: Readonly<Record<string, string>>, error?: AccountError): Keyring => ({
  get: async (key) => {
    if (error) throw error;
    return entries[key] ?? null;
  },
  set: () => Promise.reject(new Error("not to be changed")),
  delete: () => Promise.reject(new Error("not to be changed")),
});
const noBus = new AccountError("KEYRING", "the keyring cannot be used: no D-Bus session runs here", "hint");

const get = (of: Account, keyring = keyringOf({}, noBus)) =>
  new Credentials(of, { interactive: false, keyring }).get();
const password = async (command: string | null) => (await get(account(command))).reveal();

const failed = (code: string, says: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AccountError);
  assert.equal(error.code, code);
  assert.match(`${error.message}\n${error.hint}`, says);
  return true;
};

test("the first line of what the command prints, blanks and all", async () => {
  assert.equal(await password("printf 'geheim'"), "geheim");
  assert.equal(await password("printf 'ge heim \\nuser: me\\n'"), "ge heim ");
  assert.equal(await password("printf 'geheim\\r\\nmore'"), "geheim");
  assert.equal(await password("printf 'pässwörd' | cat"), "pässwörd");
});

test("the command goes before the environment, which goes before asking", async () => {
  process.env[variable] = "from the environment";
  assert.equal(await password("echo command"), "command");
  assert.equal(await password(null), "from the environment");
});

test("the keyring goes before the environment, and is not asked where it is turned off", async () => {
  process.env[variable] = "from the environment";
  const keyring = keyringOf({ "me@h": "from the keyring", "me@elsewhere": "of another server" });
  assert.equal((await get(account(null), keyring)).reveal(), "from the keyring");
  assert.equal((await get(account("echo command"), keyring)).reveal(), "command");
  assert.equal((await get(account(null, { keyring: false }), keyring)).reveal(), "from the environment");
  assert.equal((await get(account(null, { keyring: true }), keyringOf({}))).reveal(), "from the environment");
});

test("where nothing has it, the error says why the keyring was passed over", async () => {
  await assert.rejects(
    get(account(null)),
    failed(
      "NO_PASSWORD",
      /account "work": the keyring cannot be used: no D-Bus session.*\n.*account login work/,
    ),
  );
  await assert.rejects(
    get(account(null, { keyring: true }), keyringOf({})),
    failed("NO_PASSWORD", /the keyring is locked, or has no password for it/),
  );
  await assert.rejects(get(account(null, { keyring: false })), failed("NO_PASSWORD", /for account "work"\n/));
});

test("a command that fails is told with its status and its last words, and never with what it printed", async () => {
  await assert.rejects(
    password("echo geheim; echo first >&2; echo 'no such entry' >&2; exit 4"),
    failed("PASSWORD_COMMAND", /account "work" failed \(status 4\): no such entry\n.*by hand/),
  );
  await assert.rejects(
    password("echo geheim; exit 4"),
    (error) => error instanceof AccountError && !/geheim/.test(error.message),
  );
  await assert.rejects(password("kill -TERM $$"), failed("PASSWORD_COMMAND", /failed \(SIGTERM\)/));
  await assert.rejects(password("no-such-command-at-all"), failed("PASSWORD_COMMAND", /status 127/));
  await assert.rejects(password("true"), failed("PASSWORD_COMMAND", /printed nothing/));
  await assert.rejects(password("printf '\\nsecond line'"), failed("PASSWORD_COMMAND", /printed nothing/));
});

test("a password does not show where a value is printed by mistake", async () => {
  const secret = await get(account("echo geheim"));
  assert.doesNotMatch(`${secret} ${JSON.stringify({ secret })}`, /geheim/);
});

test("a script is not asked", async () => {
  await assert.rejects(
    password(null),
    failed("NO_PASSWORD", /no password for account "work".*\n.*POSTERN_PASSWORD/),
  );
  process.env[variable] = "";
  await assert.rejects(password(null), failed("NO_PASSWORD", /./));
});

// The system's keyring: a real one, and all the ways in which there is none.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { AccountError } from "../../src/account/errors.ts";
import { type Keyring, keyringMissing, systemKeyring } from "../../src/account/keyring.ts";
import { keyringAbsent, startKeyring, type TestKeyring } from "../servers/keyring.ts";

const unusable = (says: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AccountError);
  assert.equal(error.code, "KEYRING");
  assert.match(error.message, says);
  assert.doesNotMatch(error.message, /\n/, "one sentence");
  return error.hint !== "";
};

describe("a Secret Service", { skip: keyringAbsent() }, () => {
  let service: TestKeyring;
  let keyring: Keyring;
  before(async () => {
    service = await startKeyring();
    keyring = systemKeyring(service.env);
  });
  after(() => service.stop());

  test("keeps what it is given, gives it back, and removes it", async () => {
    assert.equal(await keyring.get("me@host"), null);
    await keyring.set("me@host", 'pä"ss wörd ✓');
    await keyring.set("you@host", "other");
    assert.equal(await keyring.get("me@host"), 'pä"ss wörd ✓');
    await keyring.set("me@host", "x".repeat(20_000));
    assert.equal((await keyring.get("me@host"))?.length, 20_000);
    assert.equal(await keyring.delete("me@host"), true);
    assert.equal(await keyring.delete("me@host"), false);
    assert.equal(await keyring.get("me@host"), null);
    assert.equal(await keyring.get("you@host"), "other");
  });

  test("that is locked gives nothing and takes nothing, and says so", async () => {
    await keyring.set("me@host", "secret");
    await service.lock();
    assert.equal(await keyring.get("me@host"), null);
    await assert.rejects(keyring.set("me@host", "other"), unusable(/it is locked/));
  });

  test("that hangs is given up, and takes nothing with it", async () => {
    service.hang();
    const started = performance.now();
    await assert.rejects(keyring.get("me@host"), unusable(/does not answer/));
    assert.ok(performance.now() - started < 8_000);
  });

  test("that has ended is told", async () => {
    await service.end();
    await assert.rejects(keyring.get("me@host"), unusable(/no keyring runs here/));
  });
});

test("without a D-Bus session nothing is started to find that out", async () => {
  assert.equal(keyringMissing({}), "no D-Bus session runs here");
  assert.equal(keyringMissing({ XDG_RUNTIME_DIR: "/nowhere" }), "no D-Bus session runs here");
  assert.equal(keyringMissing({ DBUS_SESSION_BUS_ADDRESS: "unix:path=/x" }), null);
  const started = performance.now();
  await assert.rejects(systemKeyring({}).get("me@host"), unusable(/no D-Bus session runs here/));
  assert.ok(performance.now() - started < 1_000);
});

test("a bus that accepts and says nothing is given up", { skip: keyringAbsent() }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "postern-bus-"));
  const path = join(dir, "bus");
  const server = createServer(() => {});
  await new Promise<void>((listening) => server.listen(path, listening));
  t.after(() => {
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const env = { PATH: process.env.PATH, XDG_RUNTIME_DIR: dir };
  assert.equal(keyringMissing(env), null);
  const keyring = systemKeyring({ ...env, DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` });
  await assert.rejects(keyring.get("me@host"), unusable(/does not answer/));
  // What is no bus at all is another way to have none.
  writeFileSync(join(dir, "file"), "");
  const none = systemKeyring({ ...env, DBUS_SESSION_BUS_ADDRESS: `unix:path=${dir}/none` });
  await assert.rejects(none.get("me@host"), unusable(/no D-Bus session|no keyring/));
});

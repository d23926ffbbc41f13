// The XDG places (XDG Base Directory Specification).
import assert from "node:assert/strict";
import { homedir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cacheDir, configFile, stateDir } from "../../src/account/paths.ts";

test("the variables say where", () => {
  const env = { XDG_CONFIG_HOME: "/c", XDG_CACHE_HOME: "/k/", XDG_STATE_HOME: "/s" };
  assert.equal(configFile(env), "/c/postern/config.toml");
  assert.equal(cacheDir("work", env), "/k/postern/work");
  assert.equal(stateDir("work", env), "/s/postern/work");
});

test("without them, or with relative or empty ones, the places below home", () => {
  for (const value of [undefined, "", "relative/place"]) {
    const env = { XDG_CONFIG_HOME: value, XDG_CACHE_HOME: value, XDG_STATE_HOME: value };
    assert.equal(configFile(env), join(homedir(), ".config/postern/config.toml"));
    assert.equal(cacheDir("work", env), join(homedir(), ".cache/postern/work"));
    assert.equal(stateDir("work", env), join(homedir(), ".local/state/postern/work"));
  }
});

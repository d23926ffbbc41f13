/** Where things lie, after the XDG Base Directory rules. A relative XDG value is ignored, as the rules ask. */
import { homedir, tmpdir, userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

function base(env: Env, variable: string, fallback: string): string {
  const value = env[variable];
  return join(value && isAbsolute(value) ? value : join(homedir(), fallback), "postern");
}

/** A path as a person writes it, from `directory` on (the working directory where not given); ~ is their home. */
export function personsPath(path: string, directory = ""): string {
  return resolve(directory, path.replace(/^~(?=\/|$)/, homedir()));
}

/** The person's own file; only what sets up and removes accounts writes to it. */
export function configFile(env: Env = process.env): string {
  return join(base(env, "XDG_CONFIG_HOME", ".config"), "config.toml");
}

/** The local copy of one account: may be deleted at any time, it comes back from the server. */
export function cacheDir(account: string, env: Env = process.env): string {
  return join(base(env, "XDG_CACHE_HOME", ".cache"), account);
}

/** What exists nowhere else: the journal of changes not yet on the server. */
export function stateDir(account: string, env: Env = process.env): string {
  return join(base(env, "XDG_STATE_HOME", ".local/state"), account);
}

/** Lines of this kind that were typed on the screen, of all accounts. No account's name begins with `@`. */
export function historyFile(kind: string, env: Env = process.env): string {
  return join(base(env, "XDG_STATE_HOME", ".local/state"), "@history", kind);
}

/** What lives as long as the person is logged in: sockets. May not be there yet. */
export function runtimeDir(env: Env = process.env): string {
  const given = env.XDG_RUNTIME_DIR;
  if (given && isAbsolute(given)) return join(given, "postern");
  return join(tmpdir(), `postern-${userInfo().uid}`);
}

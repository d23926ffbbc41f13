/** Where agents listen, and who may be trusted to do so there. */
import { lstatSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, configFile, runtimeDir, stateDir } from "../../account/paths.ts";
import { version } from "../../account/version.ts";
import type { Terminal } from "../terminal.ts";

/**
 * Whether nobody but this user can put anything into a directory: what listens there is then this user's. (Node does not
 * tell who is at the other end of a socket.)
 */
function isPrivate(directory: string): boolean {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}

/** Makes the directory of the sockets; null where it cannot be this user's alone. */
export function makePlace(): string | null {
  const directory = runtimeDir();
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return isPrivate(directory) ? directory : null;
}

/** Octets that the path of a socket may have everywhere; the system would cut off the rest without a word. */
const longestPath = 103;

/** Where an account's agent listens; null where the path would be too long for a socket. */
export function socketIn(directory: string, account: string): string | null {
  const path = join(directory, `${account}.sock`);
  return Buffer.byteLength(path) > longestPath ? null : path;
}

/** Names of the accounts whose agents may be there: sockets of this user. */
export function agentsThere(): { readonly directory: string; readonly accounts: readonly string[] } {
  const directory = runtimeDir();
  try {
    const sockets = readdirSync(directory).filter((name) => name.endsWith(".sock"));
    const accounts = sockets.map((name) => name.slice(0, -".sock".length));
    return { directory, accounts: sockets.length > 0 && isPrivate(directory) ? accounts : [] };
  } catch {
    return { directory, accounts: [] };
  }
}

/** The config of this environment; one that is named on the command line is never handed over. */
const configHere = () => process.env.POSTERN_CONFIG ?? configFile();

/**
 * What must be the same for a command to give the same elsewhere: the program, the config as it is written now, where
 * things lie, whose keys are used, and how times are told.
 */
export function surroundings(config = configHere()): string {
  const written = statSync(config, { throwIfNoEntry: false });
  const of = written ? `${written.dev}:${written.ino}:${written.size}:${written.mtimeMs}` : "";
  const { TZ = "", GNUPGHOME = "" } = process.env;
  return JSON.stringify([version, config, of, cacheDir(""), stateDir(""), GNUPGHOME, TZ]);
}

/** What is asked of an agent. */
export interface Request extends Terminal {
  readonly surroundings: string;
  readonly ask: "run" | "status" | "stop";
  readonly argv: readonly string[];
}

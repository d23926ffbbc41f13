/** `postern doctor`: what can be wrong, looked at one by one, with what to do about it. */

import { lookup } from "node:dns/promises";
import { constants } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { tryLogin } from "../account/check.ts";
import { type Account, type Config, chooseAccount, loadConfig } from "../account/config.ts";
import { Credentials } from "../account/credentials.ts";
import { cacheDir, stateDir } from "../account/paths.ts";
import { version } from "../account/version.ts";
import { ImapError, type Secret } from "../imap/index.ts";
import { formatSize } from "../mail/format.ts";
import { showsUtf8 } from "../mail/locale.ts";
import { describeFailure } from "./failure.ts";
import type { Globals } from "./globals.ts";
import { ownJson } from "./json.ts";
import { openLocal } from "./run.ts";
import { someoneThere } from "./terminal.ts";
import { tableText } from "./text.ts";

interface Finding {
  /** The account's name; null where it is about none. */
  readonly account: string | null;
  readonly check: string;
  readonly state: "good" | "note" | "bad";
  readonly text: string;
  /** What to do; empty where nothing. */
  readonly hint: string;
  /** What a command would end with for it. */
  readonly status: number;
}

type Found = Pick<Finding, "state" | "text"> & { readonly hint?: string };

/** Less than this free on the disk of the local copy is told. Octets. */
const littleRoom = 200 * 1024 * 1024;

const good = (text: string): Found => ({ state: "good", text });
const note = (text: string, hint: string): Found => ({ state: "note", text, hint });

/** What `work` finds; what it throws is what is wrong. */
async function look(
  account: string | null,
  check: string,
  work: () => Promise<Found> | Found,
): Promise<Finding> {
  try {
    return { account, check, hint: "", status: 0, ...(await work()) };
  } catch (error) {
    const { message, hint, imap, status } = describeFailure(error);
    const text = imap === null ? message : `${message} (the server says: ${imap})`;
    return { account, check, state: "bad", text, hint, status };
  }
}

async function program(): Promise<Found> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const text = `postern ${version}, node ${process.versions.node}, ${process.platform} ${process.arch}`;
  if (major > 20 || (major === 20 && minor >= 19)) return good(text);
  return note(text, "Node.js 20.19 or later is needed");
}

function terminal(): Found {
  const { TERM = "", NO_COLOR = "" } = process.env;
  if (!process.stdout.isTTY)
    return note("standard output is no terminal", "the screen needs one, commands do not");
  const size = `${process.stdout.columns}x${process.stdout.rows}`;
  const colours =
    TERM === "dumb" || NO_COLOR !== "" ? "no colours" : `${2 ** process.stdout.getColorDepth()} colours`;
  const text = `${TERM || "TERM is not set"}, ${size}, ${colours}, ${showsUtf8(process.env) ? "UTF-8" : "no UTF-8"}`;
  return showsUtf8(process.env)
    ? good(text)
    : note(text, "signs are drawn in ASCII: set LANG to a locale with UTF-8, as in C.UTF-8");
}

/** The nearest directory of `path` that is there. */
async function existing(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch {
    return existing(dirname(path));
  }
}

async function disk(account: Account): Promise<Found> {
  const [cache, state] = await Promise.all([
    existing(cacheDir(account.name)),
    existing(stateDir(account.name)),
  ]);
  await Promise.all([cache, state].map((dir) => access(dir, constants.W_OK)));
  const { bavail, bsize } = await statfs(cache);
  const text = `${formatSize(bavail * bsize)} free for ${cacheDir(account.name)}`;
  return bavail * bsize > littleRoom ? good(text) : note(text, "make room, or set a smaller cache-size");
}

/** Opens the local copy, without the network. */
async function localCopy(account: Account, globals: Globals): Promise<Found> {
  const mail = openLocal(account, globals);
  try {
    const { messages, folders, queued } = mail.server.status();
    const refused = mail.waiting.list().filter(({ state }) => state === "refused").length;
    const text = `${messages} messages in ${folders} folders; ${queued} changes wait, ${refused} were refused`;
    return refused > 0 ? note(text, '"postern queue" shows them, to be retried or dropped') : good(text);
  } finally {
    await mail.close();
  }
}

/** What stands between this machine and the mail, in the order in which it is met: what fails hides what follows. */
async function* line(account: Account): AsyncGenerator<Finding> {
  const { name, imap } = account;
  let secret: Secret | null = null;
  yield await look(name, "password", async () => {
    const credentials = new Credentials(account, { interactive: someoneThere() });
    secret = await credentials.get();
    return good(account.oauth ? "there is an access token" : "there is a password");
  });
  const named = await look(name, "name", async () => {
    try {
      const found = await lookup(imap.host, { all: true });
      return good(`${imap.host} is ${found.map(({ address }) => address).join(", ")}`);
    } catch (error) {
      throw new ImapError(
        "UNRESOLVED",
        `${imap.host} has no address: ${(error as NodeJS.ErrnoException).code}`,
        {
          hint: "check the name in the config, and the network",
        },
      );
    }
  });
  yield named;
  if (named.state === "bad" || secret === null) return;
  const known: Secret = secret;
  const how = { tls: "TLS", starttls: "STARTTLS", none: "no encryption" }[imap.security];
  yield await look(name, "login", async () => {
    const began = performance.now();
    await tryLogin(account, known);
    const took = (performance.now() - began).toFixed(0);
    const text = `${imap.user} was let in at ${imap.host}:${imap.port} (${how}) after ${took} ms`;
    return imap.security === "none"
      ? note(text, "everybody on the way can read along: use imaps://")
      : good(text);
  });
}

async function* findings(globals: Globals): AsyncGenerator<Finding> {
  yield await look(null, "program", program);
  yield await look(null, "terminal", terminal);
  let config: Config | null = null;
  yield await look(null, "config", () => {
    config = loadConfig(globals.config);
    chooseAccount(config, undefined);
    return good(`${config.path}: ${config.accounts.map(({ name }) => name).join(", ")}`);
  });
  const read = config as Config | null;
  if (read === null) return;
  const accounts = globals.accounts.filter((name) => name !== "all");
  const chosen = accounts.length === 0 ? read.accounts : accounts.map((name) => chooseAccount(read, name));
  for (const account of chosen) {
    yield await look(account.name, "disk", () => disk(account));
    yield await look(account.name, "local copy", () => localCopy(account, globals));
    if (!globals.offline) yield* line(account);
  }
}

/** Says what it finds as it finds it; the status is that of the first thing that is wrong. */
export async function doctor(globals: Globals): Promise<number> {
  const all: Finding[] = [];
  for await (const finding of findings(globals)) {
    all.push(finding);
    if (globals.json) continue;
    const { account, check, state, text, hint } = finding;
    process.stdout.write(tableText([[account === null ? check : `${account}: ${check}`, state, text, hint]]));
  }
  if (globals.json) process.stdout.write(ownJson({ items: all.map(({ status: _, ...item }) => item) }));
  return all.find(({ state }) => state === "bad")?.status ?? 0;
}

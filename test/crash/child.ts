/**
 * One process that works on an account until it is killed, saying on its standard output what it begins, what it was
 * promised and how that ended: `{begin, step}`, `{told}` once the call has returned, `{done}` or `{refused, error}`.
 * `{synced}` tells how many octets of the journal's log are on the disk: all that a write of the journal has returned from.
 * `{evicted}` tells of bodies that are not kept any more.
 */

import { appendFileSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { keepingDefaults } from "../../src/account/config.ts";
import { Secret } from "../../src/imap/index.ts";
import { type Folder, Mail, type Message } from "../../src/mail/index.ts";
import { Database } from "../../src/store/database.ts";
import { openStore, type StoreLocation } from "../../src/store/index.ts";
import { Ledger, type Step } from "./ledger.ts";
import { letter } from "./letter.ts";
import { Random } from "./random.ts";

export interface ChildOptions {
  readonly port: number;
  readonly places: StoreLocation;
  readonly seed: number;
  /** JSON of a Ledger: what the server has, or will have when the journal is empty. */
  readonly ledgerFile: string;
  /** Makes the names of new messages its own. */
  readonly name: string;
  readonly offline: boolean;
  /** A file that gets the protocol, or null. */
  readonly log: string | null;
  /** Only messages whose number leaves this remainder are touched, so that several processes do not meet. */
  readonly share: { readonly of: number; readonly mine: number };
  /** Message-IDs not to be touched. */
  readonly avoid: readonly string[];
  readonly weights: Readonly<Record<Work, number>>;
  /** Octets of bodies kept at most. */
  readonly cacheSize: number;
}

export type Work = "flag" | "move" | "copy" | "remove" | "append" | "read" | "sync" | "evict" | "pause";

const options = JSON.parse(process.argv[2] ?? "") as ChildOptions;
const random = new Random(options.seed);
const avoid = new Set(options.avoid);
const ledger = Ledger.parse(readFileSync(options.ledgerFile, "utf8"));
const say = (line: object) => void writeSync(1, `${JSON.stringify(line)}\n`);
const journalLog = join(options.places.stateDir, "journal.sqlite-wal");
/** Its writes are synced when they return; until then nothing follows from them, in the index or on the server. */
const { exec, run } = Database.prototype;
const told = ({ path }: Database) => {
  if (path.endsWith("/journal.sqlite"))
    say({ synced: statSync(journalLog, { throwIfNoEntry: false })?.size ?? 0 });
};
Database.prototype.exec = function (sql) {
  exec.call(this, sql);
  if (sql === "COMMIT") told(this);
};
Database.prototype.run = function (sql, ...parameters) {
  const changes = run.call(this, sql, ...parameters);
  told(this);
  return changes;
};
let stopping = false;
process.on("SIGTERM", () => {
  stopping = true;
});

const mail = Mail.open({
  account: {
    name: "test",
    address: "user@example.org",
    imap: { security: "none", host: "127.0.0.1", port: options.port, user: "user" },
    passwordCommand: null,
    caFile: null,
    pin: null,
    ...keepingDefaults,
    cacheSize: options.cacheSize,
  },
  directories: options.places,
  password: () => Promise.resolve(new Secret("password")),
  offline: options.offline,
  log(line) {
    if (options.log !== null) appendFileSync(options.log, `${Date.now()} ${line}\n`);
  },
  keepOnline: !options.offline,
});
const store = openStore(options.places);
say({ ready: true });

const folderNamed = (path: string): Folder => mail.findCachedFolder(path);
const everything = { sort: "arrival", descending: true, offset: 0, limit: 10_000 } as const;

/** A hash of the Message-ID decides whose it is. */
function isMine(id: string): boolean {
  if (avoid.has(id)) return false;
  let hash = 0;
  for (const character of id) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) | 0;
  return Math.abs(hash) % options.share.of === options.share.mine;
}

const placeOf = (path: string, { uid }: Message) => `${path} ${uid}`;

/** What is shown and has gone since: the same may come in again, under another UID. */
const stale = new Set(
  [...ledger.state.keys()].flatMap((path) =>
    mail
      .window(folderNamed(path), everything)
      .filter(({ messageId }) => messageId === null || !ledger.holds(path, messageId))
      .map((row) => placeOf(path, row)),
  ),
);

/** What can be worked on: what the index shows and the ledger knows. */
function mine(path: string): Message[] {
  return mail
    .window(folderNamed(path), everything)
    .filter(
      (row) =>
        row.messageId !== null &&
        isMine(row.messageId) &&
        ledger.holds(path, row.messageId) &&
        !stale.has(placeOf(path, row)),
    );
}

/** Messages whose bodies are kept. */
let kept = new Set<string>();

/** Says how many bodies are not kept any more of messages that are still there. */
function countEvicted(): void {
  const rows = [...ledger.state.keys()].flatMap((path) =>
    mail
      .window(folderNamed(path), everything)
      .map((row) => ({ place: placeOf(path, row), cached: row.cached })),
  );
  const evicted = rows.filter(({ place, cached }) => !cached && kept.has(place)).length;
  kept = new Set(rows.flatMap(({ place, cached }) => (cached ? place : [])));
  if (evicted > 0) say({ evicted });
}

let begun = 0;
const nothing: Begun = { ended: Promise.resolve() };
const codeOf = (error: unknown): unknown => Reflect.get(Object(error), "code");

/** A change that has begun; `ended` resolves when it is known how it ended. */
interface Begun {
  readonly ended: Promise<void>;
}

/** Begins a change. It is promised, and the ledger counts it, once `shown` says that the screen has it. */
async function change(
  step: Step,
  call: () => Promise<{ sent: boolean }>,
  shown: () => boolean = () => true,
): Promise<Begun> {
  const number = ++begun;
  say({ begin: number, step });
  let state: "open" | "done" | "refused" = "open";
  const ended = call().then(
    ({ sent }) => {
      state = "done";
      say({ done: number, sent });
    },
    (error: unknown) => {
      state = "refused";
      say({ refused: number, error: String(error), code: codeOf(error) });
    },
  );
  const now = (): typeof state => state;
  do await new Promise((resolve) => setImmediate(resolve));
  while (now() === "open" && !shown());
  if (now() !== "refused") {
    say({ told: number });
    ledger.apply(step);
  }
  return { ended };
}

const idOf = ({ messageId }: Message) => messageId ?? "";
const flagChoice = ["\\Flagged", "\\Seen", "\\Answered", "$Work"];

/** Reads a whole message; that it goes meanwhile, as others work on it, is no fault. */
async function read(folder: Folder, uid: number): Promise<void> {
  try {
    for await (const _ of await mail.source(folder, uid));
  } catch (error) {
    if (!["gone", "NO_MESSAGE"].includes(String(codeOf(error)))) throw error;
  }
}

/** Does one thing, as the ledger and the index allow. */
async function doOne(work: Work): Promise<Begun> {
  const folders = [...ledger.state.keys()];
  const path = random.pick(folders);
  const folder = folderNamed(path);
  const to = random.pick(folders);
  switch (work) {
    case "append": {
      const id = `<${options.name}.${random.below(1e9)}@crash.example.org>`;
      const flags = random.below(2) ? [random.pick(flagChoice)] : [];
      if (!isMine(id)) return nothing;
      const step: Step = { kind: "append", folder: path, ids: [id], flags };
      const shown = () => mail.window(folder, everything).some(({ messageId }) => messageId === id);
      return change(step, () => mail.append(folder, letter(id), flags), shown);
    }
    case "pause":
      return { ended: sleep(random.below(80)) };
    case "sync":
      return options.offline ? nothing : { ended: mail.sync(folder) };
    case "evict":
      store.bodies.trim(Math.floor(store.bodies.size() * random.next()));
      return nothing;
  }
  const rows = mine(path);
  const chosen = rows.length > 0 ? random.some(rows, random.below(10) === 0 ? 25 : 3) : [];
  if (chosen.length === 0) return { ended: sleep(5) };
  const ids = chosen.map(idOf);
  const uids = chosen.map(({ uid }) => uid);
  switch (work) {
    case "flag": {
      const mode = random.pick(["add", "remove"] as const);
      const flags = [random.pick(flagChoice)];
      const step: Step = { kind: "flag", folder: path, ids, mode, flags };
      return change(step, () => mail.flag(folder, uids, mode, flags));
    }
    case "move":
    case "copy": {
      const free = chosen.filter((row) => !ledger.holds(to, idOf(row)));
      if (free.length === 0 || to === path) return nothing;
      const numbers = free.map(({ uid }) => uid);
      const target = folderNamed(to);
      return change({ kind: work, folder: path, ids: free.map(idOf), to }, () =>
        work === "move" ? mail.move(folder, numbers, target) : mail.copy(folder, numbers, target),
      );
    }
    case "remove":
      return change({ kind: "remove", folder: path, ids }, () => mail.remove(folder, uids));
    case "read": {
      if (options.offline) return nothing;
      return { ended: Promise.all(uids.slice(0, 3).map((uid) => read(folder, uid))).then(() => undefined) };
    }
  }
}

let closing = false;
const trouble = (error: unknown) => {
  // What nobody waits for is cut short by the end: that is no fault.
  if (!closing || codeOf(error) !== "CLOSED") say({ trouble: String(error), code: codeOf(error) });
};

if (!options.offline) {
  mail.watch(folderNamed("INBOX"));
  mail.refreshFolders().catch(() => undefined);
}
while (!stopping) {
  try {
    const { ended } = await doOne(random.weighted(options.weights));
    ended.catch(trouble);
    // Some wait for their end, and most go out while others are on their way.
    if (random.below(3) === 0) await ended.catch(() => undefined);
    else await sleep(random.below(15));
    countEvicted();
  } catch (error) {
    trouble(error);
    await sleep(20);
  }
}
closing = true;
await mail.close();
store.close();
say({ closed: true });
process.exit(0);

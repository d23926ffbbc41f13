/**
 * What a power failure may leave of files that nobody had synced: log pages that never reached the disk, and message
 * files that are short, hold zeros, or are not there. What was synced stays: that is the promise under test.
 */
import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { StoreLocation } from "../../src/store/index.ts";
import type { Random } from "./random.ts";

/** Octets of the header of a write-ahead log, and of that of each page in it (sqlite.org/walformat.html). */
const logHeader = 32;
const pageHeader = 24;
/** Where the shared memory says how many pages a checkpoint has begun to copy: those were synced before. */
const checkpointed = 128;

function number(path: string, at: number, read: (bytes: Buffer) => number): number {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(4);
    return readSync(file, bytes, 0, 4, at) === 4 ? read(bytes) : 0;
  } finally {
    closeSync(file);
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Cuts a log somewhere after what is known to be synced; what lies beyond may be rubbish too. */
function cutLog(database: string, synced: number, random: Random): string {
  const log = `${database}-wal`;
  rmSync(`${database}-shm`, { force: true });
  if (!exists(log)) return "no log";
  const { size } = statSync(log);
  if (size <= synced) return `log of ${size} whole`;
  const at = random.between(synced, size);
  truncateSync(log, at);
  if (random.below(3) === 0) {
    const rubbish = Buffer.alloc(random.between(1, 5_000), random.below(2) ? 0 : 0xa5);
    const file = openSync(log, "r+");
    writeSync(file, rubbish, 0, rubbish.length, fstatSync(file).size);
    closeSync(file);
  }
  return `log of ${size} cut at ${at}`;
}

/** Where the index's log was synced to: what a checkpoint has copied, or has begun to. */
function syncedIndex(database: string): number {
  if (!exists(`${database}-shm`) || !exists(`${database}-wal`)) return 0;
  const pageSize = number(`${database}-wal`, 8, (bytes) => bytes.readUInt32BE());
  const pages = number(`${database}-shm`, checkpointed, (bytes) => bytes.readUInt32LE());
  return logHeader + pages * (pageHeader + pageSize);
}

/** Message files written since `since` (milliseconds) lose their end, their content or themselves, each with one chance in four. */
function spoilMaildirs(cacheDir: string, since: number, random: Random): number {
  const root = join(cacheDir, "maildir");
  if (!exists(root)) return 0;
  let spoiled = 0;
  for (const name of readdirSync(root, { recursive: true, encoding: "utf8" }).sort()) {
    if (!/(^|\/)(cur|new|tmp)\/[^/]+$/.test(name)) continue;
    const path = join(root, name);
    const { size, ctimeMs } = statSync(path);
    if (ctimeMs < since || random.below(4) > 0) continue;
    spoiled++;
    const how = random.below(4);
    if (how === 0) truncateSync(path, random.below(size + 1));
    else if (how === 1) writeFileSync(path, Buffer.alloc(size));
    else if (how === 2) unlinkSync(path);
    else {
      const content = readFileSync(path);
      content.fill(0, random.below(size + 1));
      writeFileSync(path, content);
    }
  }
  return spoiled;
}

/**
 * @param journalOctets how much of the journal's log was on the disk
 * @param since milliseconds: files written before were on the disk
 */
export function cutPower(
  { cacheDir, stateDir }: StoreLocation,
  { journalOctets, since }: { journalOctets: number; since: number },
  random: Random,
): string {
  const index = join(cacheDir, "index.sqlite");
  const cut = cutLog(index, syncedIndex(index), random);
  cutLog(join(stateDir, "journal.sqlite"), journalOctets, random);
  return `${cut}, ${spoilMaildirs(cacheDir, since, random)} files spoiled`;
}

/** Messages read from files that other programs wrote: mbox, maildir, .eml, each of them packed or not. */
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { isMbox, mboxMessages } from "../../message/mbox.ts";
import { UsageError } from "../definition.ts";

/** A message to be put into a folder. */
export interface Found {
  readonly source: Buffer;
  /** Milliseconds since the epoch; null where nothing tells when it arrived. */
  readonly date: number | null;
  readonly flags: readonly string[];
}

/** Letters of the names in a maildir. */
const flagOf: Readonly<Record<string, string>> = {
  D: "\\Draft",
  F: "\\Flagged",
  P: "$Forwarded",
  R: "\\Answered",
  S: "\\Seen",
  T: "\\Deleted",
};

/** Unpacked where it is packed (gzip, by its first octets). */
async function opened(stream: AsyncIterable<Buffer>): Promise<AsyncIterable<Buffer>> {
  const chunks = stream[Symbol.asyncIterator]();
  const first = await chunks.next();
  async function* all(): AsyncGenerator<Buffer> {
    for (let step = first; step.done !== true; step = await chunks.next()) yield Buffer.from(step.value);
  }
  const head = first.done === true ? Buffer.alloc(0) : Buffer.from(first.value);
  return head[0] === 0x1f && head[1] === 0x8b ? Readable.from(all()).pipe(createGunzip()) : all();
}

/** What a file holds: an mbox where it begins as one, else one message. */
async function* inFile(stream: AsyncIterable<Buffer>, date: number | null): AsyncGenerator<Found> {
  const chunks = (await opened(stream))[Symbol.asyncIterator]();
  const first = await chunks.next();
  const head = first.done === true ? Buffer.alloc(0) : first.value;
  async function* all(): AsyncGenerator<Buffer> {
    for (let step = first; step.done !== true; step = await chunks.next()) yield step.value;
  }
  if (isMbox(head)) {
    for await (const { source, date: told } of mboxMessages(all())) yield { source, date: told, flags: [] };
    return;
  }
  const pieces: Buffer[] = [];
  for await (const piece of all()) pieces.push(piece);
  yield { source: Buffer.concat(pieces), date, flags: [] };
}

/** The messages of a maildir, or the .eml files of a directory, by name. */
async function* inDirectory(dir: string): AsyncGenerator<Found> {
  const names = await readdir(dir);
  const isMaildir = names.includes("cur");
  const places = isMaildir ? ["new", "cur"].map((sub) => join(dir, sub)) : [dir];
  for (const place of places)
    for (const name of (await readdir(place)).sort()) {
      if (name.startsWith(".") || (!isMaildir && !/\.eml(\.gz)?$/i.test(name))) continue;
      const path = join(place, name);
      const { mtimeMs } = await stat(path);
      const letters = isMaildir ? (/:2,([A-Za-z]*)$/.exec(name)?.[1] ?? "") : "";
      const flags = [...letters].flatMap((letter) => flagOf[letter] ?? []);
      for await (const found of inFile(createReadStream(path), mtimeMs)) yield { ...found, flags };
    }
}

/** What is at `path`, or on standard input where that is `-`. Throws UsageError. */
export async function* readMessages(path: string, stdin: Readable): AsyncGenerator<Found> {
  if (path === "-") return yield* inFile(stdin, null);
  try {
    const about = await stat(path);
    if (about.isDirectory()) yield* inDirectory(path);
    else yield* inFile(createReadStream(path), /\.eml/i.test(path) ? about.mtimeMs : null);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new UsageError(
      `cannot read ${path}: ${code}`,
      "give an mbox, a maildir, a message, a directory of .eml files, or -",
    );
  }
}

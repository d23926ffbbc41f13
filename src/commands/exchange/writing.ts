/** Messages of a folder written to files that other programs read: mbox, maildir, .eml. */
import { createWriteStream } from "node:fs";
import { mkdir, rename, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { saveStream } from "../../mail/save-stream.ts";
import { fromLine, mboxMessage } from "../../message/mbox.ts";
import type { Context } from "../definition.ts";
import type { Chosen } from "../ids.ts";
import type { WrittenFile } from "../result.ts";
import { sources } from "./sources.ts";

async function* mbox(context: Pick<Context, "mail" | "progress">, chosen: Chosen): AsyncGenerator<Buffer> {
  for await (const { row, stream } of sources(context, chosen, "exporting"))
    yield* mboxMessage(stream, fromLine(row.from[0]?.email ?? "", row.internalDate));
}

/** Lines with LF alone, as maildirs have them; a CR at the end of a chunk waits for the next. */
async function* unix(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest = "";
  for await (const chunk of stream) {
    const text = rest + chunk.toString("latin1");
    rest = text.endsWith("\r") ? "\r" : "";
    yield Buffer.from(text.slice(0, text.length - rest.length).replaceAll("\r\n", "\n"), "latin1");
  }
  if (rest !== "") yield Buffer.from(rest);
}

const letters: readonly (readonly [flag: string, letter: string])[] = [
  ["\\Draft", "D"],
  ["\\Flagged", "F"],
  ["$Forwarded", "P"],
  ["\\Answered", "R"],
  ["\\Seen", "S"],
  ["\\Deleted", "T"],
];

/** A maildir that any program reads: written in tmp, then named into cur; flags in the name, the time of arrival on the file. */
export async function writeMaildir(context: Context, chosen: Chosen, dir: string): Promise<WrittenFile> {
  for (const sub of ["cur", "new", "tmp"]) await mkdir(join(dir, sub), { recursive: true });
  const host = hostname().replaceAll("/", "_").replaceAll(":", "_");
  let written = 0;
  let size = 0;
  for await (const { row, stream } of sources(context, chosen, "exporting")) {
    const flags = letters.flatMap(([flag, letter]) => (row.flags.includes(flag) ? [letter] : [])).join("");
    const name = `${Math.floor(row.internalDate / 1_000)}.U${row.uid}P${process.pid}Q${++written}.${host}`;
    const part = join(dir, "tmp", name);
    await pipeline(unix(stream), createWriteStream(part, { flags: "wx", flush: true }));
    await utimes(part, row.internalDate / 1_000, row.internalDate / 1_000);
    size += (await stat(part)).size;
    await rename(part, join(dir, "cur", `${name}:2,${flags}`));
  }
  return { part: null, path: dir, size, mediaType: "inode/directory" };
}

/** Compressed; what fails at its source fails here. */
function packed(stream: Readable): Readable {
  const gzip = createGzip();
  stream.once("error", (error) => gzip.destroy(error));
  return stream.pipe(gzip);
}

export async function writeEml(
  context: Context,
  chosen: Chosen,
  dir: string,
  gzip: boolean,
): Promise<WrittenFile[]> {
  await mkdir(dir, { recursive: true });
  const files: WrittenFile[] = [];
  for await (const { row, stream } of sources(context, chosen, "exporting")) {
    const shown = gzip ? packed(stream) : stream;
    const path = await saveStream(shown, dir, `${row.uid}.eml${gzip ? ".gz" : ""}`);
    const { size } = await stat(path);
    files.push({ part: null, path, size, mediaType: gzip ? "application/gzip" : "message/rfc822" });
  }
  return files;
}

/** All of them one after the other, as a stream that reads them as it is read itself. */
export function mboxStream(
  context: Pick<Context, "mail" | "progress">,
  chosen: Chosen,
  gzip: boolean,
): Readable {
  const plain = Readable.from(mbox(context, chosen), { objectMode: false });
  return gzip ? packed(plain) : plain;
}

export async function writeMbox(
  context: Context,
  chosen: Chosen,
  file: string,
  gzip: boolean,
): Promise<WrittenFile> {
  const path = await saveStream(mboxStream(context, chosen, gzip), dirname(file), basename(file));
  return { part: null, path, size: (await stat(path)).size, mediaType: mboxType(gzip) };
}

export const mboxType = (gzip: boolean) => (gzip ? "application/gzip" : "application/mbox");

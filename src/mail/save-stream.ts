/** Writing an attachment to a file: never over one that is there. */
import { createWriteStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { personsPath } from "../account/paths.ts";

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** Numbers tried before giving up: `name-2.pdf`, `name-3.pdf`, … */
const tries = 1_000;

/**
 * Streams `content` into `path` (a directory takes `name` in it); where the file exists, beside it under a number.
 * Resolves to the path written, once it is on the disk. Throws what the file system throws.
 */
export async function saveStream(content: Readable, path: string, name: string): Promise<string> {
  const expanded = personsPath(path);
  const wanted = (await isDirectory(expanded)) ? join(expanded, name) : expanded;
  const extension = extname(wanted);
  const stem = wanted.slice(0, wanted.length - extension.length);
  for (let n = 1; n <= tries; n++) {
    const target = n === 1 ? wanted : `${stem}-${n}${extension}`;
    const file = createWriteStream(target, { flags: "wx", mode: 0o600, flush: true });
    try {
      await new Promise<void>((opened, failed) => file.once("open", () => opened()).once("error", failed));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
      content.destroy();
      throw error;
    }
    try {
      await pipeline(content, file);
    } catch (error) {
      // Half of a file would be taken for the whole.
      await rm(target, { force: true });
      throw error;
    }
    return target;
  }
  content.destroy();
  throw new Error(`${wanted} and ${tries} names like it exist already`);
}

/** Writing what exists nowhere else: on the disk before it counts as done, and whole or not there at all. */
import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { asStoreError } from "../store/index.ts";

/** Has the names in a directory on the disk. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } catch (error) {
    // Some file systems have nothing to sync there.
    if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
  } finally {
    await directory.close();
  }
}

export async function makePrivateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

async function filled(file: string, fill: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    await fill(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A name in the same directory that no reader takes for anything. */
const besides = (file: string) => join(dirname(file), `.${randomBytes(8).toString("hex")}.tmp`);

/** Puts a file in the place of what was there: after a crash it is one of the two. Throws StoreError. */
export async function replaceFile(file: string, content: string): Promise<void> {
  const temporary = besides(file);
  try {
    await filled(temporary, (handle) => handle.writeFile(content));
    await rename(temporary, file);
    await syncDirectory(dirname(file));
  } catch (error) {
    await rm(temporary, { force: true });
    throw asStoreError(error, file);
  }
}

/** Writes a stream to a file that is not there yet; resolves to its octets. `look` sees each of its chunks. */
export async function writeStream(
  file: string,
  stream: AsyncIterable<unknown>,
  look: (chunk: Buffer) => void = () => undefined,
): Promise<number> {
  let size = 0;
  await filled(file, async (handle) => {
    for await (const chunk of stream) {
      const bytes: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as string);
      look(bytes);
      size += bytes.length;
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, at);
        at += bytesWritten;
      }
    }
  });
  return size;
}

/** Names in a directory, but for what was being written; none where it is not there. */
export async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => !name.startsWith(".")).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw asStoreError(error, directory);
  }
}

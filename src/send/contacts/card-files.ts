/** The person's address book: files of vCards, and directories of such files. */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { inTurns } from "../../message/turns.ts";
import { readVCards } from "../../message/vcard.ts";
import { personWords } from "../../store/index.ts";
import { isAddress } from "../compose/addresses.ts";
import { oneLine } from "../compose/draft.ts";

export interface CardAddress {
  readonly name: string;
  readonly email: string;
  /** By which it is found, as `hasWords` takes them. */
  readonly words: string;
}

export interface Cards {
  readonly addresses: readonly CardAddress[];
  /** What could not be read, in sentences. */
  readonly problems: readonly string[];
}

/** Octets of one file, and addresses in all: no person's address book has more. */
const largest = 256 * 1024 * 1024;
const mostAddresses = 100_000;
const longestName = 200;

/** The files that a path stands for. Rejects as the file system does. */
async function filesAt(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = await readdir(path);
  return names
    .filter((name) => /\.(?:vcf|vcard)$/i.test(name))
    .sort()
    .map((name) => join(path, name));
}

/** Reads all of them, in turns. Never rejects. */
export async function readCardFiles(paths: readonly string[]): Promise<Cards> {
  const addresses: CardAddress[] = [];
  const problems: string[] = [];
  const attempt = async <T>(path: string, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { code = error.message } = error as NodeJS.ErrnoException;
      problems.push(`no contacts from ${path}: ${code === "ENOENT" ? "it is not there" : code}`);
      return null;
    }
  };
  for (const path of paths) {
    for (const file of (await attempt(path, () => filesAt(path))) ?? []) {
      const bytes = await attempt(file, async () => {
        const { size } = await stat(file);
        if (size > largest) throw new Error("it is too large");
        return readFile(file);
      });
      if (!bytes) continue;
      const read = readVCards(bytes, ({ name, nickname, emails }) => {
        const called = oneLine(name).slice(0, longestName);
        for (const email of emails) {
          if (addresses.length === mostAddresses || !isAddress(email)) continue;
          const words = personWords(`${called} ${nickname.slice(0, longestName)}`, email);
          addresses.push({ name: called, email, words });
        }
      });
      await inTurns(read);
      if (addresses.length === mostAddresses)
        problems.push(`${basename(file)} has more addresses than are kept`);
    }
  }
  return { addresses, problems };
}

/** Lines typed before, to be had with Up; those that are kept in a file also in the next session. */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** As many lines are had. */
const most = 500;

export class History {
  readonly #file: string | null;
  #lines: string[] | null = null;

  /** Without a file the lines go with the session. */
  constructor(file: string | null = null) {
    this.#file = file;
  }

  /** The oldest first. */
  get lines(): readonly string[] {
    return this.#known;
  }

  get #known(): string[] {
    this.#lines ??= this.#file === null ? [] : read(this.#file);
    return this.#lines;
  }

  /** A line that is the one before it over again is not kept twice. */
  add(line: string): void {
    const known = this.#known;
    if (known.at(-1) === line) return;
    known.push(line);
    if (known.length > most) known.shift();
    if (this.#file === null) return;
    try {
      // Other screens add to it too: each adds whole lines.
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
      appendFileSync(this.#file, `${line}\n`, { mode: 0o600 });
    } catch {
      // A disk that takes no more is no reason not to do what the line says.
    }
  }
}

function read(file: string): string[] {
  try {
    const all = readFileSync(file, "utf8")
      .split("\n")
      // Somebody else may have written it.
      .filter((line) => line !== "" && !/\p{Cc}/u.test(line));
    const lines = all.slice(-most);
    if (all.length > 2 * most) {
      writeFileSync(`${file}.new`, `${lines.join("\n")}\n`, { mode: 0o600 });
      renameSync(`${file}.new`, file);
    }
    return lines;
  } catch {
    return [];
  }
}

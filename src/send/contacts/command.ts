/** Asks a program for addresses as mutt's query_command does: khard, abook, notmuch, lbdbq and their like. */
import { run } from "../../message/crypto/run.ts";
import type { Person } from "../../message/types.ts";
import { isAddress, looseAddresses } from "../compose/addresses.ts";
import { oneLine } from "../compose/draft.ts";

/** Milliseconds, and lines of an answer that are read. */
const patience = 5_000;
const mostLines = 2_000;
const longestLine = 2_000;
const longestName = 200;

export interface CommandAnswer {
  readonly people: readonly Person[];
  /** What went wrong, in a sentence; null where nothing did. */
  readonly problem: string | null;
}

/** `address <TAB> name <TAB> more`, or an address as it stands in a header; null where a line has none. */
export function readLine(line: string): Person | null {
  const [first = "", name = ""] = line.slice(0, longestLine).split("\t");
  if (line.includes("\t")) {
    const email = first.trim();
    return isAddress(email) ? { name: oneLine(name).slice(0, longestName), email } : null;
  }
  // What a program says besides may have an @ in it.
  if (!/^[^<>]*<[^\s<>]+>\s*$|^\S+$/.test(first)) return null;
  const [person, ...others] = looseAddresses(first);
  if (!person || others.length > 0 || !isAddress(person.email)) return null;
  return { name: person.name.slice(0, longestName), email: person.email };
}

/** What a failed program says of it: the last line of its complaints. */
function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim().slice(0, 200) ?? "";
}

/** Runs the command, no shell between, with `%s` in its words for what is looked for. Never rejects. */
export async function askCommand(
  command: readonly string[],
  query: string,
  signal?: AbortSignal,
): Promise<CommandAnswer> {
  // No word that is looked for is taken for an option.
  const sought = oneLine(query).replace(/^-+/, "");
  const [program = "", ...args] = command.map((word) => word.replaceAll("%s", sought));
  const { code, stdout, stderr, broken } = await run(program, args, {
    ...{ input: Buffer.alloc(0), timeout: patience },
    signal,
  });
  if (broken === "cancelled") return { people: [], problem: null };
  const people = stdout
    .toString("utf8")
    .split("\n", mostLines)
    .flatMap((line) => readLine(line) ?? []);
  const problem = (why: string) => ({ people, problem: `${program} ${why}` });
  if (broken === "missing") return problem("is not there: see command in [contacts] of the config");
  if (broken === "timeout") return problem(`has not answered within ${patience / 1_000} seconds`);
  if (broken !== null) return problem("has more to say than can be read");
  // 1 is what they all end with where there is nobody; a program that broke down has more than a line to say of it.
  const complaint = stderr.trim();
  if (code === 0 || people.length > 0 || (code === 1 && !complaint.includes("\n")))
    return { people, problem: null };
  return problem(complaint === "" ? `ended with status ${code}` : `failed: ${lastLine(complaint)}`);
}

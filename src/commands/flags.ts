/** Flags as people write them: `+seen`, `-flagged`, `toggle flagged`, `+$label`. */
import { UsageError } from "./definition.ts";

/** Plain names of flags (RFC 9051 §2.3.2, RFC 5788). */
export const systemFlags: Readonly<Record<string, string>> = {
  seen: "\\Seen",
  read: "\\Seen",
  flagged: "\\Flagged",
  starred: "\\Flagged",
  answered: "\\Answered",
  draft: "\\Draft",
  deleted: "\\Deleted",
  forwarded: "$Forwarded",
  junk: "$Junk",
  notjunk: "$NotJunk",
};

/** The flag a word names: a system flag by its plain name, else a keyword (RFC 9051 §2.3.2). Throws UsageError. */
export function flagNamed(word: string): string {
  const name = word.replace(/^\\/, "").toLowerCase();
  const system = Object.hasOwn(systemFlags, name) ? systemFlags[name] : undefined;
  if (system) return system;
  if (/^[^\s\x00-\x20\x7f-\uffff(){%*"\\\]]+$/.test(word)) return word;
  throw new UsageError(
    `"${word}" is not a flag`,
    "use seen, flagged, answered, draft, deleted or a keyword such as $Work",
  );
}

export interface FlagChange {
  readonly mode: "add" | "remove" | "toggle";
  readonly flag: string;
}

/** Splits the words of `flag` into ids and changes: a change begins with `+` or `-`, or follows `toggle`. */
export function splitFlagWords(words: readonly string[]): { ids: string[]; changes: FlagChange[] } {
  const ids: string[] = [];
  const changes: FlagChange[] = [];
  let toggle = false;
  for (const word of words) {
    const sign = word.length > 1 ? word[0] : "";
    if (toggle) changes.push({ mode: "toggle", flag: flagNamed(word) });
    else if (sign === "+") changes.push({ mode: "add", flag: flagNamed(word.slice(1)) });
    else if (sign === "-") changes.push({ mode: "remove", flag: flagNamed(word.slice(1)) });
    else if (word !== "toggle") ids.push(word);
    toggle = !toggle && word === "toggle";
  }
  if (toggle || changes.length === 0) {
    throw new UsageError("flag: needs a change", "say +seen, -flagged, toggle flagged, +$keyword");
  }
  return { ids, changes };
}

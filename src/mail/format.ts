/** How messages are told in short, alike on the screen and in the shell. Texts here are not yet made safe. */
import { baseSubject, fold, type StoredPerson, type ThreadRow } from "../store/index.ts";

/** Flags as letters (mutt's): N new, r answered, F flagged, D deleted, T draft, > forwarded; empty for a plain read message. */
export function flagLetters(flags: readonly string[]): string {
  const has = (flag: string) => flags.includes(flag);
  return [
    has("\\Seen") ? "" : "N",
    has("\\Answered") ? "r" : "",
    has("$Forwarded") ? ">" : "",
    has("\\Flagged") ? "F" : "",
    has("\\Draft") ? "T" : "",
    has("\\Deleted") ? "D" : "",
  ].join("");
}

/** Signs that lead from an answer to what it answers; `top` where that is not here and nothing stands above. */
const lines = {
  utf8: { top: "┌─", between: "├─", last: "└─", through: "│ ", none: "  " },
  ascii: { top: ",-", between: "|-", last: "`-", through: "| ", none: "  " },
} as const;
/** Levels that are drawn: of deeper answers the nearest. */
const drawnLevels = 12;

/** What stands before the subject of a row of a thread: two columns for each level, of at most `levels`. */
export function threadLines(
  { place, depth, guides }: Pick<ThreadRow, "place" | "depth" | "guides">,
  utf8: boolean,
  levels = drawnLevels,
): string {
  if (depth === 0) return "";
  const signs = utf8 ? lines.utf8 : lines.ascii;
  const follows = (level: number) => (guides >> (depth - level)) & 1;
  let drawn = "";
  for (let level = Math.max(1, depth - levels + 1); level < depth; level++)
    drawn += follows(level) ? signs.through : signs.none;
  const last = follows(depth) ? signs.between : signs.last;
  return `${drawn}${place === 0 && follows(depth) ? signs.top : last} `;
}

/** Whether two subjects are the same but for "Re:" and the like (RFC 5256 §2.1). */
export function sameSubject(a: string, b: string): boolean {
  return a === b || baseSubject(fold(a)) === baseSubject(fold(b));
}

/** Names of people, or with `full` names and addresses. */
export function formatPeople(people: readonly StoredPerson[], full = false): string {
  return people
    .map(({ name, email }) => {
      if (!full) return name === "" ? email : name;
      return name === "" ? email : `${name} <${email}>`;
    })
    .filter((text) => text !== "")
    .join(", ");
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const twoDigits = (n: number) => String(n).padStart(2, "0");

/** At most 9 columns: `14:05` today, `Tue 14:05` within six days, `14 Mar` this year, `Mar 2021` else; local time. */
export function shortDate(ms: number, now: number): string {
  const d = new Date(ms);
  const today = new Date(now);
  const time = `${twoDigits(d.getHours())}:${twoDigits(d.getMinutes())}`;
  if (d.toDateString() === today.toDateString()) return time;
  const age = now - ms;
  if (age > 0 && age < 6 * 86_400_000) return `${days[d.getDay()]} ${time}`;
  if (d.getFullYear() === today.getFullYear()) return `${d.getDate()} ${months[d.getMonth()]}`;
  return `${months[d.getMonth()]} ${d.getFullYear()}`;
}

/** `Fri, 14 Mar 2026 09:05 +0100`, local time: what a header says, for people. */
export function longDate(ms: number): string {
  const d = new Date(ms);
  const offset = -d.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${twoDigits(Math.floor(Math.abs(offset) / 60))}${twoDigits(Math.abs(offset) % 60)}`;
  const day = `${days[d.getDay()]}, ${d.getDate()} ${months[d.getMonth()]} ${d.getFullYear()}`;
  return `${day} ${twoDigits(d.getHours())}:${twoDigits(d.getMinutes())} ${zone}`;
}

/** Octets as `812 B`, `9.4 kB`, `12 MB`. */
export function formatSize(octets: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = octets;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

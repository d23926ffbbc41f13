import type { SortValue } from "./types.ts";

/** The order of what messages are sorted by, as SQLite has it: below 0 where `a` comes first. */
export function compareSortValues(a: SortValue, b: SortValue): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

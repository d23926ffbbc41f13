/** The algebra of UID sets. Ranges stay ranges: `1:4294967295` costs what `1` costs. */
import { ImapError } from "./errors.ts";
import { limits } from "./limits.ts";
import type { UidOrder, UidRanges } from "./values.ts";

type Range = readonly [first: number, last: number];

/** The largest UID or sequence number (RFC 9051 §9 `nz-number`). */
export const maxNumber = 0xffff_ffff;

/** Any ranges, in any order and overlapping, as UidRanges; a descending range means the same as its reverse. */
export function normalize(ranges: Iterable<Range>): UidRanges {
  const sorted: Range[] = [];
  let ordered = true;
  let last = -1;
  for (const [a, b] of ranges) {
    const range: Range = a <= b ? [a, b] : [b, a];
    if (range[0] <= last + 1) ordered = false;
    last = range[1];
    sorted.push(range);
  }
  if (ordered) return sorted;
  sorted.sort((x, y) => x[0] - y[0]);
  const merged: [number, number][] = [];
  for (const [first, end] of sorted) {
    const tail = merged.at(-1);
    if (tail && first <= tail[1] + 1) tail[1] = Math.max(tail[1], end);
    else merged.push([first, end]);
  }
  return merged;
}

/** Numbers (positive integers, any order, repeats allowed) as ranges. */
export function fromNumbers(numbers: Iterable<number>): UidRanges {
  let ascending = true;
  let previous = 0;
  const list: number[] = [];
  for (const n of numbers) {
    if (n < previous) ascending = false;
    previous = n;
    list.push(n);
  }
  if (!ascending) list.sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  let tail: [number, number] | undefined;
  for (const n of list) {
    if (tail && n <= tail[1] + 1) tail[1] = n;
    else {
      tail = [n, n];
      ranges.push(tail);
    }
  }
  return ranges;
}

/** Whether `n` lies in the set: a binary search. */
export function contains(set: UidRanges, n: number): boolean {
  let low = 0;
  let high = set.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (set[middle]![1] < n) low = middle + 1;
    else high = middle;
  }
  const range = set[low];
  return range !== undefined && range[0] <= n;
}

export function union(a: UidRanges, b: UidRanges): UidRanges {
  return normalize([...a, ...b]);
}

/** What is in `a` and not in `b`. */
export function subtract(a: UidRanges, b: UidRanges): UidRanges {
  const rest: Range[] = [];
  let j = 0;
  for (const [first, last] of a) {
    let from = first;
    while (j < b.length && b[j]![1] < from) j++;
    for (let k = j; k < b.length && b[k]![0] <= last; k++) {
      const [cutFirst, cutLast] = b[k]!;
      if (cutFirst > from) rest.push([from, cutFirst - 1]);
      from = Math.max(from, cutLast + 1);
    }
    if (from <= last) rest.push([from, last]);
  }
  return rest;
}

/** What is in both. */
export function intersect(a: UidRanges, b: UidRanges): UidRanges {
  return subtract(a, subtract(a, b));
}

/** How many numbers the set holds. */
export function count(set: UidRanges): number {
  let total = 0;
  for (const [first, last] of set) total += last - first + 1;
  return total;
}

/**
 * The numbers at the places `from` to `to`, counted from 1, or, both negative, from -1 for the last backwards
 * (RFC 9394 `partial-range`). What lies beyond the end is left out.
 */
export function slice(set: UidRanges, from: number, to: number): UidRanges {
  const size = count(set);
  const [a, b] = [from, to].map((place) => (place < 0 ? size + place : place - 1)) as [number, number];
  const [start, end] = [Math.max(0, Math.min(a, b)), Math.max(a, b)];
  const part: Range[] = [];
  let before = 0;
  for (const [first, last] of set) {
    if (before > end) break;
    const low = Math.max(first, first + start - before);
    const high = Math.min(last, first + end - before);
    if (low <= high) part.push([low, high]);
    before += last - first + 1;
  }
  return part;
}

/**
 * The UIDs of an order one by one.
 * @throws ImapError LIMIT where there are more than any mailbox has: the server made them up
 */
export function expand(order: UidOrder): number[] {
  const numbers: number[] = [];
  for (const [from, to] of order) {
    if (numbers.length + Math.abs(to - from) >= limits.sequenceMap)
      throw new ImapError("LIMIT", "The server named more messages than a mailbox can have.");
    const step = from <= to ? 1 : -1;
    for (let n = from; n !== to + step; n += step) numbers.push(n);
  }
  return numbers;
}

/** The numbers one by one, ascending: bound the loop, a server's set may hold four thousand million. */
export function* iterate(set: UidRanges): Generator<number, void, undefined> {
  for (const [first, last] of set) for (let n = first; n <= last; n++) yield n;
}

/** `1:3,7` without a bound on its length. */
export function format(set: UidRanges): string {
  return set.map(([first, last]) => (first === last ? `${first}` : `${first}:${last}`)).join(",");
}

/** The set cut into sets whose text is at most `octets` long each: servers refuse long command lines. */
export function split(set: UidRanges, octets: number = limits.setOctets): UidRanges[] {
  const sets: Range[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const range of set) {
    const size = format([range]).length + 1;
    if (length + size > octets + 1) {
      sets.push([]);
      length = 0;
    }
    sets.at(-1)!.push(range);
    length += size;
  }
  return sets;
}

/** The set as the texts of one or more commands, each at most `octets` long. */
export function toWire(set: UidRanges, octets: number = limits.setOctets): string[] {
  return split(set, octets).map(format);
}

/**
 * A set as a person or a test writes it: `1:3,7`. No `*`.
 * @throws ImapError ARGUMENT
 */
export function parse(text: string): UidRanges {
  const ranges = text.split(",").map((item): Range => {
    const match = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(item);
    const first = Number(match?.[1] ?? 0);
    const last = Number(match?.[2] ?? first);
    if (first < 1 || last < 1 || first > maxNumber || last > maxNumber)
      throw new ImapError("ARGUMENT", `"${item}" is not a range of message numbers.`);
    return [first, last];
  });
  return normalize(ranges);
}

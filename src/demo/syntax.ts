// What a client sends, read with the names of the grammar (RFC 3501 §9), and the strings a server answers with.
// Everything on the wire is a binary string here: one character per octet.

/** A command that is not done: `status` "BAD" for a command that cannot be read, "NO" for one that cannot be obeyed. */
export class Refusal extends Error {
  readonly status: "NO" | "BAD";
  /** Response code without brackets, or "". */
  readonly code: string;
  constructor(status: "NO" | "BAD", message: string, code = "") {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Ranges as sent; Infinity stands for `*`. */
export type SequenceSet = [from: number, to: number][];

const patterns = {
  atom: /[^\x00-\x20\x7f-\xff(){%*"\\\]]+/y,
  astring: /[^\x00-\x20\x7f-\xff(){%*"\\]+/y,
  listMailbox: /[^\x00-\x20\x7f-\xff(){"\\]+/y,
  flag: /\\?[^\x00-\x20\x7f-\xff(){%*"\\\]]+/y,
  quoted: /"((?:[^"\\\r\n]|\\["\\])*)"/y,
  literal: /\{(\d{1,9})\+?\}\r?\n/y,
  number: /\d{1,10}(?!\d)/y,
  sequenceSet: /(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?(?:,(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?)*/y,
};

/** Reads one command from its start to its end; every method throws a BAD {@link Refusal} on what it does not expect. */
export class Scanner {
  readonly text: string;
  #at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The first group of a sticky expression (or all of it), or undefined and nothing consumed. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (!found) return undefined;
    this.#at = pattern.lastIndex;
    return found[1] ?? found[0];
  }

  #need(what: string, value: string | undefined): string {
    if (value === undefined) throw new Refusal("BAD", `Expected ${what} at octet ${this.#at}`);
    return value;
  }

  get atEnd(): boolean {
    return this.#at === this.text.length;
  }

  startsWith(text: string): boolean {
    return this.text.startsWith(text, this.#at);
  }

  take(text: string): boolean {
    if (!this.startsWith(text)) return false;
    this.#at += text.length;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) this.#need(JSON.stringify(text), undefined);
  }

  space(): void {
    this.expect(" ");
  }

  end(): void {
    if (!this.atEnd) throw new Refusal("BAD", `Did not expect anything at octet ${this.#at}`);
  }

  atom(): string {
    return this.#need("an atom", this.match(patterns.atom)).toUpperCase();
  }

  flag(): string {
    return this.#need("a flag", this.match(patterns.flag));
  }

  number(): number {
    return Number(this.#need("a number", this.match(patterns.number)));
  }

  #string(): string | undefined {
    const quoted = this.match(patterns.quoted);
    if (quoted !== undefined) return quoted.replace(/\\(.)/g, "$1");
    const length = this.match(patterns.literal);
    if (length === undefined) return undefined;
    const start = this.#at;
    this.#at = start + Number(length);
    return this.text.slice(start, this.#at);
  }

  literal(): string {
    if (!this.startsWith("{")) this.#need("a literal", undefined);
    return this.#need("a literal", this.#string());
  }

  astring(): string {
    return this.#need("a string", this.#string() ?? this.match(patterns.astring));
  }

  listMailbox(): string {
    return this.#need("a mailbox pattern", this.#string() ?? this.match(patterns.listMailbox));
  }

  sequenceSet(): SequenceSet {
    return this.#need("a sequence set", this.match(patterns.sequenceSet))
      .split(",")
      .map((range) => {
        const ends = range.split(":").map((end) => (end === "*" ? Number.POSITIVE_INFINITY : Number(end)));
        if (ends.includes(0)) throw new Refusal("BAD", "Messages are numbered from 1");
        const [first = 0, second = first] = ends;
        return [first, second];
      });
  }

  get startsSequenceSet(): boolean {
    return /[\d*]/.test(this.text[this.#at] ?? "");
  }

  /** `(item item …)`, also empty. */
  list<T>(item: () => T): T[] {
    const items: T[] = [];
    this.expect("(");
    while (!this.take(")")) {
      if (items.length > 0) this.space();
      items.push(item());
    }
    return items;
  }
}

/** Whether `n` is in the set, where `*` is `last`. */
export function inSet(set: SequenceSet, n: number, last: number): boolean {
  return set.some((range) => {
    const [a, b] = range.map((end) => (end === Number.POSITIVE_INFINITY ? last : end));
    // Either order: `4:*` names the last message even when it is number 3 (RFC 3501 §9, seq-range).
    return Math.min(a ?? 0, b ?? 0) <= n && n <= Math.max(a ?? 0, b ?? 0);
  });
}

/** Numbers in ascending order as a sequence-set: `1:3,7`. */
export function formatSet(numbers: number[]): string {
  const ranges: string[] = [];
  for (let i = 0; i < numbers.length; i++) {
    const first = numbers[i] ?? 0;
    while (numbers[i + 1] === (numbers[i] ?? 0) + 1) i++;
    ranges.push(numbers[i] === first ? `${first}` : `${first}:${numbers[i]}`);
  }
  return ranges.join(",");
}

export function literal(octets: string): string {
  return `{${octets.length}}\r\n${octets}`;
}

/** string: quoted where that is allowed, else a literal. */
export function string(octets: string): string {
  return /[\r\n\0\x80-\xff]/.test(octets) || octets.length > 1000
    ? literal(octets)
    : `"${octets.replace(/["\\]/g, "\\$&")}"`;
}

/** astring: bare where that is allowed. */
export function astring(octets: string): string {
  return /^[\w.-]+$/.test(octets) ? octets : string(octets);
}

export function nstring(octets: string | null | undefined): string {
  return octets === null || octets === undefined ? "NIL" : string(octets);
}

export const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (n: number) => String(n).padStart(2, "0");

/** date-time, quoted, in UTC. */
export function dateTime(date: Date): string {
  const day = `${String(date.getUTCDate()).padStart(2, " ")}-${months[date.getUTCMonth()]}-${date.getUTCFullYear()}`;
  return `"${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000"`;
}

/** A date (`1-Feb-2026`) as the start of that day in UTC, in milliseconds. */
export function parseDate(text: string): number {
  const [, day, month = "", year] = /^ ?(\d{1,2})-([a-z]{3})-(\d{4})$/i.exec(text) ?? [];
  const index = months.findIndex((m) => m.toLowerCase() === month.toLowerCase());
  if (index < 0) throw new Refusal("BAD", "Expected a date such as 1-Feb-2026");
  return Date.UTC(Number(year), index, Number(day));
}

/** The inside of a quoted date-time. */
export function parseDateTime(text: string): Date {
  const [, date = "", hour, minute, second, sign, zoneHour, zoneMinute] =
    /^(.{10,11}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/.exec(text) ?? [];
  const zone = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === "-" ? -1 : 1);
  return new Date(
    parseDate(date) + ((Number(hour) * 60 + Number(minute) - zone) * 60 + Number(second)) * 1000,
  );
}

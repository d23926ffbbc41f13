/** Times in words, on the clock of whoever reads. */

/** Where a person reads: by its zone, an IANA name, times are told. */
export interface Place {
  readonly timeZone: string;
}

export const here = (): Place => ({ timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone });

const formatters = new Map<string, Intl.DateTimeFormat | null>();

function formatter(zone: string): Intl.DateTimeFormat | null {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  let made: Intl.DateTimeFormat | null = null;
  try {
    made = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    // Not a zone that Node knows.
  }
  if (formatters.size < 200) formatters.set(zone, made);
  return made;
}

/** The wall clock of `zone` at an instant, as milliseconds since 1970 on that clock; null for an unknown zone. */
export function wallClock(at: number, zone: string): number | null {
  const parts = formatter(zone)?.formatToParts(at);
  if (!parts) return null;
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

/** Whether Node knows a zone by this name. */
export const isZone = (name: string): boolean => formatter(name) !== null;

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `Mon, 5 Jan 2026`. `wall` is milliseconds since 1970 on the clock it is told by. */
export function dayWords(wall: number): string {
  const d = new Date(wall);
  return `${DAYS[d.getUTCDay()]}, ${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]} ${d.getUTCFullYear()}`;
}

/** `16:05`. */
export const clockWords = (wall: number): string => new Date(wall).toISOString().slice(11, 16);

/** An instant, in milliseconds since the epoch, as day and clock of a place. */
export function instantWords(at: number, { timeZone }: Place): string {
  const wall = wallClock(at, timeZone) ?? at;
  return `${dayWords(wall)} ${clockWords(wall)}`;
}

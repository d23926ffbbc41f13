/**
 * Times of a calendar (RFC 5545 §3.3.4–5, §3.6.5): wall clock times of a named zone as instants. A zone that Node
 * knows by name is Node's; another is read from the calendar's own VTIMEZONE; of its rules only the yearly ones that
 * zones have are followed, so that nothing written there can take long.
 */

import { isZone, wallClock } from "../when.ts";
import { type Component, type Property, property } from "./syntax.ts";
import { WINDOWS_ZONES } from "./windows-zones.ts";

export interface CalendarTime {
  /** `2026-01-05`, as sent. */
  readonly date: string;
  /** Milliseconds since the epoch; null for whole days, and where the zone cannot be told (the clock of whoever reads). */
  readonly at: number | null;
  readonly allDay: boolean;
  /** As sent; null for UTC, whole days and floating times. */
  readonly zone: string | null;
  /** Wall clock in that zone, as milliseconds since 1970 on that clock. */
  readonly wall: number;
}

const SHAPE = /^\s*(\d{4})-?(\d{2})-?(\d{2})(?:T(\d{2}):?(\d{2})(?::?(\d{2}))?(?:\.\d+)?(Z)?)?\s*$/i;

interface Wall {
  readonly ms: number;
  readonly date: string;
  readonly allDay: boolean;
  readonly utc: boolean;
}

function readWall(value: string): Wall | null {
  const [, y = "", mo = "", d = "", h, mi, s, z] = SHAPE.exec(value) ?? [];
  if (y === "") return null;
  const ms = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h ?? 0), Number(mi ?? 0), Number(s ?? 0));
  const real = new Date(ms);
  // 31 February and the like, and years that Date takes for 19xx.
  if (Number.isNaN(ms) || real.getUTCMonth() !== Number(mo) - 1 || Number(y) < 1000) return null;
  return { ms, date: `${y}-${mo}-${d}`, allDay: h === undefined, utc: z !== undefined };
}

function instantInZone(wall: number, zone: string): number | null {
  let at = wall;
  // The offset found at a first guess is right but near a change of clocks; the second then is.
  for (let i = 0; i < 2; i++) {
    const shown = wallClock(at, zone);
    if (shown === null) return null;
    at += wall - shown;
  }
  return at;
}

/** `+0130` in milliseconds; 0 where it is no offset. */
function offset(value: string | undefined): number {
  const [, sign, h, m, s] = /^\s*([+-])(\d{2}):?(\d{2})(?::?(\d{2}))?/.exec(value ?? "") ?? [];
  const ms = ((Number(h ?? 0) * 60 + Number(m ?? 0)) * 60 + Number(s ?? 0)) * 1000;
  return sign === "-" ? -ms : ms;
}

export const WEEKDAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];

/** `FREQ=YEARLY;BYMONTH=3` as a map, names and values in upper case. */
export function ruleParts(rule: string): Map<string, string> {
  return new Map(
    rule
      .slice(0, 2000)
      .toUpperCase()
      .split(";", 30)
      .map((part) => [part.slice(0, part.indexOf("=")).trim(), part.slice(part.indexOf("=") + 1).trim()]),
  );
}

/** The day in a year that a zone's rule names: `BYDAY=-1SU`, or the one of BYMONTHDAY that is a `BYDAY=SU`. */
function dayInYear(rule: ReadonlyMap<string, string>, year: number, first: Date): number | null {
  const month = Number(rule.get("BYMONTH") ?? first.getUTCMonth() + 1) - 1;
  if (!(month >= 0 && month < 12)) return null;
  const [, nth, day = ""] = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(rule.get("BYDAY")?.split(",")[0] ?? "") ?? [];
  const weekday = WEEKDAYS.indexOf(day);
  const days = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const list = rule.get("BYMONTHDAY")?.split(",", 31).map(Number) ?? null;
  if (weekday === -1) {
    const one = list?.[0] ?? first.getUTCDate();
    return Date.UTC(year, month, one < 0 ? days + 1 + one : Math.min(one, days));
  }
  const matching: number[] = [];
  for (let d = 1; d <= days; d++) {
    if (list && !list.includes(d)) continue;
    if (new Date(Date.UTC(year, month, d)).getUTCDay() === weekday) matching.push(d);
  }
  const n = Number(nth ?? 1);
  const found = n < 0 ? matching.at(n) : matching[n - 1];
  return found === undefined ? null : Date.UTC(year, month, found);
}

/** The last time at or before `wall` that an observance began; null where it had not begun yet. */
function lastOnset(observance: Component, wall: number): number | null {
  const start = readWall(property(observance, "DTSTART")?.value ?? "");
  if (!start) return null;
  const onsets = [start.ms];
  for (const { name, value } of observance.properties.slice(0, 500)) {
    if (name === "RDATE")
      for (const one of value.split(",", 500)) onsets.push(readWall(one)?.ms ?? Number.POSITIVE_INFINITY);
    if (name !== "RRULE") continue;
    const rule = ruleParts(value);
    if (rule.get("FREQ") !== "YEARLY") continue;
    const until = readWall(rule.get("UNTIL") ?? "")?.ms ?? Number.POSITIVE_INFINITY;
    const first = new Date(start.ms);
    // Before 1970 the remainder is negative.
    const timeOfDay = ((start.ms % 86_400_000) + 86_400_000) % 86_400_000;
    const year = Math.min(new Date(wall).getUTCFullYear(), new Date(Math.min(until, 8e15)).getUTCFullYear());
    for (const y of [year, year - 1]) {
      const day = dayInYear(rule, y, first);
      const onset = day === null ? null : day + timeOfDay;
      if (onset !== null && onset >= start.ms && onset <= until + 86_400_000) onsets.push(onset);
    }
  }
  const latest = onsets.reduce(
    (last, onset) => (onset <= wall ? Math.max(last, onset) : last),
    Number.NEGATIVE_INFINITY,
  );
  return latest === Number.NEGATIVE_INFINITY ? null : latest;
}

function offsetFromVtimezone(zone: Component, wall: number): number {
  let latest = Number.NEGATIVE_INFINITY;
  let found: number | null = null;
  const observances = zone.components.slice(0, 200);
  for (const one of observances) {
    const onset = lastOnset(one, wall);
    if (onset === null || onset < latest) continue;
    latest = onset;
    found = offset(property(one, "TZOFFSETTO")?.value);
  }
  const first = observances[0];
  return found ?? (first ? offset(property(first, "TZOFFSETFROM")?.value) : 0);
}

/** The name by which Node knows a zone; null for one it does not. */
function nodeZone(name: string): string | null {
  const plain = name.replace(/^["']|["']$/g, "");
  // "/mozilla.org/20050126_1/Europe/Berlin", "/softwarestudio.org/Tzfile/Europe/Berlin"
  const tail = /[A-Za-z_]+\/[A-Za-z_]+(?:\/[A-Za-z_]+)?$/.exec(plain)?.[0];
  return [plain, tail].find((one) => one && isZone(one)) ?? null;
}

/** Reads a date-time or date property of `calendar`; null where it is none. */
export function readTime(calendar: Component, time: Property | null): CalendarTime | null {
  const wall = readWall(time?.value.split(",")[0] ?? "");
  if (!time || !wall) return null;
  const { ms, date } = wall;
  if (wall.allDay) return { date, at: null, allDay: true, zone: null, wall: ms };
  if (wall.utc) return { date, at: ms, allDay: false, zone: null, wall: ms };
  const zone = time.params.get("TZID")?.trim() || null;
  if (zone === null) return { date, at: null, allDay: false, zone, wall: ms };
  const known = nodeZone(zone);
  if (known) return { date, at: instantInZone(ms, known), allDay: false, zone, wall: ms };
  const own = calendar.components.find(
    (one) => one.name === "VTIMEZONE" && property(one, "TZID")?.value.trim() === zone,
  );
  if (own) return { date, at: ms - offsetFromVtimezone(own, ms), allDay: false, zone, wall: ms };
  const windows = WINDOWS_ZONES.get(zone.toLowerCase());
  return { date, at: windows ? instantInZone(ms, windows) : null, allDay: false, zone, wall: ms };
}

/** `P1DT2H30M` in milliseconds (RFC 5545 §3.3.6); null where it is no duration. */
export function readDuration(value: string): number | null {
  const [whole, sign, w, d, h, m, s] =
    /^\s*([+-])?P(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?\s*$/i.exec(
      value,
    ) ?? [];
  if (whole === undefined) return null;
  const n = (x: string | undefined) => Number(x ?? 0);
  const ms = ((((n(w) * 7 + n(d)) * 24 + n(h)) * 60 + n(m)) * 60 + n(s)) * 1000;
  return sign === "-" ? -ms : ms;
}

/** The same time, later. */
export function laterBy(time: CalendarTime, ms: number): CalendarTime {
  const wall = time.wall + ms;
  // Beyond what a Date holds.
  if (Math.abs(wall) > 8e15) return time;
  const date = new Date(wall).toISOString().slice(0, 10);
  return { ...time, date, wall, at: time.at === null ? null : time.at + ms };
}

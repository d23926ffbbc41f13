import { parseAge } from "../../account/units.ts";
import { UsageError } from "../definition.ts";

/** A time in the future as a person gives it, in milliseconds since the epoch. Throws UsageError. */
export function sendingTime(text: string, now: number): number {
  const [, seconds] = /^(\d{1,6})s?$/.exec(text) ?? [];
  if (seconds !== undefined) return now + Number(seconds) * 1_000;
  const age = parseAge(text);
  if (age !== null) return now + age;
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  if (hours !== undefined && Number(hours) < 24 && Number(minutes) < 60) {
    const today = new Date(now).setHours(Number(hours), Number(minutes), 0, 0);
    return today > now ? today : new Date(today).setDate(new Date(today).getDate() + 1);
  }
  // Without a zone it is the clock of this machine; a day alone would be that of UTC.
  const date = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text.replace(" ", "T"));
  if (/^\d{4}-\d\d-\d\d/.test(text) && Number.isFinite(date)) return date;
  throw new UsageError(`"${text}" is no time`, "say 10s, 30min, 2h, 18:00, 2027-01-31 or 2027-01-31T09:00");
}

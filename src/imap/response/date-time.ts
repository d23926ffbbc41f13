const pattern =
  /^\s*(\d{1,2})-([A-Za-z]{3})-(\d{4}) +(\d{1,2}):(\d{2}):(\d{2})(?:\.\d+)?(?: *([+-])(\d{2}):?(\d{2}))?/;
const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** date-time (RFC 9051 §9) as ms since the epoch; null where it cannot be one. No zone is read as UTC. */
export function parseDateTime(text: string): number | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const [, day, month, year, hour, minute, second, sign, zoneHours, zoneMinutes] = match;
  const monthIndex = months.indexOf(month!.toLowerCase());
  if (monthIndex < 0 || Number(day) < 1 || Number(day) > 31) return null;
  const at = Date.UTC(Number(year), monthIndex, Number(day), Number(hour), Number(minute), Number(second));
  // Date.UTC takes years below 100 for those of the twentieth century.
  const time = Number(year) < 100 ? new Date(at).setUTCFullYear(Number(year)) : at;
  const offset = sign ? (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000 : 0;
  return time - (sign === "-" ? -offset : offset);
}

/** Days, ages and sizes as a query has them. */

export const dayMs = 86_400_000;
const hourMs = 3_600_000;

const ageUnits: Readonly<Record<string, number>> = {
  min: 60_000,
  h: hourMs,
  d: dayMs,
  w: 7 * dayMs,
  m: 30 * dayMs,
  y: 365 * dayMs,
};
const sizeUnits: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9 };

/** `1M`, `200k`, `4096`: octets, in the decimal units that mail programs show; null where it is none. */
export function parseSize(text: string): number | null {
  const match = /^(\d{1,15}(?:\.\d{1,9})?)([kmg]?)b?$/i.exec(text);
  const octets = match && Math.round(Number(match[1]) * (sizeUnits[(match[2] ?? "").toLowerCase()] ?? 1));
  // SEARCH takes 63 bits (RFC 9051 §9 number64), a double is exact to 53.
  return octets !== null && Number.isSafeInteger(octets) ? octets : null;
}

/** `2026-03-14`, `today`, `yesterday`: midnight (UTC) that begins the day; null where it is none. */
export function parseDay(text: string, now: number): number | null {
  const today = Math.floor(now / dayMs) * dayMs;
  if (/^today$/i.test(text)) return today;
  if (/^yesterday$/i.test(text)) return today - dayMs;
  if (!/^\d{4}-\d\d?-\d\d?$/.test(text)) return null;
  const [year = 0, month = 0, day = 0] = text.split("-").map(Number);
  // What SEARCH can say in four digits, with the days about it.
  if (year < 1000 || year > 9998) return null;
  const ms = Date.UTC(year, month - 1, day);
  return new Date(ms).getUTCMonth() === month - 1 ? ms : null;
}

/** `30min`, `2h`, `2d`, `3w`, `6m`, `1y`: milliseconds; null where it is none. */
export function parseAge(text: string): number | null {
  const match = /^(\d{1,4})(min|[hdwmy])$/i.exec(text);
  return match && Number(match[1]) * (ageUnits[(match[2] ?? "").toLowerCase()] ?? dayMs);
}

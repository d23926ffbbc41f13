/** Ages and sizes as people write them. */

const dayMs = 86_400_000;
const ages: Readonly<Record<string, number>> = {
  min: 60_000,
  h: 3_600_000,
  d: dayMs,
  w: 7 * dayMs,
  m: 30 * dayMs,
  y: 365 * dayMs,
};
const sizes: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** `30min`, `2h`, `2d`, `3w`, `6m` (months), `1y`: milliseconds; null where it is no age. */
export function parseAge(text: string): number | null {
  const match = /^(\d{1,4})(min|[hdwmy])$/i.exec(text);
  const unit = match && ages[(match[2] ?? "").toLowerCase()];
  return match && unit ? Number(match[1]) * unit : null;
}

/** `1M`, `200k`, `1.5 GB`, `4096`: octets, in the decimal units that mail programs show; null where it is no size. */
export function parseSize(text: string): number | null {
  const match = /^(\d{1,15}(?:\.\d{1,9})?) ?([kmgt]?)b?$/i.exec(text);
  const octets = match && Math.round(Number(match[1]) * (sizes[(match[2] ?? "").toLowerCase()] ?? 1));
  return octets !== null && Number.isSafeInteger(octets) ? octets : null;
}

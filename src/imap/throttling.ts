/** How long to leave a server alone that says it is busy, or that we ask too much. */

/** Never wait longer on a server's word, in ms. */
const longest = 5 * 60_000;

/** RFC 5530 §3 and RFC 9051 §7.1: what passes by itself, and how long that takes, in ms. */
const passing: ReadonlyMap<string, number> = new Map([
  ["UNAVAILABLE", 60_000],
  ["LIMIT", 60_000],
  ["INUSE", 10_000],
]);

/** Gmail's OVERQUOTA is about bandwidth and commands; elsewhere it is about room, which waiting does not make. */
const bandwidth = /bandwidth|command|too many|limit/i;

/**
 * ms to wait before asking again; undefined where waiting is of no use.
 * @param responseCode upper case
 * @param text the server's, of a NO, BAD or BYE
 */
export function retryAfter(responseCode: string | undefined, text: string): number | undefined {
  // Exchange Online, in ms: "Request is throttled. Suggested Backoff Time: 1753 milliseconds".
  const told = /Suggested Backoff Time:? *(\d{1,9})/i.exec(text);
  if (told) return Math.min(Number(told[1]), longest);
  if (responseCode === "OVERQUOTA") return bandwidth.test(text) ? longest : undefined;
  if (responseCode !== undefined && passing.has(responseCode)) return passing.get(responseCode);
  return /too many (?:simultaneous )?connections/i.test(text) ? 60_000 : undefined;
}

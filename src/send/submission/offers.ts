/** What a submission server offers: its answer to EHLO (RFC 5321 §4.1.1.1). */

export interface Offers {
  /** SASL names, upper case (RFC 4954). */
  readonly auth: readonly string[];
  /** Octets of a message at most (RFC 1870); null where it does not say. */
  readonly size: number | null;
  /** What BURL may fetch: `imap`, `imap://host` (RFC 4468 §3.2); null without BURL. */
  readonly burl: readonly string[] | null;
  /** Whether an extension is offered, by its keyword. */
  has(keyword: string): boolean;
}

/** @param reply the lines of the answer, with their codes; the first one greets */
export function parseOffers(reply: string): Offers {
  const words = new Map<string, string[]>();
  for (const line of reply.split(/\r?\n/).slice(1)) {
    const [keyword = "", ...values] = line
      .slice(4)
      .trim()
      .split(/[\s=]+/);
    // Some say `AUTH=PLAIN` on a line of its own, for clients older than RFC 4954.
    words.set(keyword.toUpperCase(), [...(words.get(keyword.toUpperCase()) ?? []), ...values]);
  }
  const size = Number(words.get("SIZE")?.[0] ?? 0);
  return {
    auth: [...new Set((words.get("AUTH") ?? []).map((name) => name.toUpperCase()))],
    size: Number.isSafeInteger(size) && size > 0 ? size : null,
    burl: words.get("BURL") ?? null,
    has: (keyword) => words.has(keyword),
  };
}

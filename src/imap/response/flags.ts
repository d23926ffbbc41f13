import { DQUOTE, LPAREN, RPAREN, SP } from "../wire/bytes.ts";
import type { Reader } from "../wire/reader.ts";

/** Flag lists already seen, by their bytes: a mailbox has few different ones, so that most rows share an array. */
const known = new Map<string, readonly string[]>();
const knownLimit = 2000;

/**
 * flag-list (RFC 9051 §9), as sent. Lenient: keywords with brackets, `\*`, quoted flags and NIL for none are met
 * with; a flag ends at SP or `)`.
 */
export function readFlags(r: Reader): readonly string[] {
  if (r.nil()) return [];
  const start = r.position;
  r.expect(LPAREN);
  const close = r.buffer.indexOf(RPAREN, start);
  if (close < 0 || close >= r.end) r.fail('")"');
  const text = r.buffer.toString("latin1", start + 1, close);
  if (text.includes('"')) {
    const quoted: string[] = [];
    while (!r.take(RPAREN)) {
      if (r.peek() === DQUOTE) quoted.push(r.quoted());
      else quoted.push(r.atom());
      r.skipSp();
    }
    return quoted;
  }
  r.position = close + 1;
  const found = known.get(text);
  if (found) return found;
  const flags = text.split(String.fromCharCode(SP)).filter((flag) => flag !== "" && flag !== "NIL");
  if (known.size >= knownLimit) known.clear();
  if (text.length < 1000) known.set(text, flags);
  return flags;
}

import type { Reader } from "../wire/reader.ts";

/** What an IMAP URL stands for; null: it could not be fetched, and nobody says why (RFC 4467 §8). */
export interface FetchedUrl {
  readonly url: string;
  readonly bytes: Buffer | null;
}

/** genurlauth-data after `* GENURLAUTH ` (RFC 4467 §9). @throws MalformedError */
export function readGenUrlAuth(r: Reader): readonly string[] {
  const urls: string[] = [];
  while (!r.atEnd()) urls.push(r.astring());
  return urls;
}

/** urlfetch-data after `* URLFETCH ` (RFC 4467 §9). @throws MalformedError */
export function readUrlFetch(r: Reader): readonly FetchedUrl[] {
  const found: FetchedUrl[] = [];
  while (!r.atEnd()) {
    const url = r.astring();
    r.sp();
    const bytes = r.nil() ? null : r.stringBytes();
    found.push({ url, bytes: bytes === null ? null : Buffer.from(bytes) });
  }
  return found;
}

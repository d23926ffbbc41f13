import type { Metadata } from "../values.ts";
import { LPAREN } from "../wire/bytes.ts";
import type { Reader } from "../wire/reader.ts";

export interface MetadataResponse {
  /** "" for the server's own. */
  readonly path: string;
  /** With values where they were asked for; else, as news, null. */
  readonly values: Metadata | null;
  /** The names, lower case. */
  readonly entries: readonly string[];
}

/**
 * `mailbox (entry value …)` or `mailbox entry …` (RFC 5464 §4.4). A value too large to be part of the response is left
 * out. @throws MalformedError
 */
export function readMetadata(r: Reader): MetadataResponse {
  const path = r.astringLatin1();
  r.skipSp();
  if (r.peek() !== LPAREN) {
    const entries: string[] = [];
    while (!r.atEnd()) entries.push(r.astring().toLowerCase());
    return { path, values: null, entries };
  }
  const values = new Map<string, Buffer | null>();
  r.list(() => {
    const entry = r.astring().toLowerCase();
    r.sp();
    if (!r.atString()) {
      if (!r.nil()) r.fail("a value");
      values.set(entry, null);
      return;
    }
    const value = r.stringBytes();
    if (value !== null) values.set(entry, Buffer.from(value)); // a copy: the response's memory is not ours to keep
  });
  return { path, values, entries: [...values.keys()] };
}

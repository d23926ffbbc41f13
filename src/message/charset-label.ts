/** The charset of a text part, as it is told outside of it or within. */
import { decodeParam } from "./header.ts";
import type { LeafDescription } from "./types.ts";

/** The label of a text part's charset; where HTML names none outside, the one it gives itself. Null: none. */
export function charsetLabel(part: LeafDescription, contents: Buffer): string | null {
  return decodeParam(part.params, "charset") ?? (part.subtype === "html" ? htmlCharset(contents) : null);
}

function htmlCharset(bytes: Buffer): string | null {
  const head = bytes.subarray(0, 2048).toString("latin1");
  return /<meta\b[^>]{0,200}?\bcharset\s*=\s*["']?([\w:.-]{2,40})/i.exec(head)?.[1] ?? null;
}

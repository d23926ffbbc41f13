import type { ListedMailbox } from "../values.ts";
import { LPAREN } from "../wire/bytes.ts";
import { decodeMailboxName } from "../wire/mailbox-name.ts";
import type { Reader } from "../wire/reader.ts";

/**
 * mailbox-list (RFC 9051 §7.3.1, RFC 5258) after `* LIST `, `* LSUB ` or `* XLIST `. An unquoted name with spaces or
 * controls in it reaches to the end of the line; NIL as delimiter or name is met with.
 * @throws MalformedError
 */
export function readList(r: Reader): ListedMailbox {
  const attributes = new Set<string>();
  if (!r.nil()) r.list(() => attributes.add(r.atom().toLowerCase()));
  r.skipSp();
  const delimiter = r.nil() ? null : r.astring();
  r.skipSp();
  const path = readName(r);
  return { path, name: decodeMailboxName(path), delimiter: delimiter || null, attributes, status: null };
}

function readName(r: Reader): string {
  if (r.atString()) return r.astringLatin1();
  if (r.nil()) return "";
  const text = r.buffer.toString("latin1", r.position, r.end);
  // What follows a name is an extended item's list (`("CHILDINFO" (…))`).
  const extended = text.endsWith(")") ? text.indexOf(` ${String.fromCharCode(LPAREN)}`) : -1;
  const name = extended < 0 ? text : text.slice(0, extended);
  r.position += name.length;
  return name.trimEnd();
}

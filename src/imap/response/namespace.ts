import type { Reader } from "../wire/reader.ts";

export interface NamespaceEntry {
  /** A path (bytes as on the wire). */
  readonly prefix: string;
  readonly delimiter: string | null;
}

/** NAMESPACE (RFC 2342, RFC 9051 §7.3.5): personal, other users', shared. */
export interface Namespaces {
  readonly personal: readonly NamespaceEntry[];
  readonly other: readonly NamespaceEntry[];
  readonly shared: readonly NamespaceEntry[];
}

/** The three lists after `* NAMESPACE `. @throws MalformedError */
export function readNamespace(r: Reader): Namespaces {
  const personal = readEntries(r);
  r.skipSp();
  const other = readEntries(r);
  r.skipSp();
  return { personal, other, shared: readEntries(r) };
}

function readEntries(r: Reader): NamespaceEntry[] {
  const entries: NamespaceEntry[] = [];
  if (r.atEnd() || r.nil()) return entries;
  r.list(() => {
    let index = 0;
    let prefix = "";
    let delimiter: string | null = null;
    r.list(() => {
      if (index === 0) prefix = r.nil() ? "" : r.astringLatin1();
      else if (index === 1) delimiter = r.nil() ? null : r.astring() || null;
      else r.skipValue();
      index++;
    });
    entries.push({ prefix, delimiter });
  });
  return entries;
}

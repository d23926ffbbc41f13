/** What the server tells about rights (RFC 4314 §3.6–3.8). */
import type { Rights } from "../values.ts";
import type { Reader } from "../wire/reader.ts";

/** `* ACL`: who may do what. Identifiers are hostile text; one that begins with `-` takes rights away. */
export interface Acl {
  readonly path: string;
  readonly entries: ReadonlyMap<string, Rights>;
}

/** `* LISTRIGHTS`: what one identifier always has, and what can be given to it, in groups that go together. */
export interface GrantableRights {
  readonly path: string;
  readonly identifier: string;
  readonly required: Rights;
  readonly optional: readonly Rights[];
}

/** What RFC 2086's letters stand for where the server knows no newer ones (RFC 4314 §2.1.1). */
const obsolete: readonly (readonly [letter: string, members: string])[] = [
  ["c", "kx"],
  ["d", "et"],
];

/**
 * The letters as rights. `c` and `d` are only a summary of newer letters where those are there too; alone they are an
 * older server's and stand for all they mean.
 */
export function rightsOf(letters: string): Rights {
  const rights = new Set(letters);
  for (const [letter, members] of obsolete)
    if (rights.delete(letter) && ![...members].some((member) => rights.has(member)))
      for (const member of members) rights.add(member);
  return rights;
}

/** `mailbox *(identifier rights)`. @throws MalformedError */
export function readAcl(r: Reader): Acl {
  const path = r.astringLatin1();
  const entries = new Map<string, Rights>();
  while (!r.atEnd()) {
    const identifier = r.astring();
    r.sp();
    entries.set(identifier, rightsOf(r.astring()));
  }
  return { path, entries };
}

/** `mailbox identifier required *(optional)`. @throws MalformedError */
export function readListRights(r: Reader): GrantableRights {
  const path = r.astringLatin1();
  r.sp();
  const identifier = r.astring();
  r.sp();
  const required = rightsOf(r.astring());
  const optional: string[] = [];
  while (!r.atEnd()) optional.push(r.astring());
  // A lone `c` or `d` beside the letters it sums up is no right of its own.
  const all = new Set(optional.join(""));
  const summed = obsolete.filter(([, members]) => [...members].some((member) => all.has(member)));
  const groups = optional
    .filter((group) => !summed.some(([letter]) => letter === group))
    .map((group) => rightsOf(group));
  return { path, identifier, required, optional: groups };
}

/** `mailbox rights`. @throws MalformedError */
export function readMyRights(r: Reader): { path: string; rights: Rights } {
  const path = r.astringLatin1();
  r.sp();
  return { path, rights: rightsOf(r.astring()) };
}

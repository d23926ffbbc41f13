import type { ListedMailbox } from "../values.ts";
import { LPAREN } from "../wire/bytes.ts";
import { decodeMailboxName } from "../wire/mailbox-name.ts";
import { MalformedError, type Reader } from "../wire/reader.ts";

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
  r.skipSp();
  const extended = r.peek() === LPAREN ? readExtended(r) : {};
  return {
    path,
    name: decodeMailboxName(path),
    delimiter: delimiter || null,
    attributes,
    status: null,
    ...extended,
  };
}

/**
 * mbox-list-extended (RFC 5258 §6): `("CHILDINFO" ("SUBSCRIBED") "OLDNAME" ("name"))`. What cannot be read of it is
 * left out: the mailbox is listed all the same.
 */
function readExtended(r: Reader): Pick<ListedMailbox, "childInfo" | "oldPath"> {
  let childInfo: string[] | undefined;
  let oldPath: string | undefined;
  try {
    r.list(() => {
      const name = r.astring().toUpperCase();
      r.skipSp();
      if (name === "CHILDINFO") {
        const options: string[] = [];
        r.list(() => options.push(r.astring().toLowerCase()));
        childInfo = options;
      } else if (name === "OLDNAME") {
        r.list(() => {
          oldPath = r.astringLatin1();
        });
      } else r.skipValue();
    });
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
  }
  return { ...(childInfo ? { childInfo } : {}), ...(oldPath === undefined ? {} : { oldPath }) };
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

/** Short strings that come again and again in a mailbox (names, mailboxes and hosts of addresses), made only once. */

/** Longer ones (subjects, ids) are rarely the same twice. In octets. */
export const internable = 40;

const slots: (string | undefined)[] = new Array<undefined>(8192).fill(undefined);

/** One octet more of a hash that begins with 0. */
export function hashed(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

/** The text (Latin-1) from `start` to `end`, whose octets give `hash`; the last one with this hash if it is the same. */
export function intern(buffer: Buffer, start: number, end: number, hash: number): string {
  const slot = (hash ^ (hash >>> 13)) & (slots.length - 1);
  const known = slots[slot];
  if (known !== undefined && known.length === end - start && same(known, buffer, start)) return known;
  const text = buffer.toString("latin1", start, end);
  slots[slot] = text;
  return text;
}

function same(text: string, buffer: Buffer, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== buffer[start + i]) return false;
  return true;
}

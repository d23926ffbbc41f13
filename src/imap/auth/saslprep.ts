import { ImapError } from "../errors.ts";

const spaces = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g; // RFC 3454 C.1.2
const nothing = /\u034f|[\u180b-\u180d]|[\ufe00-\ufe0f]|[\u00ad\u1806\u200c-\u200d\u2060\ufeff]/g; // B.1
/** C.2 to C.9: control, private use, no character, surrogates, not for plain text, layout, tags. */
const prohibited =
  /\u0340|\u0341|[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u06dd\u070f\u180e\u2028\u2029\u2061-\u2063\u206a-\u206f\u200e\u200f\u202a-\u202e\u2ff0-\u2ffb\ufff9-\ufffd\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/u;

/**
 * SASLprep (RFC 4013): the same password, however it was typed. The rule against mixed directions is left to the
 * server, which can only refuse.
 * @throws ImapError ARGUMENT for characters no password may have
 */
export function saslPrep(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const prepared = text.replace(spaces, " ").replace(nothing, "").normalize("NFKC");
  if (!prohibited.test(prepared)) return prepared;
  throw new ImapError("ARGUMENT", "The user name or password has a character that cannot be sent.");
}

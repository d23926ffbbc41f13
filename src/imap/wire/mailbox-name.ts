/**
 * Mailbox names: the wire's bytes (a "path", one character for each octet) and the text people see.
 * Modified UTF-7 is RFC 3501 §5.1.3; with UTF8=ACCEPT or IMAP4rev2 enabled names are UTF-8 (RFC 6855, 9051 §5.1).
 */
import { decodeText } from "./text.ts";

/** The name for people. Lenient: what does not decode is shown as it is. */
export function decodeMailboxName(path: string): string {
  const text = decodeText(Buffer.from(path, "latin1"));
  return text.replace(/&([A-Za-z0-9+,]*)-/g, (whole, shifted: string) => {
    if (shifted === "") return "&";
    const bytes = Buffer.from(shifted.replaceAll(",", "/"), "base64");
    if (bytes.length < 2) return whole;
    const even = bytes.subarray(0, bytes.length & ~1);
    return Buffer.from(even).swap16().toString("utf16le");
  });
}

/** The path to send for a name a person gave; `utf8` says whether the session has switched to UTF-8 names. */
export function encodeMailboxName(name: string, utf8: boolean): string {
  if (utf8) return Buffer.from(name, "utf8").toString("latin1");
  return name.replace(/&|[^\x20-\x7e]+/g, (run) => {
    if (run === "&") return "&-";
    const base64 = Buffer.from(run, "utf16le").swap16().toString("base64");
    return `&${base64.replace(/=+$/, "").replaceAll("/", ",")}-`;
  });
}

import { ImapError } from "../errors.ts";

/** @throws ImapError ARGUMENT where the text has a NUL, which ends a field of PLAIN */
export function withoutNul(text: string): string {
  if (!text.includes("\0")) return text;
  throw new ImapError("ARGUMENT", "A user name or password with a NUL character cannot be sent.");
}

/** The server said OK before it had what it needs to know us: it, or someone between, is playing. */
export function early(): ImapError {
  return new ImapError("AUTH", "The server said OK before the login was complete.", {
    hint: "Do not trust this connection: someone may stand between you and the server.",
  });
}

/** A name inside a GS2 header (RFC 5801 §4): `,` and `=` escaped. */
export function saslName(name: string): string {
  return withoutNul(name).replaceAll("=", "=3D").replaceAll(",", "=2C");
}

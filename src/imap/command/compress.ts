import { ImapError } from "../errors.ts";
import type { Command } from "./command.ts";

/** COMPRESS DEFLATE (RFC 4978). `start` is called at the OK: the octet behind its CRLF is compressed. */
export function compress(start: () => void): Command<void> {
  return {
    name: "COMPRESS",
    // Never while a password may travel: what is compressed together can be guessed from its length.
    traits: { needs: "authenticated", barrier: true, exclusive: true },
    begin: (session) => ({
      write(w) {
        if (!session.capabilities.has("COMPRESS=DEFLATE"))
          throw new ImapError("UNSUPPORTED", "The server does not compress (COMPRESS=DEFLATE).");
        w.atom("COMPRESS").sp().atom("DEFLATE");
      },
      result: start,
    }),
  };
}

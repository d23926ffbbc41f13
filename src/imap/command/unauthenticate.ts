import { ImapError } from "../errors.ts";
import type { Command } from "./command.ts";

/**
 * UNAUTHENTICATE (RFC 8437): back to "not-authenticated", so that another account may log in on the same connection.
 * All that was known of the account is forgotten: capabilities, what was enabled, the selected mailbox.
 * @throws ImapError UNSUPPORTED where the server does not offer it to this account; STATE where COMPRESS is on
 */
export function unauthenticate(): Command<void> {
  return {
    name: "UNAUTHENTICATE",
    traits: { needs: "authenticated", barrier: true, exclusive: true },
    begin: (session) => ({
      write(w) {
        if (!session.capabilities.has("UNAUTHENTICATE"))
          throw new ImapError("UNSUPPORTED", "The server cannot let another account use this connection.", {
            hint: "Connect anew for the other account.",
          });
        // It would end in the middle of the line (RFC 8437 §4.1), and a login may follow.
        if (session.compressed)
          throw new ImapError("STATE", "A compressed connection stays with its account (COMPRESS).", {
            hint: "Connect anew for the other account.",
          });
        w.atom("UNAUTHENTICATE");
      },
      result: () => session.unauthenticated(),
    }),
  };
}

import { ImapError } from "../errors.ts";
import type { Command } from "./command.ts";

/**
 * UNAUTHENTICATE (RFC 8437): back to "not-authenticated", so that another account may log in on the same connection.
 * All that was known of the account is forgotten: capabilities, what was enabled, the selected mailbox.
 * @throws ImapError UNSUPPORTED where the server does not offer it to this account
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
        w.atom("UNAUTHENTICATE");
      },
      result: () => session.unauthenticated(),
    }),
  };
}

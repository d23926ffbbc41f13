import { early, withoutNul } from "./check.ts";
import type { Mechanism, PasswordLogin } from "./mechanism.ts";

/** PLAIN (RFC 4616). Shows the password to the server: for protected connections only. */
export function plain({ user, secret, authorizeAs = "" }: PasswordLogin): Mechanism {
  return {
    name: "PLAIN",
    oneStep: true,
    begin() {
      let sent = false;
      return {
        initial() {
          sent = true;
          const message = [authorizeAs, user, secret.reveal()].map(withoutNul).join("\0");
          return Buffer.from(message, "utf8");
        },
        respond: () => null,
        finish() {
          if (!sent) throw early();
        },
      };
    },
  };
}

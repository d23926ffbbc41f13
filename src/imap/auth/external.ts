import { early, withoutNul } from "./check.ts";
import type { CertificateLogin, Mechanism } from "./mechanism.ts";

/** EXTERNAL (RFC 4422 App. A): TLS has shown who we are, by the client certificate. */
export function external({ user, authorizeAs = user }: CertificateLogin): Mechanism {
  return {
    name: "EXTERNAL",
    oneStep: true,
    begin() {
      let sent = false;
      return {
        initial() {
          sent = true;
          return Buffer.from(withoutNul(authorizeAs), "utf8");
        },
        respond: () => null,
        finish() {
          if (!sent) throw early();
        },
      };
    },
  };
}

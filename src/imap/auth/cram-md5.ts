import { createHmac } from "node:crypto";
import { early } from "./check.ts";
import type { Mechanism, PasswordLogin } from "./mechanism.ts";

/** CRAM-MD5 (RFC 2195). Keeps the password from a listener, but not from one who can try many. */
export function cramMd5({ user, secret }: PasswordLogin): Mechanism {
  return {
    name: "CRAM-MD5",
    begin() {
      let answered = false;
      return {
        respond(challenge) {
          // One answer only: each further one would help to guess the password.
          if (answered || challenge.length === 0) return null;
          answered = true;
          const digest = createHmac("md5", secret.reveal()).update(challenge).digest("hex");
          return Buffer.from(`${user} ${digest}`, "utf8");
        },
        finish() {
          if (!answered) throw early();
        },
      };
    },
  };
}

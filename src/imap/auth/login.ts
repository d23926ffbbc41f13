import { early } from "./check.ts";
import type { Mechanism, PasswordLogin } from "./mechanism.ts";

/** LOGIN (draft-murchison-sasl-login): user, then password, each to a prompt whose text means nothing. */
export function loginMechanism({ user, secret }: PasswordLogin): Mechanism {
  return {
    name: "LOGIN",
    begin() {
      let step = 0;
      return {
        respond() {
          step++;
          if (step > 2) return null;
          return Buffer.from(step === 1 ? user : secret.reveal(), "utf8");
        },
        finish() {
          if (step < 2) throw early();
        },
      };
    },
  };
}

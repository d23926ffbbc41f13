import { ImapError } from "../errors.ts";
import type { Mechanism } from "./mechanism.ts";

/** PLAIN (RFC 4616). For protected connections only. */
export const plain: Mechanism = {
  name: "PLAIN",
  begin: ({ user, secret }) => ({
    initial() {
      const password = secret.reveal();
      if (user.includes("\0") || password.includes("\0"))
        throw new ImapError("ARGUMENT", "A user name or password with a NUL character cannot be sent.");
      return Buffer.from(`\0${user}\0${password}`, "utf8");
    },
    respond: () => null,
  }),
};

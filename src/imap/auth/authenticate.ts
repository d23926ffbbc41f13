import type { Capabilities } from "../capabilities.ts";
import type { Command } from "../command/command.ts";
import { ImapError } from "../errors.ts";
import type { Tagged } from "../response/response.ts";
import type { Session } from "../session.ts";
import type { Login, Mechanism } from "./mechanism.ts";
import { plain } from "./plain.ts";

/** In the order they are preferred. */
const mechanisms: readonly Mechanism[] = [plain];

/** What both ways of logging in do once they are answered. */
function outcome(session: Session) {
  return {
    result(done: Tagged): void {
      // Capabilities may differ for the one who logged in; those of before are wrong unless told again.
      if (done.code?.kind !== "capability") session.forgetCapabilities();
      session.authenticated();
    },
    failed: (done: Tagged, error: ImapError): ImapError =>
      done.condition === "BAD" && done.code === null && !/authenticated but not connected/i.test(done.text)
        ? error
        : new ImapError("AUTH", "The server refused the user name or password.", {
            responseCode: error.responseCode,
            serverText: error.serverText,
          }),
  };
}

/** AUTHENTICATE (RFC 9051 §6.2.2), with the initial response where SASL-IR is offered (RFC 4959). */
export function authenticate(mechanism: Mechanism, login: Login): Command<void> {
  return {
    name: "AUTHENTICATE",
    traits: { needs: "not-authenticated", barrier: true, exclusive: true },
    begin(session) {
      const exchange = mechanism.begin(login);
      let begun = session.capabilities.has("SASL-IR");
      return {
        write(w) {
          w.atom("AUTHENTICATE").sp().atom(mechanism.name);
          if (begun) w.sp().secretBase64(exchange.initial().toString("base64") || "=");
        },
        continuation(text) {
          const answer = begun ? exchange.respond(Buffer.from(text, "base64")) : exchange.initial();
          begun = true;
          return answer === null ? "*" : answer.toString("base64");
        },
        ...outcome(session),
      };
    },
  };
}

/** LOGIN (RFC 9051 §6.2.3). */
export function login({ user, secret }: Login): Command<void> {
  return {
    name: "LOGIN",
    traits: { needs: "not-authenticated", barrier: true, exclusive: true },
    begin: (session) => ({
      write: (w) => void w.atom("LOGIN").sp().secret(user).sp().secret(secret.reveal()),
      ...outcome(session),
    }),
  };
}

/**
 * The best way to log in that the server offers.
 * @throws ImapError AUTH where it offers none of ours (LOGINDISABLED, RFC 9051 §6.2.3)
 */
export function chooseLogin(capabilities: Capabilities, who: Login): Command<void> {
  for (const mechanism of mechanisms)
    if (capabilities.hasAuth(mechanism.name)) return authenticate(mechanism, who);
  if (!capabilities.has("LOGINDISABLED")) return login(who);
  throw new ImapError("AUTH", "The server offers no way to log in that is supported here.", {
    hint: "Ask the provider how IMAP clients log in; OAuth accounts need a token.",
  });
}

import type { Command } from "../command/command.ts";
import { ImapError } from "../errors.ts";
import type { Tagged } from "../response/response.ts";
import type { Session } from "../session.ts";
import { early } from "./check.ts";
import type { Mechanism, PasswordLogin } from "./mechanism.ts";

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** What both ways of logging in do once they are answered. */
function outcome(session: Session) {
  return {
    result: (done: Tagged): void => session.loggedIn(done.code?.kind === "capability"),
    failed: (done: Tagged, error: ImapError): ImapError =>
      done.condition === "BAD" && done.code === null && !/authenticated but not connected/i.test(done.text)
        ? error
        : new ImapError("AUTH", "The server refused the user name or password.", {
            ...(error.responseCode === undefined ? {} : { responseCode: error.responseCode }),
            ...(error.serverText === undefined ? {} : { serverText: error.serverText }),
          }),
  };
}

/**
 * AUTHENTICATE (RFC 9051 §6.2.2).
 * @param initialResponse whether SASL-IR is offered (RFC 4959): what the client says first goes with the command
 */
export function authenticate(mechanism: Mechanism, initialResponse: boolean): Command<void> {
  const oneLine = initialResponse && mechanism.oneStep === true;
  return {
    name: "AUTHENTICATE",
    traits: {
      needs: "not-authenticated",
      barrier: true,
      ...(oneLine ? { logsIn: true } : { exclusive: true }),
    },
    begin(session) {
      const exchange = mechanism.begin();
      let first: Buffer | null = exchange.initial?.() ?? null;
      let cancelled = false;
      const common = outcome(session);
      const cancel = (): "*" => {
        if (cancelled)
          throw new ImapError("AUTH", "The server asks on after the login was given up.", {
            hint: "Find out what server this is.",
          });
        cancelled = true;
        return "*";
      };
      return {
        ...common,
        write(w) {
          w.atom("AUTHENTICATE").sp().atom(mechanism.name);
          if (first === null || !initialResponse) return;
          w.sp().secretBase64(first.toString("base64") || "=");
          first = null;
        },
        continuation(text) {
          if (first !== null) {
            const said = first.toString("base64");
            first = null;
            return said;
          }
          if (cancelled || !base64.test(text)) return cancel();
          const encode = (answer: Buffer | null) => answer?.toString("base64") ?? cancel();
          const answer = exchange.respond(Buffer.from(text, "base64"));
          return answer instanceof Promise ? answer.then(encode) : encode(answer);
        },
        result(done) {
          try {
            if (first !== null) throw early();
            exchange.finish();
          } catch (error) {
            session.loginFailed();
            throw error;
          }
          common.result(done);
        },
        failed(done, error) {
          const refusal = common.failed(done, error);
          return refusal.code === "AUTH" || cancelled ? (exchange.refused?.(refusal) ?? refusal) : refusal;
        },
      };
    },
  };
}

/** LOGIN (RFC 9051 §6.2.3). */
export function login({ user, secret }: PasswordLogin): Command<void> {
  return {
    name: "LOGIN",
    traits: { needs: "not-authenticated", barrier: true, logsIn: true },
    begin: (session) => ({
      write: (w) => void w.atom("LOGIN").sp().secret(user).sp().secret(secret.reveal()),
      ...outcome(session),
    }),
  };
}

/** The two ways to send an OAuth 2.0 access token: OAUTHBEARER (RFC 7628) and XOAUTH2, its forerunner. */
import { ImapError, type OAuthFailure } from "../errors.ts";
import { early, saslName } from "./check.ts";
import type { Mechanism, MechanismExchange, TokenLogin } from "./mechanism.ts";

/** What a provider says of a refused token is short; more than this (octets) is not looked at. */
const failureOctets = 8192;

export function oauthBearer(login: TokenLogin): Mechanism {
  const who = saslName(login.authorizeAs ?? login.user);
  return {
    name: "OAUTHBEARER",
    begin: () => exchange(() => `n,a=${who},\x01auth=Bearer ${token(login)}\x01\x01`, "\x01", [who]),
  };
}

export function xoauth2(login: TokenLogin): Mechanism {
  const { user } = login;
  return {
    name: "XOAUTH2",
    begin: () => exchange(() => `user=${user}\x01auth=Bearer ${token(login)}\x01\x01`, "", [user]),
  };
}

function token({ token: secret }: TokenLogin): string {
  const text = secret.reveal();
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new ImapError("ARGUMENT", "The access token has characters no token has.");
}

/** @param goOn the answer to the server's account of what was wrong, which it waits for before it refuses */
function exchange(message: () => string, goOn: string, names: readonly string[]): MechanismExchange {
  let sent = false;
  let failure: OAuthFailure | null = null;
  let failed = false;
  return {
    initial() {
      if (names.some((name) => /[\x00-\x1f\x7f]/.test(name)))
        throw new ImapError("ARGUMENT", "A user name with control characters cannot be sent.");
      const text = message();
      sent = true;
      return Buffer.from(text, "utf8");
    },
    respond(challenge) {
      if (failed) return null;
      failed = true;
      failure = readFailure(challenge);
      return Buffer.from(goOn, "latin1");
    },
    finish() {
      if (!sent || failed) throw early();
    },
    refused: (error) =>
      new ImapError("AUTH", "The server refused the access token.", {
        hint: "Get a new token; if that is refused too, allow this program at the provider again.",
        ...(error.responseCode === undefined ? {} : { responseCode: error.responseCode }),
        ...(error.serverText === undefined ? {} : { serverText: error.serverText }),
        ...(failure === null ? {} : { oauth: failure }),
      }),
  };
}

/** The JSON of RFC 7628 §3.2.2; null where it is none. */
function readFailure(challenge: Buffer): OAuthFailure | null {
  if (challenge.length > failureOctets) return null;
  let value: unknown;
  try {
    value = JSON.parse(challenge.toString("utf8"));
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const fields = new Map<string, unknown>(Object.entries(value));
  const text = (name: string): string | null => {
    const field = fields.get(name);
    return typeof field === "string" || typeof field === "number" ? String(field) : null;
  };
  return {
    status: text("status"),
    scope: text("scope"),
    schemes: text("schemes"),
    openidConfiguration: text("openid-configuration"),
  };
}

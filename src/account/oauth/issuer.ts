/** What a provider says of itself (RFC 8414; OpenID Connect Discovery 1.0). */
import { AccountError } from "../errors.ts";
import { askWeb } from "../web.ts";
import { answerFields } from "./token.ts";

/** Settings of `[accounts.NAME.oauth2]`. */
export interface IssuerSettings {
  readonly "authorization-url"?: string;
  readonly "token-url": string;
  readonly "device-url"?: string;
  /** Where it says that it gives out refresh tokens for this. */
  readonly scope?: string;
}

/** Both places, the one of the RFC first: between host and path. */
function places(issuer: URL): string[] {
  const path = issuer.pathname.replace(/\/$/, "");
  return [
    `${issuer.origin}/.well-known/oauth-authorization-server${path}`,
    `${issuer.origin}${path}/.well-known/openid-configuration`,
  ];
}

/**
 * Asks the provider at `address` where its tokens are.
 * @throws AccountError OAUTH, PROVIDER
 */
export async function askIssuer(address: string): Promise<IssuerSettings> {
  const issuer = URL.canParse(address) ? new URL(address) : null;
  const trimmed = address.replace(/\/$/, "");
  for (const place of issuer ? places(issuer) : []) {
    const { status, text } = await askWeb(new URL(place));
    if (status !== 200) continue;
    const fields = answerFields(text);
    const url = (name: string) => {
      const value = fields[name];
      return typeof value === "string" && URL.canParse(value) ? value : undefined;
    };
    const [token, authorization, device] = [
      url("token_endpoint"),
      url("authorization_endpoint"),
      url("device_authorization_endpoint"),
    ];
    // RFC 8414 §3.3: who says that he is somebody else is not to be believed.
    if (token === undefined || String(fields.issuer).replace(/\/$/, "") !== trimmed) continue;
    const scopes = Array.isArray(fields.scopes_supported) ? fields.scopes_supported : [];
    return {
      ...(authorization === undefined ? {} : { "authorization-url": authorization }),
      "token-url": token,
      ...(device === undefined ? {} : { "device-url": device }),
      ...(scopes.includes("offline_access") ? { scope: "openid offline_access" } : {}),
    };
  }
  throw new AccountError(
    "OAUTH",
    `${address} does not say where it gives out tokens`,
    "set authorization-url and token-url in the config: man postern-config",
  );
}

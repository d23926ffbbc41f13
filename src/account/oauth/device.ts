/** Access is allowed on another device, by a short code (RFC 8628). */
import { setTimeout as sleep } from "node:timers/promises";
import { AccountError } from "../errors.ts";
import type { OAuthClient } from "./settings.ts";
import { askProvider, OAuthRefusal, refusalOf, requestToken, type TokenRecord } from "./token.ts";

export interface DeviceHooks {
  /** Shows where to go and what to type there: hostile text. `complete` is an address that holds the code. */
  show(told: { readonly url: string; readonly code: string; readonly complete: string | null }): void;
  readonly signal?: AbortSignal;
}

/** Seconds; RFC 8628 §3.2, §3.5. */
const defaultInterval = 5;
const slowDown = 5;

/**
 * Gets a code, shows it, and asks for the tokens until the person has allowed access.
 * @throws AccountError OAUTH, NOT_ALLOWED, PROVIDER
 */
export async function allowByDevice(client: OAuthClient, hooks: DeviceHooks): Promise<TokenRecord> {
  if (client.deviceUrl === null) {
    throw new AccountError(
      "OAUTH",
      "this provider gives out no codes for other devices",
      "allow access in a browser: leave out --device",
    );
  }
  const scope: Readonly<Record<string, string>> = client.scope === null ? {} : { scope: client.scope };
  const { ok, fields } = await askProvider(client, client.deviceUrl, scope, hooks.signal);
  const { device_code: device, user_code: code } = fields;
  // Google's name for it, from before the RFC.
  const url = fields.verification_uri ?? fields.verification_url;
  if (!ok || typeof device !== "string" || typeof code !== "string" || typeof url !== "string")
    throw refusalOf(fields);
  const complete = fields.verification_uri_complete;
  hooks.show({ url, code, complete: typeof complete === "string" ? complete : null });
  let interval = positive(fields.interval, defaultInterval);
  const until = Date.now() + positive(fields.expires_in, 900) * 1000;
  const grant = { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: device };
  while (Date.now() < until) {
    await sleep(interval * 1000, undefined, hooks.signal ? { signal: hooks.signal } : {});
    try {
      return await requestToken(client, grant, null, hooks.signal);
    } catch (error) {
      if (!(error instanceof AccountError)) throw error;
      const word = error instanceof OAuthRefusal ? error.error : "";
      // A provider that cannot be reached is asked more seldom too (§3.5).
      if (word === "slow_down" || error.code === "PROVIDER") interval += slowDown;
      else if (word !== "authorization_pending") throw error;
    }
  }
  throw new OAuthRefusal(
    "expired_token",
    "nobody has typed the code in time",
    'get another: "postern account login"',
  );
}

function positive(value: unknown, fallback: number): number {
  const number = Number(value);
  return Number.isFinite(number) && number > 0 ? number : fallback;
}

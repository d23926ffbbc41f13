/** Tokens, as a provider gives them out (RFC 6749 §5) and as they are kept. */
import { AccountError } from "../errors.ts";
import { askWeb } from "../web.ts";
import type { OAuthClient } from "./settings.ts";

/** What is kept: one line of JSON, in the keyring or behind store-command. */
export interface TokenRecord {
  readonly refresh: string | null;
  readonly access: string | null;
  /** Until when `access` is good, in milliseconds since the epoch. */
  readonly expires: number;
}

/** Where a provider does not say how long a token is good, it is asked for a new one soon. */
const defaultSeconds = 600;

export function recordText({ refresh, access, expires }: TokenRecord): string {
  return JSON.stringify({ refresh, access, expires });
}

/** A record that was kept; also a bare refresh token, as other programs keep it. */
export function parseRecord(text: string): TokenRecord {
  const line = text.trim();
  const bare = { refresh: line === "" ? null : line, access: null, expires: 0 };
  if (!line.startsWith("{")) return bare;
  try {
    const { refresh, access, expires } = fieldsOf(JSON.parse(line));
    return {
      refresh: typeof refresh === "string" ? refresh : null,
      access: typeof access === "string" ? access : null,
      expires: typeof expires === "number" ? expires : 0,
    };
  } catch {
    return bare;
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** The fields of a provider's answer; none where it is no JSON object. */
export function answerFields(text: string): Readonly<Record<string, unknown>> {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return {};
  }
}

/** A provider's refusal (RFC 6749 §5.2). `error` is its word for it; the message repeats hostile text. */
export class OAuthRefusal extends AccountError {
  readonly error: string;

  constructor(error: string, description: string | null, again: string) {
    const gone = ["invalid_grant", "access_denied", "expired_token", "interaction_required"].includes(error);
    const why = description === null ? error : `${error}: ${description.split("\n")[0]}`;
    super(
      gone ? "NOT_ALLOWED" : "OAUTH",
      `the provider gives no token (${why})`,
      gone ? again : "check client-id, client-secret and scope in the config with what the provider knows",
    );
    this.error = error;
  }
}

const loginAgain = 'allow access anew: "postern account login"';

/** Sends a form to the provider as the client. @throws AccountError PROVIDER */
export async function askProvider(
  client: OAuthClient,
  url: string,
  fields: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<{ readonly ok: boolean; readonly fields: Readonly<Record<string, unknown>> }> {
  const form = new URLSearchParams({ client_id: client.clientId, ...fields });
  if (client.clientSecret !== null) form.set("client_secret", client.clientSecret);
  const { status, text } = await askWeb(new URL(url), { form, ...(signal ? { signal } : {}) });
  return { ok: status >= 200 && status < 300, fields: answerFields(text) };
}

/** What a refusal says, as an error. */
export function refusalOf(fields: Readonly<Record<string, unknown>>): OAuthRefusal {
  const { error, error_description: description } = fields;
  return new OAuthRefusal(
    typeof error === "string" ? error : "an answer that makes no sense",
    typeof description === "string" ? description : null,
    loginAgain,
  );
}

/**
 * Asks for a token. `old` is the refresh token that goes on where the answer brings no other.
 * @throws AccountError PROVIDER, OAUTH, NOT_ALLOWED (the last two as OAuthRefusal)
 */
export async function requestToken(
  client: OAuthClient,
  grant: Readonly<Record<string, string>>,
  old: string | null,
  signal?: AbortSignal,
): Promise<TokenRecord> {
  const { ok, fields } = await askProvider(client, client.tokenUrl, grant, signal);
  const { access_token: access, refresh_token: refresh, expires_in: seconds } = fields;
  if (!ok || typeof access !== "string" || access === "") throw refusalOf(fields);
  const good = Number(seconds);
  return {
    access,
    refresh: typeof refresh === "string" && refresh !== "" ? refresh : old,
    expires: Date.now() + (Number.isFinite(good) && good > 0 ? good : defaultSeconds) * 1000,
  };
}

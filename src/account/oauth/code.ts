/** Access is allowed in a browser: authorization code with PKCE (RFC 6749 §4.1, RFC 7636, RFC 8252). */
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { AccountError } from "../errors.ts";
import type { OAuthClient } from "./settings.ts";
import { OAuthRefusal, requestToken, type TokenRecord } from "./token.ts";

export interface CodeHooks {
  /** For whom: the provider then asks for this account alone. */
  readonly address: string;
  /** Shows the address, and opens it in a browser where there is one. */
  open(url: string): void;
  /**
   * Resolves when the person has given, by hand, the address the browser was sent to, or the code in it: over SSH the
   * browser runs on another machine, and cannot reach ours.
   */
  pasted(signal: AbortSignal): Promise<string>;
  readonly signal?: AbortSignal;
}

const page = (text: string) =>
  `<!doctype html><meta charset="utf-8"><title>Postern</title><body style="font:1.2em sans-serif;margin:4em auto;max-width:30em"><p>${text}</p>`;

const again = 'try again: "postern account login"';

/** What a redirection says (RFC 6749 §4.1.2). */
interface Redirection {
  readonly code: string | null;
  readonly state: string | null;
  readonly error: string | null;
  readonly description: string | null;
}

function readQuery(query: URLSearchParams): Redirection {
  const [code, state, error, description] = ["code", "state", "error", "error_description"].map((name) =>
    query.get(name),
  );
  return {
    code: code ?? null,
    state: state ?? null,
    error: error ?? null,
    description: description ?? null,
  };
}

/** The address of the browser, its query, or the code alone. */
function readPasted(text: string): Redirection {
  const given = text.trim();
  const query = given.includes("code=") || given.includes("error=") ? given.replace(/^[^?]*\?/, "") : null;
  if (query !== null) return readQuery(new URLSearchParams(query.replace(/#.*$/, "")));
  return { code: given === "" ? null : given, state: null, error: null, description: null };
}

/**
 * Lets the person allow access, and gets the first tokens.
 * @throws AccountError OAUTH, NOT_ALLOWED, PROVIDER
 */
export async function allowByBrowser(client: OAuthClient, hooks: CodeHooks): Promise<TokenRecord> {
  const { authorizationUrl } = client;
  if (authorizationUrl === null)
    throw new AccountError("OAUTH", "the provider's authorization-url is not known", "set it in the config");
  const verifier = randomBytes(32).toString("base64url");
  const state = randomBytes(16).toString("base64url");
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, ...(hooks.signal ? [hooks.signal] : [])]);
  const { port, arrived } = await listen(client.redirectPort ?? 0, state, signal);
  const redirect = `http://${client.redirectHost}:${port}/`;
  const url = new URL(authorizationUrl);
  const query: Readonly<Record<string, string>> = {
    response_type: "code",
    client_id: client.clientId,
    redirect_uri: redirect,
    state,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    login_hint: hooks.address,
    ...(client.scope === null ? {} : { scope: client.scope }),
    ...client.extra,
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  try {
    hooks.open(url.href);
    const pasted = hooks.pasted(signal).then(readPasted);
    const said = await Promise.race([arrived, pasted]);
    if (said.error !== null) throw new OAuthRefusal(said.error, said.description, again);
    // By hand the code may come without its state: then the person has seen to it that it is ours.
    if (said.code === null || (said.state !== null && said.state !== state))
      throw new AccountError("OAUTH", "that is not the answer to what was asked", again);
    const grant = {
      grant_type: "authorization_code",
      code: said.code,
      redirect_uri: redirect,
      code_verifier: verifier,
    };
    return await requestToken(client, grant, null, hooks.signal);
  } finally {
    ended.abort();
  }
}

/** Waits on this machine for the browser that is sent back. What does not know our state is not it. */
function listen(
  wanted: number,
  state: string,
  signal: AbortSignal,
): Promise<{ readonly port: number; readonly arrived: Promise<Redirection> }> {
  return new Promise((resolve, reject) => {
    let came: (redirection: Redirection) => void = () => {};
    const arrived = new Promise<Redirection>((settle) => {
      came = settle;
    });
    const server = createServer((request, response) => {
      const said = readQuery(new URL(request.url ?? "/", "http://localhost").searchParams);
      const ours = said.state === state && (said.code !== null || said.error !== null);
      response.writeHead(ours ? 200 : 404, {
        "content-type": "text/html; charset=utf-8",
        "referrer-policy": "no-referrer",
        connection: "close",
      });
      const text = said.error === null ? "It is done." : "Access was not allowed.";
      response.end(ours ? page(`${text} You can close this and go back to Postern.`) : "");
      if (ours) came(said);
    });
    server.on("error", (error: NodeJS.ErrnoException) =>
      reject(
        new AccountError(
          "OAUTH",
          `no browser can be awaited on port ${wanted}: ${error.code ?? error.message}`,
          "end the program that uses the port, or change redirect-port",
        ),
      ),
    );
    signal.addEventListener("abort", () => {
      server.close();
      server.closeIdleConnections();
    });
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      resolve({ port: typeof address === "object" && address ? address.port : wanted, arrived });
    });
  });
}

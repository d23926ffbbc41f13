/** `[accounts.NAME.oauth2]`: read, and completed from the table of providers. */
import { isLoopback } from "../../imap/transport/tcp.ts";
import { Section } from "../section.ts";
import { oauthTable } from "../settings.ts";
import { oauthProviders } from "./providers.ts";

/** How access tokens are got from a provider. */
export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: string | null;
  readonly scope: string | null;
  readonly authorizationUrl: string | null;
  readonly tokenUrl: string;
  readonly deviceUrl: string | null;
  readonly redirectHost: "127.0.0.1" | "localhost";
  /** Null: any that is free. */
  readonly redirectPort: number | null;
  readonly extra: Readonly<Record<string, string>>;
}

/** Tokens come from the provider, or from another program. */
export type OAuthSettings = OAuthClient | { readonly tokenCommand: string };

/** An address that may be told secrets: behind TLS, or on this machine. */
function address(section: Section, key: string, fallback: string | null): string | null {
  const text = section.text(key) ?? fallback;
  if (text === null) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname))) return text;
  throw section.wrong(`has a "${key}" that is no https address`, `write ${key} = "https://…"`);
}

/** Throws AccountError "CONFIG". */
export function oauthSettings(table: unknown, path: string, account: string): OAuthSettings {
  const section = new Section(path, `accounts.${account}.oauth2`, table);
  section.only(Object.keys(oauthTable));
  const tokenCommand = section.text("token-command");
  if (tokenCommand !== null) return { tokenCommand };
  const name = section.text("provider");
  const provider = name === null ? null : (oauthProviders[name] ?? null);
  if (name !== null && provider === null) {
    throw section.wrong(
      `has an unknown "provider"`,
      `use one of ${Object.keys(oauthProviders).join(", ")}; or token-url and authorization-url`,
    );
  }
  const clientId = section.text("client-id");
  if (clientId === null) {
    const where = provider ? ` at ${provider.register}` : "";
    throw section.wrong('has no "client-id"', `register a client of your own${where}, and write its id here`);
  }
  const tokenUrl = address(section, "token-url", provider?.tokenUrl ?? null);
  if (tokenUrl === null) {
    throw section.wrong(
      'has neither "provider" nor "token-url"',
      `write provider = "…", one of ${Object.keys(oauthProviders).join(", ")}`,
    );
  }
  return {
    clientId,
    clientSecret: section.text("client-secret"),
    scope: section.text("scope") ?? provider?.scope ?? null,
    authorizationUrl: address(section, "authorization-url", provider?.authorizationUrl ?? null),
    tokenUrl,
    deviceUrl: address(section, "device-url", provider?.deviceUrl ?? null),
    redirectHost: provider?.redirectHost ?? "127.0.0.1",
    redirectPort: section.port("redirect-port"),
    extra: provider?.extra ?? {},
  };
}

/** Where the providers that log people in by OAuth 2.0 give out tokens. The client's id is the person's own. */

export interface OAuthProvider {
  /** The host names of servers that take its tokens; also those below a name that begins with a dot. */
  readonly servers: readonly string[];
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
  /** Null where mail is not among what it allows by a code on another device. */
  readonly deviceUrl: string | null;
  readonly scope: string;
  /** What else it wants to be asked with. */
  readonly extra?: Readonly<Record<string, string>>;
  /** How it wants this machine to be called in the redirection (RFC 8252 §7.3); else 127.0.0.1. */
  readonly redirectHost?: "localhost";
  /** Where a client of one's own is registered. */
  readonly register: string;
}

export const oauthProviders: Readonly<Record<string, OAuthProvider>> = {
  google: {
    servers: ["imap.gmail.com", "smtp.gmail.com", "imap.googlemail.com"],
    authorizationUrl: "https://accounts.google.com/o/oauth2/v2/auth",
    tokenUrl: "https://oauth2.googleapis.com/token",
    deviceUrl: null,
    scope: "https://mail.google.com/",
    // Without these there is no refresh token where access has been allowed before.
    extra: { access_type: "offline", prompt: "consent" },
    register: "https://console.cloud.google.com/apis/credentials (an OAuth client of the kind Desktop app)",
  },
  microsoft: {
    servers: ["outlook.office365.com", "smtp.office365.com", ".outlook.com", ".office365.com"],
    authorizationUrl: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    tokenUrl: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
    deviceUrl: "https://login.microsoftonline.com/common/oauth2/v2.0/devicecode",
    scope:
      "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
    redirectHost: "localhost",
    register:
      "https://entra.microsoft.com (App registrations; a public client with redirect http://localhost)",
  },
  yahoo: {
    servers: ["imap.mail.yahoo.com", "smtp.mail.yahoo.com"],
    authorizationUrl: "https://api.login.yahoo.com/oauth2/request_auth",
    tokenUrl: "https://api.login.yahoo.com/oauth2/get_token",
    deviceUrl: null,
    scope: "mail-w",
    register: "https://developer.yahoo.com/apps",
  },
  aol: {
    servers: ["imap.aol.com", "smtp.aol.com"],
    authorizationUrl: "https://api.login.aol.com/oauth2/request_auth",
    tokenUrl: "https://api.login.aol.com/oauth2/get_token",
    deviceUrl: null,
    scope: "mail-w",
    register: "https://developer.aol.com/apps",
  },
  fastmail: {
    servers: [".fastmail.com"],
    authorizationUrl: "https://api.fastmail.com/oauth/authorize",
    tokenUrl: "https://api.fastmail.com/oauth/refresh",
    deviceUrl: null,
    scope: "https://www.fastmail.com/dev/protocol-imap https://www.fastmail.com/dev/protocol-smtp",
    register: "https://www.fastmail.com/developer",
  },
  yandex: {
    servers: ["imap.yandex.com", "imap.yandex.ru", "smtp.yandex.com", "smtp.yandex.ru"],
    authorizationUrl: "https://oauth.yandex.com/authorize",
    tokenUrl: "https://oauth.yandex.com/token",
    deviceUrl: "https://oauth.yandex.com/device/code",
    scope: "mail:imap_full mail:smtp",
    register: "https://oauth.yandex.com/client/new",
  },
  "mail.ru": {
    servers: ["imap.mail.ru", "smtp.mail.ru"],
    authorizationUrl: "https://o2.mail.ru/login",
    tokenUrl: "https://o2.mail.ru/token",
    deviceUrl: null,
    scope: "mail.imap",
    register: "https://o2.mail.ru/app",
  },
};

/** The provider whose tokens the server `host` takes, by its name in the table. */
export function oauthProviderOf(host: string): string | null {
  const name = host.toLowerCase();
  const takes = (server: string) => (server.startsWith(".") ? name.endsWith(server) : name === server);
  return Object.entries(oauthProviders).find(([, { servers }]) => servers.some(takes))?.[0] ?? null;
}

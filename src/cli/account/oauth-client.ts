/** The step of setting up an account in which it is settled how it logs in: by password, or by OAuth 2.0 and which client. */
import type { AccountDraft } from "../../account/config-text.ts";
import { askIssuer } from "../../account/oauth/issuer.ts";
import { oauthProviderOf, oauthProviders } from "../../account/oauth/providers.ts";
import { UsageError } from "../../commands/index.ts";
import type { Given } from "./options.ts";
import type { Servers } from "./servers.ts";
import type { Talk } from "./talk.ts";

/** Password or OAuth 2.0: as given, or as the provider leaves no choice. */
export async function withLogin(
  talk: Talk,
  { imap, found }: Servers,
  given: Given,
  draft: AccountDraft,
): Promise<AccountDraft> {
  const needed = found?.provider?.login === "oauth2" ? oauthProviderOf(imap.host) : null;
  const name = given.oauth2 ?? needed;
  if (name === null) return draft;
  const provider = await providerSettings(talk, name, given);
  const id = given["client-id"] ?? (await talk.ask("Client id", "--client-id"));
  const secret =
    given["client-secret"] ??
    (talk.interactive ? await talk.ask("Client secret (Enter: none)", "--client-secret") : "");
  const keyring = given["store-command"] === undefined && given["password-command"] === undefined;
  return {
    ...draft,
    ...(keyring ? { keyring: true } : {}),
    oauth2: {
      ...provider,
      "client-id": id,
      ...(secret === "" ? {} : { "client-secret": secret }),
      ...(given.scope === undefined ? {} : { scope: given.scope }),
    },
  };
}

/** What the config has to say of a provider: its name in the table, or what it says of itself at its address. */
async function providerSettings(talk: Talk, name: string, given: Given): Promise<Record<string, string>> {
  if (/^https?:\/\//.test(name)) return { ...(await talk.during(`Asking ${name} …`, askIssuer(name))) };
  const provider = oauthProviders[name];
  if (!provider) {
    throw new UsageError(
      `"${name}" is no provider of OAuth 2.0 that is known`,
      `give one of ${Object.keys(oauthProviders).join(", ")}, or the https address of another`,
    );
  }
  if (given["client-id"] === undefined)
    talk.mark("note", `register a client of your own: ${provider.register}`);
  return { provider: name };
}

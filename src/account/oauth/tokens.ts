/** An account's access tokens: kept, and asked for anew before they end, or when a server takes them no longer. */
import { AccessToken } from "../../imap/index.ts";
import { AccountError } from "../errors.ts";
import type { Vault } from "../vault.ts";
import type { OAuthClient } from "./settings.ts";
import { OAuthRefusal, parseRecord, recordText, requestToken, type TokenRecord } from "./token.ts";

/** A token that ends sooner than this might not outlive the login. */
const marginMs = 60_000;

export class Tokens {
  readonly #account: string;
  readonly #client: OAuthClient;
  readonly #vault: Vault;
  #record: TokenRecord | null = null;
  /** One question at a time: a provider may take a refresh token once only. */
  #asking: Promise<unknown> = Promise.resolve();

  constructor(account: string, client: OAuthClient, vault: Vault) {
    this.#account = account;
    this.#client = client;
    this.#vault = vault;
  }

  /**
   * A token that is good now. `refused`: the server has just refused this one.
   * @throws AccountError NOT_ALLOWED, OAUTH, PROVIDER, KEYRING, PASSWORD_COMMAND
   */
  get(refused: AccessToken | null): Promise<AccessToken> {
    const token = this.#asking.then(() => this.#get(refused?.reveal() ?? null));
    this.#asking = token.catch(() => undefined);
    return token;
  }

  async #get(refused: string | null): Promise<AccessToken> {
    const usable = ({ access, expires }: TokenRecord) =>
      access !== null && access !== refused && expires > Date.now() + marginMs;
    if (this.#record === null || !usable(this.#record)) {
      // Another process may have got a new one meanwhile.
      this.#record = await this.#read();
    }
    if (!usable(this.#record)) {
      this.#record = await this.#renew(this.#record);
    }
    return new AccessToken(this.#record.access ?? "");
  }

  async #read(): Promise<TokenRecord> {
    const text = await this.#vault.read();
    const record = text === null ? null : parseRecord(text);
    if (record?.refresh || record?.access) return record;
    throw new AccountError(
      "NOT_ALLOWED",
      `there is no token for account "${this.#account}" in ${this.#vault.name}`,
      `allow access: "postern account login ${this.#account}"`,
    );
  }

  async #renew(record: TokenRecord): Promise<TokenRecord> {
    if (record.refresh === null) {
      throw new AccountError(
        "NOT_ALLOWED",
        "the access that was allowed has ended, and the provider gave no refresh token",
        `allow it again: "postern account login ${this.#account}"`,
      );
    }
    const ask = (refresh: string) =>
      requestToken(this.#client, { grant_type: "refresh_token", refresh_token: refresh }, refresh);
    let renewed: TokenRecord;
    try {
      renewed = await ask(record.refresh);
    } catch (error) {
      if (!(error instanceof OAuthRefusal && error.error === "invalid_grant")) throw error;
      // Where a refresh token is good once, another process may have been quicker.
      const now = await this.#read();
      if (now.refresh === null || now.refresh === record.refresh) throw error;
      renewed = now.expires > Date.now() + marginMs ? now : await ask(now.refresh);
    }
    await this.#keep(renewed, record);
    return renewed;
  }

  async #keep(renewed: TokenRecord, old: TokenRecord): Promise<void> {
    try {
      await this.#vault.write(recordText(renewed));
    } catch (error) {
      // A new access token alone can be had again; a refresh token that is lost cannot.
      if (renewed.refresh !== old.refresh) throw error;
    }
  }
}

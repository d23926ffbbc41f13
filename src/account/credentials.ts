/** By what an account logs in, and where that comes from: its command, the keyring, the environment, a prompt; in this order. */
import { AccessToken, Secret } from "../imap/auth/secret.ts";
import type { Account } from "./config.ts";
import { AccountError } from "./errors.ts";
import { type Keyring, systemKeyring } from "./keyring.ts";
import type { OAuthSettings } from "./oauth/settings.ts";
import type { Tokens } from "./oauth/tokens.ts";
import { hasTerminal, promptPassword } from "./password.ts";
import { runCommand, vaultOf } from "./vault.ts";

export interface CredentialOptions {
  /** A person may be asked; a script must end, not ask. */
  readonly interactive: boolean;
  /** The system's own where not given. */
  readonly keyring?: Keyring;
  /** What the person has just typed. */
  readonly typed?: Secret;
  /** Is told, in a sentence, why a source was passed over. */
  warn?(sentence: string): void;
}

export class Credentials {
  readonly #account: Account;
  readonly #options: CredentialOptions;
  readonly #keyring: Keyring;
  #tokens: Tokens | null = null;
  /** What was typed is not asked for twice. */
  #typed: Secret | null;

  constructor(account: Account, options: CredentialOptions) {
    this.#account = account;
    this.#options = options;
    this.#keyring = options.keyring ?? systemKeyring();
    this.#typed = options.typed ?? null;
  }

  /**
   * The password, or an access token. `refused`: the token that the server has just refused.
   * @throws AccountError NO_PASSWORD, PASSWORD_COMMAND, KEYRING, NOT_ALLOWED, OAUTH, PROVIDER
   */
  async get(refused?: AccessToken): Promise<Secret> {
    const { oauth } = this.#account;
    return oauth ? this.#token(oauth, refused ?? null) : this.#password();
  }

  /** Asks the person now for what only a person can give: a prompt cannot share the terminal with the screen. */
  async prepare(): Promise<void> {
    const { oauth, passwordCommand, keyring } = this.#account;
    if (oauth || passwordCommand !== null || keyring === true) return;
    this.#typed = await this.#password();
  }

  /** From now on there is nobody to ask: the screen has the terminal. */
  unattended(): (refused?: AccessToken) => Promise<Secret> {
    const quiet = new Credentials(this.#account, { ...this.#options, interactive: false });
    quiet.#typed = this.#typed;
    return (refused?: AccessToken) => quiet.get(refused);
  }

  async #password(): Promise<Secret> {
    if (this.#typed) return this.#typed;
    const account = this.#account;
    const { interactive } = this.#options;
    if (account.passwordCommand !== null) {
      return new Secret(
        await runCommand(account, "password-command", account.passwordCommand, { interactive }),
      );
    }
    const why = await this.#fromKeyring();
    if (why instanceof Secret) return why;
    const fromEnvironment = process.env.POSTERN_PASSWORD;
    if (fromEnvironment) return new Secret(fromEnvironment);
    if (interactive && hasTerminal()) {
      if (why !== null) this.#options.warn?.(why);
      this.#typed = new Secret(
        await promptPassword(`Password of ${account.imap.user} at ${account.imap.host}: `),
      );
      return this.#typed;
    }
    throw new AccountError(
      "NO_PASSWORD",
      `there is no password for account "${account.name}"${why === null ? "" : `: ${why}`}`,
      `keep it in the keyring ("postern account login ${account.name}"), set password-command in the config, or POSTERN_PASSWORD in the environment`,
    );
  }

  /** The password, or why it is not there; null where nobody would expect it there. */
  async #fromKeyring(): Promise<Secret | string | null> {
    const { keyring } = this.#account;
    const vault = keyring === false ? null : vaultOf(this.#account, false, this.#keyring);
    if (vault === null) return null;
    try {
      const kept = await vault.read();
      if (kept !== null) return new Secret(kept);
      return keyring === true ? "the keyring is locked, or has no password for it" : null;
    } catch (error) {
      if (!(error instanceof AccountError)) throw error;
      return error.message;
    }
  }

  async #token(oauth: OAuthSettings, refused: AccessToken | null): Promise<Secret> {
    const account = this.#account;
    const { interactive } = this.#options;
    if ("tokenCommand" in oauth) {
      const token = await runCommand(account, "token-command", oauth.tokenCommand, { interactive });
      return new AccessToken(token);
    }
    const vault = vaultOf(account, interactive, this.#keyring);
    if (vault === null) {
      throw new AccountError(
        "CONFIG",
        `account "${account.name}" logs in by OAuth 2.0, and has nowhere to keep its tokens`,
        "set keyring = true, or password-command and store-command",
      );
    }
    if (this.#tokens === null) {
      // Only who logs in so pays for it.
      const { Tokens } = await import("./oauth/tokens.ts");
      this.#tokens ??= new Tokens(account.name, oauth, vault);
    }
    return this.#tokens.get(refused);
  }
}

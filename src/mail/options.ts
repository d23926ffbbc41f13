import type { Account } from "../account/config.ts";
import type { AccessToken, Dialling, Secret } from "../imap/index.ts";

/** How an account's mail is opened. */
export interface MailOptions {
  readonly account: Account;
  /** Where the local copy lies; the XDG places where not given. */
  readonly directories?: { readonly cacheDir: string; readonly stateDir: string };
  /** The line to the account's server that is being made already. */
  readonly dialling?: Dialling;
  /** The password or access token; `refused` is the token that the server has just refused. */
  password(refused?: AccessToken): Promise<Secret>;
  /** Never connect. */
  readonly offline: boolean;
  /** Come back after a loss and watch for new mail: for a screen, not for a script. */
  readonly keepOnline: boolean;
  /** Gets the protocol, line by line, secrets taken out. */
  readonly log?: (line: string) => void;
}

/**
 * What takes the longest is begun first: the way to the server, and the password command; the rest of the program is loaded
 * meanwhile. Loads the config and TLS alone.
 */
import { type Account, type Config, chooseAccount, loadConfig } from "../account/config.ts";
import { cacheDir } from "../account/paths.ts";
import { serverOf } from "../account/server.ts";
import type { Secret } from "../imap/auth/secret.ts";
import { type Dialling, dial } from "../imap/dial.ts";
import { ImapError } from "../imap/errors.ts";
import type { KeptOrNot } from "../store/kept.ts";
import { namedAccounts } from "./argv.ts";
import { someoneThere } from "./terminal.ts";

/** So long is waited for a server that is near, before loading keeps everything else waiting; ms. */
const nearMs = 5;

export class Early {
  readonly config: Config;
  readonly account: Account;
  readonly dialling: Dialling;
  #password: Promise<Secret> | null = null;
  #taken = false;
  readonly #index: KeptOrNot | null;

  private constructor(config: Config, account: Account, index: KeptOrNot | null) {
    this.config = config;
    this.account = account;
    this.#index = index;
    this.dialling = dial(serverOf(account));
  }

  /**
   * For a command line that asks its server at once, or for the message `uid` in INBOX. Null where nothing is to be asked, or
   * something is wrong: who reads all of it says what.
   */
  static async begin(argv: readonly string[], uid: number | null): Promise<Early | null> {
    const [name] = namedAccounts(argv);
    let early: Early;
    let index: KeptOrNot | null = null;
    try {
      const config = loadConfig(undefined);
      const account = chooseAccount(config, name);
      if (uid !== null) {
        const { lookWhetherKept } = await import("../store/kept.ts");
        index = lookWhetherKept(cacheDir(account.name), "INBOX", uid);
        if (index.kept) {
          index.close();
          return null;
        }
      }
      early = new Early(config, account, index);
    } catch {
      index?.close();
      return null;
    }
    let timer: NodeJS.Timeout | undefined;
    const far = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, nearMs);
    });
    await Promise.race([early.dialling.begun, far]);
    clearTimeout(timer);
    early.#askPassword(someoneThere() && !argv.includes("--non-interactive"));
    return early;
  }

  #askPassword(interactive: boolean): void {
    const { account } = this;
    if (account.passwordCommand === null || account.oauth) return;
    const credentials = import("../account/credentials.ts");
    this.#password = credentials.then(({ Credentials }) => new Credentials(account, { interactive }).get());
    this.#password.catch(() => undefined);
  }

  /** Once: what was begun for `account` and is now used. */
  take(account: Account): { dialling: Dialling; password: Promise<Secret> | null } | null {
    if (this.#taken || account !== this.account) return null;
    this.#taken = true;
    return { dialling: this.dialling, password: this.#password };
  }

  /** The command has ended: a line that it has not come to use is not kept. */
  end(): void {
    this.#index?.close();
    this.dialling.giveUp(new ImapError("ABORTED", "The connection was not wanted."));
  }
}

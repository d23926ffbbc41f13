/** How full the account is, where that is worth a word. */
import type { Folder, Mail } from "../../mail/index.ts";

/** From here on it is told. */
const nearly = 0.9;

export class QuotaNotice {
  #share = 0;

  /** Asks the server; what it does not tell is not known. */
  async ask({ server }: Mail, folder: Folder): Promise<void> {
    await server.quota(folder).then(
      (items) => {
        this.#share = Math.max(0, ...items.flatMap(({ used, limit }) => (limit > 0 ? used / limit : [])));
      },
      () => undefined,
    );
  }

  /** For the status line: empty while there is room. */
  get text(): string {
    return this.#share < nearly ? "" : `quota ${Math.floor(100 * this.#share)} %`;
  }
}

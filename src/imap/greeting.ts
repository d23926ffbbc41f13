import { ImapError } from "./errors.ts";

/** The wait for a server's first word. */
export class Greeting {
  readonly came: Promise<void>;
  #resolve: () => void = () => {};
  #reject: (error: ImapError) => void = () => {};
  readonly #timer: NodeJS.Timeout;

  /** @param late called where nothing came within `timeoutMs` */
  constructor(timeoutMs: number, late: (error: ImapError) => void) {
    this.came = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.came.catch(() => {});
    this.#timer = setTimeout(() => late(new ImapError("TIMEOUT", "The server did not greet.")), timeoutMs);
  }

  received(): void {
    clearTimeout(this.#timer);
    this.#resolve();
  }

  failed(error: ImapError): void {
    clearTimeout(this.#timer);
    this.#reject(error);
  }
}

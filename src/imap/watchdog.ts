/** Tells when the server has been silent for too long while an answer is due. */
export class Watchdog {
  readonly #ms: number;
  readonly #bark: () => void;
  #timer: NodeJS.Timeout | null = null;

  /** @param ms of silence, after which `bark` is called once */
  constructor(ms: number, bark: () => void) {
    this.#ms = ms;
    this.#bark = bark;
  }

  /** Begins anew, or stops where no answer is due. */
  watch(due: boolean): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = due ? setTimeout(this.#bark, this.#ms) : null;
  }

  /** Something was heard or could be sent. */
  refresh(): void {
    this.#timer?.refresh();
  }
}

/** What the person is told: one line at the bottom that fades, and everything said so far for `:messages`. */

export interface Notice {
  readonly text: string;
  readonly error: boolean;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

const fadeMs = 6_000;
/** An error younger than this outlives a key: it may have come just before it. */
const freshMs = 1_000;
/** As many are kept for `:messages`. */
const kept = 500;

export class Notices {
  readonly #draw: () => void;
  readonly #log: Notice[] = [];
  #current: Notice | null = null;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  /** What is on the screen now; null where that has faded. */
  get current(): Notice | null {
    return this.#current;
  }

  /** All that was said, oldest first. */
  get log(): readonly Notice[] {
    return this.#log;
  }

  say(text: string, error: boolean): void {
    const notice = { text, error, at: Date.now() };
    this.#current = notice;
    this.#keep(notice);
    setTimeout(() => {
      if (this.#current !== notice) return;
      this.#current = null;
      this.#draw();
    }, fadeMs).unref();
    this.#draw();
  }

  /** Keeps for `:messages` what nobody is to be told of. */
  note(text: string): void {
    this.#keep({ text, error: false, at: Date.now() });
  }

  #keep(notice: Notice): void {
    this.#log.push(notice);
    if (this.#log.length > kept) this.#log.shift();
  }

  /** A key was pressed: what was said has been seen. */
  seen(): void {
    if (this.#current && !(this.#current.error && Date.now() - this.#current.at < freshMs)) this.clear();
  }

  clear(): void {
    this.#current = null;
  }

  /** What was wrong is over. */
  clearError(): void {
    if (this.#current?.error) this.clear();
  }
}

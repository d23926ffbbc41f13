/** How far a command is, on standard error where that is a terminal: only where it takes longer than a moment. */
import type { Streams } from "./streams.ts";

/** Nothing is shown before, so that quick commands stay still. */
const patienceMs = 1_000;
/** Between two paintings. */
const stepMs = 100;
const barWidth = 24;

export class Progress {
  readonly #streams: Streams;
  readonly #ascii: boolean;
  readonly #since = performance.now();
  #painted = 0;
  #shown = false;

  constructor(streams: Streams, ascii: boolean) {
    this.#streams = streams;
    this.#ascii = ascii;
  }

  /** `done` of `total`; null where the end is not known. `amount` writes a number. */
  tell(what: string, done: number, total: number | null, amount: (n: number) => string = String): void {
    const now = performance.now();
    const { stderr, errorColumns, utf8 } = this.#streams;
    if (errorColumns === null || now - this.#since < patienceMs || now - this.#painted < stepMs) return;
    this.#painted = now;
    this.#shown = true;
    const [full, empty] = utf8 && !this.#ascii ? ["█", "░"] : ["#", "."];
    const filled =
      total === null || total === 0 ? 0 : Math.min(barWidth, Math.round((barWidth * done) / total));
    const bar = total === null ? "" : ` ${full.repeat(filled)}${empty.repeat(barWidth - filled)}`;
    const of = total === null ? amount(done) : `${amount(done)} of ${amount(total)}`;
    const line = `${what}${bar} ${of}`.slice(0, errorColumns - 1);
    stderr.write(`\r${line}\x1b[K`);
  }

  /** Takes the line away, for what is to be read. */
  clear(): void {
    if (this.#shown) this.#streams.stderr.write("\r\x1b[K");
    this.#shown = false;
  }
}

/** How much is done at once: measured by time, as machines and lines differ more than messages do. */
import { performance } from "node:perf_hooks";

/** An amount that grows and shrinks until `targetMs` is what it takes. */
export class Pace {
  readonly #least: number;
  readonly #most: number;
  readonly #targetMs: number;
  #amount: number;

  constructor(bounds: { least: number; begin: number; most: number; targetMs: number }) {
    this.#least = bounds.least;
    this.#most = bounds.most;
    this.#targetMs = bounds.targetMs;
    this.#amount = bounds.begin;
  }

  get amount(): number {
    return this.#amount;
  }

  /** So much of it took so many milliseconds; at most doubled or halved each time. */
  took(ms: number, amount: number): void {
    // A small rest says little.
    if (amount * 2 < this.#amount) return;
    const factor = Math.max(0.5, Math.min(2, this.#targetMs / Math.max(ms, 0.01)));
    this.#amount = Math.round(Math.max(this.#least, Math.min(this.#most, this.#amount * factor)));
  }
}

/** Rows written in one go, so that no key waits for it. */
export const writing = new Pace({ least: 20, begin: 60, most: 500, targetMs: 4 });

/** Measures `work` on `amount` of something. */
export function paced(pace: Pace, amount: number, work: () => void): void {
  const began = performance.now();
  work();
  pace.took(performance.now() - began, amount);
}

/** Lets everything else have its turn. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

import { performance } from "node:perf_hooks";

/** Tells when the server has been silent for too long while an answer is due. */
export class Watchdog {
  readonly #ms: number;
  readonly #bark: () => void;
  #timer: NodeJS.Timeout | null = null;
  /** Less patience than usual, until the next byte comes. */
  #hurry: number | null = null;
  #heardAt = performance.now();
  #dueAt = 0;

  /** @param ms of silence, after which `bark` is called once */
  constructor(ms: number, bark: () => void) {
    this.#ms = ms;
    this.#bark = bark;
  }

  /** ms without a byte while an answer has been due; 0 where none is. */
  get waited(): number {
    return this.#timer ? performance.now() - Math.max(this.#heardAt, this.#dueAt) : 0;
  }

  /** ms since the last byte came. */
  get silence(): number {
    return performance.now() - this.#heardAt;
  }

  /** ms of silence that are put up with. */
  get patience(): number {
    return this.#hurry ?? this.#ms;
  }

  /** Begins when an answer is due, and stops where none is. What is asked meanwhile gives no more time. */
  watch(due: boolean): void {
    if (due === (this.#timer !== null)) return;
    if (due) {
      this.#dueAt = performance.now();
      this.#start();
    } else {
      this.#stop();
      this.#hurry = null;
    }
  }

  /** Until the next byte comes, only `ms` of silence more are put up with. */
  hurry(ms: number): void {
    if (this.#timer === null || this.patience <= ms) return;
    this.#hurry = ms;
    this.#start();
  }

  /** Begins anew: the silence was our own. */
  restart(): void {
    if (this.#timer === null) return;
    this.#dueAt = performance.now();
    this.#start();
  }

  /** A byte came. */
  heard(): void {
    this.#heardAt = performance.now();
    if (this.#hurry === null) this.#timer?.refresh();
    else {
      this.#hurry = null;
      if (this.#timer) this.#start();
    }
  }

  /** Bytes of ours have left, which says that the line takes them; not that there is somebody at its other end. */
  sent(): void {
    if (this.#hurry === null) this.#timer?.refresh();
  }

  #start(): void {
    this.#stop();
    this.#timer = setTimeout(this.#bark, this.patience);
  }

  #stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

import { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import type { Duplex } from "node:stream";

/** So many of the last answers are gone by. */
const samples = 5;

/** What has gone over a line, and how long it takes. */
export class Traffic {
  readonly #socket: Socket | null;
  #askedAt: number | null = null;
  readonly #answers: number[] = [];

  constructor(line: Duplex) {
    this.#socket = line instanceof Socket ? line : null;
  }

  /** Octets, as the socket counts them. */
  get received(): number {
    return this.#socket?.bytesRead ?? 0;
  }

  get sent(): number {
    return this.#socket?.bytesWritten ?? 0;
  }

  /** ms from a command to the first octet of an answer, the least of the last few; null before there was one. */
  get latency(): number | null {
    return this.#answers.length === 0 ? null : Math.min(...this.#answers);
  }

  /** A command has been sent; one that follows before the answer is not counted. */
  asked(): void {
    this.#askedAt ??= performance.now();
  }

  /** Something came. */
  heard(): void {
    if (this.#askedAt === null) return;
    this.#answers.push(performance.now() - this.#askedAt);
    if (this.#answers.length > samples) this.#answers.shift();
    this.#askedAt = null;
  }
}

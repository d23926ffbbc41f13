import { networkInterfaces } from "node:os";

/** What is looked at, and how often (ms). */
export interface SurroundingsView {
  readonly everyMs: number;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The addresses this machine has on networks, as one text. */
  addresses(): string;
}

/** A look that comes so much too late, in ms, comes after a sleep. */
const lateMs = 3_000;

/**
 * Notices what cuts connections without a word: the machine or the program slept (a look comes late by the clock on the
 * wall), or the machine is on another network (it has other addresses). A look takes some ten microseconds.
 */
export class Surroundings {
  readonly #timer: NodeJS.Timeout;

  constructor(changed: () => void, view: SurroundingsView = machine) {
    let lookedAt = view.now();
    let addresses = view.addresses();
    this.#timer = setInterval(() => {
      const now = view.now();
      const found = view.addresses();
      const slept = now - lookedAt > view.everyMs + lateMs;
      // Without any address there is nothing to be tried.
      const moved = found !== addresses && found !== "";
      lookedAt = now;
      addresses = found;
      if (slept || moved) changed();
    }, view.everyMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

const machine: SurroundingsView = { everyMs: 5_000, now: Date.now, addresses: networkAddresses };

/** Without those that say nothing about a way out: loopback, and IPv6's link-local ones, which come with every bridge. */
function networkAddresses(): string {
  let interfaces: ReturnType<typeof networkInterfaces> = {};
  try {
    interfaces = networkInterfaces();
  } catch {
    // Some systems do not tell programs (Android): then only sleep is noticed.
  }
  return Object.values(interfaces)
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"))
    .map(({ address }) => address)
    .sort()
    .join(" ");
}

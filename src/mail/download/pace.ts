/** How much is asked for at a time: so much as comes in about half a second, so that the line is soon free for others. */
import type { Connection } from "../../imap/index.ts";

/** Octets asked for with one command, at first and at most. The least is one message. */
const first = 128 * 1024;
const most = 4 * 1024 * 1024;
/** What one command should take, in ms. */
const goal = 500;
/** Below so many octets a second the line is slower than compressing is, RFC 4978; for so many ms, lest it be a pause. */
const slow = { rate: 4_000_000, ms: 250 } as const;
/** Less than this tells nothing of the line. */
const telling = 64 * 1024;

export class Pace {
  #octets = first;
  #measured = false;

  /** Octets to ask for with the next command. */
  get octets(): number {
    return this.#octets;
  }

  /** A command of so many octets has taken so many milliseconds, with `inFlight` commands sharing the line. */
  async note(connection: Connection, octets: number, ms: number, inFlight: number): Promise<void> {
    if (octets < telling) return;
    const rate = (octets * inFlight * 1000) / Math.max(1, ms);
    this.#octets = Math.round(Math.min(most, Math.max(first / 4, (rate * goal) / 1000, this.#octets / 2)));
    if (this.#measured || ms < slow.ms) return;
    this.#measured = true;
    if (rate < slow.rate) await connection.compress();
  }
}

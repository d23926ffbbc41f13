/** The commands of one connection that are not settled: queued, in flight, and to be sent once more. */
import type { Job } from "./job.ts";
import { mayStart, type Traits } from "./pipelining.ts";
import type { Session } from "./session.ts";

/** What is to be done with the next command. */
export type Next =
  | { readonly kind: "start"; readonly job: Job }
  /** It can never be run in the state the session is in. */
  | { readonly kind: "refuse"; readonly job: Job }
  /** None, or what is in flight must be answered first. */
  | { readonly kind: "wait" };

/** An IDLE to which DONE has been sent: the server reads on, and owes the answer. */
const endedIdle: Traits = { needs: "authenticated", mayExpunge: true };

export class Flight {
  readonly #queue: Job[] = [];
  /** Sent and not answered, in the order they were sent. */
  readonly #pending = new Map<string, Job>();
  /** Refused because of a wrong guess, and so never run: to be sent again, in their order. */
  readonly #again: Job[] = [];
  /** While someone logs in, what needs that waits instead of being refused. */
  loggingIn = false;

  get empty(): boolean {
    return this.#queue.length + this.#again.length === 0;
  }

  pending(): IterableIterator<Job> {
    return this.#pending.values();
  }

  some(test: (job: Job) => boolean): boolean {
    for (const job of this.#pending.values()) if (test(job)) return true;
    return false;
  }

  /** The smallest literal, in octets, that a pending command would have in a sink; `Infinity` where none asks for it. */
  sinksFrom(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const { exchange } of this.#pending.values()) least = Math.min(least, exchange?.sinkFrom ?? least);
    return least;
  }

  find(tag: string): Job | undefined {
    return this.#pending.get(tag);
  }

  add(job: Job): void {
    if (!job.ahead) this.#queue.push(job);
    else this.#insert([job], this.#queue.filter((other) => other.ahead).length);
  }

  #insert(jobs: readonly Job[], at: number): void {
    this.#queue.splice(at, 0, ...jobs);
  }

  /** Takes a command away that was not sent yet. */
  remove(job: Job): void {
    for (const list of [this.#queue, this.#again]) {
      const at = list.indexOf(job);
      if (at >= 0) list.splice(at, 1);
    }
  }

  /** Takes the next command out of the queue, if there is anything to be done with it now. */
  next(session: Session): Next {
    // Only when all that went out with them is answered: among them they keep their order.
    if (this.#again.length > 0 && !this.loggingIn && !this.some((other) => other.guessed))
      this.#insert(this.#again.splice(0), 0);
    const job = this.#queue[0];
    if (!job || (this.#again.length > 0 && !job.ahead)) return { kind: "wait" };
    const { traits } = job.command;
    const entering = this.some((other) => other.command.traits.logsIn === true);
    const inside = entering || session.state !== "not-authenticated";
    if (this.loggingIn && !entering && !job.ahead && traits.needs !== "any") return { kind: "wait" };
    const others = [...this.#pending.values()].map(({ exchange, command }) =>
      exchange?.quiet ? endedIdle : command.traits,
    );
    if (!mayStart(traits, others, session)) return { kind: "wait" };
    this.#queue.shift();
    const opening = this.some((other) => other.command.traits.selects === true);
    const fits =
      traits.needs === "any" ||
      (traits.needs === "not-authenticated" && !inside) ||
      (traits.needs === "authenticated" && inside) ||
      (traits.needs === "selected" && (opening || session.state === "selected"));
    return { kind: fits ? "start" : "refuse", job };
  }

  /** It was not sent after all. */
  putBack(job: Job): void {
    this.#insert([job], 0);
  }

  sent(job: Job): void {
    this.#pending.set(job.tag, job);
  }

  /** @returns the command that is in flight no more */
  answered(tag: string): Job | undefined {
    const job = this.#pending.get(tag);
    this.#pending.delete(tag);
    return job;
  }

  /** It was refused, and will be sent once more. */
  repeat(job: Job): void {
    this.#again.push(job);
  }

  /** Everything, for the end of the connection. */
  clear(): Job[] {
    const all = [...this.#pending.values(), ...this.#again.splice(0), ...this.#queue.splice(0)];
    this.#pending.clear();
    return all;
  }
}

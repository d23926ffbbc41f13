import type { RememberedCapabilities } from "./capabilities.ts";
import { ImapError } from "./errors.ts";
import type { Job } from "./job.ts";
import type { Tagged } from "./response/response.ts";
import type { Session } from "./session.ts";

/**
 * What to make of refusals when commands were sent before their login was answered, or with the capabilities of an
 * earlier session. What was refused was not done: if the guess was wrong it is sent once more, with what is known now.
 */
export class Guess {
  readonly #session: Session;
  readonly #remembered: RememberedCapabilities | null;
  /** The login was refused; "misguided": it would not have been sent so if the truth had been known. */
  #refused: ImapError | "misguided" | null = null;

  constructor(session: Session, remembered: RememberedCapabilities | null) {
    this.#session = session;
    this.#remembered = remembered;
    if (remembered) session.assume(remembered.greeting);
  }

  /** Whether the last login was refused because what was assumed does not hold. */
  get misguided(): boolean {
    return this.#refused === "misguided";
  }

  /** A login is sent. */
  loginSent(): void {
    this.#session.beginLogin(this.misguided ? null : (this.#remembered?.authenticated ?? null));
    this.#refused = null;
  }

  /** A login failed; `done` is its refusal, or null where it was agreed to and we do not agree. */
  loginFailed(job: Job, done: Tagged | null, preauth: boolean, followers: Iterable<Job>): void {
    const told = this.#session.toldBefore;
    const held = told ? told.same(this.#remembered?.greeting ?? []) : done?.condition !== "BAD";
    const misguided = job.guessed && (preauth || !held);
    this.#refused = misguided
      ? "misguided"
      : new ImapError("AUTH", "The server did not let us in.", {
          ...(done?.code ? { responseCode: done.code.name } : {}),
          ...(done ? { serverText: done.text } : {}),
        });
    this.#session.loginFailed();
    // The server may have taken one of them for part of the login, and would never answer it.
    if (this.#refused instanceof ImapError)
      for (const other of followers) if (other.guessed) other.fail(this.#refused);
  }

  /** What to do about the refusal of a command: its own, another error in its place, or "repeat". */
  verdict(job: Job): ImapError | "own" | "repeat" {
    if (!job.guessed || job.abandoned || job.command.traits.needs === "not-authenticated") return "own";
    if (this.#refused instanceof ImapError) return this.#refused;
    if (this.misguided) return "repeat";
    const told = this.#session.toldAfter;
    const held = told ? told.same(this.#remembered?.authenticated ?? told.list()) : !this.#session.assumed;
    return held ? "own" : "repeat";
  }
}

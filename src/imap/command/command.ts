import type { ImapError } from "../errors.ts";
import type { Traits } from "../pipelining.ts";
import type { LargeLiteral } from "../response/fetch.ts";
import type { Tagged, Untagged } from "../response/response.ts";
import type { Session } from "../session.ts";
import type { LiteralSink } from "../wire/framer.ts";
import type { Writer } from "../wire/writer.ts";

/** A command to be run: a value that can be run any number of times, on any connection. */
export interface Command<R> {
  /** As it is called in the RFC, for errors: `UID FETCH`. */
  readonly name: string;
  readonly traits: Traits;
  /** One run of it. Called when it is about to be sent, with what is known by then. */
  begin(session: Session, tag: string): Exchange<R>;
}

/** One run of a command. */
export interface Exchange<R> {
  /** Writes the command, without tag and CRLF. @throws ImapError ARGUMENT, UNSUPPORTED: nothing is sent then */
  write(w: Writer): void;
  /** Offered every untagged response while the command is pending; true: it is this command's, nobody else's. */
  untagged?(response: Untagged): boolean;
  /** Told of every response while the command is pending, its own answer too, as it came; valid during the call only. */
  heard?(bytes: Buffer): void;
  /** Offered every large literal while the command is pending. */
  sink?(literal: LargeLiteral): LiteralSink | undefined;
  /** From how many octets on `sink` is offered literals; without it, those above `limits.inlineLiteral`. */
  readonly sinkFrom?: number;
  /**
   * A continuation request that no literal waits for; the answer is sent as a line. Its text never reaches a log.
   * @throws ImapError (also as a rejection): the connection ends
   */
  continuation?(text: string): string | null | Promise<string | null>;
  /** Whether silence is no fault now (IDLE). */
  readonly quiet?: boolean;
  /** The value of the OK. @throws ImapError: the command failed after all */
  result(done: Tagged): R;
  /** Whether this NO or BAD counts as OK. */
  tolerates?(done: Tagged): boolean;
  /** NO or BAD; may return another error to be thrown in place of `error`. @throws ImapError: the connection ends with it */
  failed?(done: Tagged, error: ImapError): ImapError;
}

import type { Command, Exchange } from "./command/command.ts";
import { ImapError } from "./errors.ts";
import type { Tagged } from "./response/response.ts";
import type { Session } from "./session.ts";
import { type Part, Writer, type WriterOptions } from "./wire/writer.ts";

/** A command on its way: queued, then sent and pending, then settled. The type of its result stays inside. */
export interface Job {
  readonly command: Pick<Command<unknown>, "name" | "traits">;
  /** Another one each time it is written. */
  readonly tag: string;
  /** Part of logging in: it goes ahead of what others have queued. */
  readonly ahead: boolean;
  /** Sent before it was known that it would be let in, or that the server offers what it uses. */
  guessed: boolean;
  /** Set once it is sent. */
  readonly exchange: Omit<Exchange<unknown>, "result" | "failed" | "write"> | null;
  /** Settled for the caller, but the server's answer is still to come. */
  readonly abandoned: boolean;
  /** Begins the exchange and writes the command. @throws ImapError */
  write(session: Session, options: WriterOptions): readonly Part[];
  /** @throws what must end the connection */
  complete(done: Tagged): void;
  fail(error: ImapError): void;
  /** The caller no longer wants it: rejects, and lets its answer come and go. */
  abandon(error: ImapError): void;
}

/** The error for a command's NO or BAD. */
function refusal(name: string, done: Tagged): ImapError {
  const what = done.condition === "BAD" ? "did not understand" : "refused";
  return new ImapError(done.condition === "BAD" ? "BAD" : "NO", `The server ${what} ${name}.`, {
    ...(done.code ? { responseCode: done.code.name } : {}),
    serverText: done.text,
  });
}

export function createJob<R>(
  command: Command<R>,
  nextTag: () => string,
  ahead: boolean,
  resolve: (result: R) => void,
  reject: (error: unknown) => void,
): Job {
  let exchange: Exchange<R> | null = null;
  let tag = "";
  let abandoned = false;
  /** What a handler of the caller's threw: the command fails with it once it is answered. */
  let broken: { error: unknown } | null = null;
  const guarded = (run: Exchange<R>): Job["exchange"] => ({
    untagged(response) {
      if (abandoned) return false;
      try {
        return run.untagged?.(response) ?? false;
      } catch (error) {
        broken ??= { error };
        return true;
      }
    },
    sink(literal) {
      if (abandoned || broken) return undefined;
      try {
        return run.sink?.(literal);
      } catch (error) {
        broken = { error };
        return undefined;
      }
    },
    ...(run.heard ? { heard: (bytes: Buffer) => run.heard?.(bytes) } : {}),
    ...(run.continuation ? { continuation: (text: string) => run.continuation?.(text) ?? null } : {}),
    quiet: run.quiet ?? false,
    ...(run.sinkFrom === undefined ? {} : { sinkFrom: run.sinkFrom }),
  });
  let guard: Job["exchange"] = null;
  return {
    command,
    ahead,
    guessed: false,
    get tag() {
      return tag;
    },
    get exchange() {
      return guard;
    },
    get abandoned() {
      return abandoned;
    },
    write(session, options) {
      tag = nextTag();
      exchange = command.begin(session, tag);
      guard = guarded(exchange);
      const writer = new Writer(tag, options);
      exchange.write(writer);
      return writer.end();
    },
    complete(done) {
      try {
        if (done.condition === "OK" || exchange!.tolerates?.(done)) {
          const result = exchange!.result(done); // also where abandoned: it keeps the session true
          if (broken) reject(broken.error);
          else resolve(result);
          return;
        }
      } catch (error) {
        reject(error);
        return;
      }
      try {
        const error = refusal(command.name, done);
        reject(broken ? broken.error : (exchange!.failed?.(done, error) ?? error));
      } catch (error) {
        reject(error);
        throw error;
      }
    },
    fail: (error) => {
      broken ??= { error };
      reject(error);
    },
    abandon(error) {
      abandoned = true;
      reject(error);
    },
  };
}

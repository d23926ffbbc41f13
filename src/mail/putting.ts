/** Many messages put into a folder: read as they are wanted, while those before them are on their way. */
import { setImmediate } from "node:timers/promises";
import { unkept } from "./operations/conflict.ts";
import type { Operations } from "./operations/index.ts";
import { together } from "./operations/queue.ts";
import type { Outcome } from "./operations/settle.ts";
import type { History, TakenBack } from "./operations/undo.ts";
import { rowOfSource } from "./source-row.ts";

/** A message with CRLF line ends. */
export interface MessageToPut {
  readonly source: Buffer;
  readonly flags: readonly string[];
  /** Milliseconds since the epoch. */
  readonly date: number;
}

/** What is written to the journal in one go, at most: some milliseconds of work. */
const some = { messages: 20, octets: 1024 * 1024 } as const;
/** So many of these are on their way at once: no more is held in memory, and the line has always enough to do. */
const mostUnderWay = 10;

async function* inPieces(messages: AsyncIterable<MessageToPut>): AsyncGenerator<readonly MessageToPut[]> {
  let piece: MessageToPut[] = [];
  let octets = 0;
  for await (const message of messages) {
    const { length } = message.source;
    if (piece.length > 0 && (piece.length === some.messages || octets + length > some.octets)) {
      yield piece;
      piece = [];
      octets = 0;
    }
    piece.push(message);
    octets += length;
  }
  if (piece.length > 0) yield piece;
}

/**
 * They are one change, which is taken back as one. Rejects with what the server says to one that it refuses: those that
 * have been read by then are put there all the same. `begun` is told the change; once `signal` aborts, nothing joins it.
 */
export async function putAll(
  operations: Operations,
  path: string,
  messages: AsyncIterable<MessageToPut>,
  begun?: (step: number) => void,
  signal?: AbortSignal,
): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  const underWay: Promise<Outcome>[] = [];
  let step: number | undefined;
  try {
    for await (const piece of inPieces(messages)) {
      signal?.throwIfAborted();
      if (step === undefined) {
        step = operations.newStep();
        begun?.(step);
      }
      const put = piece.map(({ source, flags, date }) => ({ source, row: rowOfSource(source, flags, date) }));
      const outcome = operations.append(path, put, step);
      // That it failed is told where it is waited for.
      outcome.catch(() => undefined);
      underWay.push(outcome);
      if (underWay.length === mostUnderWay) outcomes.push(await underWay.shift()!);
      await setImmediate();
    }
  } finally {
    await Promise.allSettled(underWay);
  }
  return together([...outcomes, ...(await Promise.all(underWay))]);
}

/** Not all of them could be put there, or it was stopped: what had been put there was taken back. */
export class NotPut extends Error {
  override readonly name = "NotPut";
  /** What kept them from being put there; null where it was stopped. */
  readonly reason: unknown;
  readonly back: TakenBack;

  constructor(reason: unknown, back: TakenBack) {
    super("the messages were not put there");
    this.reason = reason;
    this.back = back;
  }
}

/** As `putAll`, but all of them or none: rejects with `NotPut` where one fails, and soon after `signal` aborts. */
export async function putWhole(
  operations: Operations,
  history: History,
  path: string,
  messages: AsyncIterable<MessageToPut>,
  signal: AbortSignal,
): Promise<Outcome> {
  let step: number | undefined;
  const begun = (change: number) => {
    step = change;
  };
  const all = putAll(operations, path, messages, begun, signal);
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
  });
  signal.addEventListener("abort", stop);
  try {
    if (signal.aborted) stop();
    return await Promise.race([all, stopped]);
  } catch (error) {
    const back = step === undefined ? nothingLeft : await history.takeBack(step);
    throw new NotPut(signal.aborted ? null : unkept(error), back);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

const nothingLeft: TakenBack = { left: 0, waits: false, error: null };

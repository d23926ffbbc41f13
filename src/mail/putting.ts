/** Many messages put into a folder: read as they are wanted, while those before them are on their way. */
import { setImmediate } from "node:timers/promises";
import type { Operations } from "./operations/index.ts";
import { together } from "./operations/queue.ts";
import type { Outcome } from "./operations/settle.ts";
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
 * have been read by then are put there all the same.
 */
export async function putAll(
  operations: Operations,
  path: string,
  messages: AsyncIterable<MessageToPut>,
): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  const underWay: Promise<Outcome>[] = [];
  let step: number | undefined;
  try {
    for await (const piece of inPieces(messages)) {
      step ??= operations.newStep();
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

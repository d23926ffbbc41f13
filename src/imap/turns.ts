/** Lets everything else have its turn: a key must not wait until a sync has read what the socket holds. */
import { performance } from "node:perf_hooks";
import type { Readable } from "node:stream";

/** ms of reading before the event loop goes round. */
const turnMs = 3;
/** Rounds without reading: in one a key comes, after it its frame is drawn; in the last what has come meanwhile is read. */
const rounds = 3;

/**
 * Calls `take` for every chunk of `line`. Node hands over all that a socket holds, megabytes of it, before it looks at
 * anything else; after some milliseconds of that the line is paused until everything else has had its turn, unless `held`
 * says it is anyway.
 */
export function readInTurns(line: Readable, take: (chunk: Buffer) => void, held: () => boolean): void {
  let began = 0;
  const after = (left: number): void => {
    if (left > 0) setImmediate(after, left - 1);
    else if (!held()) line.resume();
  };
  line.on("data", (chunk: Buffer) => {
    const now = performance.now();
    if (began === 0) {
      began = now;
      setImmediate(() => {
        began = 0;
      });
    }
    take(chunk);
    if (performance.now() - began < turnMs || held()) return;
    line.pause();
    after(rounds);
  });
}

/** Lets everything else have its turn: a key must not wait until a sync has read what the socket holds. */
import { performance } from "node:perf_hooks";
import type { Readable } from "node:stream";

/** ms of reading before the event loop goes round once more. */
const turnMs = 8;

/**
 * Calls `take` for every chunk of `line`. Node hands over all that a socket holds, megabytes of it, before it looks at
 * anything else; after some milliseconds of that the line is paused for one round, unless `held` says it is anyway.
 */
export function readInTurns(line: Readable, take: (chunk: Buffer) => void, held: () => boolean): void {
  let began = 0;
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
    setImmediate(() => {
      if (!held()) line.resume();
    });
  });
}

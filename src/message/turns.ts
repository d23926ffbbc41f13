/** Long work in turns: what takes more than a moment lets keys and the network come between. */
import { setImmediate } from "node:timers/promises";

/** Milliseconds of work after which others have their turn. */
const TURN = 6;

/** Goes through `steps` to their end, and gives its result. Steps should be short: well below a millisecond. */
export async function inTurns<T>(steps: Generator<void, T>): Promise<T> {
  let started = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() - started < TURN) continue;
    await setImmediate();
    started = performance.now();
  }
}

/** The same, without a pause. */
export function atOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

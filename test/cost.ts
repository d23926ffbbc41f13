/** What work costs, so told that a busy machine does not make a test fail. */
import assert from "node:assert/strict";

/** Starts counting; what it returns tells the milliseconds of the processor that were spent since. */
export function spending(): () => number {
  const started = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1000;
  };
}

/** Milliseconds of the processor, the least of a few tries. */
function cost(work: () => unknown): number {
  const tries = [1, 2, 3].map(() => {
    const spent = spending();
    work();
    return spent();
  });
  return Math.min(...tries);
}

/** What a machine that is busy with something else spoils is one measurement, not so many. */
const measurements = 5;

/**
 * Fails where `more` costs `factor` times what `less` does, whenever it is measured. What takes fewer than `least`
 * milliseconds counts as so many.
 */
export function assertCheaper(
  more: () => unknown,
  factor: number,
  less: () => unknown,
  what: string,
  least = 5,
): void {
  let seen = "";
  for (let i = 0; i < measurements; i++) {
    const [one, other] = [cost(more), Math.max(cost(less), least)];
    if (one < factor * other) return;
    seen += `; ${one.toFixed(1)} ms to ${other.toFixed(1)} ms`;
  }
  assert.fail(what + seen);
}

/** Fails where `work` costs `ms` milliseconds of the processor, whenever it is measured. */
export function assertQuick(work: () => unknown, ms: number, what: string): void {
  let seen = "";
  for (let i = 0; i < measurements; i++) {
    const one = cost(work);
    if (one < ms) return;
    seen += `; ${one.toFixed(1)} ms`;
  }
  assert.fail(what + seen);
}

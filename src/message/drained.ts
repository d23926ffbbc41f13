/** Waiting for whoever reads a stream. */
import type { Writable } from "node:stream";

/** Resolves when a stream that was full takes more, or is closed. Leaves no listener behind: files come in thousands of pieces. */
export function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      stream.off("drain", go).off("close", go);
      resolve();
    };
    stream.on("drain", go).on("close", go);
  });
}

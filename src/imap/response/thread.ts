import { limits } from "../limits.ts";
import { isDigit, LPAREN, RPAREN } from "../wire/bytes.ts";
import { MalformedError, type Reader } from "../wire/reader.ts";

/**
 * Threads in the order a list shows them, as two arrays in step: where the depth is 0 a thread begins, and each
 * message answers the nearest one before it that is one level up. A long discussion costs no recursion.
 */
export interface Threads {
  /** 0 stands for a message that is not there, but whose answers belong together. */
  readonly uids: readonly number[];
  readonly depths: readonly number[];
}

/**
 * thread-list after `* THREAD` (RFC 5256 §4): in `(1 2 (3 4)(5))` 3 and 5 answer 2. Not recursive.
 * @throws MalformedError
 */
export function readThread(r: Reader): Threads {
  const uids: number[] = [];
  const depths: number[] = [];
  /** The depth at which each open list began. */
  const open: number[] = [];
  let depth = 0;
  let begun = false;
  const add = (uid: number) => {
    uids.push(uid);
    depths.push(depth++);
    if (depth > limits.threadDepth) throw new MalformedError(`a thread more than ${limits.threadDepth} deep`);
  };
  while (!r.atEnd()) {
    if (r.take(LPAREN)) {
      // Siblings without a parent: the message they answer is not in the mailbox.
      if (open.length > 0 && !begun) add(0);
      open.push(depth);
      begun = false;
    } else if (r.take(RPAREN)) {
      const start = open.pop();
      if (start === undefined) return r.fail("a thread");
      depth = start;
      begun = true;
    } else if (open.length > 0 && isDigit(r.peek())) {
      add(r.nzNumber());
      begun = true;
    } else return r.fail("a thread");
  }
  if (open.length > 0) r.fail('")"');
  return { uids, depths };
}

/** What holds for any bytes a server may send. */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { type Checked, check } from "../replies/check.ts";

/** Milliseconds: longer for less than 64 KiB is a hang. */
const hangMs = 500;

/** Everything that came of it, to compare. */
export type Outcome = readonly unknown[];

function outcome({ responses, invalid, skipped, ended, unread }: Checked): Outcome {
  return [responses, invalid, skipped, ended?.code, ended === null && unread];
}

/** Reads `bytes` in one piece. @throws where that fails otherwise than it may, or takes too long */
export function readsWhole(bytes: Buffer): Outcome {
  const started = performance.now();
  const checked = check([bytes]);
  const took = performance.now() - started;
  assert.ok(took < hangMs, `${took.toFixed(0)} ms for ${bytes.length} octets`);
  return outcome(checked);
}

function* cut(bytes: Buffer, at: number): Generator<Buffer> {
  yield bytes.subarray(0, at);
  yield bytes.subarray(at);
}

function* single(bytes: Buffer): Generator<Buffer> {
  for (let i = 0; i < bytes.length; i++) yield bytes.subarray(i, i + 1);
}

/** What is read does not depend on where the network cut it. `whole` is what `readsWhole` gave. */
export function readsCut(bytes: Buffer, at: number, whole: Outcome): void {
  assert.ok(isDeepStrictEqual(outcome(check(cut(bytes, at))), whole), `another result when cut at ${at}`);
}

/** Nor when every octet comes alone. */
export function readsSingly(bytes: Buffer, whole: Outcome): void {
  assert.ok(isDeepStrictEqual(outcome(check(single(bytes))), whole), "another result octet by octet");
}

// Writing and sending, killed at any moment; `npm run crash -- --send` does more of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SendRig } from "../crash/send.ts";
import { submissionMissing } from "../servers/submission.ts";

test("no message is lost, or sent twice, by a process that is killed", {
  skip: submissionMissing(),
}, async () => {
  const rig = await SendRig.start(Date.now() % 1_000_000);
  try {
    const done = await rig.run(8);
    assert.deepEqual(
      done.flatMap(({ work, ms, faults }) => faults.map((fault) => `${work} ${ms} ms: ${fault}`)),
      [],
    );
    assert.ok(
      done.some(({ ended }) => !ended),
      "some were killed before they had ended",
    );
  } finally {
    await rig.stop();
  }
});

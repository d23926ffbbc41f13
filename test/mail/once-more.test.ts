import assert from "node:assert/strict";
import { test } from "node:test";
import { onceMore } from "../../src/mail/once-more.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("what is asked for while it runs is done once more, for all who asked, and nobody is forgotten", async () => {
  let begun = 0;
  let end = () => {};
  const ask = onceMore(() => {
    begun++;
    return new Promise<void>((resolve) => {
      end = resolve;
    });
  });
  let answered = 0;
  const asked = () => void ask().then(() => answered++);
  asked();
  await settled();
  assert.equal(begun, 1);
  asked();
  asked();
  end();
  await settled();
  assert.deepEqual([begun, answered], [2, 0]);
  end();
  await settled();
  assert.deepEqual([begun, answered], [2, 3]);
  asked();
  await settled();
  assert.equal(begun, 3);
});

test("a failure is told to who waits, and the next one begins anew", async () => {
  let fails = true;
  const ask = onceMore(() => (fails ? Promise.reject(new Error("no")) : Promise.resolve()));
  await assert.rejects(ask(), /no/);
  fails = false;
  await ask();
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Surroundings } from "../../src/mail/surroundings.ts";

interface Look {
  /** Since the look before it, by the clock on the wall. */
  readonly ms: number;
  readonly addresses: string;
}

/** Which of the looks noticed something. */
async function noticed(...looks: readonly Look[]): Promise<boolean[]> {
  const result: boolean[] = [];
  let at = -1;
  let now = 1_000_000;
  const notice = () => {
    result[at] = true;
  };
  // Looking keeps no process alive.
  const alive = setInterval(() => undefined, 1_000);
  await new Promise<void>((resolve) => {
    const surroundings = new Surroundings(notice, {
      everyMs: 1,
      now: () => now,
      addresses: () => {
        at++;
        // A look asks for the time first: what is set here, the next one is told.
        now += looks[at + 1]?.ms ?? 0;
        result[at] = false;
        if (at === looks.length) {
          surroundings.stop();
          resolve();
        }
        return looks[at]?.addresses ?? "";
      },
    });
  });
  clearInterval(alive);
  return result.slice(1, looks.length);
}

const here = "192.0.2.7";
const start: Look = { ms: 0, addresses: here };

describe("what cuts lines without a word is noticed", () => {
  test("a sleep, which the clock on the wall alone has seen, once for each", async () => {
    const found = await noticed(
      start,
      ...[1, 400, 65_000, 1, -3_600_000, 1].map((ms) => ({ ms, addresses: here })),
    );
    assert.deepEqual(found, [false, false, true, false, false, false]);
  });

  test("another network, as soon as there is one", async () => {
    const found = await noticed(
      start,
      ...["", "", "198.51.100.3", "198.51.100.3", "198.51.100.3 2001:db8::3", ""].map((addresses) => ({
        ms: 1,
        addresses,
      })),
    );
    assert.deepEqual(found, [false, false, true, false, true, false]);
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { flagLetters, formatPeople, formatSize, longDate, shortDate } from "../../src/mail/format.ts";

describe("messages in short", () => {
  const at = (year: number, month: number, day: number, hour = 12, minute = 0) =>
    new Date(year, month - 1, day, hour, minute).getTime();

  test("a date says as much as it must, in at most 9 columns", () => {
    const now = at(2026, 3, 14, 15, 30);
    assert.equal(shortDate(at(2026, 3, 14, 9, 5), now), "09:05");
    assert.equal(shortDate(at(2026, 3, 12, 9, 5), now), "Thu 09:05");
    assert.equal(shortDate(at(2026, 1, 2), now), "2 Jan");
    assert.equal(shortDate(at(1999, 12, 31), now), "Dec 1999");
    assert.equal(shortDate(at(2026, 3, 20), now), "20 Mar");
  });

  test("a long date is that of a header, with its zone", () => {
    assert.match(longDate(at(2026, 3, 4, 9, 5)), /^Wed, 4 Mar 2026 09:05 [+-]\d{4}$/);
  });

  test("sizes have at most three digits", () => {
    assert.deepEqual([0, 999, 1_000, 9_949, 9_960, 999_499, 999_500, 5_000_000_000].map(formatSize), [
      "0 B",
      "999 B",
      "1.0 kB",
      "9.9 kB",
      "10 kB",
      "999 kB",
      "1.0 MB",
      "5.0 GB",
    ]);
  });

  test("flags are mutt's letters, in their order", () => {
    assert.equal(flagLetters([]), "N");
    assert.equal(flagLetters(["\\Seen"]), "");
    assert.equal(flagLetters(["\\Deleted", "\\Flagged", "\\Answered"]), "NrFD");
  });

  test("people are named, or addressed where they have no name", () => {
    const people = [
      { name: "Ada", email: "ada@example.org" },
      { name: "", email: "bob@example.org" },
    ];
    assert.equal(formatPeople(people), "Ada, bob@example.org");
    assert.equal(formatPeople(people, true), "Ada <ada@example.org>, bob@example.org");
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { matches, parseQuery } from "../../src/mail/query.ts";
import { toSearchKey } from "../../src/mail/search-key.ts";
import type { Message } from "../../src/mail/values.ts";

const now = Date.UTC(2026, 2, 14, 12);
const day = 86_400_000;
const message: Message = {
  uid: 1,
  flags: ["\\Flagged", "$Work"],
  modSeq: "0",
  internalDate: now - 2 * day,
  sentAt: null,
  size: 5_000,
  subject: "The Engine Room",
  from: [{ name: "Ada Lind", email: "ada@example.org" }],
  to: [{ name: "", email: "bob@example.net" }],
  cc: [],
  messageId: "<x@example.org>",
  inReplyTo: null,
  references: [],
  threadId: null,
  emailId: null,
  cached: false,
};
const hits = (query: string) => matches(parseQuery(query, now), message);

describe("the query language", () => {
  for (const [query, expected] of [
    ["", true],
    ["engine", true],
    ["ada", true],
    ["bob", false],
    ["to:bob", true],
    ['subject:"engine room"', true],
    ['subject:"room engine"', false],
    ["from:ada subject:engine", true],
    ["from:eve or subject:engine", true],
    ["from:eve or subject:pump", false],
    ["-from:eve", true],
    ["-(from:ada or from:eve)", false],
    ["is:unread", true],
    ["is:flagged is:read", false],
    ["label:$work", true],
    ["newer:3d", true],
    ["newer:1d", false],
    ["older:1d", true],
    ["after:2026-03-12", true],
    ["before:2026-03-12", false],
    ["on:2026-03-12", true],
    ["larger:4k smaller:6k", true],
    ["mid:<x@example.org>", true],
  ] as const) {
    test(`${query === "" ? "nothing" : query} ${expected ? "matches" : "does not match"}`, () => {
      assert.equal(hits(query), expected);
    });
  }

  test("becomes SEARCH keys", () => {
    assert.deepEqual(toSearchKey(parseQuery("from:ada -is:read larger:1M", now)), {
      and: [{ from: "ada" }, { not: { flag: "\\Seen" } }, { larger: 1_000_000 }],
    });
  });

  for (const [query, at] of [
    ["from:", 0],
    ["subject:x (from:y", 10],
    ['subject:"open', 8],
    ["is:purple", 0],
    ["x or", 4],
    ["colour:red", 0],
    ["after:yesteryear", 0],
    ["x )", 2],
  ] as const) {
    test(`${query} is refused with a caret under column ${at}`, () => {
      assert.throws(
        () => parseQuery(query, now),
        (error: Error & { code: string; hint: string }) => {
          const [, shown, caret] = error.message.split("\n");
          return (
            error.code === "QUERY" &&
            error.hint !== "" &&
            shown === `  ${query}` &&
            caret === `  ${" ".repeat(at)}^`
          );
        },
      );
    });
  }

  test("nesting has a bound", () => {
    assert.throws(() => parseQuery("(".repeat(10_000), now), { code: "QUERY" });
    assert.throws(() => parseQuery(`${"-".repeat(10_000)}x`, now), { code: "QUERY" });
  });
});

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import fc from "fast-check";
import { MailError } from "../../src/mail/errors.ts";
import { folderOf, parseQuery, type Query } from "../../src/mail/query.ts";
import { attachable, states, textTerms } from "../../src/mail/query-terms.ts";
import { toCondition } from "../../src/mail/search-condition.ts";
import { type SearchOffers, toSearchKey } from "../../src/mail/search-key.ts";
import { planSearch, type SearchPlan } from "../../src/mail/search-plan.ts";
import { openStore, type StoredMessageInput, searchable } from "../../src/store/index.ts";

const now = Date.UTC(2026, 2, 14, 12);
const hour = 3_600_000;
const day = 24 * hour;
const message: StoredMessageInput = {
  uid: 1,
  flags: ["\\Flagged", "$Work"],
  modSeq: "0",
  internalDate: now - 2 * day,
  sentAt: null,
  size: 5_000,
  subject: "The Engine Room",
  from: [{ name: "Ada Lind", email: "ada@example.org" }],
  to: [{ name: "", email: "bob@example.net" }],
  cc: [{ name: "Carol", email: "carol@example.net" }],
  messageId: "<x@example.org>",
  inReplyTo: null,
  references: [],
  threadId: null,
  emailId: null,
};

const directory = mkdtempSync(join(tmpdir(), "postern-query-"));
const store = openStore({ cacheDir: join(directory, "cache"), stateDir: join(directory, "state") });
after(() => {
  store.close();
  rmSync(directory, { recursive: true, force: true });
});
const { id: mailboxId } = store.mailboxes.put({
  path: "INBOX",
  name: "INBOX",
  delimiter: "/",
  attributes: [],
});
store.mailboxes.setState(mailboxId, { uidValidity: 7 });
/** The message with its text in the index, and one of which only the row is here. */
store.messages.put(mailboxId, [message, { ...message, uid: 2 }]);
store.bodies.putPart(mailboxId, 1, "1", Buffer.from("any"));
const fields = [{ name: "list-id", value: "Keepers <keepers.example.org>" }];
store.fullText.put(
  store.fullText.waiting(1).map((entry) => [
    entry,
    {
      fields,
      body: searchable("The pump is broken. 灯台で火事です"),
      whole: true,
      files: ["Plan-B.pdf"],
      attached: ["application/pdf"],
    },
  ]),
);

const gmail = false;
function answer(query: string, uid: number): boolean | null {
  const condition = toCondition(parseQuery(query, now), { gmail });
  const { sure, unknown } = store.search.prepare(mailboxId, condition).among([uid]);
  return sure.length > 0 ? true : unknown.length > 0 ? null : false;
}

/** A server that has no extension, and one that has them all. */
const plain: SearchOffers = { within: false, fuzzy: false, objectId: false, gmail: false };
const rich: SearchOffers = { within: true, fuzzy: true, objectId: true, gmail: true };
const keyOf = (query: string, offers: SearchOffers) => toSearchKey(parseQuery(query, now), offers, now);

describe("the query language", () => {
  for (const [query, expected] of [
    ["", true],
    ["engine", true],
    ["ada", true],
    ["bob", false],
    ["to:bob", true],
    ["to:carol", false],
    ["cc:CAROL", true],
    ['subject:"engine room"', true],
    ['subject:"room engine"', false],
    ["subject:ngine", true],
    ["from:ada subject:engine", true],
    ["from:eve or subject:engine", true],
    ["from:eve or subject:pump", false],
    ["-from:eve", true],
    ["-(from:ada or from:eve)", false],
    ["is:unread", true],
    ["is:flagged is:read", false],
    ["is:forwarded", false],
    ["label:$work", true],
    ["newer:3d", true],
    ["newer:49h", true],
    ["newer:47h", false],
    ["newer:1d", false],
    ["older:1d", true],
    ["older:2000min", true],
    ["after:2026-03-12", true],
    ["before:2026-03-12", false],
    ["on:2026-03-12", true],
    ["larger:4k smaller:6k", true],
    ["mid:<x@example.org>", true],
    ["header:Subject=engine", true],
  ] as const) {
    test(`${query === "" ? "nothing" : query} ${expected ? "matches" : "does not match"}`, () => {
      assert.equal(answer(query, 1), expected);
      assert.equal(answer(query, 2), expected, "rows are enough to tell");
    });
  }

  for (const [query, expected] of [
    ["body:pump", true],
    ["body:PUM", true],
    ['body:"is broken"', true],
    ["body:灯台", true],
    ["body:engine", false],
    ["-body:engine", true],
    ["text:engine body:pump", true],
    ['like:"broken gasket"', false],
    ['like:"broken pump"', true],
    ["file:plan", true],
    ["has:attachment", true],
    ["has:images", false],
    ["has:pdf", true],
    ["bcc:eve", false],
    ["header:List-Id=keepers", true],
    ["header:List-Id=", true],
    ["header:X-Nothing=", false],
  ] as const) {
    test(`${query} ${expected ? "matches" : "does not match"}, and is not known of a message that is not here`, () => {
      assert.equal(answer(query, 1), expected);
      assert.equal(answer(query, 2), null);
    });
  }

  test("what is not known neither holds nor fails, and what else is known decides where it can", () => {
    assert.equal(answer("body:pump from:eve", 2), false);
    assert.equal(answer("body:pump or from:ada", 2), true);
    assert.equal(answer("-body:pump from:ada", 2), null);
    assert.equal(answer("text:engine", 2), true);
  });

  test("becomes SEARCH keys", () => {
    assert.deepEqual(keyOf("from:ada -is:read larger:1M", plain), {
      and: [{ from: "ada" }, { not: { flag: "\\Seen" } }, { larger: 1_000_000 }],
    });
    assert.deepEqual(keyOf("newer:2h or older:1d", rich), { or: [{ younger: 7_200 }, { older: 86_400 }] });
    assert.deepEqual(keyOf('like:"engine rum"', rich), { fuzzy: { text: "engine rum" } });
    assert.deepEqual(keyOf("like:engine", plain), { text: "engine" });
    assert.deepEqual(keyOf('raw:"in:trash x"', rich), { gmailRaw: "in:trash x" });
    assert.deepEqual(keyOf("has:attachment", rich), { gmailRaw: "has:attachment" });
    assert.deepEqual(keyOf('label:"two words"', rich), { gmailLabel: "two words" });
    assert.deepEqual(keyOf('label:"two words"', plain), { not: { all: true } }, "no keyword is so");
  });

  test("what a server cannot answer is planned: asked as much as it can, looked up for the rest", () => {
    const plan = planSearch(parseQuery("has:pdf from:ada -is:read", now), plain, now);
    assert.deepEqual(shape(plan), [
      "and",
      ["ask", { and: [{ from: "ada" }, { not: { flag: "\\Seen" } }] }],
      ["look", "has"],
    ]);
    const age = planSearch(parseQuery("newer:2h", now), plain, now);
    assert.deepEqual(shape(age), [
      "or",
      ["ask", { since: Date.UTC(2026, 2, 16) }],
      ["and", ["ask", { since: Date.UTC(2026, 2, 13) }], ["look", "since"]],
    ]);
    assert.deepEqual(shape(planSearch(parseQuery("newer:2h", now), rich, now)), ["ask", { younger: 7_200 }]);
  });

  test("a query names a folder only where all of its messages must be there", () => {
    const named = (query: string) => folderOf(parseQuery(query, now));
    assert.equal(named('in:"Old mail" from:ada'), "Old mail");
    assert.equal(named("(in:Archive is:read) from:ada"), "Archive");
    assert.equal(named("in:Archive or from:ada"), null);
    assert.equal(named("-in:Archive"), null);
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
    ["x -or y", 2],
    ["header:=x", 0],
    ["has:gold", 0],
    ["newer:soon", 0],
    ["larger:huge", 0],
    ["x thread:tides", 2],
    ["thread:0", 0],
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

  test("the caret stands under its place whatever stands before it, and a long query is cut about it", () => {
    const drawn = (query: string) => {
      let found = "";
      assert.throws(
        () => parseQuery(query, now),
        (error: Error) => {
          found = error.message;
          return true;
        },
      );
      return found.split("\n").slice(1);
    };
    // Two columns for each of the wide ones.
    assert.deepEqual(drawn("灯台 is:x"), ["  灯台 is:x", "       ^"]);
    assert.deepEqual(drawn("a\u001b[2J is:x"), ["  a [2J is:x", "        ^"]);
    const [shown = "", caret = ""] = drawn(`${"word ".repeat(40)}is:x${" word".repeat(40)}`);
    assert.ok(shown.length < 80);
    assert.ok(shown.slice(caret.indexOf("^")).startsWith("is:x"));
  });

  test("nesting has a bound, and so has length", () => {
    assert.throws(() => parseQuery("(".repeat(10_000), now), { code: "QUERY" });
    assert.throws(() => parseQuery(`${"-".repeat(10_000)}x`, now), { code: "QUERY" });
    assert.throws(() => parseQuery("x ".repeat(10_000), now), { code: "QUERY" });
    assert.equal(answer("engine ".repeat(200), 1), true);
    assert.equal(answer(`${"eve or ".repeat(99)}engine`, 1), true);
  });
});

/** A plan without its queries. */
function shape(plan: SearchPlan): unknown {
  if (plan.kind === "ask") return ["ask", plan.key];
  if (plan.kind === "look") return ["look", plan.query.kind];
  return plan.kind === "not" ? ["not", shape(plan.of)] : [plan.kind, ...plan.of.map(shape)];
}

const texts = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom("a", "or", "-", "(", ")", '"', "\\", ":", "=", " ", "灯", "é", "*"),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    ),
    minLength: 1,
    maxLength: 12,
  })
  .filter((text) => !text.includes("\0"));
const leaf: fc.Arbitrary<Query> = fc.oneof(
  fc.record({
    kind: fc.constant("text" as const),
    field: fc.constantFrom(...(Object.keys(textTerms) as (keyof typeof textTerms)[])),
    text: texts,
  }),
  fc.record({
    kind: fc.constant("header" as const),
    name: fc.constantFrom("List-Id", "X-A", "Subject", "Received"),
    text: fc.oneof(texts, fc.constant("")),
  }),
  fc.record({
    kind: fc.constant("flag" as const),
    flag: fc.oneof(texts, fc.constantFrom(...Object.values(states).map(({ flag }) => flag))),
  }),
  fc.record({
    kind: fc.constantFrom("since" as const, "before" as const),
    at: fc.integer({ min: 0, max: 30_000 }).map((n) => n * day),
    by: fc.constant("day" as const),
  }),
  fc.record({
    kind: fc.constantFrom("since" as const, "before" as const),
    at: fc.integer({ min: 0, max: 9_999 }).map((n) => now - n * hour),
    by: fc.constant("second" as const),
  }),
  fc.record({ kind: fc.constantFrom("larger" as const, "smaller" as const), octets: fc.nat() }),
  fc.record({
    kind: fc.constant("has" as const),
    what: fc.constantFrom(...(Object.keys(attachable) as (keyof typeof attachable)[])),
  }),
  fc.record({ kind: fc.constant("file" as const), text: texts }),
  fc.record({ kind: fc.constantFrom("like" as const, "raw" as const), text: texts }),
  fc.record({ kind: fc.constant("in" as const), folder: texts }),
  fc.record({
    kind: fc.constant("thread" as const),
    of: fc.oneof(fc.integer({ min: 1 }), fc.constant("<a@example.org>")),
  }),
);
const { query: queries } = fc.letrec<{ query: Query }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.record({
      kind: fc.constantFrom("and" as const, "or" as const),
      of: fc.array(tie("query"), { minLength: 2, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant("not" as const), of: tie("query") }),
  ),
}));

/** A query as a person would type it. */
function print(query: Query): string {
  const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
  const inner = (part: Query) =>
    part.kind === "and" || part.kind === "or" ? `(${print(part)})` : print(part);
  switch (query.kind) {
    case "and":
      return query.of.map(inner).join(" ");
    case "or":
      return query.of.map(inner).join(" or ");
    case "not":
      return `-${inner(query.of)}`;
    case "text":
      return `${query.field}:${quoted(query.text)}`;
    case "header":
      return `header:${query.name}=${quoted(query.text)}`;
    case "flag":
      return `label:${quoted(query.flag)}`;
    case "since":
    case "before": {
      const [byDay, byAge] = query.kind === "since" ? ["after", "newer"] : ["before", "older"];
      if (query.by === "day") return `${byDay}:${new Date(query.at).toISOString().slice(0, 10)}`;
      return `${byAge}:${(now - query.at) / hour}h`;
    }
    case "larger":
    case "smaller":
      return `${query.kind}:${query.octets}`;
    case "has":
      return `has:${query.what}`;
    case "file":
    case "like":
    case "raw":
      return `${query.kind}:${quoted(query.text)}`;
    case "in":
      return `in:${quoted(query.folder)}`;
    case "thread":
      return `thread:${query.of}`;
    default:
      return "";
  }
}

describe("any query", () => {
  test("reads, or is refused with a MailError", () => {
    const pieces = fc.constantFrom(
      "from:",
      "is:",
      "body:",
      "(",
      ")",
      "-",
      "or",
      '"',
      "\\",
      " ",
      "a",
      "newer:",
      "2d",
      "header:X=",
      "\0",
      "灯",
      "larger:1e",
      "has:",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(pieces, { maxLength: 40 }).map((list) => list.join("")),
        ),
        (source) => {
          try {
            parseQuery(source, now);
          } catch (error) {
            assert.ok(
              error instanceof MailError && error.code === "QUERY" && error.message.endsWith("^"),
              String(error),
            );
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("printed and read again is the same", () => {
    fc.assert(
      fc.property(queries, (query) => {
        assert.deepEqual(parseQuery(print(query), now), structuredClone(query));
      }),
      { numRuns: 1_000 },
    );
  });

  test("becomes SEARCH keys, a plan and a statement of the index without an error", () => {
    fc.assert(
      fc.property(queries, fc.boolean(), fc.boolean(), (query, beside, stale) => {
        for (const offers of [plain, rich]) {
          const key = toSearchKey(query, offers, now);
          const plan = planSearch(query, offers, now);
          assert.equal(plan.kind === "ask", key !== null);
        }
        const options = { gmail: stale, besideServer: beside, staleFlags: stale };
        const { sure, unknown } = store.search.prepare(mailboxId, toCondition(query, options)).among([1, 2]);
        const turned = store.search
          .prepare(mailboxId, toCondition({ kind: "not", of: query }, options))
          .among([1, 2]);
        assert.deepEqual(turned.unknown, unknown, "not known, and its opposite is not known either");
        assert.deepEqual([...sure, ...turned.sure, ...unknown].sort(), [1, 2], "each is one of three");
      }),
      { numRuns: 1_000 },
    );
  });
});

import assert from "node:assert/strict";
import { relative, sep } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { decodeSegment, encodeSegment, hashedDirectory, mailboxDirectory } from "../../src/store/paths.ts";
import { scratch, storeIn } from "./sample.ts";

/** Mailbox names as the wire has them: bytes, here with the awkward ones made likely. */
const names = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 60 }).map((codes) => String.fromCharCode(...codes)),
  fc
    .array(fc.constantFrom("..", ".", "/", "%", "%2", "~", "cur", "NEW", "tmp", "\0", "a", "A"), {
      maxLength: 6,
    })
    .map((pieces) => pieces.join("")),
  fc.string({ minLength: 150, maxLength: 400 }),
);

function assertSafe(segment: string): void {
  assert.match(segment, /^[A-Za-z0-9 _+=@&,!#()[\]~%-][A-Za-z0-9 ._+=@&,!#()[\]~%-]*$/);
  assert.ok(segment.length <= 200);
  assert.ok(!["cur", "new", "tmp"].includes(segment.toLowerCase()));
}

describe("mailbox names as paths", () => {
  test("usual names stay as they are", () => {
    for (const name of ["INBOX", "Sent Mail", "lists", "[Gmail]", "Entw&APw-rfe", "2026-01"]) {
      assert.equal(encodeSegment(name), name);
    }
  });

  test("dangerous names are spelled out", () => {
    const spelled = {
      "": "%",
      ".": "%2E",
      "..": "%2E.",
      cur: "%63ur",
      "a/b": "a%2Fb",
      "a:\0%": "a%3A%00%25",
    };
    for (const [name, segment] of Object.entries(spelled)) assert.equal(encodeSegment(name), segment);
  });

  test("every segment is safe, and what is not shortened decodes to the name", () => {
    fc.assert(
      fc.property(names, (name) => {
        const segment = encodeSegment(name);
        assertSafe(segment);
        if (!segment.includes("%~")) assert.equal(decodeSegment(segment), name);
        else assert.equal(decodeSegment(segment), null);
      }),
    );
  });

  test("different names never share a segment", () => {
    fc.assert(
      fc.property(names, names, (a, b) => {
        assert.equal(encodeSegment(a) === encodeSegment(b), a === b);
      }),
    );
    const long = "x".repeat(300);
    assert.notEqual(encodeSegment(`${long}1`), encodeSegment(`${long}2`));
  });

  test("what we would not write decodes to nothing", () => {
    for (const segment of ["%2e", "%41", "..", "cur", "a%", "%u0041"])
      assert.equal(decodeSegment(segment), null);
  });

  test("levels become directories, and none leads out of the cache", () => {
    assert.equal(mailboxDirectory("INBOX.Lists.tmp", "."), "INBOX/Lists/%74mp");
    assert.equal(mailboxDirectory("../../etc/passwd", "/"), "%2E./%2E./etc/passwd");
    assert.equal(mailboxDirectory("/etc", "/"), "%/etc");
    assert.equal(mailboxDirectory("a/b", null), "a%2Fb");
    const deep = mailboxDirectory("a/".repeat(2000), "/");
    assertSafe(deep);
    fc.assert(
      fc.property(names, fc.constantFrom("/", ".", null), (path, delimiter) => {
        for (const segment of mailboxDirectory(path, delimiter).split("/")) assertSafe(segment);
        assertSafe(hashedDirectory(path));
      }),
    );
  });

  test("every mailbox has a directory of its own, also where upper and lower case are one", (t) => {
    const store = storeIn(t, scratch(t));
    const root = `${store.mailboxes.directory(store.mailboxes.put(listed("INBOX", null)).id)}/..`;
    const delimiters = fc.constantFrom("/", ".", null);
    // Few letters, so that many names are near one another.
    const near = fc
      .array(
        fc.constantFrom("a", "A", "/", ".", "..", "%", "%2F", "cur", "CUR", "x".repeat(250), "\xe9", "\x01"),
        {
          minLength: 1,
          maxLength: 5,
        },
      )
      .map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(near, delimiters), { selector: ([path]) => path, maxLength: 12 }),
        (all) => {
          store.mailboxes.retainOnly([]);
          const directories = all.map(([path, delimiter]) =>
            relative(root, store.mailboxes.directory(store.mailboxes.put(listed(path, delimiter)).id)),
          );
          const plain = directories.map((directory) => directory.toLowerCase());
          assert.equal(new Set(plain).size, all.length);
          for (const directory of plain) {
            const segments = directory.split(sep);
            for (const segment of segments) assertSafe(segment);
            assert.ok(!segments.some((segment) => ["..", ".", "", "cur", "new", "tmp"].includes(segment)));
          }
          // And back: a directory says whose it is.
          for (const [i, [path]] of all.entries())
            assert.equal(
              relative(root, store.mailboxes.directory(store.mailboxes.byPath(path)?.id ?? 0)),
              directories[i],
            );
        },
      ),
      { numRuns: 60 },
    );
  });
});

function listed(path: string, delimiter: string | null) {
  return { path, name: path, delimiter, attributes: [] };
}

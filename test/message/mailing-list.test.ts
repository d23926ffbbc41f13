import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readMailingList, readMailto } from "../../src/message/mailing-list.ts";
import { headerFields } from "../../src/message/mime.ts";

const read = (...lines: string[]) =>
  readMailingList(headerFields(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`)));

test("a mailing list: its id, where to write, its archive", () => {
  assert.deepEqual(
    read(
      "List-Id: =?utf-8?q?Caf=C3=A9?= friends <cafe.example.org>",
      "List-Post: <mailto:cafe@example.org>",
      "List-Archive: (all) <https://example.org/cafe/>",
    ),
    {
      id: "cafe.example.org",
      name: "Café friends",
      post: ["cafe@example.org"],
      announcementsOnly: false,
      unsubscribe: null,
      archive: "https://example.org/cafe/",
    },
  );
  assert.equal(read("List-Post: NO (posting not allowed)")?.announcementsOnly, true);
  assert.equal(read("Subject: x"), null);
});

test("leaving a list: by mail, on a page, in one click only over https and if the sender says so", () => {
  const both =
    "List-Unsubscribe: <http://example.org/u>, <mailto:u@example.org?subject=leave%20me>,\r\n <https://example.org/u?1>";
  const post = "List-Unsubscribe-Post: List-Unsubscribe=One-Click";
  const found = read(both, post)?.unsubscribe;
  assert.deepEqual(
    [found?.mail?.to, found?.mail?.subject, found?.page, found?.oneClick],
    [["u@example.org"], "leave me", "https://example.org/u?1", true],
  );
  assert.equal(read(both)?.unsubscribe?.oneClick, false);
  assert.equal(read("List-Unsubscribe: <http://example.org/u>", post)?.unsubscribe?.oneClick, false);
  assert.equal(read("List-Unsubscribe: <mailto:u@example.org>", post)?.unsubscribe?.oneClick, false);
  assert.equal(read("List-Unsubscribe: <javascript:alert(1)>, <file:///etc/passwd>"), null);
});

test("mailto addresses: only fields that people write, and no line of a header more", () => {
  assert.deepEqual(
    readMailto(
      "mailto:a@x.org,b@x.org?to=c@x.org&cc=d@x.org&Subject=a%0D%0ABcc:%20e@x.org&body=1%0A2&bcc=f@x.org&attach=/etc/passwd",
    ),
    {
      to: ["a@x.org", "b@x.org", "c@x.org"],
      cc: ["d@x.org"],
      subject: "a Bcc: e@x.org",
      body: "1\n2",
      inReplyTo: null,
    },
  );
  assert.equal(readMailto("https://x.org"), null);
  assert.equal(readMailto("mailto:?in-reply-to=%3C1@x%3E")?.inReplyTo, "<1@x>");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (rest) => {
      const found = readMailto(`mailto:${rest}`);
      for (const line of [...(found?.to ?? []), ...(found?.cc ?? []), found?.subject ?? ""])
        assert.doesNotMatch(line, /[\r\n]/);
    }),
  );
});

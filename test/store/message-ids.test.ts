import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { messageIds } from "../../src/store/index.ts";

describe("message ids", () => {
  const cases: [what: string, field: string, ids: string[]][] = [
    ["one", "<a@b.example>", ["<a@b.example>"]],
    ["several, folded", "<a@b>\r\n\t<c@d>\r\n <e@f>", ["<a@b>", "<c@d>", "<e@f>"]],
    ["with nothing between them", "<a@b><c@d>", ["<a@b>", "<c@d>"]],
    ["cut in two by a fold", "<aaaa\r\n bbbb@c>", ["<aaaabbbb@c>"]],
    [
      "with needless quotes (RFC 5256 §3)",
      '<"01KF8JCEOCBS0045PS"@xxx.yyy.com>',
      ["<01KF8JCEOCBS0045PS@xxx.yyy.com>"],
    ],
    ["with quoted pairs", '<"a\\"b"@c>', ['<a"b@c>']],
    ["among words", 'Message of "Mon, 1 Jan 2001" <a@b> from you', ["<a@b>"]],
    ["with commas", "<a@b>, <c@d>", ["<a@b>", "<c@d>"]],
    ["broken, beside good ones", "<a@b <c@d> > <> <no-at> <@x> <x@> <e@f", ["<c@d>"]],
    ["of another case", "<A@B> <a@b>", ["<A@B>", "<a@b>"]],
    ["none", "", []],
    ["too long", `<${"a".repeat(2000)}@b> <c@d>`, ["<c@d>"]],
  ];
  for (const [what, field, ids] of cases)
    test(what, () => {
      assert.deepEqual(messageIds(field), ids);
    });

  test("whatever a header holds, what is found is well-formed and found again in itself", () => {
    const unit = fc.constantFrom("<", ">", "@", '"', "\\", " ", "\r\n ", "a", "é", ",", "(");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 200 }), (field) => {
        for (const id of messageIds(field)) {
          assert.match(id, /^<[^<>\s]+@[^<>\s]+>$/);
          assert.equal(messageIds(id).length, 1);
        }
      }),
    );
  });

  test("a hostile megabyte takes as long as an honest one", () => {
    for (const piece of ["<", ">", "<a", "<a@", '<"', "<\\", "< ", '<"\\"@'])
      assert.deepEqual(messageIds(piece.repeat(1_000_000 / piece.length)), []);
  });
});

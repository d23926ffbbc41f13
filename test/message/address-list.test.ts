/** Lists of addresses as RFC 5322 has them, and as people and programs write them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readAddressList } from "../../src/message/address-list.ts";
import { assertQuick } from "../cost.ts";
import { generator } from "../random.ts";

const octets = (text: string) => Buffer.from(text).toString("latin1");
const read = (text: string) => readAddressList(octets(text)).map(({ name, email }) => `${name}|${email}`);

const lists: [string, string[]][] = [
  // By the grammar.
  ["al@example.org", ["|al@example.org"]],
  ["Al Bell <al@example.org>", ["Al Bell|al@example.org"]],
  ['"Bell, \\"Al\\"" <al@example.org>, bo@example.org', ['Bell, "Al"|al@example.org', "|bo@example.org"]],
  ["al@example.org (Al (the first) Bell)", ["Al (the first) Bell|al@example.org"]],
  ["Al <al@example.org> (here, and <there>)", ["Al|al@example.org"]],
  ["Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", ["Pete|pete@silly.test"]],
  ["Al\r\n Bell\r\n\t<al@example.org>", ["Al Bell|al@example.org"]],
  ["Joe Q. Public <john.q.public@example.com>", ["Joe Q. Public|john.q.public@example.com"]],
  ['"a b, c"@example.org', ["|a b, c@example.org"]],
  ["al@[192.0.2.1], <bo@[IPv6:2001:db8::1]>", ["|al@[192.0.2.1]", "|bo@[IPv6:2001:db8::1]"]],
  [
    "Team: al@example.org, Bo <bo@example.org>; , cy@example.org",
    ["|al@example.org", "Bo|bo@example.org", "|cy@example.org"],
  ],
  ["undisclosed-recipients:;", ["undisclosed-recipients|"]],
  [
    "A Group(Some people)\r\n :Chris Jones <c@(Chris's host.)public.example>;",
    ["Chris Jones|c@public.example"],
  ],
  // The obsolete forms.
  [
    "Mary <@node.test,@machine.tld:mary@example.net>, , jdoe@test   . example",
    ["Mary|mary@example.net", "|jdoe@test.example"],
  ],
  ["first . last @ example.org", ["|first.last@example.org"]],
  // Encoded and raw text.
  ["=?utf-8?q?Zo=C3=AB?= Q <zoe@example.org>", ["Zoë Q|zoe@example.org"]],
  ["=?utf-8?q?Bell=2C_A?=\r\n =?utf-8?q?l?= <al@example.org>", ["Bell, Al|al@example.org"]],
  ['"=?iso-8859-1?q?caf=E9?=" <al@example.org>', ["café|al@example.org"]],
  ["Zoë à <zoë@exämple.org>, à <a@b.c>", ["Zoë à|zoë@exämple.org", "à|a@b.c"]],
  // What is in no grammar.
  ["=?utf-8?Q?Bell, Al <x>:?= <al@example.org>", ["=?utf-8?Q?Bell|", "Al|x", "?=|al@example.org"]],
  ["=?utf-8?Q?Bell,_Al_<x>:)?= <al@example.org>", ["Bell, Al <x>:)|al@example.org"]],
  ["Al Bell al@example.org", ["Al Bell|al@example.org"]],
  ["al@example.org bo@example.org", ["|al@example.org", "|bo@example.org"]],
  ["Al <al@example.org> Bo <bo@example.org>", ["Al|al@example.org", "Bo|bo@example.org"]],
  ["al@example.org; bo@example.org", ["|al@example.org", "|bo@example.org"]],
  ["al@home <al@example.org>", ["al@home|al@example.org"]],
  ["al@example.org <al@example.org>", ["|al@example.org"]],
  ["'Al Bell' <mailto:al@example.org>", ["Al Bell|al@example.org"]],
  ["host!al@gate@example.org", ["|host!al@gate@example.org"]],
  ["Al <al@example.org, Bo <bo@example.org>", ["Al|al@example.org", "Bo|bo@example.org"]],
  ['"Al <al@example.org>', ["Al|al@example.org"]],
  ["Al (Bell <al@example.org>", ["Al Bell|al@example.org"]],
  ["<Undisclosed:@example.org;>", ["Undisclosed|"]],
  ["root", ["|root"]],
  ["=?utf-8?q?Al_<al@example.org>?=", ["Al <al@example.org>|"]],
  ["Al Bell", ["Al Bell|"]],
  ["MAILER-DAEMON <>", ["MAILER-DAEMON|"]],
  ["[list] <al@example.org>", ["[list]|al@example.org"]],
  ["<>", []],
  ["", []],
  [",;:<>()@.\\", ["@.|"]],
];
for (const [text, people] of lists) {
  test(`list: ${JSON.stringify(text)}`, () => assert.deepEqual(read(text), people));
}

test("no more people than were asked for", () => {
  const list = Array.from({ length: 100 }, (_, n) => `p${n}@example.org`);
  assert.equal(readAddressList(list.join(", "), 50).length, 50);
  assert.equal(readAddressList(list.join(" "), 50).length, 50);
});

describe("whatever stands there", () => {
  const hostile = [
    "(",
    '"',
    "<",
    "[",
    "@",
    ":",
    ";",
    ",",
    "\\",
    "(((a)",
    "=?",
    "=?a?q?",
    "a@b ",
    "a@",
    "<@a,",
    "\r\n ",
    "<a@b>",
    ". ",
  ];
  for (const piece of hostile)
    test(`${JSON.stringify(piece)} again and again takes time in proportion`, () => {
      const text = piece.repeat(Math.round(250_000 / piece.length));
      assertQuick(() => readAddressList(text), 500, "a long list");
    });

  test("any text is read", () => {
    const random = generator(7);
    const letters = ["a", "b", " ", "\r\n ", ...'@.,;:<>()[]"\\=?_', "=?utf-8?q?x?=", "\xe9", "\0"];
    for (let n = 0; n < 5_000; n++) {
      const text = Array.from({ length: 1 + random(30) }, () => letters[random(letters.length)]).join("");
      for (const { name, email } of readAddressList(text)) assert.ok(name !== "" || email !== "");
    }
  });
});

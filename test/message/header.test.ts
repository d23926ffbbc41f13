import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeParam, decodeWords, eachField, parseDateHeader } from "../../src/message/header.ts";

const words: [string, string][] = [
  ["plain subject", "plain subject"],
  ["=?utf-8?Q?caf=C3=A9?=", "café"],
  ["=?UTF-8?b?Y2Fmw6k=?=", "café"],
  ["=?iso-8859-1?q?a_b=5Fc?= d", "a b_c d"],
  ["=?utf-8?q?one?= =?utf-8?q?two?=", "onetwo"],
  ["=?utf-8?q?one?=\r\n =?utf-8?q?two?=", "onetwo"],
  ["=?utf-8?q?one?= and =?utf-8?q?two?=", "one and two"],
  // One character split between two words.
  ["=?utf-8?b?4oI=?= =?utf-8?b?rA==?=", "€"],
  ["=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", "日本"],
  ["=?koi8-r?q?=F0=D2?= =?utf-8?q?=E2=82=AC?=", "Пр€"],
  ["=?utf-8*de?q?gr=C3=BCn?=", "grün"],
  ["=?utf-8?q?with spaces?=", "with spaces"],
  ["=?nonsense?q?caf=E9?=", "café"],
  ["=?utf-8?x?abc?=", "=?utf-8?x?abc?="],
  ["=?utf-8?q?unended", "=?utf-8?q?unended"],
  ["a=?utf-8?q?b?=c", "abc"],
  ["Gr\xfc\xdfe", "Grüße"],
  ["Gr\xc3\xbc\xc3\x9fe", "Grüße"],
  ["\x93quoted\x94", "“quoted”"],
  ["日本", "日本"],
];
for (const [input, output] of words) {
  test(`words: ${JSON.stringify(input)}`, () => assert.equal(decodeWords(input), output));
}

const headers: [string, string, [string, string][]][] = [
  [
    "folds, and white space around names and values",
    "Subject : a\r\n\tb\r\n \r\n  c \r\nTO:x\r\n\r\nBody: no\r\n",
    [
      ["subject", "a b c"],
      ["to", "x"],
    ],
  ],
  [
    "lines that are no field, and an end without a line end",
    "From someone\nA: 1\nno field\n: none\nB:",
    [
      ["a", "1"],
      ["b", ""],
    ],
  ],
  [
    "line ends of CR alone",
    "A: 1\r\nB: 2\rC: 3\r\n 4\rD: 5",
    [
      ["a", "1"],
      ["b", "2"],
      ["c", "3 4"],
      ["d", "5"],
    ],
  ],
  ["nothing", "", []],
];
for (const [name, header, fields] of headers) {
  test(`fields: ${name}`, () => {
    const told: [string, string][] = [];
    eachField(header, (...field) => told.push(field));
    assert.deepEqual(told, fields);
  });
}

const dates: [string, string | null][] = [
  ["Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T15:55:06Z"],
  ["Sun, 1 Feb 2026 23:59:60 +0530", "2026-02-01T18:30:00Z"],
  ["Sat, 01 FEB 2026 00:00:00 -1400", "2026-02-01T14:00:00Z"],
  ["Mon, 32 Mar 2020 10:00:00 +0000", null],
  ["Mon, 02 Arf 2020 10:00:00 +0000", null],
  ["Mon, 02 Mar 2020 1a:00:00 +0000", null],
  ["21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06Z"],
  ["21 Nov 09 9:55 EST", "2009-11-21T14:55:00Z"],
  ["Thu, 13 Feb 1997 23:32 -0330 (Newfoundland (Time))", "1997-02-14T03:02:00Z"],
  ["Fri, 21 Nov 103 09:55:06 Z", "2003-11-21T09:55:06Z"],
  ["Sat Nov  1 10:11:12 2003", "2003-11-01T10:11:12Z"],
  ["2020-02-03T04:05:06+01:00", "2020-02-03T03:05:06Z"],
  ["Mon, 2 Mar 2020 10:00:00 +9999", "2020-03-02T10:00:00Z"],
  ["Monday, 2-Mar-2020 10:00:00 UT", "2020-03-02T10:00:00Z"],
  ["2 March 2020 10:00:00 PDT", "2020-03-02T17:00:00Z"],
  ["Whenever", null],
  ["", null],
  ["Thu, 1 Jan 1960 00:00:00 +0000", null],
  ["Thu, 1 Jan 3020 00:00:00 +0000", null],
  ["Thu, 99 Jan 2020 00:00:00 +0000", null],
  ["Thu, 9 Foo 2020 00:00:00 +0000", null],
  ["Thu, 9 Jan 2020 77:00:00 +0000", null],
];
for (const [input, iso] of dates) {
  test(`date: ${input}`, () => assert.equal(parseDateHeader(input), iso === null ? null : Date.parse(iso)));
}

test("parameters: RFC 2231 continuations and charsets, RFC 2047 words, plain", () => {
  const param = (...entries: [string, string][]) => decodeParam(new Map(entries), "filename");
  assert.equal(param(["filename", "a.txt"]), "a.txt");
  assert.equal(param(["filename", "=?utf-8?q?=C3=A9.txt?="]), "é.txt");
  assert.equal(param(["filename*", "utf-8'en'%e2%82%ac%20rates"]), "€ rates");
  assert.equal(param(["filename*", "iso-8859-1''%A3"]), "£");
  assert.equal(
    param(["filename*0*", "utf-8''%e2%82"], ["filename*1*", "%ac"], ["filename*2", " 100%41"]),
    "€ 100%41",
  );
  assert.equal(param(["filename*0", "long-"], ["filename*1", "name.txt"]), "long-name.txt");
  assert.equal(param(["filename", "old"], ["filename*", "utf-8''new"]), "new");
  assert.equal(param(["filename*", "broken%zz"]), "broken%zz");
  assert.equal(param(["name", "x"]), null);
});

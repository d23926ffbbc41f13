// Responses laid out for people.
import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../../src/imap/limits.ts";
import { prettyResponse } from "../../src/imap/pretty.ts";
import { assertCheaper } from "../cost.ts";

const pretty = (text: string, width = 60) => prettyResponse(Buffer.from(text, "latin1"), width);

test("what fits is one line", () => {
  assert.deepEqual(pretty('* LIST (\\HasNoChildren \\Sent) "/" "Sent Mail"\r\n'), [
    '* LIST (\\HasNoChildren \\Sent) "/" "Sent Mail"',
  ]);
  assert.deepEqual(pretty("* STATUS INBOX (MESSAGES 3 UIDNEXT 4)\r\n"), [
    "* STATUS INBOX (MESSAGES 3 UIDNEXT 4)",
  ]);
});

test("each name of a FETCH begins a line, with its value beside it; literals are text", () => {
  const response =
    '* 1 FETCH (UID 12 FLAGS (\\Seen) ENVELOPE ("Mon, 1 Jan 2024 10:00:00 +0000" "A long subject, longer than this"' +
    ' (("Ada" NIL "ada" "example.org"))) BODY[HEADER] {24}\r\nSubject: x\r\nFrom: ada\r\n\r\n)\r\n';
  assert.deepEqual(pretty(response), [
    "* 1 FETCH (UID 12",
    "      FLAGS (\\Seen)",
    '      ENVELOPE ("Mon, 1 Jan 2024 10:00:00 +0000"',
    '        "A long subject, longer than this"',
    '        (("Ada" NIL "ada" "example.org")))',
    "      BODY[HEADER] {24}",
    "        Subject: x",
    "        From: ada",
    "      )",
  ]);
});

test("numbers and names in a row are wrapped", () => {
  for (const word of ["SEARCH 12345", "CAPABILITY IDLE"]) {
    const [name = "", item = ""] = word.split(" ");
    const lines = pretty(`* ${name}${` ${item}`.repeat(40)}\r\n`);
    assert.ok(lines.length > 3 && lines.every((line) => line.length <= 60), lines.join("\n"));
    assert.equal(lines.join(" ").replace(/\s+/g, " "), `* ${name}${` ${item}`.repeat(40)}`);
  }
});

test("text for people is left as it is, and 8-bit text is read as UTF-8 where it is that", () => {
  assert.deepEqual(pretty("A1 OK [READ-WRITE] Done (0.001 + 0.0 secs). (((\r\n"), [
    "A1 OK [READ-WRITE] Done (0.001 + 0.0 secs). (((",
  ]);
  assert.deepEqual(prettyResponse(Buffer.from('* LIST () "/" "Entwürfe"\r\n'), 60), [
    '* LIST () "/" "Entwürfe"',
  ]);
});

test("a literal that is too large to be held is told of", () => {
  const size = limits.inlineLiteral + 1;
  assert.deepEqual(pretty(`* 2 FETCH (BODY[TEXT] {${size}}\r\n)\r\n`), [
    `* 2 FETCH (BODY[TEXT] {${size}} not shown`,
    "      )",
  ]);
});

test("what a server sends takes time in step with its length, and is not lost", () => {
  const hostile = ["(", ")", '"', "\\", "{5}\r\n", "{99}\r\n", "[", "]", " ", "x", "BODY[", "* 1 FETCH "];
  for (const piece of hostile)
    for (const other of hostile) {
      const text = (piece + other).repeat(8_000);
      const lines = pretty(text);
      const few = text.slice(0, text.length / 4);
      assertCheaper(
        () => pretty(text),
        12,
        () => pretty(few),
        `${piece}${other}`,
      );
      if (!text.includes("{"))
        assert.equal(lines.join("").replace(/[\s()]/g, ""), text.replace(/[\s()]/g, ""), `${piece}${other}`);
    }
});

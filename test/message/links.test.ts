import assert from "node:assert/strict";
import { test } from "node:test";
import { htmlToBody, textToBody } from "../../src/message/index.ts";
import { hiddenLinks } from "../../src/message/links.ts";

test("only links whose target the text does not spell out are listed below it", () => {
  const body = htmlToBody(
    '<p><a href="https://a.example/x">here</a> and <a href="https://b.example/">https://b.example/</a></p>',
  );
  assert.deepEqual(
    hiddenLinks(body).map((l) => l.target),
    ["https://a.example/x"],
  );
});

test("a plain text lists none: its links are spelt out", () => {
  assert.deepEqual(
    hiddenLinks(textToBody("see https://c.example/page now", { flowed: false, delSp: false, pre: false })),
    [],
  );
});

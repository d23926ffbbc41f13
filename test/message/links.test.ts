import assert from "node:assert/strict";
import { test } from "node:test";
import { htmlToBody, textToBody } from "../../src/message/index.ts";
import { hiddenLinks, shortenLinks } from "../../src/message/links.ts";

test("only links whose target the text does not spell out are listed below it", () => {
  const body = htmlToBody(
    '<p><a href="https://a.example/x">here</a> and <a href="https://b.example/">https://b.example/</a></p>',
  );
  assert.deepEqual(
    hiddenLinks(body).map((l) => l.target),
    ["https://a.example/x"],
  );
});

test("an address of a person that is spelt out is not listed, nor a link that nothing is left of", () => {
  const body = htmlToBody(
    '<a href="mailto:a@b.example">a@b.example</a> <a href="mailto:a@b.example?subject=x">a@b.example</a>' +
      '<p><a href="https://c.example/1"><img src=y></a> <a href="https://c.example/1">c</a>',
  );
  assert.deepEqual(
    hiddenLinks({ ...body, links: [...body.links, "https://nobody.example/"] }).map((l) => l.target),
    ["mailto:a@b.example?subject=x", "https://c.example/1"],
  );
});

test("a plain text lists none: its links are spelt out", () => {
  assert.deepEqual(
    hiddenLinks(textToBody("see https://c.example/page now", { flowed: false, delSp: false, pre: false })),
    [],
  );
});

test("a long address is cut behind its host where that is asked for, and listed whole", () => {
  const long = `https://news.example.org/${"x".repeat(200)}`;
  const body = shortenLinks(textToBody(`see ${long} and https://short.example/`));
  const text = body.lines[0]?.spans.map((span) => span.text).join("") ?? "";
  assert.match(text, /^see https:\/\/news\.example\.org\/x{34}…\[1\] and https:\/\/short\.example\/$/);
  assert.deepEqual(hiddenLinks(body), [{ number: 1, target: long }]);
  const host = `https://${"a.".repeat(60)}example.org/x`;
  assert.ok(shortenLinks(textToBody(host)).lines[0]?.spans[0]?.text.startsWith(host.slice(0, -1)));
});

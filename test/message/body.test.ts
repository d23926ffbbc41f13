import assert from "node:assert/strict";
import { test } from "node:test";
import { htmlToBody } from "../../src/message/html.ts";
import { layoutBody } from "../../src/message/layout.ts";
import { textToBody } from "../../src/message/text.ts";
import type { Body } from "../../src/message/types.ts";

const lay = (body: Body, width = 60) =>
  layoutBody(body, width).map((line) => line.spans.map((span) => span.text).join(""));

const pages: [string, string, string[]][] = [
  ["paragraphs and white space", "<p>one\n  two</p><p>three<br>four</p>", ["one two", "", "three", "four"]],
  ["entities", "<p>&lt;b&gt; &amp; &eacute;&#8364;&nbsp;x", ["<b> & é€ x"]],
  ["dropped elements", "<head><title>t</title><style>p{}</style></head><script>x()</script>hi", ["hi"]],
  [
    "hidden text",
    '<div style="display: none">pre</div><span style="mso-hide:all">x</span><p hidden>y</p><span style="font-size:0">z</span>seen',
    ["seen"],
  ],
  ["font size given back", '<td style="font-size:0px"><p style="font-size:14px">seen</p></td>', ["seen"]],
  ["headings", "<h1>Title</h1>text", ["Title", "", "text"]],
  ["lists", "<ul><li>a<li>b<ol start=3><li>c<li>d</ol></ul>e", ["• a", "• b", "  3. c", "  4. d", "", "e"]],
  ["a paragraph beside its bullet", "<ul><li><p>a</p></li><li><p>b</p></li></ul>", ["• a", "• b"]],
  ["quotes", "<blockquote>a<blockquote>b</blockquote></blockquote>c", ["> a", "> ", "> > b", "", "c"]],
  ["preformatted", "<pre>a\n  b\n\nc</pre>", ["a", "  b", "", "c"]],
  ["rule", "a<hr>b", ["a", "", "────────────────────────", "", "b"]],
  [
    "links",
    '<a href="https://x.org/a">here</a> and <a href="https://x.org/b">there</a>',
    ["here[1] and there[2]"],
  ],
  ["a link that says its target", '<a href="https://x.org/">x.org</a>', ["x.org"]],
  ["links that lead nowhere", '<a href="javascript:x()">a</a> <a href="#t">b</a> <a>c</a>', ["a b c"]],
  ["pictures", '<img alt="Logo"><img src=x width=1 height=1 alt=t><img src=y>', ["[Logo]"]],
  ["a link that is a picture", '<a href="https://x.org"><img src=y></a>', ["[image][1]"]],
  [
    "a table of data",
    "<table><tr><th>Item<th>Price</tr><tr><td>Bread<td>2.50</tr><tr><td>漢字<td>1</tr></table>",
    ["Item   Price", "Bread  2.50", "漢字   1"],
  ],
  [
    "a table for layout",
    "<table><tr><td><table><tr><td><p>a</p></td></tr></table></td></tr><tr><td>b</td></tr></table>",
    ["a", "", "b"],
  ],
];
for (const [what, html, lines] of pages) {
  test(`html: ${what}`, () => assert.deepEqual(lay(htmlToBody(html)), lines));
}

test("html: targets of links are listed once, in the order of their numbers", () => {
  const body = htmlToBody(
    '<a href="https://a.org">x</a><a href="mailto:b@c">y</a><a href="https://a.org">z</a>',
  );
  assert.deepEqual(body.links, ["https://a.org", "mailto:b@c"]);
  assert.deepEqual(lay(body), ["x[1]y[2]z[1]"]);
});

test("html: styles of spans", () => {
  const spans = htmlToBody("<b>a</b><i>b</i><code>c</code>d").lines[0]?.spans ?? [];
  assert.deepEqual(
    spans.map((span) => [span.text, span.style]),
    [
      ["a", "bold"],
      ["b", "italic"],
      ["c", "code"],
      ["d", "plain"],
    ],
  );
});

test("html: a large newsletter is converted at once", () => {
  const cell =
    '<tr><td style="padding:0"><a href="https://x.org/?id=ID"><b>Offer</b> of the day</a><br>only 3&euro;</td></tr>';
  const html = `<table>${Array.from({ length: 1800 }, (_, i) => cell.replace("ID", String(i))).join("")}</table>`;
  htmlToBody(html);
  const started = performance.now();
  const body = htmlToBody(html);
  // 100 ms on an idle machine; the bound leaves room for a busy one.
  assert.ok(performance.now() - started < 400);
  assert.equal(body.links.length, 1800);
});

test("text: quote depth, with and without spaces between the marks", () => {
  const body = textToBody("> a\n>> b\n> > c\n>From d\nown");
  assert.deepEqual(
    body.lines.map((line) => [line.quote, line.spans[0]?.text]),
    [
      [1, "a"],
      [2, "b"],
      [2, "c"],
      [0, ">From d"],
      [0, "own"],
    ],
  );
});

test("text: flowed paragraphs are joined within their quote depth (RFC 3676)", () => {
  const flowed = "one \ntwo\n> quoted \n> on\n> > deeper\n stuffed\n-- \nsig";
  assert.deepEqual(lay(textToBody(flowed.replace("> > ", ">> "), { flowed: true })), [
    "one two",
    "> quoted on",
    "> > deeper",
    "stuffed",
    "--",
    "sig",
  ]);
  assert.deepEqual(lay(textToBody("abc \ndef", { flowed: true, delSp: true })), ["abcdef"]);
});

test("text: the signature is muted, tabs reach stops of eight", () => {
  const body = textToBody("a\tb\n-- \nAnn");
  assert.deepEqual(
    body.lines.map((line) => [line.spans[0]?.text, line.spans[0]?.style]),
    [
      ["a       b", "plain"],
      ["--", "muted"],
      ["Ann", "muted"],
    ],
  );
});

test("text: addresses become links and keep their text", () => {
  const body = textToBody("see https://x.org/a_(b). (http://y.org) www.z.org, mailto:a@b.c http://");
  assert.deepEqual(body.links, ["https://x.org/a_(b)", "http://y.org", "http://www.z.org", "mailto:a@b.c"]);
  assert.equal(lay(body, 100)[0], "see https://x.org/a_(b). (http://y.org) www.z.org, mailto:a@b.c http://");
});

test("layout: quotes are marked on every line, lists hang, nothing exceeds the width", () => {
  assert.deepEqual(lay(textToBody("> one two three four"), 12), ["> one two", "> three four"]);
  assert.deepEqual(lay(htmlToBody("<ul><li>one two three"), 9), ["• one two", "  three"]);
  const body = textToBody(
    `${">".repeat(25)} deep words here\n${"漢字".repeat(30)} \u{1f468}\u200d\u{1f469} x\n${"long".repeat(50)}`,
  );
  for (let width = 2; width < 40; width++) {
    for (const line of layoutBody(body, width)) assert.ok(line.width <= width, `${line.width} at ${width}`);
  }
});

test("layout: escape sequences in a body do not reach the result", () => {
  const body = htmlToBody("<p>a&#27;[31mb&#155;1mc</p><a href='https://x.org/\x1b[2J'>l&#x202e;k</a>");
  assert.doesNotMatch(lay(body).join("\n"), /[\x1b\x9b\u202e]/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { htmlToBody } from "../../src/message/html.ts";
import { layoutBody, layoutInTurns } from "../../src/message/layout.ts";
import { withoutStruckMarks } from "../../src/message/struck.ts";
import { textToBody } from "../../src/message/text.ts";
import type { Body, Span } from "../../src/message/types.ts";
import { textWidth } from "../../src/message/width.ts";
import { assertCheaper, assertQuick } from "../cost.ts";

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
  [
    "what is struck out, in any of the ways",
    "<p>Was <s>12 €</s> <b>9 €</b>, <span style='color:red; text-decoration: line-through solid'>a <b>b</b> <u style='text-decoration:none'>c</u></span>. <del>d<br> e</del><strike> f </strike>g <s></s></p>",
    ["Was ~~12 €~~ 9 €, ~~a b c~~. ~~d~~", "~~e~~ ~~f~~ g"],
  ],
  [
    "a struck-out link, and a struck-out price in a cell",
    '<s><a href="https://x.org/a">here</a></s><table border=1><tr><td><s>2.50</s><td>1</tr><tr><td>3<td>2</tr></table>',
    ["~~here[1]~~", "", "~~2.50~~  1", "3         2"],
  ],
  ["pictures", '<img alt="Logo"><img src=x width=1 height=1 alt=t><img src=y>', ["[image Logo]"]],
  ["a picture whose description says that it is one", '<img alt="Image of a cat">', ["[image a cat]"]],
  ["a link that is a picture", '<a href="https://x.org"><img src=y></a>', ["[image][1]"]],
  [
    "a picture that only its file's name describes, where that is words",
    '<a href="https://x.org/1"><img src="https://y.org/btn_wine-neu.png?x"></a> <a href="https://x.org/2"><img src="https://y.org/7f64b4f6-6e40-4262.png"></a><p><img src="a/garden_map.jpg" width=300 height=200></p>',
    ["[image wine][1] [image][2]", "", "[image garden map 300×200]"],
  ],
  [
    "a table of data",
    "<table><tr><th>Item<th>Price</tr><tr><td>Bread<td>2.50</tr><tr><td>漢字<td>1</tr></table>",
    ["Item   Price", "─────  ─────", "Bread  2.50", "漢字   1"],
  ],
  [
    "columns of numbers, cells over several columns and rows",
    '<table border=1><tr><td rowspan=2>a<td align=right>1.00</tr><tr><td style="text-align:right">20.00</tr><tr><td colspan=2>all</tr></table>',
    ["a   1.00", "   20.00", "all"],
  ],
  [
    "numbers and letters of items",
    "<ol type=a><li>x<li value=4>y</ol><ol type=I start=4><li>z</ol>",
    ["a. x", "d. y", "", "IV. z"],
  ],
  ["a definition", "<dl><dt>word</dt><dd>what it means</dd></dl>", ["word", "  what it means"]],
  [
    "classes hidden by a style sheet, but not those hidden on a telephone",
    "<style>.pre{display:none}@media (max-width:600px){.wide{display:none}}</style><p class=pre>a<p class='b wide'>c",
    ["c"],
  ],
  ["no height", '<div style="height:0;overflow:hidden">a</div><div style="max-height:0px">b</div>c', ["c"]],
  ["zeros", "a\0\0b\0", ["ab"]],
  [
    "pictures in words",
    '<img alt="A <b>view</b>" width=320 height="200px"><img src="cid:x@y"><br><img alt="\u{1f600}" width=18 height=18><img alt=Fax width=16 height=16>',
    ["[image A view 320×200][image]", "\u{1f600}[image Fax]"],
  ],
  [
    "pictures one below the other, as icons are, share a line; one that the message brings along keeps its own",
    '<div><img alt=Facebook></div><div><a href="https://x.org/1"><img alt=Mail></a></div><div>or</div><div><img alt=Web></div><div><img src="cid:a@b"></div>',
    ["[image Facebook]  [image Mail][1]", "or", "[image Web]", "[image]"],
  ],
  [
    "a table of data stands apart from the text around it",
    "<div>Prices:</div><table><tr><th>Item<th>Price</tr><tr><td>Tea<td>2</tr></table><div>All of them.</div>",
    ["Prices:", "", "Item  Price", "────  ─────", "Tea   2", "", "All of them."],
  ],
  [
    "a paragraph in a frame stands apart from the next cell",
    `<table><tr><td>News</td></tr><tr><td>${"word ".repeat(30)}</td></tr><tr><td>More</td></tr></table>`,
    ["News", ...[12, 12, 6].map((n) => "word ".repeat(n).trim()), "", "More"],
  ],
  [
    "a picture without words beside a text that leads to the same place",
    '<a href="https://x.org/1"><img src=a width=90 height=90></a><br><a href="https://x.org/1">Tea</a>',
    ["Tea[1]"],
  ],
  [
    "a headline by its size, and a picture beside its own link",
    '<td>a</td><p style="margin:0"><span style="font-size:24px">News<br>of today</span></p>b <a href="https://x.org/1">Tea</a> <a href="https://x.org/1"><img src=a></a>',
    ["a", "", "News", "of today", "", "b Tea[1]"],
  ],
  [
    "the message that Outlook answers",
    '<body><div><p>Yes.</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p><b>From:</b> Bob</p></div></div><p>Shall we?</p></div></body>',
    ["Yes.", "", "> From: Bob", "> ", "> Shall we?"],
  ],
  [
    "a rule that only looks like it",
    '<div style="border-top:solid #E1E1E1 1.0pt"><p>Prices</p></div><p>Low</p>',
    ["Prices", "", "Low"],
  ],
  ["a blockquote of Apple and Gmail", '<blockquote type="cite" style="border:none">a</blockquote>', ["> a"]],
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
  assertQuick(() => htmlToBody(html), 400, "a newsletter");
  const body = htmlToBody(html);
  assert.equal(body.links.length, 1800);
});

const wide = htmlToBody(
  "<table><tr><th>Name<th>What it is good for</tr><tr><td>Alpha<td>one two three four five six</tr><tr><td>Beta<td>x</tr></table>",
);

test("layout: a table wraps in its columns, and where they have no room each cell has a line", () => {
  assert.deepEqual(lay(wide, 24), [
    "Name   What it is good",
    "       for",
    "─────  ─────────────────",
    "Alpha  one two three",
    "       four five six",
    "Beta   x",
  ]);
  assert.deepEqual(lay(wide, 9), [
    "Name:",
    "  Alpha",
    "What it",
    "  is good",
    "  for:",
    "  one two",
    "  three",
    "  four",
    "  five",
    "  six",
    "",
    "Name:",
    "  Beta",
    "What it",
    "  is good",
    "  for: x",
    "",
  ]);
  for (let width = 1; width < 40; width++) {
    for (const line of layoutBody(wide, width)) assert.ok(line.width <= width, `${line.width} at ${width}`);
  }
});

test("layout: cells with wide, combining and joined characters keep columns straight", () => {
  const rows = ["漢字", "e\u0301te\u0301", "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}", "שלום", "a\tb"];
  const body = htmlToBody(`<table border=1>${rows.map((r) => `<tr><td>${r}<td>|</tr>`).join("")}</table>`);
  const columns = layoutBody(body, 60).map(({ spans }) => {
    const text = spans.map((span) => span.text).join("");
    return textWidth(text.slice(0, text.indexOf("|")));
  });
  assert.deepEqual(new Set(columns), new Set([6]));
});

test("html: a link whose text names another host is told", () => {
  const said = (text: string, href: string) => {
    const { warnings } = htmlToBody(`<a href="${href}">${text}</a>`);
    return warnings.map(({ named, actual }) => `${named} ${actual}`)[0] ?? null;
  };
  for (const [text, href] of [
    ["www.bank.example", "https://bank.example/login"],
    ["https://bank.example/a", "https://click.bank.example/?x"],
    ["Click here", "https://evil.example/"],
    ["readme.md", "https://git.example/"],
    ["Version 2.0", "https://x.example/"],
    ["ann@x.example", "mailto:%20ann@x.example?subject=hi"],
    [
      "bank.example.com",
      "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fbank.example.com%2Fa&data=x",
    ],
    ["bank.example.com", "https://urldefense.com/v3/__https://bank.example.com/a?b__;!!x"],
    ["bank.example.com", "https://urldefense.proofpoint.com/v2/url?u=https-3A__bank.example.com_a&d=x"],
    ["bücher.example.com", "https://xn--bcher-kva.example.com/"],
  ] as const)
    assert.equal(said(text, href), null, text);
  assert.equal(said("bank.example.com", "https://evil.example/"), "bank.example.com evil.example");
  assert.equal(
    said("<b>https://bank.example</b>/in", "https://bank.example.evil.org/"),
    "bank.example bank.example.evil.org",
  );
  assert.equal(said("https://bank.example", "https://bank.example@evil.org/"), "bank.example evil.org");
  assert.equal(said("www.paypal.com", "https://www.p\u0430ypal.com/"), "paypal.com www.xn--pypal-4ve.com");
  assert.equal(said("ann@x.example", "mailto:eve@y.example"), "ann@x.example eve@y.example");
  const body = htmlToBody('<a href="https://evil.example/">www.bank.example</a>');
  assert.deepEqual(lay(body), ["www.bank.example[1] (leads to evil.example)"]);
});

test("regions: signature, list footer and an unmarked original", () => {
  const regions = (body: Body) =>
    body.lines.map(({ spans, region }) => `${region}: ${spans.map((s) => s.text).join("")}`);
  assert.deepEqual(
    regions(
      textToBody("a\n-- \nAnn\n_______________________________________________\nx mailing list\nx@y.org"),
    ),
    [
      "text: a",
      "signature: --",
      "signature: Ann",
      "footer: _______________________________________________",
      "footer: x mailing list",
      "footer: x@y.org",
    ],
  );
  assert.deepEqual(regions(textToBody("a\n-----Original Message-----\nFrom: Bob\n\n> b\nc")), [
    "text: a",
    "history: -----Original Message-----",
    "history: From: Bob",
    "history: ",
    "history: b",
    "history: c",
  ]);
  assert.deepEqual(regions(textToBody("a\n-------------------------\nb\n----- Thoughts -----\nc")), [
    "text: a",
    "text: -------------------------",
    "text: b",
    "text: ----- Thoughts -----",
    "text: c",
  ]);
  assert.deepEqual(regions(htmlToBody('a<div class="gmail_signature">Ann</div>')), [
    "text: a",
    "signature: Ann",
  ]);
});

test("html: thousands of nested, unclosed or crossed elements take linear time", () => {
  const shown = (text: string) => layoutBody(htmlToBody(text), 80);
  for (const [what, html] of Object.entries({
    "nested tables": (n: number) => "<table><tr><td>x".repeat(n),
    "tables in a row": (n: number) => "<table><tr><td>x<td>y<tr><td>1<td>2</table>".repeat(n),
    "one table": (n: number) => `<table border=1>${"<tr><td>x<td colspan=9>y".repeat(n)}`,
    "row spans": (n: number) => `<table border=1>${"<tr><td rowspan=500>x<td>y".repeat(n)}`,
    links: (n: number) => "<a href=https://x.org/>www.y.org".repeat(n),
    quotes: (n: number) => "<blockquote>x".repeat(n),
    "style sheets": (n: number) => "<style>.a{display:none}{{</style>".repeat(n),
    crossed: (n: number) => "<b><p></b><table></p><li>x".repeat(n),
    "one word": (n: number) => "a".repeat(20 * n),
    "one cell of words": (n: number) =>
      `<table border=1><tr><td>${"ab ".repeat(n)}<td>y<tr><td>1<td>2</table>`,
  })) {
    shown(html(500));
    const [few, many] = [html(3_000), html(12_000)];
    assertCheaper(
      () => shown(many),
      12,
      () => shown(few),
      what,
      12,
    );
  }
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

test("layout: the words for a picture stay together where a line can hold them, and its size in any case", () => {
  const of = (html: string, width: number) => lay(htmlToBody(html), width);
  const picture = "<img src='cid:1' alt='A view' width=320 height=200>";
  assert.deepEqual(of(`<p>Some words, ${picture} and more.`, 30), [
    "Some words,",
    "[image A view 320×200] and",
    "more.",
  ]);
  assert.deepEqual(of(`<p>Some words, ${picture}`, 20), ["Some words, [image A", "view 320×200]"]);
  const sized = { ...htmlToBody(`<p>${picture}`) };
  const lines = sized.lines.map((line) => ({
    ...line,
    spans: line.spans.map((span) => ({ ...span, text: span.text.replace("]", " 12 kB]") })),
  }));
  assert.deepEqual(lay({ ...sized, lines }, 20), ["[image A view", "320×200 12 kB]"]);
  for (let width = 1; width < 40; width++)
    for (const line of layoutBody({ ...sized, lines }, width)) assert.ok(line.width <= width, `${width}`);
});

const letter = [
  "Dear gardeners,",
  "",
  "the first frost came on Tuesday night, a fortnight before anybody had",
  "expected it. Whoever has dahlias in the ground should dig them up this",
  "weekend; there is room for three more boxes in the cellar of the old",
  "school, behind the door with the green handle.",
  "",
  "- the key hangs where it has always hung, and whoever takes it signs",
  "- boxes with a name on them stay, whatever the committee decides then",
  "Keys: Ada (upstairs), Grace (next door, but never before nine o'clock)",
  "Phone: 555-0100, or at https://garden.example/contact/the-committee",
  "",
  "There will be soup on Sunday, if Alan finds the pot that he borrowed.",
  "",
  "> Is anything left of the seeds that Katherine brought from Lisbon? I",
  "> would gladly take some.",
];

test("layout: a paragraph broken for a wider page is broken anew where it does not fit, and nothing else is", () => {
  assert.deepEqual(lay(textToBody(letter.join("\n")), 72), letter);
  assert.deepEqual(lay(textToBody(letter.join("\n")), 50), [
    "Dear gardeners,",
    "",
    "the first frost came on Tuesday night, a fortnight",
    "before anybody had expected it. Whoever has",
    "dahlias in the ground should dig them up this",
    "weekend; there is room for three more boxes in the",
    "cellar of the old school, behind the door with the",
    "green handle.",
    "",
    "- the key hangs where it has always hung, and",
    "  whoever takes it signs",
    "- boxes with a name on them stay, whatever the",
    "  committee decides then",
    "Keys: Ada (upstairs), Grace (next door, but never",
    "before nine o'clock)",
    "Phone: 555-0100, or at",
    "https://garden.example/contact/the-committee",
    "",
    "There will be soup on Sunday, if Alan finds the",
    "pot that he borrowed.",
    "",
    "> Is anything left of the seeds that Katherine",
    "> brought from Lisbon? I would gladly take some.",
  ]);
});

test("layout: two lines are a paragraph where the second goes on in the midst of a sentence", () => {
  const attribution = "On Tuesday the fourteenth of October in the evening Katherine had written:";
  const pairs = [
    "Please send what you have to me alone (ada@example.org), as I am not",
    "on the list.",
    "",
    "        By now I have none of the machines any more, but whoever has them",
    "can build what he needs with the compiler that lies beside the others.",
    "",
    "1. It names one snapshot of the tools that will be gone from there before",
    "long, and nobody keeps them.",
    "",
    "You'd better ask Grace.   She has seen it, unless I am mistaken, and said",
    "so.",
  ];
  assert.deepEqual(lay(textToBody([attribution, ...pairs].join("\n")), 60).slice(2), [
    "Please send what you have to me alone (ada@example.org), as",
    "I am not on the list.",
    "",
    "        By now I have none of the machines any more, but",
    "whoever has them can build what he needs with the compiler",
    "that lies beside the others.",
    "",
    "1. It names one snapshot of the tools that will be gone from",
    "   there before long, and nobody keeps them.",
    "",
    "You'd better ask Grace.   She has seen it, unless I am",
    "mistaken, and said so.",
  ]);
  // Each of these may as well be a line by itself.
  for (const [first, second] of [
    ["Please send what you have to me alone (ada@example.org), or to Grace.", "or to nobody"],
    ["Please send what you have to me alone (ada@example.org), as I am not", "Ada"],
    ["Please send what you have to Ada and to Grace and to Alan, but not to", "bob: he has it"],
  ])
    assert.deepEqual(lay(textToBody(`${attribution}\n${first}\n${second}`), 60).at(-1), second);
});

test("layout: items of a list hang below their words, and are broken anew as well", () => {
  const list = [
    "To do before the first of December, whoever has the time:",
    "  - Dig up the dahlias along the southern wall, all but the two red",
    "    ones next to the pump, which have to stay where they are until",
    "    Grace has taken her photographs.",
    "  - Empty the water butts.",
    "1) Bring back the key to the cellar, or tell Ada by the end of the week where it is",
    "      an indented line that is so long that it has to be broken somewhere",
  ];
  assert.deepEqual(lay(textToBody(list.join("\n")), 48), [
    "To do before the first of December, whoever has",
    "the time:",
    "  - Dig up the dahlias along the southern wall,",
    "    all but the two red ones next to the pump,",
    "    which have to stay where they are until",
    "    Grace has taken her photographs.",
    "  - Empty the water butts.",
    "1) Bring back the key to the cellar, or tell Ada",
    "   by the end of the week where it is",
    "      an indented line that is so long that it",
    "      has to be broken somewhere",
  ]);
});

test("layout: verses, code, tables, logs and addresses keep their lines, whatever the width", () => {
  const kept = [
    "Whose woods are these, the postman said and turned his lamp around,",
    "and no one spoke,",
    "and snow fell on the letters and the letters made no sound at all,",
    "and no one spoke.",
    "",
    "for (const message of messages) if (!seen.has(message)) report(message);",
    "  if (report.length > 100) break;",
    "return report.filter((line) => line.length > 0).map((line) => line.trim());",
    "",
    "Name of the plant that was brought   where it stands now   how many",
    "Dahlia, the red one with small leaf  behind the old door    fourteen",
    "Tulip, yellow, from the other side   the box by the window     three",
    "",
    '    printk(KERN_ERR "the buffer of the second port is not there\\n");',
    "    ret = allocate(port->second, GFP_KERNEL | __GFP_ZERO, 4 * PAGE_SIZE);",
    "    if (ret) return ret;",
    "",
    "drivers/port/second.o: In function `port_second_allocate_the_buffer':",
    "second.c:(.text+0x1ac): undefined reference to `allocate_the_buffer'",
    "",
    "static void port_second_set_timer(struct port_second *second, int milliseconds);",
    "static int port_second_read(struct port_second *second, char *buffer);",
    "",
    "diff --git a/doc/ports.txt b/doc/ports.txt",
    "@@ -210,3 +210,5 @@ Of ports",
    " What is said of the first port holds for the second one, and whoever has",
    " more than two of them should look into the other file, which says more of",
    " them.",
    "+And of a third one, which nobody has seen so far, it holds as well, it is",
    "+said.",
    "",
    "2026-11-27 09:14:02 mail imap-login: connection closed after 14 seconds",
    "2026-11-27 09:14:09 mail imap-login: a very different thing happened now",
    "2026-11-27 09:15:44 mail imap: logged out, in=12 out=3456 deleted=0 ok",
  ];
  const starts = (lines: string[]) =>
    kept.every((line) => lines.some((l) => l.startsWith(line.slice(0, 20))));
  for (const width of [40, 50, 60]) assert.ok(starts(lay(textToBody(kept.join("\n")), width)), `${width}`);
});

test("layout: no word is lost or moved where paragraphs are broken anew, and a wide screen shows what was sent", () => {
  const words = fc.array(
    fc.constantFrom("a", "word", "longer", "sentences.", "Is", "漢字", "x:", "12", "(and", "so)"),
    {
      minLength: 1,
      maxLength: 16,
    },
  );
  fc.assert(
    fc.property(
      fc.array(words, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 20, max: 90 }),
      (lines, width) => {
        const text = lines.map((line) => line.join(" "));
        const wide = Math.max(0, ...text.map(textWidth)) <= width;
        const body = textToBody(text.join("\n"));
        if (wide) assert.deepEqual(lay(body, width), text);
        const flat = (all: string[]) => all.join(" ").replaceAll(/\s+/g, "");
        assert.equal(flat(lay(body, width)), flat(text));
        assert.ok(lay(body, width).every((line) => textWidth(line) <= width));
      },
    ),
    { numRuns: 300 },
  );
});

test("layout: a rule that is wider than the screen is one line, words as long are not", () => {
  assert.deepEqual(lay(textToBody(`a\n${"-".repeat(500)}\n> ${"=".repeat(90)}`), 30), [
    "a",
    "-".repeat(30),
    `> ${"=".repeat(28)}`,
  ]);
  assert.equal(lay(textToBody("-o".repeat(40)), 30).length, 3);
});

test("a screen that strikes out by itself needs no marks, in tables neither", () => {
  const html =
    "<p>Was <s>12 €</s>.</p><table border=1><tr><td><s>2.50</s><td>1</tr><tr><td>3<td>2</tr></table>";
  const body = withoutStruckMarks(htmlToBody(html));
  assert.deepEqual(lay(body), ["Was 12 €.", "", "2.50  1", "3     2"]);
  const struck = layoutBody(body, 60).flatMap(({ spans }) => spans.filter((span) => span.struck));
  assert.deepEqual(
    struck.map(({ text }) => text),
    ["12 €", "2.50"],
  );
});

test("layout: simple text is wrapped by counting as any other text is", async () => {
  const piece = fc.constantFrom(
    "e",
    "ee",
    " ",
    "  ",
    "eeeeeeeee",
    "é",
    "\u2014",
    "word ",
    "https://e.example/eeeeeeeee ",
  );
  const span = fc.record({
    text: fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
    style: fc.constantFrom("plain" as const, "bold" as const),
    link: fc.constantFrom(0, 1),
  });
  const base = textToBody("x").lines[0]!;
  const body = (spans: Span[], quote: number, hang: number): Body => ({
    ...textToBody(""),
    lines: [{ ...base, spans, quote, hang }],
  });
  const texts = (b: Body, width: number) =>
    layoutBody(b, width).map((line) => [
      line.width,
      line.spans.map((s) => s.text.replaceAll("ẽ", "e")).join(""),
    ]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(span, { maxLength: 6 }),
      fc.integer({ min: 1, max: 40 }),
      fc.nat(4),
      fc.nat(6),
      async (spans, width, quote, hang) => {
        // A letter of one column that is not among the simple ones sends a line the other way.
        const other = spans.map((one) => ({ ...one, text: one.text.replaceAll("e", "ẽ") }));
        const simple = body(spans, quote, hang);
        assert.deepEqual(texts(simple, width), texts(body(other, quote, hang), width));
        assert.deepEqual(await layoutInTurns(simple, width), layoutBody(simple, width));
      },
    ),
    { numRuns: 500 },
  );
});

test("layout: escape sequences in a body do not reach the result", () => {
  const body = htmlToBody("<p>a&#27;[31mb&#155;1mc</p><a href='https://x.org/\x1b[2J'>l&#x202e;k</a>");
  assert.doesNotMatch(lay(body).join("\n"), /[\x1b\x9b\u202e]/);
});

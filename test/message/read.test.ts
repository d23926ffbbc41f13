import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chooseTextParts,
  cleanLabel,
  decodePart,
  extractPart,
  layoutBody,
  listAttachments,
  OFFERED_CHARSETS,
  parseMime,
  type ReadableMessage,
  readMessage,
  readParts,
} from "../../src/message/index.ts";
import { spending } from "../cost.ts";

const TOP =
  "From: Ann <ann@example.org>\r\nTo: team: bob@example.org, =?utf-8?q?Zo=C3=AB?= <z@example.org>;\r\n";
const message = (...lines: string[]) => Buffer.from(`${TOP}${lines.join("\r\n")}\r\n`);

function shown(m: ReadableMessage, width = 72): string {
  return layoutBody(m.body, width)
    .map((line) => line.spans.map((span) => span.text).join(""))
    .join("\n");
}

/** Reads over the network's path: only the sections that were asked for are there. */
async function readBySections(source: Buffer): Promise<ReadableMessage> {
  const tree = parseMime(source);
  const parts = new Map<string, Buffer>();
  for (const section of chooseTextParts(tree.structure)) {
    const [number = "", ...field] = section.split(".HEADER");
    const bytes = field.length ? tree.enclosedHeaders.get(number) : tree.parts.get(section)?.body;
    assert.ok(bytes, section);
    parts.set(section, bytes);
  }
  return readParts({ header: tree.header, structure: tree.structure, parts });
}

const PLAIN = message(
  "Subject: =?utf-8?q?caf=C3=A9?=",
  "Date: Fri, 21 Nov 1997 09:55:06 -0600",
  "Message-ID: <1@example.org>",
  "Content-Type: text/plain; charset=iso-8859-1",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  "Gr=FC=DFe, soft=",
  "ened",
);

const NESTED = message(
  "Content-Type: multipart/mixed; boundary=outer",
  "",
  "preamble",
  "--outer",
  "Content-Type: multipart/alternative; boundary=outer-inner",
  "",
  "--outer-inner",
  "Content-Type: text/plain; charset=utf-8",
  "",
  "The plain words of this message, long enough to be no stub at all.",
  "--outer-inner",
  "Content-Type: text/html",
  "",
  "<p>The rich words",
  "--outer-inner--",
  "--outer",
  "Content-Type: message/rfc822",
  "",
  "From: Carl <carl@example.org>",
  "Subject: inner",
  "Content-Type: multipart/mixed; boundary=deep",
  "",
  "--deep",
  "",
  "inner text",
  "--deep",
  "Content-Type: image/png; name=p.png",
  "Content-ID: <pic@x>",
  "Content-Transfer-Encoding: base64",
  "",
  "aGVsbG8=",
  "--deep--",
  "--outer",
  "Content-Type: text/calendar; name*=utf-8''termin%C3%A9.ics",
  "Content-Disposition: attachment",
  "",
  "BEGIN:VCALENDAR",
  "--outer--",
  "epilogue",
);

test("headers and text of a simple message", async () => {
  const m = await readMessage(PLAIN);
  assert.deepEqual(m.headers.from, [{ name: "Ann", email: "ann@example.org" }]);
  assert.deepEqual(m.headers.to, [
    { name: "", email: "bob@example.org" },
    { name: "Zoë", email: "z@example.org" },
  ]);
  assert.equal(m.headers.subject, "café");
  assert.equal(m.headers.date, Date.parse("1997-11-21T15:55:06Z"));
  assert.equal(m.headers.messageId, "<1@example.org>");
  assert.equal(shown(m), "Grüße, softened");
  assert.deepEqual([m.attachments, m.problems], [[], []]);
});

test("sections count as IMAP's do, in nested multiparts and enclosed messages", async () => {
  const m = await readMessage(NESTED);
  assert.equal(
    shown(m),
    [
      "The plain words of this message, long enough to be no stub at all.",
      "",
      "──── Enclosed message ────",
      "From: Carl <carl@example.org>",
      "Subject: inner",
      "",
      "inner text",
    ].join("\n"),
  );
  assert.deepEqual(
    m.attachments.map((a) => [a.section, a.mediaType, a.fileName, a.contentId]),
    [
      ["2", "message/rfc822", null, null],
      ["2.2", "image/png", "p.png", "pic@x"],
      ["3", "text/calendar", "terminé.ics", null],
    ],
  );
  assert.deepEqual(chooseTextParts(parseMime(NESTED).structure), [
    "1.1",
    "2.HEADER.FIELDS (FROM TO CC SUBJECT DATE)",
    "2.1",
  ]);
  assert.deepEqual(listAttachments(parseMime(NESTED).structure), m.attachments);
  assert.equal(extractPart(NESTED, "2.1")?.bytes.toString(), "inner text");
  assert.deepEqual(extractPart(NESTED, "2.2"), {
    mediaType: "image/png",
    encoding: "base64",
    fileName: "p.png",
    bytes: Buffer.from("aGVsbG8="),
  });
  assert.equal(extractPart(PLAIN, "1")?.encoding, "quoted-printable");
  assert.equal(extractPart(NESTED, "9"), null);
});

test("reading part by part gives what reading the whole gives", async () => {
  for (const source of [PLAIN, NESTED]) {
    assert.deepEqual(await readBySections(source), await readMessage(source));
  }
});

function alternative(plain: string, html: string): Buffer {
  return message(
    "Content-Type: multipart/alternative; boundary=b",
    "",
    "--b",
    "Content-Type: text/plain",
    "",
    plain,
    "--b",
    "Content-Type: text/html",
    "",
    html,
    "--b--",
  );
}

test("of two forms the plain one is shown, unless it is a stub", async () => {
  const html = `<p>The newsletter ${"with much to say ".repeat(40)}</p>`;
  const real = "A plain text that stands for itself and is long enough to show it.";
  assert.equal(shown(await readMessage(alternative(real, html))), real);
  for (const stub of ["", "OK", "Please view this message in your web browser to read what it says."]) {
    assert.match(shown(await readMessage(alternative(stub, html))), /^The newsletter/, stub);
  }
  assert.equal(shown(await readMessage(alternative("Yes.", "<p>Yes."))), "Yes.");
});

test("a plain text that has lost its line breaks gives way to its HTML; one of long names does not", async () => {
  const html =
    "<div>Hello Ann,</div><div>thank you for the letter!</div><div>Best,<br>Christopher Price<br>DenverBoulder.com</div>";
  const lost = "Hello Ann,thank you for the letter!Best,Christopher PriceDenverBoulder.com";
  assert.equal(
    shown(await readMessage(alternative(lost, html))),
    "Hello Ann,\nthank you for the letter!\nBest,\nChristopher Price\nDenverBoulder.com",
  );
  assert.equal(
    shown(await readMessage(alternative(lost, html), { prefer: "plain" })).replace("\n", " "),
    lost,
  );
  const code = "Take java.lang.String or HashMap.Entry of BufferedReader.";
  assert.equal(shown(await readMessage(alternative(code, `<p>Rich: <b>${code}</b>`))), code);
});

test("a plain text full of links in Markdown gives way to its HTML, one with a few does not", async () => {
  const links = (count: number) =>
    Array.from({ length: count }, (_, i) => `See [page ${i}](https://example.org/${i}).`).join("\n\n");
  const html = `<p>See <a href="https://example.org/0">page 0</a>, as all pages of this letter to you.</p>`;
  assert.match(shown(await readMessage(alternative(links(9), html))), /^See page 0\[1\], as all/);
  for (const [count, options] of [
    [4, {}],
    [9, { prefer: "plain" }],
  ] as const)
    assert.match(
      shown(await readMessage(alternative(links(count), html), options)),
      /^See \[page 0\]\(https/,
    );
});

test("a plain text full of addresses that nobody reads gives way to its HTML, a list of some does not", async () => {
  const html = `<p>The letter, <a href="https://example.org/all">all of it</a>.</p>`;
  const address = (i: number) => `https://click.example.org/${"f00".repeat(20)}${i}`;
  const made = {
    pictures: (i: number) => `Picture ${i} [${address(i)}] of the harbour`,
    lines: (i: number) => `Read on:\n${i % 2 ? "» " : ""}${address(i)}\nand then`,
  };
  const texts = (line: (i: number) => string, count: number) =>
    Array.from({ length: count }, (_, i) => line(i)).join("\n\n");
  for (const line of Object.values(made)) {
    assert.match(shown(await readMessage(alternative(texts(line, 9), html))), /^The letter, all of it\[1\]/);
    assert.doesNotMatch(shown(await readMessage(alternative(texts(line, 4), html))), /^The letter/);
  }
  // Who sends a list of addresses says something of each.
  const list = texts((i) => `${"Something of it.\n".repeat(9)}${address(i)}`, 9);
  const quoted = texts(made.lines, 9).replace(/^/gm, "> ");
  for (const text of [list, quoted, texts((i) => `See https://example.org/${i}\n`, 9)])
    assert.doesNotMatch(shown(await readMessage(alternative(text, html))), /^The letter/);
});

test("of very many addresses the first are read, and it is said", async () => {
  const list = Array.from({ length: 9000 }, (_, i) => `p${i}@example.org`).join(", ");
  const m = await readMessage(Buffer.from(`To: ${list}\r\n\r\nhi`));
  assert.ok(m.headers.to.length > 5000 && m.headers.to.length < 9000);
  assert.match(m.headers.to.at(-1)?.email ?? "", /^p\d+@example\.org$/);
  assert.deepEqual(m.problems, ["There are very many addresses; only the first are shown."]);
});

test("line ends LF and CR, a mailbox separator, and a forgotten empty line are all read", async () => {
  const crlf = await readMessage(PLAIN);
  const text = PLAIN.toString("latin1");
  for (const variant of [
    text.replaceAll("\r\n", "\n"),
    text.replaceAll("\r\n", "\r"),
    `From ann Fri Nov 21 09:55:06 1997\n${text.replaceAll("\r\n", "\n")}`,
    text.replace("\r\n\r\n", "\r\n \r\n"),
    text.replace("\r\n\r\n", "\r\n"),
  ]) {
    const m = await readMessage(Buffer.from(variant, "latin1"));
    assert.deepEqual([shown(m), m.headers], [shown(crlf), crlf.headers], JSON.stringify(variant));
  }
});

test("an 8-bit subject without encoded words is read in the charset of the body", async () => {
  const source = Buffer.concat([
    Buffer.from("Subject: "),
    Buffer.from("bec8b3e7", "hex"),
    Buffer.from("\r\nContent-Type: text/plain; charset=euc-kr\r\n\r\nx"),
  ]);
  assert.equal((await readMessage(source)).headers.subject, "안녕");
});

const hostile: [string, Buffer][] = [
  ["nothing", Buffer.alloc(0)],
  ["zeros", Buffer.alloc(100_000)],
  ["all octets", Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 7) & 255))],
  ["no boundary", message("Content-Type: multipart/mixed", "", "--x", "", "text")],
  ["boundary never used", message("Content-Type: multipart/mixed; boundary=x", "", "text")],
  ["unclosed", message("Content-Type: multipart/mixed; boundary=x", "", "--x", "", "text")],
  [
    "deep multiparts",
    Buffer.from(
      Array.from(
        { length: 2000 },
        (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`,
      ).join(""),
    ),
  ],
  ["deep enclosed messages", Buffer.from("Content-Type: message/rfc822\r\n\r\n".repeat(3000))],
  [
    "many parts",
    message("Content-Type: multipart/mixed; boundary=b", "", "--b\r\n\r\nhi\r\n".repeat(20_000)),
  ],
  ["huge header", Buffer.from(`X: ${"a".repeat(3_000_000)}\r\n\r\nhi`)],
  ["many headers", Buffer.from(`${"X: a\r\n".repeat(300_000)}\r\nhi`)],
  ["bad addresses", Buffer.from(`From: ${'<("=?'.repeat(10_000)}\r\n\r\nhi`)],
  ["base64 garbage", message("Content-Transfer-Encoding: base64", "", "!§$%&/()=?".repeat(1000))],
  [
    "quoted-printable garbage",
    message("Content-Transfer-Encoding: quoted-printable", "", "=ZZ==\r\n=".repeat(5000)),
  ],
  ["escapes", message("Content-Type: text/plain", "", "\x1b]0;x\x07\x1b[2J\x9b1m".repeat(1000))],
  ["open tags", message("Content-Type: text/html", "", "<table><tr><td>".repeat(3000))],
];
for (const [name, source] of hostile) {
  test(`hostile: ${name}`, async () => {
    const spent = spending();
    const lines = layoutBody((await readMessage(source)).body, 80);
    for (const line of lines) {
      for (const span of line.spans) assert.doesNotMatch(span.text, /[\0-\x1f\x7f-\x9f]/);
    }
    assert.ok(spent() < 2_000);
  });
}

async function decoded(encoding: string, ...chunks: string[]): Promise<string> {
  const stream = decodePart(encoding);
  for (const chunk of chunks) stream.write(Buffer.from(chunk, "latin1"));
  stream.end();
  const out: Buffer[] = [];
  for await (const chunk of stream) out.push(chunk);
  return Buffer.concat(out).toString("latin1");
}

test("transfer encodings are undone, across chunks and in spite of dirt", async () => {
  assert.equal(await decoded("base64", "aGVs", "bG8\r\n", "gd29ybGQ="), "hello world");
  assert.equal(await decoded("base64", "aGVsbG8"), "hello");
  assert.equal(await decoded("quoted-printable", "a=", "3Db=\r\nc =E", "9"), "a=bc \xe9");
  assert.equal(await decoded("base64", "aGk=\r\n", "aGk=", "aA"), "hihih");
  assert.equal(await decoded("quoted-printable", "a \t\r\nb=  \r\nc=3", "d=3", "D= "), "a\r\nbc==");
  const long = "x=20 y ".repeat(30_000);
  assert.equal(await decoded("quoted-printable", long, long), "x  y ".repeat(60_000).trimEnd());
  assert.equal(await decoded("x-uuencode", "begin 644 cat.txt\n#0V", "%T\n`\nend\n"), "Cat");
  assert.equal(await decoded("7bit", "as it ", "is"), "as it is");
  assert.equal(await decoded("base64"), "");
});

test("a large attachment is decoded in constant memory", async () => {
  const line = `${Buffer.alloc(57, "x").toString("base64")}\r\n`;
  const stream = decodePart("base64");
  const count = 40_000;
  const feeding = (async () => {
    for (let i = 0; i < count; i += 100) {
      if (!stream.write(line.repeat(100))) await new Promise((resolve) => stream.once("drain", resolve));
    }
    stream.end();
  })();
  let size = 0;
  for await (const chunk of stream) size += chunk.length;
  await feeding;
  assert.equal(size, count * 57);
});

test("a form that is preferred, and the one that is left", async () => {
  const source = alternative(
    "The plain words, long enough to stand for themselves.",
    "<p>The <b>rich</b> words",
  );
  const [plain, rich] = [await readMessage(source), await readMessage(source, { prefer: "html" })];
  assert.match(shown(plain), /^The plain words/);
  assert.equal(shown(rich), "The rich words");
  assert.deepEqual(plain.otherForm, { section: "2", mediaType: "text/html" });
  assert.deepEqual(rich.otherForm, { section: "1", mediaType: "text/plain" });
  assert.deepEqual(chooseTextParts(parseMime(source).structure, { prefer: "html" }), ["1", "2"]);
  assert.equal((await readMessage(PLAIN)).otherForm, null);
});

test("a plain text that only says that there is HTML is passed over, however long it is", async () => {
  const html = `<p>The newsletter ${"with much to say ".repeat(900)}</p>`;
  const stub = `Guten Tag,\r\ndieser Newsletter wird ausschließlich in einer HTML-Version versendet.\r\n${"Impressum, Anschrift. ".repeat(30)}`;
  assert.match(shown(await readMessage(alternative(stub, html))), /^The newsletter/);
});

test("another charset: for text without one or with a wrong one, not for what is UTF-8 or 7-bit", async () => {
  const cyrillic = Buffer.from("cff0e8e2e5f2", "hex");
  const source = (type: string, bytes: Buffer) =>
    Buffer.concat([Buffer.from("Subject: "), bytes, Buffer.from(`\r\nContent-Type: ${type}\r\n\r\n`), bytes]);
  const read = async (type: string, bytes: Buffer, charset: string | null) => {
    const m = await readMessage(source(type, bytes), { charset });
    return [shown(m), m.headers.subject];
  };
  const hello = ["Привет", "Привет"];
  assert.deepEqual(await read("text/plain", cyrillic, "windows-1251"), hello);
  assert.deepEqual(await read("text/plain; charset=iso-8859-1", cyrillic, "windows-1251"), hello);
  assert.deepEqual(await read("text/html; charset=koi8-r", cyrillic, "cp1251"), hello);
  assert.deepEqual(await read("text/plain; charset=utf-8", Buffer.from("Привет"), "koi8-r"), hello);
  assert.deepEqual(await read("text/plain; charset=windows-1251", cyrillic, "no such"), hello);
  assert.deepEqual(await read("text/plain", Buffer.from("Hello"), "shift_jis"), ["Hello", "Hello"]);
  for (const name of OFFERED_CHARSETS) assert.notEqual(cleanLabel(name), null, name);
});

test("text/enriched and text/richtext are read with their formatting", async () => {
  const enriched =
    "<bold>Now</bold> is <<the\r\ntime\r\n\r\n<color><param>red</param>for</color> A&B\r\n<excerpt>old</excerpt><nofill>a\r\n  b</nofill>";
  const m = await readMessage(message("Content-Type: text/enriched", "", enriched));
  assert.equal(shown(m), "Now is <the time\nfor A&B\n\n> old\n\na\n  b");
  assert.equal(m.body.lines[0]?.spans[0]?.style, "bold");
  const rich = await readMessage(
    message("Content-Type: text/richtext", "", "one\r\ntwo<nl><comment>x</comment>3 <lt> 4"),
  );
  assert.equal(shown(rich), "one two\n3 < 4");
});

test("a digest: each message under its header, with its place", async () => {
  const one = (n: number) => [
    "--d",
    "",
    `From: P${n} <p${n}@example.org>`,
    `Subject: s${n}`,
    "",
    `text ${n}`,
  ];
  const m = await readMessage(
    message("Content-Type: multipart/digest; boundary=d", "", ...one(1), ...one(2), "--d--"),
  );
  assert.equal(
    shown(m),
    [1, 2]
      .map((n) =>
        [
          `──── Message ${n} of 2 ────`,
          `From: P${n} <p${n}@example.org>`,
          `Subject: s${n}`,
          "",
          `text ${n}`,
        ].join("\n"),
      )
      .join("\n\n"),
  );
  assert.deepEqual(
    m.items.map((item) =>
      item.kind === "enclosed" ? [item.section, item.headers.subject, item.place] : item,
    ),
    [
      ["1", "s1", { number: 1, of: 2 }],
      ["2", "s2", { number: 2, of: 2 }],
    ],
  );
});

test("what is signed or encrypted is told by its structure", async () => {
  const kinds = async (...lines: string[]) =>
    (await readMessage(message(...lines))).items.map((item) =>
      "protocol" in item ? [item.kind, item.protocol, item.section, item.inline] : item,
    );
  const multipart = (type: string) => [
    `Content-Type: multipart/${type}; boundary=b`,
    "",
    "--b",
    "",
    "x",
    "--b",
    "Content-Type: application/octet-stream",
    "",
    "y",
    "--b--",
  ];
  assert.deepEqual(await kinds(...multipart('signed; protocol="application/pgp-signature"')), [
    ["signed", "pgp", "", false],
  ]);
  assert.deepEqual(await kinds(...multipart('signed; protocol="application/x-pkcs7-signature"')), [
    ["signed", "smime", "", false],
  ]);
  assert.deepEqual(await kinds(...multipart('encrypted; protocol="application/pgp-encrypted"')), [
    ["encrypted", "pgp", "", false],
  ]);
  assert.deepEqual(await kinds("Content-Type: application/pkcs7-mime; smime-type=signed-data", "", "x"), [
    ["signed", "smime", "1", false],
  ]);
  assert.deepEqual(
    await kinds("Content-Type: application/x-pkcs7-mime; smime-type=enveloped-data", "", "x"),
    [["encrypted", "smime", "1", false]],
  );
  assert.deepEqual(await kinds("", "-----BEGIN PGP SIGNED MESSAGE-----", "Hash: SHA256", "", "x"), [
    ["signed", "pgp", "1", true],
  ]);
});

test("where replies to all are to go, and the list a message came by", async () => {
  const m = await readMessage(
    message(
      "Mail-Followup-To: L <l@example.org>, bob@example.org",
      "List-Post: <mailto:l@example.org>",
      "",
      "x",
    ),
  );
  assert.deepEqual(m.headers.followupTo, [
    { name: "L", email: "l@example.org" },
    { name: "", email: "bob@example.org" },
  ]);
  assert.deepEqual(m.list?.post, ["l@example.org"]);
});

/** Messages of every kind, changed at random: whatever comes of them is read, safe, and in its columns. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { safeFileName } from "../../src/message/file-name.ts";
import { extractAttachment, layoutBody, type ReadableMessage, readMessage } from "../../src/message/index.ts";
import { readSources } from "../corpus/sources.ts";
import { spending } from "../cost.ts";
import { mutate, random } from "../fuzz/mutate.ts";

/** Messages of others, where they are: not part of this project. */
const corpus = process.env.CORPUS ?? "../shared/corpus";
const noCorpus = existsSync(corpus) ? false : `there are no messages in ${corpus}: set CORPUS`;

/** Milliseconds of the processor: longer for a message of at most 64 KiB is a hang. */
const hang = 10_000;

const UNSAFE = /[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

function checkLayout({ body }: ReadableMessage): void {
  const sent = layoutBody({ ...body, lines: body.lines.filter(({ pre }) => pre) }, 80);
  const preformatted = sent.reduce((most, line) => Math.max(most, line.width), 0);
  for (const width of [7, 80]) {
    for (const line of layoutBody(body, width)) {
      assert.ok(
        line.quote > 0 || line.width <= Math.max(width, preformatted),
        `${line.width} columns of ${width}`,
      );
      for (const span of line.spans) {
        assert.doesNotMatch(span.text, UNSAFE);
        assert.ok(span.link <= body.links.length && (span.image ?? 0) <= body.images.length);
      }
    }
  }
}

async function holds(source: Buffer): Promise<void> {
  const spent = spending();
  const message = await readMessage(source);
  checkLayout(message);
  checkLayout(await readMessage(source, { prefer: "html", charset: "koi8-r", timeZone: "Asia/Tokyo" }));
  for (const { section } of message.attachments.slice(0, 20))
    assert.ok(await extractAttachment(source, section), `there is a part ${section}`);
  const took = spent();
  assert.ok(took < hang, `${took.toFixed(0)} ms`);
}

const part = (type: string, ...lines: string[]) => ["--b", `Content-Type: ${type}`, "", ...lines];
const ours = Buffer.from(
  [
    "From: =?utf-8?q?Zo=C3=AB?= <z@example.org>",
    "To: team: a@example.org, b@example.org;",
    "Mail-Followup-To: l@example.org",
    "Received: from a by mx.example.org with ESMTP",
    "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=example.org",
    "List-Unsubscribe: <mailto:u@example.org>, <https://example.org/u>",
    "Content-Type: multipart/mixed; boundary=b",
    "",
    ...part("text/plain; format=flowed; delsp=yes", "> quoted ", "> on", "", "a \tb", "-- ", "Ann"),
    ...part(
      "text/html; charset=utf-8",
      "<style>.x{display:none}</style><p style='font-size:30px'>Big<table border=1><tr><th>a<th colspan=2>b<tr><td rowspan=2>1<td>2</table>",
      "<ol type=i><li>x<ul><li>y</ul></ol><blockquote type=cite>q<pre>a\tb</pre></blockquote>",
      '<a href="https://evil.example">www.bank.example</a><img src="cid:p@x" width=10 height=20 alt="漢字">',
    ),
    ...part(
      "text/calendar; method=REQUEST",
      "BEGIN:VCALENDAR",
      "METHOD:REQUEST",
      "BEGIN:VEVENT",
      "UID:1",
      "DTSTART;TZID=Europe/Berlin:20260105T100000",
      "RRULE:FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20270101",
      "ATTENDEE;CN=A:mailto:a@example.org",
      "END:VEVENT",
      "END:VCALENDAR",
    ),
    ...part(
      "message/delivery-status",
      "Reporting-MTA: dns; x",
      "",
      "Final-Recipient: rfc822; a@x",
      "Action: failed",
      "Status: 5.1.1",
    ),
    ...part(
      "message/rfc822",
      "Subject: inner",
      "",
      "-----BEGIN PGP SIGNED MESSAGE-----",
      "",
      "x",
      "-----BEGIN PGP SIGNATURE-----",
      "iQ",
      "-----END PGP SIGNATURE-----",
    ),
    ...part("application/ms-tnef; name=winmail.dat", 'x\u009f>"\u0001\u0000'),
    "--b--",
    "",
  ].join("\r\n"),
  "latin1",
);

test("our own message of every kind, changed in thousands of ways", async () => {
  await holds(ours);
  const next = random(1);
  for (let i = 0; i < 1500; i++) {
    const changed = mutate(ours, [ours], next);
    await holds(changed).catch((error: unknown) => {
      throw new Error(`change ${i}: ${JSON.stringify(changed.toString("latin1"))}`, { cause: error });
    });
  }
});

test("messages of others, as they are and changed", { skip: noCorpus }, async () => {
  const next = random(2);
  const all = readSources([corpus]).messages.filter(({ bytes }) => bytes.length <= 64 * 1024);
  const some = all.filter((_, i) => i % 12 === 0);
  const others = some.map(({ bytes }) => bytes);
  for (const { name, bytes } of some) {
    for (const source of [bytes, mutate(bytes, others, next)])
      await holds(source).catch((error: unknown) => {
        throw new Error(`${name}: ${source.equals(bytes) ? "as it is" : source.toString("base64")}`, {
          cause: error,
        });
      });
  }
});

test("what makes careless patterns slow takes linear time", async () => {
  const wrap = (type: string) => (body: string) => Buffer.from(`Content-Type: ${type}\r\n\r\nx${body}x`);
  const header = (name: string) => (value: string) =>
    Buffer.from(`${name}: x${value}x\r\nContent-Type: text/plain\r\n\r\nx`);
  const event = wrap("text/calendar; method=REQUEST");
  const places = {
    text: wrap("text/plain"),
    flowed: wrap("text/plain; format=flowed"),
    html: wrap("text/html"),
    href: (body: string) =>
      wrap("text/html")(`<a style="${body}" class="${body}" href="https://x.org/${body}">www.${body}</a>`),
    css: (body: string) => wrap("text/html")(`<style>.a${body}{display:none}</style>`),
    calendar: (body: string) =>
      event(`BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:${body}\nSUMMARY;X=${body}:${body}\n${body}`),
    report: wrap("message/delivery-status"),
    subject: header("Subject"),
    from: header("From"),
    results: header("Authentication-Results"),
    list: header("List-Unsubscribe"),
    id: header("List-Id"),
    name: (body: string) => Buffer.from(`Content-Type: image/png; name="x${body}x"\r\n\r\nx`),
  };
  const repeated = [
    " ",
    "\t",
    "\r",
    "\n",
    "\0",
    "<",
    "> ",
    "(",
    ".",
    "%20",
    "=?",
    "a,",
    "; ",
    "-- ",
    "-----BEGIN PGP MESSAGE-----\n",
    "display:none;",
    "www.",
    "http://",
    ")",
    "_",
  ];
  for (const [place, make] of Object.entries(places)) {
    for (const piece of repeated) {
      const source = make(piece.repeat(Math.ceil(200_000 / piece.length)));
      const spent = spending();
      const message = await readMessage(source);
      layoutBody(message.body, 80);
      safeFileName(message.attachments[0]?.fileName ?? "", "x");
      const took = spent();
      // A pattern that backtracks over all of it takes minutes.
      assert.ok(took < hang, `${place} of ${JSON.stringify(piece)}: ${took.toFixed(0)} ms`);
    }
  }
});

/** Mail for the golden screens: always the same, of years gone by, so that dates are shown alike on every day. */
import type { Delivery, Dovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";

const people = [
  "Ada Lovelace <ada@engine.example>",
  "Blaise Pascal <blaise@wagers.example>",
  '"Tomoe 漢字 Yamada" <tomoe@example.jp>',
  "Build robot <robot@ci.example>",
  "Émilie du Châtelet <emilie@cirey.example>",
  '"Association for Long Names and Longer Titles, Inc." <office@longnames.example>',
  "Grace Hopper <grace@navy.example>",
  "nobody@bounces.example",
];
const subjects = [
  "Notes on the analytical engine",
  "[calc] Rounding of intermediate results in the new adder",
  "Weekly report",
  "見積書をお送りします",
  "Lunch on Thursday? 🍜",
  "Your order has been shipped and will arrive between Tuesday and Thursday at the address you gave us",
  "Minutes",
  "Agenda for the spring meeting, second draft",
];
const flags = ["S", "S", "", "RS", "S", "FS", "", "S", "S", "F", "S"];

/** Long ago, later and later. */
const dateOf = (n: number) => new Date(Date.UTC(2021, 0, 3, 9, 12) + n * 7 * 86_400_000);

const letter = [
  "Dear Charles,",
  "",
  "The engine might act upon other things besides number, were objects found whose mutual fundamental relations could be expressed by those of the abstract science of operations.",
  "",
  "On Monday Charles wrote:",
  "> I wondered whether you had read my letter.",
  "> > Which letter?",
  "> > The one about the mill.",
  ">",
  "> It was long.",
  "",
  "See https://engine.example/notes?g=7 for the table.",
  "",
  "-- ",
  "Ada",
].join("\n");

const rich = `<h1>Findings</h1><p>Of <b>three</b> trials, <i>two</i> were good: see <a href="https://engine.example/trials">the
trials</a>, or run <code>mill --all</code>.</p><ul><li>the store holds a thousand numbers of fifty figures, which is more
than was asked for<li>the mill <ul><li>adds<li>multiplies</ul></ul>
<table border=1><tr><th>Operation</th><th>Cards</th><th>Seconds</th></tr><tr><td>addition</td><td align=right>1</td>
<td align=right>3</td></tr><tr><td>multiplication of two numbers of twenty figures</td><td align=right>12</td>
<td align=right>180</td></tr></table><blockquote>It can do whatever we know how to order it to perform.</blockquote>
<p>Write to <a href="https://evil.example/x">https://engine.example/answer</a>.</p>`;

/** What a message may say of itself to shift columns or to get at the terminal. */
const hostile: Readonly<Record<string, string>> = {
  "wide characters": "日本語の件名です、とても長いので切られます。한국어도 있습니다 그리고 더",
  "joined emoji": "👩‍👩‍👧‍👦 family 🏳️‍🌈 flag 👍🏽 thumb 🇩🇪 nation",
  "combining marks": `z${"\u0351\u0489\u0334".repeat(20)}algo and a\u0301e\u0300 and ถ้ำ`,
  "right to left": "שלום עולם مرحبا بالعالم end",
  "bidi override": "abc\u202egnp.exe\u2066x\u200f end",
  "tabs and ends": "a\tb\r\nc\x08\x7f\u2028d\u00ade\ufefff end",
  "escape sequences": "\x1b[2J\x1b[H\x1b[31mred\x1b]0;owned\x07 end",
  "eight-bit controls": "\u009b2Jx\u009d0;y\u009c end",
  "no width": "a\u200bb\u200cc\u200dd\u2060e end",
  "half and full": "ﾊﾝｶｸ ｆｕｌｌ 〠 ① ☎ ☎️ end",
  "one long word": "x".repeat(300),
  nothing: "",
};

function hostileMessage(what: string, text: string, n: number): Buffer {
  const word = `=?utf-8?B?${Buffer.from(text).toString("base64")}?=`;
  const source = sampleMessage({
    n,
    from: `${word} <mallory@example.org>`,
    date: dateOf(n),
    headers: [`X-What: ${what}`],
    body: `BODY\nBODY again, in a paragraph that is long enough to be wrapped: BODY\n\n> BODY\n\nthe end\n`,
    attachmentBytes: 10,
    attachmentName: "NAME",
  }).toString("utf8");
  const named = source.replace(/^Subject: .*$/m, `Subject: ${word}`).replaceAll("NAME", word);
  return Buffer.from(named.replaceAll("BODY", () => text));
}

/** The hostile messages, the first named first in a list that has the newest at its top. */
export const hostileNames = Object.keys(hostile);

/** Fills folders of a server: the inbox with letters and threads, `Hostile` with what is to do no harm. */
export function deliverGolden(server: Dovecot): void {
  const letters = Array.from({ length: 60 }, (_, i): Delivery => {
    // Every tenth begins a thread: its next three answer it, and the third the second.
    const place = i % 10;
    const first = i - place;
    const answered = { 1: first, 2: first, 3: first + 2 }[place];
    const subject = subjects[(answered === undefined ? i * 3 : first * 3) % subjects.length] ?? "";
    const message = sampleMessage({
      n: i,
      date: dateOf(i),
      from: people[(i * 5) % people.length],
      subject: answered === undefined ? subject : `Re: ${subject}`,
      ...(answered === undefined ? {} : { inReplyTo: `<sample.${answered}@example.org>` }),
      body: letter,
      ...(i % 6 === 4 ? { attachmentBytes: 30_000 * (i + 1) } : {}),
    });
    return { message, date: dateOf(i), flags: flags[i % flags.length] };
  });
  const findings = sampleMessage({
    n: 60,
    date: dateOf(60),
    from: people[0],
    to: "Charles Babbage <charles@engine.example>, the committee <committee@engine.example>",
    subject: "Findings of the committee on the analytical engine, with a table and all that belongs to it",
    body: "In HTML only.",
    html: rich,
    attachmentBytes: 48_000,
    attachmentName: "diagram of the mill.pdf",
  });
  server.deliver("INBOX", [...letters, { message: findings, date: dateOf(60), flags: "S" }]);
  server.deliver(
    "Hostile",
    hostileNames
      .map((name, i) => ({
        message: hostileMessage(name, hostile[name] ?? "", 100 - i),
        date: dateOf(100 - i),
      }))
      .reverse(),
  );
  for (const folder of ["Archive", "Archive.2019", "Archive.2020", "Lists.postern-devel-and-users"])
    server.deliver(folder, [
      { message: sampleMessage({ n: 1 }), date: dateOf(1), flags: folder === "Archive" ? "S" : "" },
    ]);
}

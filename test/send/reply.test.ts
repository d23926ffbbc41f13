// Answers: whom they go to, from whom they come, where they belong, what they quote; tables of cases.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseConfig, writingOf } from "../../src/account/config.ts";
import type { Writing } from "../../src/account/writing.ts";
import { readMessage } from "../../src/message/index.ts";
import { field, headerFields } from "../../src/message/mime.ts";
import { isAddress } from "../../src/send/compose/addresses.ts";
import { type Draft, fieldOf } from "../../src/send/compose/draft.ts";
import { editAsNew, newDraft } from "../../src/send/reply/anew.ts";
import { forward } from "../../src/send/reply/forward.ts";
import type { Original } from "../../src/send/reply/original.ts";
import type { ReplyKind } from "../../src/send/reply/recipients.ts";
import { replyTo } from "../../src/send/reply/reply.ts";
import { bareSubject, forwardSubject, replySubject } from "../../src/send/reply/subject.ts";
import { factsOf, warningsFor } from "../../src/send/reply/warnings.ts";

const config = (more: string) =>
  parseConfig(
    `[accounts.a]\naddress = "ada@home.example"\nimap = "imaps://imap.example"\nname = "Ada"\n${more}`,
    "config",
  );
function writingWith(more = ""): Writing {
  const [account] = config(more).accounts;
  assert.ok(account);
  return writingOf(account);
}
const others = `signature = "Ada\\nof home"
[[accounts.a.identities]]
address = "lovelace@work.example"
name = "A. Lovelace"
[[accounts.a.identities]]
address = "*@ada.example"
name = "Ada"
`;

async function original(
  headers: Record<string, string>,
  body = "Hello\n",
  type = "text/plain; charset=utf-8",
): Promise<Original> {
  const all = {
    Date: "Thu, 26 Nov 2026 04:00:00 +0000",
    "Message-ID": "<m1@x.example>",
    "Content-Type": type,
    ...headers,
  };
  const source = Buffer.from(
    `${Object.entries(all)
      .map(([n, v]) => `${n}: ${v}\r\n`)
      .join("")}\r\n${body.replace(/\n/g, "\r\n")}`,
  );
  const fields = headerFields(source.subarray(0, source.indexOf("\r\n\r\n") + 4));
  const ids = (name: string) => (field(fields, name) ?? "").match(/<[^<>\s]+>/g) ?? [];
  return {
    folder: {
      path: "INBOX",
      name: "INBOX",
      leaf: "INBOX",
      depth: 0,
      role: "inbox",
      selectable: true,
      messages: 1,
      unread: 0,
      uidValidity: 1,
      uidNext: 2,
      highestModSeq: null,
    },
    uid: 7,
    uidValidity: 42,
    message: await readMessage(source),
    references: ids("references"),
    answered: ids("in-reply-to"),
    deliveredTo: [field(fields, "delivered-to") ?? ""].filter((a) => a !== ""),
    bcc: field(fields, "bcc") ?? "",
    unlocked: null,
  };
}

async function reply(
  kind: ReplyKind,
  headers: Record<string, string>,
  body?: string,
  writing = writingWith(others),
): Promise<Draft> {
  return replyTo(kind, [await original(headers, body)], writing);
}

describe("recipients of an answer", () => {
  const bob = "Bob <bob@b.example>";
  const list = { "List-Id": "<l.example>", "List-Post": "<mailto:l@l.example>" };
  const cases: [string, ReplyKind, Record<string, string>, string, string][] = [
    ["the author", "reply", { From: bob, To: "ada@home.example" }, bob, ""],
    [
      "Reply-To",
      "reply",
      { From: bob, "Reply-To": "team@b.example", To: "ada@home.example" },
      "team@b.example",
      "",
    ],
    [
      "several in Reply-To",
      "reply",
      { From: bob, "Reply-To": "t@b.example, u@b.example" },
      "t@b.example, u@b.example",
      "",
    ],
    [
      "not oneself",
      "reply-all",
      { From: bob, To: "ada@home.example, carol@c.example", Cc: "LOVELACE@work.example, dan@d.example" },
      bob,
      "carol@c.example, dan@d.example",
    ],
    [
      "each once",
      "reply-all",
      { From: bob, To: "BOB@b.example, carol@c.example", Cc: "Carol <carol@C.example>" },
      bob,
      "carol@c.example",
    ],
    [
      "tagged addresses are oneself",
      "reply-all",
      { From: bob, To: "ada+x@home.example", Cc: "any@ada.example" },
      bob,
      "",
    ],
    [
      "what one has sent goes to those it was for",
      "reply",
      { From: "ada@home.example", To: "carol@c.example", Cc: "dan@d.example" },
      "carol@c.example",
      "",
    ],
    [
      "… and to all of them",
      "reply-all",
      { From: "ada@home.example", To: "carol@c.example", Cc: "dan@d.example" },
      "carol@c.example",
      "dan@d.example",
    ],
    [
      "a note to oneself",
      "reply",
      { From: "ada@home.example", To: "ada@home.example" },
      "ada@home.example",
      "",
    ],
    [
      "Mail-Followup-To",
      "reply-all",
      { From: bob, To: "l@l.example", Cc: "x@x.example", "Mail-Followup-To": "l@l.example, bob@b.example" },
      "l@l.example, bob@b.example",
      "",
    ],
    [
      "Mail-Followup-To is not for the author alone",
      "reply",
      { From: bob, To: "l@l.example", "Mail-Followup-To": "l@l.example" },
      bob,
      "",
    ],
    [
      "the list",
      "reply-list",
      { From: bob, To: "The List <l@l.example>", ...list },
      "The List <l@l.example>",
      "",
    ],
    [
      "the list, of a copy that named others",
      "reply-list",
      { From: bob, To: "ada@home.example", ...list },
      "l@l.example",
      "",
    ],
    [
      "only oneself and those in copy",
      "reply-all",
      { From: "ada@home.example", To: "ada@home.example", Cc: "dan@d.example" },
      "dan@d.example",
      "",
    ],
    ["a group without members", "reply-all", { From: bob, To: "undisclosed-recipients:;" }, bob, ""],
    ["what is no address", "reply-all", { From: bob, To: "nobody, x@y@z.example" }, bob, ""],
  ];
  for (const [name, kind, headers, to, cc] of cases)
    it(`${kind}: ${name}`, async () => {
      const draft = await reply(kind, headers);
      assert.deepEqual([fieldOf(draft, "To"), fieldOf(draft, "Cc")], [to, cc]);
    });

  it("a list that takes no answers, and none at all, are told", async () => {
    await assert.rejects(reply("reply-list", { From: bob, ...list, "List-Post": "NO" }), /takes no answers/);
    await assert.rejects(reply("reply-list", { From: bob }), /no mailing list/);
  });

  it("whatever a header holds, what comes of it are addresses, and none of them one's own", async () => {
    const text = fc.string({ unit: "binary", maxLength: 60 }).map((s) => s.replace(/[\r\n]/g, " "));
    const email = fc.constantFrom(
      "bob@b.example",
      "ada@home.example",
      "<a@b>, <c@d>",
      '"x, y@z" <q@r.example>',
    );
    const value = fc.array(fc.oneof(text, email), { maxLength: 4 }).map((v) => v.join(","));
    await fc.assert(
      fc.asyncProperty(value, value, value, async (from, to, cc) => {
        const draft = await reply("reply-all", { From: `${from}, bob@b.example`, To: to, Cc: cc });
        const { readAddresses } = await import("../../src/send/compose/addresses.ts");
        const people = [...readAddresses(fieldOf(draft, "To")), ...readAddresses(fieldOf(draft, "Cc"))];
        assert.ok(
          people.length > 0 && people.every((p) => isAddress(p.email) && p.email !== "ada@home.example"),
        );
      }),
      { numRuns: 100 },
    );
  });
});

describe("who answers", () => {
  const cases: [Record<string, string>, string][] = [
    [{ To: "lovelace@work.example" }, '"A. Lovelace" <lovelace@work.example>'],
    [{ To: "x@y.example", Cc: "Lovelace@WORK.example" }, '"A. Lovelace" <lovelace@work.example>'],
    [{ To: "shop-17@ada.example" }, "Ada <shop-17@ada.example>"],
    [{ To: "l@l.example", "Delivered-To": "lovelace@work.example" }, '"A. Lovelace" <lovelace@work.example>'],
    [{ To: "ada+shop@home.example" }, "Ada <ada@home.example>"],
    [{ To: "nobody@else.example" }, "Ada <ada@home.example>"],
    [{ From: "lovelace@work.example", To: "ada@home.example" }, '"A. Lovelace" <lovelace@work.example>'],
  ];
  for (const [headers, from] of cases)
    it(`${JSON.stringify(headers)}: ${from}`, async () => {
      assert.equal(fieldOf(await reply("reply", { From: "bob@b.example", ...headers }), "From"), from);
    });

  it("signs, answers elsewhere and copies as the identity says", async () => {
    const writing = writingWith(
      'signature = "-- \\nAda"\nreply-to = "desk@home.example"\nbcc = "log@home.example"\n',
    );
    const draft = await reply("reply", { From: "bob@b.example" }, "Hi\n", writing);
    assert.deepEqual(
      [fieldOf(draft, "Reply-To"), fieldOf(draft, "Bcc")],
      ["desk@home.example", "log@home.example"],
    );
    assert.match(draft.body, /\n> Hi\n\n-- \nAda\n$/);
    assert.equal(newDraft(writing).body, "\n\n-- \nAda\n");
  });

  it("settings that mean nothing are told", () => {
    const table = (more: string) => `\n[[accounts.a.identities]]\n${more}`;
    assert.throws(() => config('send-delay = "soon"'), /send-delay/);
    assert.throws(() => config('identities = "x"'), /identities/);
    assert.throws(() => config(table('address = "x"')), /address/);
    assert.throws(() => config(table('address = "x@y.example"\nfoo = "x"')), /unknown setting "foo"/);
    assert.deepEqual(
      [writingWith('send-delay = "2min"').sendDelay, writingWith().sendDelay],
      [120_000, 10_000],
    );
  });
});

describe("the discussion an answer belongs to", () => {
  const cases: [Record<string, string>, string, string][] = [
    [{}, "<m1@x.example>", "<m1@x.example>"],
    [{ References: "<a@x> <b@x>" }, "<m1@x.example>", "<a@x> <b@x> <m1@x.example>"],
    [{ "In-Reply-To": "<b@x>" }, "<m1@x.example>", "<b@x> <m1@x.example>"],
    [{ "In-Reply-To": "<a@x> <b@x>" }, "<m1@x.example>", "<m1@x.example>"],
    [{ References: "<a@x> <m1@x.example> <b@x>" }, "<m1@x.example>", "<a@x> <b@x> <m1@x.example>"],
    [{ "Message-ID": "broken", References: "<a@x>" }, "", "<a@x>"],
  ];
  for (const [headers, inReplyTo, references] of cases)
    it(JSON.stringify(headers), async () => {
      const draft = await reply("reply", { From: "bob@b.example", ...headers });
      assert.deepEqual(
        [fieldOf(draft, "In-Reply-To"), fieldOf(draft, "References")],
        [inReplyTo, references],
      );
    });

  it("is bounded: the first and the last are kept", async () => {
    const ids = Array.from({ length: 500 }, (_, i) => `<${i}@x>`);
    const kept = fieldOf(
      await reply("reply", { From: "bob@b.example", References: ids.join(" ") }),
      "References",
    ).split(" ");
    assert.deepEqual(
      [kept.length, kept[0], kept.at(-2), kept.at(-1)],
      [25, "<0@x>", "<499@x>", "<m1@x.example>"],
    );
  });
});

describe("subjects", () => {
  for (const [given, bare] of [
    ["Re: x", "x"],
    ["RE: AW: Sv: x", "x"],
    ["Antwort: WG: x", "x"],
    ["Re[4]: x", "x"],
    ["Re^2: x", "x"],
    ["回复：x", "x"],
    ["答复: 转发: x", "x"],
    ["Ответ: x", "x"],
    ["ΑΠ: ΠΡΘ: x", "x"],
    ["Rif: R: x", "x"],
    ["תגובה: x", "x"],
    ["Fwd: FW: x", "x"],
    ["[list] Re: x", "[list] Re: x"],
    ["Really: x", "Really: x"],
    ["x: Re: y", "x: Re: y"],
    ["Re:", ""],
    ["", ""],
  ] as const)
    it(`${JSON.stringify(given)} is about ${JSON.stringify(bare)}`, () => {
      assert.equal(bareSubject(given), bare);
      assert.equal(replySubject(given), `Re: ${bare}`.trim());
      assert.equal(forwardSubject(given), `Fwd: ${bare}`.trim());
    });
});

describe("quotes", () => {
  const from = { From: "Bob <bob@b.example>" };
  it("mark each line, leave out signatures and what lists put below, and break what is long", async () => {
    const long = "word ".repeat(40).trim();
    const body = `Hello\n\n> > old\n${long}\n-- \nBob\n`;
    const { body: text } = await reply("reply", from, body, writingWith());
    assert.match(text, /^On Thu, 26 Nov 2026 \d\d:\d\d [+-]\d{4}, Bob wrote:\n> Hello\n>\n>>> old\n> word/);
    assert.ok(text.split("\n").every((line) => line.length <= 74));
    assert.doesNotMatch(text, /^> (?:-- |Bob)/m);
  });

  it("come from format=flowed as the paragraphs it means, and from HTML as its text", async () => {
    const flowed = await original(from, "one \ntwo\n>> three \n>> four\n", "text/plain; format=flowed");
    assert.match(replyTo("reply", [flowed], writingWith()).body, /\n> one two\n>>> three four\n/);
    const html = await original(
      from,
      "<p>Dear <b>Ada</b>,</p><blockquote>before</blockquote><script>x()</script>",
      "text/html; charset=utf-8",
    );
    const { body } = replyTo("reply", [html], writingWith());
    assert.match(body, /\n> Dear Ada,\n>\n>> before\n/);
    assert.doesNotMatch(body, /script|x\(\)/);
  });

  it("hold no control character, whatever the message holds", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async (text) => {
        const { body } = await reply(
          "reply",
          { From: `"${text.replace(/[\r\n"\\]/g, "")}" <bob@b.example>` },
          text,
        );
        assert.doesNotMatch(body, /[\0-\x09\x0b-\x1f\x7f-\x9f]/);
      }),
    );
  });

  it("an attribution of one's own", async () => {
    const writing = writingWith('attribution = "{name} <{address}> zu {subject} {other}:"');
    assert.match(
      (await reply("reply", { ...from, Subject: "x" }, "Hi", writing)).body,
      /^Bob <bob@b.example> zu x \{other\}:\n> Hi/,
    );
  });
});

describe("several messages at once", () => {
  const bob = { From: "Bob <bob@b.example>", "Message-ID": "<bob@b.example>", Subject: "AW: plans" };
  const carol = { From: "carol@c.example", "Message-ID": "<carol@c.example>", Subject: "other" };
  const own = "ada@home.example";
  const both = async (
    kind: ReplyKind,
    [first, second]: readonly [Record<string, string>, Record<string, string>],
  ): Promise<Draft> =>
    replyTo(
      kind,
      [
        await original({ ...bob, ...first }, "Bob's\n"),
        { ...(await original({ ...carol, ...second }, "Carol's\n")), uid: 9 },
      ],
      writingWith(others),
    );
  const people = (draft: Draft) => ["From", "To", "Cc"].map((name) => fieldOf(draft, name));
  const me = (address: string, name = "Ada") => `${name} <${address}>`;

  it("one answer quotes each below its own line, names them all, and starts no line of descent", async () => {
    const draft = await both("reply", [{ References: "<root@b.example>" }, {}]);
    assert.match(
      draft.body,
      /^On [^\n]* Bob [^\n]*:\n> Bob's\n\nOn [^\n]* carol@c\.example [^\n]*:\n> Carol's\n\n-- \nAda\n/,
    );
    assert.equal(fieldOf(draft, "Subject"), "Re: plans");
    assert.equal(fieldOf(draft, "In-Reply-To"), "<bob@b.example> <carol@c.example>");
    assert.equal(fieldOf(draft, "References"), "");
    assert.deepEqual(draft.origin, { kind: "reply", path: "INBOX", uidValidity: 42, uids: [7, 9] });
  });

  it("of several folders it knows where each was", async () => {
    const inbox = await original(bob);
    const elsewhere = { folder: { ...inbox.folder, path: "Lists" }, uidValidity: 5 };
    const all = [inbox, { ...inbox, ...elsewhere, uid: 3 }, { ...inbox, uid: 9 }] as const;
    assert.deepEqual(replyTo("reply", all, writingWith()).origin, {
      ...{ kind: "reply", path: "INBOX", uidValidity: 42, uids: [7, 9] },
      also: [{ path: "Lists", uidValidity: 5, uids: [3] }],
    });
  });

  it("two copies of a message are one parent, and what has no Message-ID is none", async () => {
    for (const second of [{ "Message-ID": "<bob@b.example>" }, { "Message-ID": "broken" }]) {
      const draft = await both("reply", [{ References: "<root@b.example>" }, second]);
      assert.equal(fieldOf(draft, "In-Reply-To"), "<bob@b.example>");
      assert.match(fieldOf(draft, "References"), /<bob@b\.example>$/);
    }
  });

  const cases: [
    string,
    ReplyKind,
    [Record<string, string>, Record<string, string>],
    [string, string, string],
  ][] = [
    ["all senders", "reply", [{}, {}], [me(own), "Bob <bob@b.example>, carol@c.example", ""]],
    ["one person once", "reply", [{}, { From: "BOB@b.example" }], [me(own), "Bob <bob@b.example>", ""]],
    [
      "Reply-To of each",
      "reply",
      [{ "Reply-To": "t@b.example" }, {}],
      [me(own), "t@b.example, carol@c.example", ""],
    ],
    ["not oneself beside others", "reply", [{ From: own, To: own }, {}], [me(own), "carol@c.example", ""]],
    [
      "oneself where nobody else is",
      "reply",
      [
        { From: own, To: own },
        { From: own, To: own },
      ],
      [me(own), own, ""],
    ],
    [
      "who is in To is not in Cc",
      "reply-all",
      [
        { To: own, Cc: "carol@c.example, dan@d.example" },
        { To: own, Cc: "Dan <dan@d.example>" },
      ],
      [me(own), "Bob <bob@b.example>, carol@c.example", "dan@d.example"],
    ],
    [
      "from the address that was written to",
      "reply",
      [{ To: "x@y.example" }, { To: "lovelace@work.example" }],
      [me("lovelace@work.example", '"A. Lovelace"'), "Bob <bob@b.example>, carol@c.example", ""],
    ],
  ];
  for (const [name, kind, headers, expected] of cases)
    it(`${kind}: ${name}`, async () => {
      assert.deepEqual(people(await both(kind, headers)), expected);
    });

  it("stay encrypted where one of them was", async () => {
    const sealed = { ...(await original(carol)), unlocked: { source: Buffer.from("x"), failure: null } };
    const draft = replyTo("reply", [await original(bob), sealed], writingWith());
    assert.match(fieldOf(draft, "Protect"), /encrypt/);
  });

  it("are passed on one after another, in the text or whole", async () => {
    const all = [await original(bob, "Bob's\n"), await original(carol, "Carol's\n")] as const;
    const draft = forward(all, writingWith(), { inline: true, attachments: [] });
    assert.match(
      draft.body,
      /^\n\n-+ Forwarded message -+\nFrom: Bob [\s\S]*\n\nBob's\n\n\n-+ Forwarded message -+\nFrom: carol[\s\S]*\n\nCarol's\n$/,
    );
    assert.deepEqual([fieldOf(draft, "Subject"), draft.origin?.uids], ["Fwd: plans", [7, 7]]);
    assert.equal(forward(all, writingWith(), { inline: false, attachments: [] }).body, "\n");
  });
});

describe("passed on, and written anew", () => {
  it("a message in the text comes with who wrote it to whom", async () => {
    const message = await original(
      { From: "Bob <bob@b.example>", To: "ada@home.example", Subject: "WG: x" },
      "Hi\n> old\n",
    );
    const draft = forward([message], writingWith(others), { inline: true, attachments: [] });
    assert.equal(fieldOf(draft, "Subject"), "Fwd: x");
    assert.deepEqual(draft.origin, { kind: "forward", path: "INBOX", uidValidity: 42, uids: [7] });
    assert.match(
      draft.body,
      /^\n\n-{10} Forwarded message -{10}\nFrom: Bob <bob@b.example>\nDate: .*\nSubject: WG: x\nTo: ada@home.example\n\nHi\n> old\n\n-- \nAda\nof home\n$/,
    );
    assert.equal(fieldOf(draft, "In-Reply-To"), "");
  });

  it("a draft keeps what it answers, another message does not", async () => {
    const message = await original({
      From: "lovelace@work.example",
      To: "x@y.example",
      Bcc: "z@y.example",
      "In-Reply-To": "<a@b>",
      References: "<a@b>",
    });
    const draft = editAsNew(message, writingWith(others), [], true);
    assert.deepEqual(
      ["From", "To", "Bcc", "In-Reply-To"].map((n) => fieldOf(draft, n)),
      ["lovelace@work.example", "x@y.example", "z@y.example", "<a@b>"],
    );
    assert.equal(fieldOf(editAsNew(message, writingWith(others), [], false), "In-Reply-To"), "");
  });
});

describe("warnings", () => {
  const draft = (
    subject: string,
    body: string,
    headers: Record<string, string> = { To: "bob@b.example" },
  ): Draft => ({
    headers: Object.entries({ ...headers, Subject: subject }).map(([name, value]) => ({ name, value })),
    body,
    attachments: [],
    origin: null,
  });
  for (const text of [
    "I attach the plan",
    "see attached",
    "Im Anhang der Plan",
    "anbei",
    "ci-joint le plan",
    "Adjunto el plan",
    "in allegato",
    "segue em anexo",
    "in de bijlage",
    "jag bifogar planen",
    "w załączniku",
    "v příloze",
    "mellékelten küldöm a csatoltam",
    "ekte bulabilirsiniz",
    "Файл во вложении",
    "请见附件",
    "添付します",
    "첨부합니다",
    "συνημμένο",
  ])
    it(`speaks of an attachment: ${text}`, () => {
      assert.deepEqual(warningsFor(draft("x", text), writingWith()), [
        "the text speaks of an attachment, and there is none",
      ]);
    });
  for (const text of ["nothing", "> see attached", "fine\n-- \nattached", "unattached", "the collection"])
    it(`does not: ${JSON.stringify(text)}`, () => {
      assert.deepEqual(warningsFor(draft("x", `ok\n${text}`), writingWith()), []);
    });

  it("tells of what is missing, and of who might not be meant", async () => {
    const found = (d: Draft, facts = {}) => warningsFor(d, writingWith(), facts).join("; ");
    assert.match(found(draft("Re:", "x")), /no subject/);
    assert.match(found(draft("x", "")), /empty/);
    assert.match(
      found(draft("x", "y", { To: "bob@b.example, L@l.example" }), { list: ["l@l.example"] }),
      /mailing list: L@l.example/,
    );
    assert.match(found(draft("x", "y"), { known: () => false }), /not written to bob@b.example/);
    const sent = factsOf(
      [await original({ From: "ada@home.example", To: "bob@b.example", Bcc: "eve@e.example" })],
      writingWith(),
    );
    const all = draft("x", "y", { To: "bob@b.example, dan@d.example" });
    assert.match(found(all, sent), /does not get the answer: eve@e.example/);
    const blind = factsOf([await original({ From: "bob@b.example", To: "x@y.example" })], writingWith());
    assert.match(found(all, blind), /you had a blind copy/);
  });
});

// What servers say is read as the grammar has it; where they break it, the damage stays where it is.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseResponse } from "../../src/imap/response/response.ts";
import { type BodyPart, type BodyStructure, type Envelope, isInvalid } from "../../src/imap/values.ts";

const parse = (text: string) => parseResponse(Buffer.from(`${text}\r\n`, "latin1"));

function fetched(items: string) {
  const response = parse(`* 7 FETCH (${items})`);
  assert.equal(response.kind, "fetch");
  return response.kind === "fetch" ? response.message : assert.fail();
}

function envelope(text: string): Envelope {
  const { envelope: value, uid } = fetched(`ENVELOPE ${text} UID 5`);
  assert.equal(uid, 5, "what follows is read");
  return value && !isInvalid(value) ? value : assert.fail(`invalid: ${text}`);
}

function body(text: string): BodyStructure {
  const { bodyStructure: value, uid } = fetched(`BODYSTRUCTURE ${text} UID 5`);
  assert.equal(uid, 5, "what follows is read");
  return value && !isInvalid(value) ? value : assert.fail(`invalid: ${text}`);
}

const part = (text: string): BodyPart => {
  const value = body(text);
  return value.kind === "part" ? value : assert.fail("a multipart");
};

describe("responses", () => {
  it("reads a plain FETCH", () => {
    const message = fetched(
      'FLAGS (\\Seen $x) INTERNALDATE " 2-Jan-2023 03:04:05 +0130" RFC822.SIZE 42 MODSEQ (99) ' +
        'EMAILID (M1) THREADID NIL BODY[HEADER.FIELDS ("Subject" to)]<0> {3}\r\na\r\n BODY[] NIL X-NEW (1 (2 "("))',
    );
    assert.deepEqual(message, {
      seq: 7,
      flags: ["\\Seen", "$x"],
      internalDate: Date.UTC(2023, 0, 2, 1, 34, 5),
      size: 42,
      modSeq: 99n,
      emailId: "M1",
      threadId: null,
      sections: new Map([
        ["HEADER.FIELDS (SUBJECT TO)", Buffer.from("a\r\n")],
        ["", null],
      ]),
    });
  });

  it("reads an ENVELOPE", () => {
    const ann = { name: "A", mailbox: "a", host: "x" };
    assert.deepEqual(
      envelope(
        '("d" {2}\r\nhi (("A" NIL "a" "x")) NIL NIL (("A" NIL "a" "x")("A" NIL "a" "x")) NIL NIL NIL "<m>")',
      ),
      {
        date: "d",
        subject: "hi",
        from: [ann],
        sender: [],
        replyTo: [],
        to: [ann, ann],
        cc: [],
        bcc: [],
        inReplyTo: null,
        messageId: "<m>",
      },
    );
  });

  it("lives with broken ENVELOPEs", () => {
    const rest = "NIL NIL NIL NIL NIL NIL NIL NIL";
    assert.equal(envelope(`("d" "s" ${rest.slice(0, -8)})`).messageId, null, "missing tail");
    assert.equal(envelope(`(("d" "s" ${rest}))`).subject, "s", "extra parentheses");
    assert.equal(envelope(`("d" "s "q" t" ${rest})`).subject, 's "q" t', "unescaped quotes");
    assert.equal(envelope(`("d" """" ${rest})`).subject, '""', "quotes within quotes");
    assert.equal(envelope(`("d" "gr\xc3\xbcn" ${rest})`).subject, "grün", "UTF-8");
    assert.equal(envelope(`("d" "gr\xfcn" ${rest})`).subject, "grün", "Latin-1");
    assert.equal(envelope('("d" "s" () (NIL) NIL NIL NIL NIL NIL NIL)').from.length, 0, "() and (NIL)");
    const spaced = envelope(
      '("d" "s" (("A" NIL "a" "MISSING_DOMAIN") ("B" "C" NIL "b" "x")) NIL NIL NIL NIL NIL NIL NIL)',
    );
    assert.deepEqual(spaced.from, [
      { name: "A", mailbox: "a", host: "" },
      { name: "B C", mailbox: "b", host: "x" },
    ]);
  });

  it("keeps the message where an ENVELOPE or BODYSTRUCTURE cannot be read", () => {
    for (const damage of ['("d" (1 (2) 3) "x")', "7", `${"(".repeat(5000)}${")".repeat(5000)}`]) {
      const message = fetched(`ENVELOPE ${damage} BODYSTRUCTURE ${damage} FLAGS (\\Seen)`);
      assert.ok(isInvalid(message.envelope) && isInvalid(message.bodyStructure));
      assert.equal(message.envelope.bytes.toString("latin1").trim(), damage);
      assert.deepEqual(message.flags, ["\\Seen"]);
    }
    const cut = parse('* 7 FETCH (UID 5 ENVELOPE ("a" "b');
    assert.ok(cut.kind === "fetch" && cut.message.uid === 5 && isInvalid(cut.message.envelope));
    const deep = fetched(
      `BODYSTRUCTURE ${"(".repeat(100)}"text" "plain" NIL NIL NIL NIL 1 1${")".repeat(100)} UID 3`,
    );
    assert.ok(isInvalid(deep.bodyStructure) && deep.uid === 3);
  });

  it("numbers the parts of a BODYSTRUCTURE", () => {
    const text = '("text" "plain" ("charset" "UTF-8") NIL NIL "8bit" 10 1)';
    const envelopeText = `("d" "inner" ${"NIL ".repeat(7)}NIL)`;
    const all = body(
      `((${text}${text} "alternative" ("boundary" "x") NIL "en" NIL)("message" "rfc822" NIL NIL NIL "7bit" 99 ${envelopeText} (${text}${text} "mixed") 5 NIL ("attachment" ("filename" "a.eml")) NIL NIL)("message" "rfc822" NIL NIL NIL "7bit" 99 ${envelopeText} ${text} 5) "mixed" NIL ("inline" NIL) ("de" "en") "http://x" "future" (1))`,
    );
    const sections: string[] = [];
    const walk = (b: BodyStructure): void => {
      sections.push(b.section);
      if (b.kind === "multipart") b.parts.forEach(walk);
      else if (b.body) walk(b.body);
    };
    walk(all);
    assert.deepEqual(sections, ["", "1", "1.1", "1.2", "2", "2", "2.1", "2.2", "3", "3.1"]);
    assert.deepEqual(all.language, ["de", "en"]);
    assert.equal(all.location, "http://x");
    const attached = all.kind === "multipart" ? all.parts[1] : undefined;
    assert.equal(attached?.disposition?.params.get("filename"), "a.eml");
    assert.equal(part(text).section, "1");
  });

  it("lives with broken BODYSTRUCTUREs", () => {
    for (const childless of [
      '("ALTERNATIVE" ("BOUNDARY" "b") NIL NIL)',
      '("ALTERNATIVE")',
      '(NIL "alternative" ("boundary" "b"))',
    ]) {
      const value = body(childless);
      assert.deepEqual([value.kind, value.subtype], ["multipart", "alternative"]);
    }
    assert.equal(body('("multipart" "mixed" NIL NIL NIL "7bit" 0)').kind, "multipart");
    assert.equal(part('(NIL NIL NIL NIL NIL "7BIT" 0 NIL NIL NIL)').subtype, "octet-stream");
    assert.equal(part('("X-ZIP" ("NAME" "a") NIL NIL "BASE64" 5)').subtype, "x-zip");
    assert.equal(part('("text" "plain" () NIL NIL NIL -1 -1)').size, 0);
    assert.equal(part('("text" "plain" ("boundary" NIL) NIL NIL NIL 9.37e+03 1)').size, 9370);
    assert.equal(part('("text" "plain" NIL NIL NIL "7bit" 5 NIL NIL NIL NIL)').lines, null);
    assert.equal(
      part('("message" "rfc822" NIL NIL NIL "base64" 5 NIL ("attachment" NIL))').disposition?.type,
      "attachment",
    );
    assert.equal(
      part('("image" "png" NIL NIL NIL "7bit" 5 NIL "inline" NIL ())').disposition?.type,
      "inline",
    );
    assert.equal(part('("image" "png" NIL NIL NIL "7bit" 5 NIL (NIL NIL) NIL NIL)').disposition, null);
  });

  it("reads odd flags, dates and values", () => {
    assert.deepEqual(fetched('FLAGS (\\* [Gmail] "quoted one" x)').flags, [
      "\\*",
      "[Gmail]",
      "quoted one",
      "x",
    ]);
    assert.deepEqual(fetched("FLAGS NIL").flags, []);
    assert.equal(fetched("INTERNALDATE NIL").internalDate, null);
    assert.equal(fetched('INTERNALDATE "00-Jan-0000 00:00:00 +0000"').internalDate, null);
    assert.equal(fetched('INTERNALDATE "1-Feb-2024 00:00:00 +0000"').internalDate, Date.UTC(2024, 1, 1));
    assert.equal(fetched("MODSEQ (-1)").modSeq, undefined);
    assert.deepEqual(fetched("BODY[1]").sections, new Map([["1", Buffer.alloc(0)]]));
    assert.deepEqual(fetched('BODY[]<0.1024> "x"').sections, new Map([["", Buffer.from("x")]]));
  });

  it("reads LIST names byte for byte", () => {
    const name = (text: string) => {
      const response = parse(text);
      return response.kind === "list"
        ? [response.mailbox.path, response.mailbox.name, response.mailbox.delimiter]
        : [];
    };
    assert.deepEqual(name('* LIST (\\HasNoChildren) "/" "&AMQ-pfel"'), ["&AMQ-pfel", "Äpfel", "/"]);
    assert.deepEqual(name('* LIST () "/" {3}\r\n\xc3\xa4x'), ["\xc3\xa4x", "äx", "/"]);
    assert.deepEqual(name("* LIST () NIL two words"), ["two words", "two words", null]);
    assert.deepEqual(name('* LIST () "\\\\" A\\B ("CHILDINFO" ("SUBSCRIBED"))'), ["A\\B", "A\\B", "\\"]);
    assert.deepEqual(name('* LIST () "/" "Q&-A &bad"'), ["Q&-A &bad", "Q&A &bad", "/"]);
  });

  it("reads the rest of the untagged responses", () => {
    assert.deepEqual(parse("* STATUS a (MESSAGES 3 UIDNEXT 4 X (1) HIGHESTMODSEQ 18446744073709551615 ) "), {
      kind: "status",
      path: "a",
      status: { messages: 3, uidNext: 4, highestModSeq: 18446744073709551615n },
    });
    const search = parse("* SEARCH 5 1 2 (MODSEQ 9) ");
    assert.ok(search.kind === "search" && search.modSeq === 9n);
    assert.deepEqual(search.all, [
      [1, 2],
      [5, 5],
    ]);
    const esearch = parse('* ESEARCH (TAG "a1") UID COUNT 3 ALL 4:2,1 NEW (x) MODSEQ 8');
    assert.ok(esearch.kind === "search" && esearch.tag === "a1" && esearch.uid && esearch.count === 3);
    const asSent = [
      [4, 2],
      [1, 1],
    ];
    assert.deepEqual(esearch.all, asSent, "an order is kept");
    assert.deepEqual(parse("* VANISHED (EARLIER) 1:4294967295"), {
      kind: "vanished",
      earlier: true,
      uids: [[1, 4294967295]],
    });
    assert.deepEqual(parse("* 3 EXPUNGE"), { kind: "expunge", seq: 3 });
    assert.equal(parse("* 0 FETCH (UID 3)").kind, "unknown");
    assert.equal(parse('* NEWS "" (STORAGE 1 2)').kind, "unknown");
    const ns = parse('* NAMESPACE (("" "/")) NIL (("Pub/" "/" "X" ("y")))');
    assert.ok(ns.kind === "namespace" && ns.namespaces.shared[0]?.prefix === "Pub/");
    assert.deepEqual(parse('* ID ("Name" "x" "v" NIL)'), { kind: "id", fields: new Map([["name", "x"]]) });
    assert.throws(() => parse("* 1 FETCH garbage"));
    assert.throws(() => parse("* VANISHED 0"));
  });

  it("reads response codes, and takes what is none for text", () => {
    const code = (text: string) => {
      const response = parse(text);
      return response.kind === "tagged" || response.kind === "condition" ? response.code : assert.fail();
    };
    assert.deepEqual(code("a OK [COPYUID 1 3:5,9 10,12:14] x"), {
      kind: "copyuid",
      name: "COPYUID",
      copyUid: {
        uidValidity: 1,
        source: [
          [3, 5],
          [9, 9],
        ],
        destination: [
          [10, 10],
          [12, 14],
        ],
      },
    });
    const unordered = code("a OK [COPYUID 1 9,3 21,20] x");
    assert.ok(unordered?.kind === "copyuid" && unordered.copyUid.destination[0]?.[0] === 20);
    assert.equal(code("a OK [COPYUID 1 9,3 20,21] x")?.kind, "other");
    assert.equal(code("a OK [COPYUID 1 1:4294967295 1] x")?.kind, "other");
    assert.equal(code("* [COPYUID 1 2 3] done")?.kind, "copyuid");
    assert.equal(code("a OK [COPYUID 701  ] x")?.kind, "other");
    assert.deepEqual(code('a NO [Error="x]" Proxy=1] t'), {
      kind: "other",
      name: "ERROR=",
      text: '"x]" Proxy=1',
    });
    assert.equal(code("a OK [HIGHESTMODSEQ 5]")?.kind, "modseq");
    assert.equal(code("a OK [broken text"), null);
    assert.equal(code("a OK"), null);
    assert.deepEqual(parse("+"), { kind: "continue", text: "" });
  });
});

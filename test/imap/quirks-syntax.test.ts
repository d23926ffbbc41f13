// Each way in which servers break the grammar of values, as they were seen to, with what is made of it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { syntaxQuirks } from "../../src/imap/quirks/syntax.ts";
import { parseResponse } from "../../src/imap/response/response.ts";
import {
  type Address,
  type BodyPart,
  type BodyStructure,
  type Envelope,
  type FetchedMessage,
  isInvalid,
} from "../../src/imap/values.ts";
import { check } from "../replies/check.ts";

function fetched(items: string): FetchedMessage {
  const { responses, skipped } = check([Buffer.from(`* 7 FETCH (${items} UID 5)\r\n`, "latin1")]);
  const [response] = responses;
  assert.deepEqual(skipped, []);
  assert.ok(response?.kind === "fetch" && responses.length === 1);
  assert.equal(response.message.uid, 5, "what follows is read");
  return response.message;
}

function envelope(text: string): Envelope {
  const { envelope: value } = fetched(`ENVELOPE ${text}`);
  return value && !isInvalid(value) ? value : assert.fail(`invalid: ${text}`);
}

const from = (addresses: string): readonly Address[] =>
  envelope(`("d" "s" ${addresses} NIL NIL NIL NIL NIL NIL NIL)`).from;

function body(text: string): BodyStructure {
  const { bodyStructure: value } = fetched(`BODYSTRUCTURE ${text}`);
  return value && !isInvalid(value) ? value : assert.fail(`invalid: ${text}`);
}

function part(text: string): BodyPart {
  const value = body(text);
  return value.kind === "part" ? value : assert.fail("a multipart");
}

const kinds = (text: string) => {
  const { kind, subtype } = body(text);
  return `${kind} ${subtype}`;
};
const ann = { name: "Ann", mailbox: "ann", host: "x.org" };
const bob = { name: null, mailbox: "bob", host: "y.org" };
const text = '"text" "plain" NIL NIL NIL "7bit" 5 1';

const proofs: Record<keyof typeof syntaxQuirks, () => void> = {
  spaceBetweenAddresses: () =>
    assert.deepEqual(from('(("Ann" NIL "ann" "x.org")  (NIL NIL "bob" "y.org"))'), [ann, bob]),
  nilAddress: () => assert.deepEqual(from('(NIL ("Ann" NIL "ann" "x.org") NIL)'), [ann]),
  emptyListForNil: () => {
    assert.deepEqual(from("()"), []);
    assert.equal(part(`(${text} NIL NIL NIL ())`).location, null);
  },
  shortEnvelope: () => {
    const nine = envelope('("d" "s" NIL NIL NIL NIL NIL NIL "<r@x>")');
    assert.deepEqual([nine.inReplyTo, nine.messageId], ["<r@x>", null]);
    assert.equal(envelope('("d" "s" NIL NIL NIL NIL NIL NIL)').inReplyTo, null);
  },
  missingHost: () => {
    assert.deepEqual(from('((NIL NIL "root" "MISSING_DOMAIN"))'), [
      { name: null, mailbox: "root", host: "" },
    ]);
    assert.equal(from('((NIL NIL "root" ".MISSING-HOST-NAME."))')[0]?.host, "");
  },
  swappedAddress: () => {
    const sent = { mailbox: "sender", host: "domain.org" };
    assert.deepEqual(from('(("<sender@domain.org>" NIL "A name" NIL))'), [{ name: "A name", ...sent }]);
    assert.deepEqual(from('(("Calendar <sender@domain.org>" NIL "My" NIL))'), [
      { name: "My Calendar", ...sent },
    ]);
    // A group is left alone.
    const group = from('((NIL NIL "team" NIL)("Ann" NIL "ann" "x.org")(NIL NIL NIL NIL))');
    assert.deepEqual(group[0], { name: null, mailbox: "team", host: null });
    assert.equal(group.length, 3);
  },
  longAddress: () =>
    assert.deepEqual(from('(("An" "n" "e" NIL "ann" "x.org"))'), [{ ...ann, name: "An n e" }]),
  unescapedQuotes: () => {
    assert.equal(envelope(`("d" "a "b" c" ${"NIL ".repeat(8).trim()})`).subject, 'a "b" c');
    assert.equal(part('("application" "pdf" NIL NIL """" "base64" 5)').description, '""');
  },
  rawBytes: () => {
    assert.equal(envelope(`("d" "gr\xc3\xbcn" ${"NIL ".repeat(8)})`).subject, "grün");
    assert.equal(envelope(`("d" "gr\xfcn" ${"NIL ".repeat(8)})`).subject, "grün");
  },
  lineBreakInString: () => {
    const broken = envelope(`("d" "one\r\ntwo" ${"NIL ".repeat(8)})`);
    assert.equal(broken.subject, "one\r\ntwo");
    assert.equal(envelope(`("d" "a\nb\nc"\r\n ${"NIL ".repeat(8)})`).subject, "a\nb\nc");
  },
  bracketsInFlags: () =>
    assert.deepEqual(fetched("FLAGS ([Gmail] a]b $x[1])").flags, ["[Gmail]", "a]b", "$x[1]"]),
  oddFlagLists: () => {
    assert.deepEqual(fetched('FLAGS (\\* "two words")').flags, ["\\*", "two words"]);
    assert.deepEqual(fetched("FLAGS NIL").flags, []);
  },
  wrappedEnvelope: () => {
    assert.equal(envelope(`(("d" "s" ${"NIL ".repeat(8)}))`).subject, "s");
    const dated = fetched('INTERNALDATE "00-Jan-0000 00:00:00 +0000"');
    assert.equal(dated.internalDate, null);
    assert.equal(dated.invalid?.get("INTERNALDATE")?.bytes.toString(), '"00-Jan-0000 00:00:00 +0000"');
  },
  oddInternalDate: () => {
    assert.equal(fetched("INTERNALDATE NIL").internalDate, null);
    assert.equal(fetched('INTERNALDATE "1-Feb-2024 00:00:00 +0000"').internalDate, Date.UTC(2024, 1, 1));
  },
  floatNumber: () => {
    assert.equal(fetched("RFC822.SIZE 9.3736e+06").size, 9_373_600);
    assert.equal(part('("text" "plain" NIL NIL NIL "7bit" 1.5E3 20.4)').lines, 20);
  },
  negativeNumber: () => {
    assert.equal(fetched("RFC822.SIZE -1").size, 0);
    assert.equal(part('("text" "plain" NIL NIL NIL "7bit" -1 -1)').lines, 0);
  },
  negativeModSeq: () => assert.equal(fetched("MODSEQ (-1)").modSeq, undefined),
  childlessMultipart: () => {
    assert.equal(kinds('("ALTERNATIVE")'), "multipart alternative");
    assert.equal(kinds('("MIXED" ("BOUNDARY" "b") NIL NIL)'), "multipart mixed");
  },
  nilTypeMultipart: () =>
    assert.equal(kinds('(NIL "alternative" ("boundary" "b") NIL NIL)'), "multipart alternative"),
  nilBody: () => assert.equal(kinds('(NIL NIL NIL NIL NIL "7BIT" 0 NIL NIL NIL NIL)'), "part octet-stream"),
  missingSubtype: () => {
    assert.equal(kinds('("X-ZIP" ("NAME" "a") NIL NIL "BASE64" 5)'), "part x-zip");
    assert.equal(kinds('("TEXT" NIL NIL NIL NIL "7BIT" 5 1)'), "part plain");
    assert.equal(kinds('("" "" NIL NIL NIL "7BIT" 5)'), "part octet-stream");
  },
  nilParameter: () => {
    assert.equal(part('("text" "plain" ("boundary" NIL) NIL NIL "7bit" 5 1)').params.get("boundary"), "");
    assert.equal(part('("text" "plain" () NIL NIL "7bit" 5 1)').params.size, 0);
  },
  nilEncoding: () => assert.equal(part('("image" "png" NIL NIL NIL NIL 5)').encoding, "7bit"),
  bareDisposition: () => {
    assert.equal(part(`(${text} NIL "inline" NIL NIL)`).disposition?.type, "inline");
    assert.equal(part(`(${text} NIL (NIL NIL) NIL NIL)`).disposition, null);
  },
  swappedDisposition: () => {
    assert.equal(body(`((${text}) "mixed" ("boundary" "b") "A description" NIL)`).disposition, null);
    const swapped = part(`(${text} NIL ("de") ("attachment" ("filename" "a")) NIL)`);
    assert.deepEqual([swapped.language, swapped.disposition?.params.get("filename")], [["de"], "a"]);
  },
  missingLines: () => assert.equal(part('("text" "plain" NIL NIL NIL "7bit" 5 NIL NIL NIL NIL)').lines, null),
  basicMessage: () => {
    const basic = part('("message" "rfc822" NIL NIL NIL "base64" 5 NIL ("attachment" NIL) NIL NIL)');
    assert.deepEqual([basic.body, basic.disposition?.type], [null, "attachment"]);
  },
  singlePartMultipart: () => {
    assert.equal(kinds('("multipart" "mixed" NIL NIL NIL "7bit" 0)'), "multipart mixed");
    assert.equal(kinds('("message" "global" NIL NIL NIL "8bit" 5)'), "part global");
  },
  brokenStructure: () => {
    const message = fetched('BODYSTRUCTURE ("text" (1 (2)) "x") FLAGS (\\Seen)');
    assert.ok(isInvalid(message.bodyStructure));
    assert.equal(message.bodyStructure.bytes.toString().trim(), '("text" (1 (2)) "x")');
    assert.deepEqual(message.flags, ["\\Seen"]);
  },
  emptyStringBeforeStructure: () => {
    assert.equal(part(`"" (${text})`).subtype, "plain");
    assert.deepEqual(part(`(${text} NIL NIL ("en" NIL) NIL)`).language, ["en"]);
  },
};

describe("quirks of syntax", () => {
  for (const [name, proof] of Object.entries(proofs)) it(name, proof);

  it("holds a broken FETCH back only until it is known how it goes on", () => {
    const stream =
      "* 1 FETCH (FLAGS (\\Seen)\r\n* 2 EXISTS\r\n* 3 FETCH (BODY[] {2}\r\nhi\r\n)\r\n* 4 EXISTS\r\nA1 OK x\r\n";
    for (let cut = 0; cut <= stream.length; cut++) {
      const { responses, skipped, unread } = check([
        Buffer.from(stream.slice(0, cut)),
        Buffer.from(stream.slice(cut)),
      ]);
      assert.deepEqual(
        [...responses.map((r) => r.kind), ...skipped, unread],
        ["fetch", "exists", "fetch", "exists", "tagged", false],
        `cut at ${cut}`,
      );
      const last = responses[2];
      assert.ok(last?.kind === "fetch" && last.message.sections?.get("")?.toString() === "hi");
    }
  });

  it("does not wait for ever for what a broken FETCH lacks", () => {
    const lines = `${"x".repeat(100)}\r\n`.repeat(20_000);
    const { responses, ended } = check([Buffer.from(`* 1 FETCH (FLAGS (\\Seen)\r\n${lines}* 2 EXISTS\r\n`)]);
    assert.equal(ended, null);
    assert.deepEqual(responses.at(0)?.kind, "fetch");
    assert.deepEqual(responses.at(-1), { kind: "exists", exists: 2 });
  });

  it("marks any damaged item, and keeps its bytes", () => {
    const message = fetched("FLAGS 7 RFC822.SIZE x MODSEQ (y) BODY[1] (z)");
    assert.deepEqual(
      [...(message.invalid ?? [])].map(([name, { bytes }]) => [name, bytes.toString().trim()]),
      [
        ["FLAGS", "7"],
        ["RFC822.SIZE", "x"],
        ["MODSEQ", "(y)"],
        ["BODY[]", "[1] (z)"],
      ],
    );
    assert.equal(parseResponse(Buffer.from("* 1 FETCH (UID 0)\r\n")).kind, "fetch");
  });
});

// mailto addresses come from web pages and messages: they may say whom to write to, of what and with which words, no more.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { plainWriting } from "../../src/account/writing.ts";
import { readAddresses } from "../../src/send/compose/addresses.ts";
import { fieldOf } from "../../src/send/compose/draft.ts";
import { parseDraft, writeDraft } from "../../src/send/compose/text.ts";
import { mailtoDraft } from "../../src/send/reply/anew.ts";

const own = plainWriting("ada@home.example");
const writing = { ...own, identities: [{ ...own.identities[0], name: "Ada" }] } as const;

describe("mailto", () => {
  it("asks for recipients, subject and text, and gets nothing else", () => {
    const draft = mailtoDraft(
      writing,
      "mailto:a@b.example?cc=c@d.example&subject=x%0D%0ABcc:%20e@f.example&body=one%0Atwo&attach=/etc/passwd&bcc=g@h.example&from=i@j.example&in-reply-to=%3Cm@x%3E",
    );
    assert.deepEqual(
      ["From", "To", "Cc", "Bcc", "Subject", "In-Reply-To"].map((n) => fieldOf(draft, n)),
      ["Ada <ada@home.example>", "a@b.example", "c@d.example", "", "x Bcc: e@f.example", "<m@x>"],
    );
    assert.deepEqual([draft.body, draft.attachments], ["one\ntwo", []]);
    assert.throws(() => mailtoDraft(writing, "https://x.example"), /no mailto/);
  });

  it("names nobody by what is no address, and shows no control characters", () => {
    const draft = mailtoDraft(
      writing,
      "mailto:a%2Cb@c.example,good@c.example,%22x%22%3Cd@e.example%3E,g%3Aeve@x.example?body=a%1B%5B2Jb%07&subject=%1B%5D0;x%07y",
    );
    assert.equal(fieldOf(draft, "To"), "good@c.example");
    assert.deepEqual([draft.body, fieldOf(draft, "Subject")], ["ab\ufffd", "y"]);
  });

  it("whatever it is, the draft has the fields of a new message, no files and no secrets", () => {
    const word = fc.oneof(
      fc.constantFrom(
        ...[
          "attach",
          "bcc",
          "from",
          "Protect",
          "postern-origin",
          "postern-copy",
          "x-spam",
          "to",
          "cc",
          "subject",
        ],
        ...[
          "body",
          "in-reply-to",
          "references",
          "reply-to",
          "sender",
          "=",
          "&",
          "&amp;",
          "?",
          "#",
          "%0A",
          "%0D%0A",
        ],
        ...[
          "%00",
          "%E2%80%AE",
          "a@b.example",
          "<m@x>",
          "%3Cm@x%3E",
          "/etc/passwd",
          "%",
          ":",
          ",",
          ";",
          "%FF",
        ],
      ),
      fc.string({ maxLength: 8 }),
    );
    const known = ["From", "To", "Cc", "Subject", "In-Reply-To", "References"];
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), (words) => {
        const draft = mailtoDraft(writing, `mailto:${words.join("")}`);
        assert.deepEqual(
          draft.headers.map(({ name }) => name).filter((name) => !known.includes(name)),
          [],
        );
        assert.deepEqual([draft.attachments, draft.origin], [[], null]);
        assert.equal(fieldOf(draft, "From"), "Ada <ada@home.example>");
        for (const name of ["To", "Cc"]) readAddresses(fieldOf(draft, name));
        for (const { value } of draft.headers) assert.doesNotMatch(value, /[\p{Cc}\u202e]/u);
        assert.doesNotMatch(draft.body.replaceAll("\n", ""), /[\p{Cc}\u202e]/u);
        assert.deepEqual(parseDraft(writeDraft(draft)), draft);
      }),
      { numRuns: 500 },
    );
  });
});

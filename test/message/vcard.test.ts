// vCards of every version and of none: names and addresses come out, and what is broken costs itself alone.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readVCards, type VCard } from "../../src/message/vcard.ts";

function read(file: string | Buffer): VCard[] {
  const cards: VCard[] = [];
  for (const _ of readVCards(Buffer.from(file as string), (card) => cards.push(card)));
  return cards;
}

const card = (...lines: string[]) => ["BEGIN:VCARD", ...lines, "END:VCARD", ""].join("\r\n");
const only = (file: string | Buffer) => {
  const [first, ...others] = read(file);
  assert.equal(others.length, 0);
  return [first?.name, ...(first?.emails ?? [])];
};

describe("vCards", () => {
  it("of version 4: folds, escapes, preferences, mailto", () => {
    const text = card(
      "VERSION:4.0",
      "FN:Ada\\, Countess of",
      "  Lovelace",
      "N:King;Ada;;;",
      "EMAIL;PREF=50:second@example.org",
      'EMAIL;TYPE="work,home":third@example.org',
      "EMAIL;PREF=1;TYPE=home:mailto:first@exam",
      " ple.org",
    );
    assert.deepEqual(only(text), [
      "Ada, Countess of Lovelace",
      ...["first@example.org", "second@example.org", "third@example.org"],
    ]);
    assert.deepEqual(only(text.replaceAll("\r\n", "\n")), only(text));
  });

  it("of version 3, with groups as phones write them", () => {
    assert.deepEqual(
      only(
        card(
          "VERSION:3.0",
          "N:Lovelace;Ada;King,Byron;Lady;",
          "item1.EMAIL;type=INTERNET:b@example.org",
          "item2.EMAIL;type=INTERNET,pref:a@example.org",
          "item2.X-ABLabel:EMAIL",
        ),
      ),
      ["Lady Ada King Byron Lovelace", "a@example.org", "b@example.org"],
    );
  });

  it("of version 2.1: quoted-printable in a charset of its own, with soft line breaks", () => {
    assert.deepEqual(
      only(
        card(
          "VERSION:2.1",
          "N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6=\r\nrg;;;",
          "NOTE;QUOTED-PRINTABLE:a=\r\nEMAIL:no@example.org",
          "EMAIL;INTERNET:b@example.org",
          "EMAIL;PREF;INTERNET:a@example.org",
        ),
      ),
      ["Jörg Müller", "a@example.org", "b@example.org"],
    );
    assert.deepEqual(only(card("FN;ENCODING=BASE64:SsO2cmc=", "EMAIL:a@b.example")), ["Jörg", "a@b.example"]);
  });

  it("in UTF-8, Latin-1 that says nothing of it, and UTF-16", () => {
    const text = card("FN:Jörg Müller", "EMAIL:j@example.org");
    for (const file of [
      text,
      `\ufeff${text}`,
      Buffer.from(text, "latin1"),
      Buffer.from(`\ufeff${text}`, "utf16le"),
      Buffer.from(`\ufeff${text}`, "utf16le").swap16(),
    ])
      assert.deepEqual(only(file), ["Jörg Müller", "j@example.org"]);
  });

  it("many in one file, those without an address left out, and one that never ends ends with the next", () => {
    const file = [
      card("FN:One", "EMAIL:1@x.example"),
      card("FN:Nobody"),
      card("FN:Two", "EMAIL:2@x.example").replace("END:VCARD\r\n", ""),
      card("NICKNAME:Three", "EMAIL:3@x.example", "EMAIL:", "EMAIL;broken"),
      "EMAIL:4@x.example\r\nEND:VCARD\r\n",
      card("FN:Five", "EMAIL:5@x.example").replace("END:VCARD\r\n", ""),
    ].join("");
    assert.deepEqual(
      read(file).map(({ name, emails }) => [name, ...emails]),
      [
        ["One", "1@x.example"],
        ["Two", "2@x.example"],
        ["Three", "3@x.example"],
        ["Five", "5@x.example"],
      ],
    );
  });

  it("with pictures of megabytes, whose lines are not gathered, and turns for others in between", () => {
    const picture = `PHOTO;ENCODING=b:${"A".repeat(3e6)}\r\n${` ${"A".repeat(74)}\r\n`.repeat(40_000)}`;
    const file = card("FN:One", "EMAIL:1@x.example").replace("END", `${picture}END`).repeat(3);
    const cards: VCard[] = [];
    let turns = 0;
    for (const _ of readVCards(Buffer.from(file), (one) => cards.push(one))) turns++;
    assert.equal(cards.length, 3);
    assert.ok(turns >= 200, String(turns));
  });

  it("of a kind nobody ever wrote end in no error", () => {
    const piece = fc.constantFrom(
      ...[
        "BEGIN:VCARD",
        "END:VCARD",
        "\r\n",
        "\n",
        " ",
        "FN",
        "EMAIL",
        ":",
        ";",
        "=",
        "=3D",
        '"',
        "\\",
        "a@b",
      ],
      ...["ENCODING=QUOTED-PRINTABLE", "CHARSET=utf-7", "CHARSET=\0", "\0", "\xff", "PREF=0", "BASE64", "ü"],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        for (const { emails } of read(Buffer.from(pieces.join(""), "latin1"))) assert.ok(emails.length > 0);
      }),
    );
  });
});

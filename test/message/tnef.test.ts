import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { extractAttachment, layoutBody, readMessage } from "../../src/message/index.ts";
import { readRtf, readTnef } from "../../src/message/tnef/index.ts";
import { decompressRtf } from "../../src/message/tnef/rtf-compression.ts";
import { attribute, file, properties, property, text, tnef, u32 } from "./tnef-sample.ts";

const rtf = String.raw`{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 Caf\'e9 \u8364?\par{\*\generator X;}two\tab{\b bold}}`;
const stored = (s: string) =>
  Buffer.concat([u32(s.length + 12), u32(s.length), u32(0x414c454d), u32(0), Buffer.from(s)]);

const winmail = tnef(
  attribute(1, 0x69007, u32(1252)),
  attribute(1, 0x2800c, text("inner")),
  ...file("c.txt", "c"),
);
const embedded = (inner: Buffer) => property(0x0d, 0x3701, Buffer.concat([Buffer.alloc(16), inner]));

test("files and text of a winmail.dat", () => {
  const found = readTnef(
    tnef(
      attribute(1, 0x69007, u32(1251)),
      attribute(1, 0x2800c, Buffer.from("cff0e8e2e5f200", "hex")),
      attribute(1, 0x69003, properties(property(0x102, 0x1013, Buffer.from("<p>Hi</p>")))),
      ...file("A~1.TXT", "abc", property(0x1f, 0x3707, Buffer.from("a long näme.txt\0", "utf16le"))),
      ...file(
        "pic.png",
        "xyz",
        property(0x1e, 0x370e, text("image/PNG")),
        property(0x1e, 0x3712, text("<p@x>")),
      ),
    ),
  );
  assert.deepEqual([found.text, found.html, found.damaged], ["Привет", "<p>Hi</p>", false]);
  assert.deepEqual(
    found.files.map((one) => [one.fileName, one.mediaType, one.contentId, one.bytes.toString()]),
    [
      ["a long näme.txt", null, null, "abc"],
      ["pic.png", "image/png", "p@x", "xyz"],
    ],
  );
});

test("a message in a winmail.dat: its text is a file, and its files are files", () => {
  assert.deepEqual(
    readTnef(tnef(...file("forwarded", "", embedded(winmail)))).files.map((one) => [
      one.fileName,
      one.bytes.toString(),
    ]),
    [
      ["forwarded", "inner"],
      ["c.txt", "c"],
    ],
  );
});

test("a message whose only text is in its winmail.dat: it is read, and its files are attachments", async () => {
  const dat = tnef(
    attribute(1, 0x69003, properties(property(0x102, 0x1009, stored(rtf)))),
    ...file("b.txt", "file b"),
  );
  const source = Buffer.from(
    `Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n${dat.toString("base64").replace(/.{76}/g, "$&\r\n")}\r\n`,
  );
  const message = await readMessage(source);
  assert.deepEqual(
    layoutBody(message.body, 80).map(({ spans }) => spans.map((span) => span.text).join("")),
    ["Café €", "two     bold"],
  );
  assert.deepEqual(
    message.attachments.map((one) => [one.section, one.fileName, one.mediaType, one.size]),
    [
      ["1", "winmail.dat", "application/ms-tnef", Math.ceil(dat.length / 3) * 3],
      ["1:1", "b.txt", "application/octet-stream", 6],
    ],
  );
  assert.equal((await extractAttachment(source, "1:1"))?.bytes.toString(), "file b");
  assert.equal(await extractAttachment(source, "1:2"), null);
  assert.equal(await extractAttachment(source, "2:1"), null);
});

test("RTF: text with its signs, and the HTML that Outlook wraps in it", () => {
  assert.deepEqual(readRtf(Buffer.from(rtf)), { html: false, text: "Café €\ntwo\tbold" });
  const wrapped = String.raw`{\rtf1\ansi\fromhtml1 {\*\htmltag64 <p>}\htmlrtf \par\htmlrtf0 one &amp; two{\*\htmltag72 </p>}}`;
  assert.deepEqual(readRtf(Buffer.from(wrapped)), { html: true, text: "<p>one &amp; two</p>" });
});

test("compressed RTF (MS-OXRTFCP, its example)", () => {
  const example = Buffer.from(
    "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232" + "0af32068656c090020627705b06c647d0a800fa0",
    "hex",
  );
  assert.equal(
    decompressRtf(example)?.toString("latin1"),
    "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
  );
  assert.equal(decompressRtf(Buffer.from("short")), null);
  const bomb = Buffer.concat([
    u32(100),
    u32(0xffffffff),
    u32(0x75465a4c),
    u32(0),
    Buffer.alloc(30_000, 0xff),
  ]);
  assert.ok((decompressRtf(bomb)?.length ?? 0) <= bomb.length * 18);
});

test("hostile winmail.dat: what is broken ends the reading, nothing throws or takes long", () => {
  assert.deepEqual(readTnef(Buffer.from("no TNEF")), {
    html: null,
    rtf: null,
    text: null,
    files: [],
    damaged: true,
  });
  const sound = tnef(
    ...file("a", "b", property(0x1f, 0x3707, Buffer.from("x\0", "utf16le")), embedded(winmail)),
    attribute(
      1,
      0x69003,
      properties(property(0x102, 0x1009, stored(rtf)), property(0x102, 0x1013, Buffer.from("<p>"))),
    ),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { maxLength: 8 }),
      fc.nat(sound.length),
      (changes, end) => {
        const bytes = Buffer.from(sound);
        for (const [at, octet] of changes) bytes[at] = octet;
        const found = readTnef(bytes.subarray(0, end));
        if (found.rtf) readRtf(found.rtf);
      },
    ),
    { numRuns: 500 },
  );
  let nested = winmail;
  for (let i = 0; i < 50; i++) nested = tnef(...file("n", "", embedded(nested)));
  readTnef(nested);
  readRtf(Buffer.from("{".repeat(1_000_000)));
  readRtf(Buffer.from("\\u1".repeat(300_000)));
  readRtf(Buffer.from("\\'e9".repeat(300_000)));
});

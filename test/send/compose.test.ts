// A draft from the text of an editor to the message that others get.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { type ParsedMail, simpleParser } from "mailparser";
import { decodeWords } from "../../src/message/header.ts";
import { isAddress, readAddresses } from "../../src/send/compose/addresses.ts";
import { type Built, build } from "../../src/send/compose/build.ts";
import type { Draft, DraftAttachment } from "../../src/send/compose/draft.ts";
import { fromFlowed, toFlowed } from "../../src/send/compose/flowed.ts";
import { markdownToHtml } from "../../src/send/compose/markdown.ts";
import { forEditor, fromEditor, parseDraft, writeDraft } from "../../src/send/compose/text.ts";

const draftOf = (headers: Record<string, string>, body = "", attachments: DraftAttachment[] = []): Draft => ({
  headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
  body,
  attachments,
  origin: null,
});
const basic = { From: "Ada <ada@example.org>", To: "bob@example.com", Subject: "Hello" };

async function bytes(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
const source = async (built: Built) => bytes(built.message());
const read = async (draft: Draft): Promise<ParsedMail> => simpleParser(await source(await build(draft)));

/** Text in the letters of twenty charsets of old, whose readers write UTF-8 today. */
const samples: Record<string, string> = {
  ascii: "Plain old letters",
  "iso-8859-1": "Übergrößenträger naïve façade",
  "iso-8859-2": "Příliš žluťoučký kůň",
  "iso-8859-3": "Ĉiuĵaŭde ĝi ŝanĝas",
  "iso-8859-4": "Šķērsām ņēma ģērbtuve",
  "iso-8859-5": "Съешь ещё этих мягких булок",
  "iso-8859-6": "مرحبا بالعالم",
  "iso-8859-7": "Καλημέρα κόσμε",
  "iso-8859-8": "שלום עולם",
  "iso-8859-9": "Işıklı ğüzel çiçek",
  "iso-8859-10": "Sjálfstætt þing Ærøskøbing",
  "iso-8859-13": "Ąžuolų šakelė",
  "iso-8859-15": "Œuvre à 5 €",
  "koi8-u": "Ґанок їжака",
  gb18030: "你好，世界",
  big5: "繁體中文測試",
  "euc-jp": "日本語のテスト",
  "euc-kr": "안녕하세요 세계",
  "tis-620": "สวัสดีชาวโลก",
  viscii: "Tiếng Việt đầy đủ dấu",
  emoji: "👩‍👩‍👧‍👦 🏴‍☠️ é\u0301",
};

describe("a draft as text", () => {
  const name = fc
    .stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/)
    .filter((n) => !/^(attach|postern-)/i.test(n));
  const value = fc
    .string({ unit: "grapheme", maxLength: 60 })
    .map((s) => s.replace(/[\p{Cc}\u2028\u2029\ufeff]/gu, "").trim());
  const path = fc
    .string({ minLength: 1, maxLength: 30 })
    .map((s) => `/${s.replace(/[\p{Cc}]/gu, "").trim()}`);
  const optional = fc.option(
    value.filter((v) => v !== ""),
    { nil: null },
  );
  const places = {
    path: fc.string(),
    uidValidity: fc.nat({ max: 4294967295 }),
    uids: fc.array(fc.nat({ max: 4294967295 }), { minLength: 1, maxLength: 3 }),
  };
  const draft = fc.record({
    headers: fc.array(fc.record({ name, value }), { maxLength: 8 }),
    body: fc.string({ unit: "grapheme" }).map((s) => s.replace(/\r/g, "\n")),
    attachments: fc.array(
      fc.record({
        path,
        name: optional,
        mediaType: optional,
        disposition: fc.constantFrom("attachment" as const, "inline" as const),
        contentId: optional,
      }),
      { maxLength: 3 },
    ),
    origin: fc.option(
      fc.record(
        {
          kind: fc.constantFrom("reply" as const, "forward" as const),
          ...places,
          also: fc.array(fc.record(places), { minLength: 1, maxLength: 3 }),
        },
        { requiredKeys: ["kind", "path", "uidValidity", "uids"] },
      ),
      { nil: null },
    ),
  });

  it("reads back what it wrote, unknown fields and all", () => {
    fc.assert(
      fc.property(draft, (d) => assert.deepEqual(parseDraft(writeDraft(d)), structuredClone(d))),
      { numRuns: 500 },
    );
  });

  it("reads whatever it is given, or says which line is wrong", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        try {
          parseDraft(text);
        } catch (error) {
          assert.match(String(error), /SendError: line \d+ is no header field/);
        }
      }),
    );
    assert.throws(() => parseDraft("To: a@b.example\nSubject hello\n\ntext"), /line 2/);
  });

  it("gives the editor what people write, and keeps the rest", () => {
    const before = draftOf({ ...basic, "In-Reply-To": "<a@b>", References: "<z@b> <a@b>" }, "text");
    const shown = forEditor({
      ...before,
      origin: { kind: "reply", path: "INBOX", uidValidity: 1, uids: [2] },
    });
    assert.doesNotMatch(shown, /References|Postern/);
    assert.deepEqual(fromEditor(shown, before), before);
    const detached = fromEditor(shown.replace("In-Reply-To: <a@b>\n", ""), before);
    assert.ok(!detached.headers.some((field) => field.name === "References"));
  });

  it("folds, line ends of other systems and a byte order mark are read", () => {
    const read = parseDraft("\ufeffTo: a@b.example,\r\n\tc@d.example\r\nSubject: x\r\n\r\nline\r\nline\r\n");
    assert.deepEqual(read.headers, [
      { name: "To", value: "a@b.example, c@d.example" },
      { name: "Subject", value: "x" },
    ]);
    assert.equal(read.body, "line\nline\n");
  });
});

describe("flowed text", () => {
  const line = fc
    .string({ unit: "grapheme", maxLength: 200 })
    .map((s) => s.replace(/[\r\n\0]/g, "").trimEnd());

  it("comes back as it was written, however long the lines are", () => {
    const words = fc
      .array(fc.string({ minLength: 1, maxLength: 15 }), { maxLength: 60 })
      .map((w) => w.join(" "));
    fc.assert(
      fc.property(fc.array(fc.oneof(line, words), { maxLength: 20 }), (lines) => {
        const text = lines
          .map((l) =>
            l
              .replace(/[\r\n\0]/g, "")
              .trimEnd()
              .replace(/^>[> ]*/, ""),
          )
          .join("\n");
        assert.equal(fromFlowed(toFlowed(text)), text);
      }),
      { numRuns: 500 },
    );
  });

  it("quotes stay quotes, signatures signatures, and no line is longer than 78 that can be broken", () => {
    const long = "word ".repeat(60).trim();
    const text = `> > ${long}\n${long}\n-- \nAda\nFrom here\n >no quote`;
    const flowed = toFlowed(text);
    assert.ok(flowed.split("\n").every((l) => l.length <= 78));
    assert.match(flowed, /^>> word/);
    assert.match(flowed, /^-- $/m);
    assert.match(flowed, /^ From here$/m);
    assert.equal(fromFlowed(flowed), `>> ${long}\n${long}\n-- \nAda\nFrom here\n >no quote`);
  });
});

describe("a message built", () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "postern-compose-"));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  for (const [charset, text] of Object.entries(samples)) {
    it(`says what was meant in the letters of ${charset}`, async () => {
      const file = join(dir, `${charset}.txt`);
      writeFileSync(file, text);
      const body = `${text}\n\n> ${text} ${text}\n-- \n${text}\n`;
      const mail = await read(
        draftOf({ ...basic, From: `"${text}" <ada@example.org>`, Subject: text, "X-Note": text }, body, [
          { path: file, name: `${text}.txt`, mediaType: null, disposition: "attachment", contentId: null },
        ]),
      );
      assert.equal(mail.from?.value[0]?.name, text.normalize());
      assert.equal(mail.subject, text);
      assert.equal(decodeWords(String(mail.headers.get("x-note"))), text);
      assert.equal(mail.attachments[0]?.filename, `${text}.txt`);
      assert.equal(mail.attachments[0]?.content.toString(), text);
      assert.equal(fromFlowed(mail.text ?? "").trimEnd(), body.trimEnd());
    });
  }

  it("has CRLF line ends, short lines and no bare 8-bit octet", async () => {
    const built = await build(draftOf(basic, `${"é".repeat(3000)}\n${"x".repeat(3000)}\n`));
    const text = (await source(built)).toString("latin1");
    assert.doesNotMatch(text, /[^\r]\n|\r[^\n]|[\x80-\xff]/);
    assert.ok(text.split("\r\n").every((line) => line.length <= 998));
    assert.match(text, /^Message-ID: <[\w-]+@example\.org>\r$/m);
    assert.match(text, /^Date: \w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}\r$/m);
  });

  it("never tells others of the Bcc", async () => {
    const built = await build(draftOf({ ...basic, Bcc: "eve@example.net, Mallory <mallory@example.net>" }));
    assert.doesNotMatch((await source(built)).toString(), /^bcc:|eve@example|mallory/im);
    assert.deepEqual(built.envelope.to, ["bob@example.com", "eve@example.net", "mallory@example.net"]);
    assert.equal(built.bcc, "Bcc: eve@example.net,\r\n Mallory <mallory@example.net>\r\n");
    const alone = await build(draftOf({ From: basic.From, Bcc: "eve@example.net" }));
    assert.match((await source(alone)).toString(), /^To: Undisclosed recipients:;\r$/m);
  });

  it("lets no text begin a field of its own", async () => {
    const hostile = fc.string({ unit: "binary" }).map((s) => `${s}\r\nX-Evil: yes\nBcc: eve@example.net`);
    await fc.assert(
      fc.asyncProperty(hostile, hostile, hostile, async (subject, name, fileName) => {
        const file = join(dir, "plain");
        writeFileSync(file, "x");
        const at = {
          path: file,
          name: fileName,
          mediaType: null,
          disposition: "attachment",
          contentId: null,
        } as const;
        const draft = draftOf({ ...basic, Subject: subject, "X-Other": name }, "text", [at]);
        const text = (await source(await build(draft))).toString("latin1");
        assert.doesNotMatch(text, /^(?:x-evil|bcc):/im);
        assert.equal(
          text.match(/^\r$/gm)?.length,
          (await source(await build({ ...draft, headers: draftOf(basic).headers })))
            .toString("latin1")
            .match(/^\r$/gm)?.length,
        );
      }),
      { numRuns: 40 },
    );
    for (const name of ["X Y", "X:Y", "Tö", "X\r\nBcc"])
      await assert.rejects(build(draftOf({ ...basic, [name]: "x" })), /no name of a header field/);
  });

  it("writes international hosts in ASCII where the rest is, and as they are where it is not", async () => {
    const built = await build(draftOf({ ...basic, To: "a@jõgeva.ee, jürgen@jõgeva.ee" }));
    const text = (await source(built)).toString();
    assert.match(text, /^To: a@xn--jgeva-dua\.ee, jürgen@jõgeva\.ee\r$/m);
  });

  it("stops at what cannot be sent", async () => {
    const rejects = (headers: Record<string, string>, code: string) =>
      assert.rejects(build(draftOf(headers)), (error) => (error as { code?: string }).code === code);
    await rejects({ ...basic, To: "" }, "NO_RECIPIENT");
    await rejects({ ...basic, To: "bob" }, "ADDRESS");
    await rejects({ ...basic, To: "bob@example.com, eve@" }, "ADDRESS");
    await rejects({ To: basic.To }, "ADDRESS");
    for (const path of [join(dir, "none"), dir]) {
      const at = { path, name: null, mediaType: null, disposition: "attachment", contentId: null } as const;
      await assert.rejects(build(draftOf(basic, "", [at])), /cannot attach/);
    }
  });

  it("draws pictures of the text to their HTML, in one related part, and lists others", async () => {
    const picture = join(dir, "dot.png");
    writeFileSync(picture, "png");
    const built = await build(
      draftOf(basic, "**bold** <script>x</script> ![p](https://evil.example/p.png)", [
        { path: picture, name: null, mediaType: null, disposition: "attachment", contentId: null },
      ]),
      { markdown: true },
    );
    const mail = await simpleParser(await source(built));
    assert.match(mail.html || "", /<strong>bold<\/strong> &lt;script&gt;/);
    assert.doesNotMatch(mail.html || "", /<img|<script/);
    assert.equal(mail.attachments[0]?.contentType, "image/png");
    assert.doesNotMatch(markdownToHtml("[x](javascript:alert(1))"), /javascript/);
  });

  for (const size of [0, 1, 57, 100_000, 100 * 1024 * 1024]) {
    it(`carries a file of ${size} octets, and holds none of it`, async () => {
      const file = join(dir, `size-${size}`);
      const handle = await open(file, "w");
      const block = Buffer.alloc(Math.min(size, 1 << 20), "Postern\0\xff\r\n", "latin1");
      const hash = createHash("sha256");
      for (let left = size; left > 0; left -= block.length) {
        const piece = block.subarray(0, Math.min(left, block.length));
        await handle.write(piece);
        hash.update(piece);
      }
      await handle.close();
      const built = await build(
        draftOf(basic, "see the file", [
          { path: file, name: "blob.bin", mediaType: null, disposition: "attachment", contentId: null },
        ]),
      );
      const before = process.memoryUsage().rss;
      let most = 0;
      let inside = false;
      let rest = "";
      const decoded = createHash("sha256");
      for await (const chunk of built.message()) {
        most = Math.max(most, process.memoryUsage().rss - before);
        const lines = (rest + (chunk as Buffer).toString("latin1")).split("\r\n");
        rest = lines.pop() ?? "";
        let base64 = "";
        for (const line of lines) {
          if (line.startsWith("--=_")) inside = false;
          else if (/filename=blob\.bin/.test(line)) inside = true;
          else if (inside && /^[A-Za-z0-9+/=]+$/.test(line)) base64 += line;
        }
        decoded.update(Buffer.from(base64, "base64"));
      }
      assert.equal(decoded.digest("hex"), hash.digest("hex"));
      assert.ok(most < 100 * 1024 * 1024, `${most} octets more in memory`);
    });
  }

  it("is the same message whenever it is read", async () => {
    const built = await build(
      draftOf(basic, "twice", [
        {
          path: join(dir, "size-57"),
          name: null,
          mediaType: null,
          disposition: "attachment",
          contentId: null,
        },
      ]),
    );
    assert.deepEqual(await source(built), await source(built));
  });
});

describe("addresses", () => {
  it("takes what can be delivered to", () => {
    for (const good of [
      "a@b.example",
      "a.b+c@d-e.example",
      '"a b"@c.example',
      "ü@ö.example",
      "a@[192.0.2.1]",
      "root@localhost",
    ])
      assert.ok(isAddress(good), good);
    for (const bad of [
      "",
      "a",
      "@b",
      "a@",
      "a@b@c.example",
      "a b@c.example",
      "a@b .example",
      "a@b..c",
      "a@-b.example",
      "a\0@b.example",
      "a@b.example\r\n",
      `${"x".repeat(65)}@b.example`,
      "a@b.example>",
      "a@\u202eb.example",
    ])
      assert.ok(!isAddress(bad), bad);
  });

  it("takes groups apart and undoes quotes", () => {
    assert.deepEqual(
      readAddresses('"Doe, John" <j@d.example>, team: a@b.example, c@d.example;, e@f.example'),
      [
        { name: "Doe, John", email: "j@d.example" },
        { name: "", email: "a@b.example" },
        { name: "", email: "c@d.example" },
        { name: "", email: "e@f.example" },
      ],
    );
  });
});

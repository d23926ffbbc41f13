// Messages that are finished already: what sendmail's users hand in.
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type RawOptions, readRaw } from "../../src/send/raw.ts";

const plain: RawOptions = {
  recipients: [],
  fromHeader: true,
  defaultFrom: "Ada <ada@b.example>",
  dotEnds: false,
};
async function raw(source: string, more: Partial<RawOptions> = {}, chunks: Buffer[] = [Buffer.from(source)]) {
  const message = await readRaw(Readable.from(chunks), { ...plain, ...more });
  const parts: Buffer[] = [];
  for await (const chunk of message.message()) parts.push(chunk as Buffer);
  return { ...message, text: Buffer.concat(parts).toString() };
}
const head = "From: a@b.example\nTo: c@d.example\nDate: x\nMessage-ID: <1@x>\n";

describe("a finished message", () => {
  it("goes as it is, with CRLF", async () => {
    const { text, envelope, messageId } = await raw(`${head}Subject: a\n folded\n\nHi\n.\nHo`);
    assert.equal(text, `${head}Subject: a\n folded\n\nHi\n.\nHo\n`.replace(/\n/g, "\r\n"));
    assert.deepEqual([envelope, messageId], [{ from: "a@b.example", to: ["c@d.example"] }, "<1@x>"]);
  });

  it("loses its Bcc, folds and all, and those get it", async () => {
    const { text, envelope, bcc } = await raw(
      `Bcc: e@f.example,\n\tg@h.example\n${head}bcc : i@j.example\n\nHi\n`,
    );
    assert.doesNotMatch(text, /bcc|e@f|g@h|i@j/i);
    assert.deepEqual(envelope.to, ["c@d.example", "e@f.example", "g@h.example", "i@j.example"]);
    assert.equal(bcc, "Bcc: e@f.example,\r\n\tg@h.example\r\nbcc : i@j.example\r\n");
  });

  it("gets what it lacks", async () => {
    const { text, messageId } = await raw("To: c@d.example\n\nHi\n");
    assert.match(
      text,
      /^To: c@d.example\r\nFrom: Ada <ada@b.example>\r\nDate: .*\r\nMessage-ID: <.*@b.example>\r\n\r\nHi\r\n$/,
    );
    assert.ok(text.includes(messageId));
  });

  it("takes recipients from the command line, from the header where asked, and a sender", async () => {
    assert.deepEqual(
      (await raw(`${head}\n`, { recipients: ["x@y.example"], fromHeader: false })).envelope.to,
      ["x@y.example"],
    );
    assert.deepEqual(
      (await raw(`${head}\n`, { recipients: ["x@y.example"], sender: "s@t.example" })).envelope,
      {
        from: "s@t.example",
        to: ["x@y.example", "c@d.example"],
      },
    );
    await assert.rejects(raw(`${head}\n`, { fromHeader: false }), /to nobody/);
    await assert.rejects(raw("To: nobody\n\n"), /no mail address/);
    await assert.rejects(raw(""), /no message/);
  });

  it("ends at a dot where it is told so, and text without an empty line begins", async () => {
    assert.match((await raw(`${head}\none\n.\ntwo\n`, { dotEnds: true })).text, /\r\n\r\none\r\n$/);
    assert.match((await raw(`${head}text at once\nmore\n`)).text, /<1@x>\r\n\r\ntext at once\r\nmore\r\n$/);
  });

  it("comes out the same however it comes in, with no bare CR or LF", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary" }),
        fc.array(fc.nat(40), { maxLength: 10 }),
        async (body, cuts) => {
          const source = Buffer.from(`${head}\r\n${body}`, "latin1");
          const chunks: Buffer[] = [];
          let at = 0;
          for (const cut of cuts) {
            chunks.push(source.subarray(at, at + cut));
            at += cut;
          }
          chunks.push(source.subarray(at));
          const { text } = await raw(
            "",
            {},
            chunks.filter((c) => c.length > 0),
          );
          assert.equal(text, (await raw("", {}, [source])).text);
          assert.doesNotMatch(text, /[^\r]\n|\r[^\n]/);
        },
      ),
    );
  });

  it("holds nothing of a line without end", async () => {
    const chunks = function* () {
      yield Buffer.from(`${head}\n`);
      for (let i = 0; i < 300; i++) yield Buffer.alloc(100_000, "x");
    };
    const message = await readRaw(Readable.from(chunks()), plain);
    let size = 0;
    let largest = 0;
    for await (const chunk of message.message()) {
      size += (chunk as Buffer).length;
      largest = Math.max(largest, (chunk as Buffer).length);
    }
    assert.ok(size > 30_000_000 && largest < 1_000_000);
  });
});

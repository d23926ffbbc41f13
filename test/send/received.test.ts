// What others get is what was meant, octet by octet, from Dovecot's submission service to its delivery: every kind of
// message in twenty charsets, and attachments of any size in the memory that little takes.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { simpleParser } from "mailparser";
import type { Folder } from "../../src/mail/index.ts";
import { type Draft, withField } from "../../src/send/compose/draft.ts";
import type { Entry } from "../../src/send/outbox/entry.ts";
import { readRaw } from "../../src/send/raw.ts";
import { newDraft } from "../../src/send/reply/anew.ts";
import { forward } from "../../src/send/reply/forward.ts";
import { passParts, passWhole } from "../../src/send/reply/parts.ts";
import { replyTo } from "../../src/send/reply/reply.ts";
import { eventually } from "../mail/fixture.ts";
import { submissionMissing } from "../servers/submission.ts";
import { startDesk, type TestDesk, urlauth, whole } from "./desk.ts";

const samples: Readonly<Record<string, string>> = {
  "us-ascii": "Plain old letters",
  "utf-8": "👩‍👩‍👧‍👦 é ☃",
  "iso-8859-2": "Příliš žluťoučký kůň",
  "iso-8859-3": "Ĉiuĵaŭde ĝi ŝanĝas",
  "iso-8859-4": "Šķērsām ņēma ģērbtuve",
  "iso-8859-5": "Съешь ещё этих мягких",
  "iso-8859-6": "مرحبا بالعالم",
  "iso-8859-7": "Καλημέρα κόσμε",
  "iso-8859-8": "שלום עולם",
  "iso-8859-10": "Sjálfstætt þing Ærøskøbing",
  "iso-8859-13": "Ąžuolų šakelė",
  "iso-8859-15": "Œuvre à 5 €",
  "windows-1252": "Übergröße naïve",
  "windows-1254": "Işıklı güzel çiçek",
  "windows-874": "สวัสดีชาวโลก",
  "koi8-r": "Привет мир",
  "koi8-u": "Ґанок їжака",
  gb18030: "你好世界",
  big5: "繁體中文測試",
  "euc-jp": "日本語のテスト",
  "euc-kr": "안녕하세요 세계",
  shift_jis: "カタカナと漢字",
};

/** Text in a charset of old: every letter by what decodes to it. */
function encoded(text: string, charset: string): Buffer {
  if (charset === "utf-8") return Buffer.from(text);
  const decoder = new TextDecoder(charset);
  const of = new Map<string, number[]>();
  for (let first = 0; first < 256; first++) {
    const one = decoder.decode(Buffer.from([first]));
    if (one !== "\ufffd") of.set(one, [first]);
    else
      for (let second = 0x40; second < 256; second++) {
        const two = decoder.decode(Buffer.from([first, second]));
        if (two.length === 1 && two !== "\ufffd" && !of.has(two)) of.set(two, [first, second]);
      }
  }
  return Buffer.from(
    [...text].flatMap((letter) => of.get(letter) ?? assert.fail(`${charset} has no ${letter}`)),
  );
}
const encodedWord = (octets: Buffer, charset: string) => `=?${charset}?B?${octets.toString("base64")}?=`;

/** From a program of old: its text, a file and its header in one charset. */
function original(charset: string): Buffer {
  const octets = encoded(samples[charset] ?? "", charset);
  const file = Buffer.concat([octets, Buffer.from("\r\nlast line")]);
  return Buffer.concat([
    Buffer.from(
      [
        `From: ${encodedWord(octets, charset)} <ann@example.org>`,
        `To: me@example.org`,
        `Subject: ${encodedWord(octets, charset)}`,
        `Message-ID: <${charset}@example.org>`,
        "Date: Thu, 26 Nov 2026 08:00:00 +0000",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="b"',
        "",
        "--b",
        `Content-Type: text/plain; charset=${charset}`,
        "Content-Transfer-Encoding: 8bit",
        "",
        "",
      ].join("\r\n"),
    ),
    octets,
    Buffer.from(
      `\r\n--b\r\nContent-Type: text/plain; charset=${charset}; name="${encodedWord(octets, charset)}.txt"\r\n` +
        "Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
        `${file.toString("base64").replace(/.{76}/g, "$&\r\n")}\r\n--b--\r\n`,
    ),
  ]);
}

setFlagsFromString("--expose-gc");
const sweep = runInNewContext("gc") as () => void;
function held(): number {
  sweep();
  return process.memoryUsage().arrayBuffers;
}

describe("what others get", { skip: submissionMissing() }, () => {
  let at: TestDesk;
  let inbox: Folder;
  let dir: string;
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "postern-received-"));
    at = await startDesk(urlauth);
    at.server.dovecot.deliver("INBOX", Object.keys(samples).map(original), "me");
    inbox = await at.mail.findFolder("INBOX");
    await eventually("all are there", async () => {
      await at.mail.look(inbox);
      await at.mail.sync(inbox);
      return (await at.mail.uids(inbox)).length === Object.keys(samples).length;
    });
  });
  after(async () => {
    await at?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  async function originalOf(charset: string) {
    const { uids } = await at.mail.find(inbox, `mid:"<${charset}@example.org>"`);
    assert.equal(uids.length, 1);
    return at.desk.original(inbox, uids[0] ?? 0);
  }
  const addressed = (draft: Draft) =>
    withField(withField(draft, "To", "ann@example.org"), "Bcc", "bob@example.org");
  const got = ({ messageId }: Entry, user = "ann") =>
    at.server.received(user).filter((source) => source.includes(`Message-ID: ${messageId}`));
  /** Sends it; what Ann and Bob have got is what lay in the outbox, and names no blind copy. */
  async function sent(entry: Entry): Promise<Buffer> {
    const meant = await whole(at.mail.sending.pieces.stream(at.desk.outbox.pieces(entry)));
    assert.equal(meant.length, entry.size);
    const [delivered] = await at.desk.deliver([entry.id]);
    assert.equal(delivered?.outcome, "sent", delivered?.entry.reason?.text);
    assert.deepEqual(got(entry), [meant]);
    assert.deepEqual(got(entry, "bob"), [meant]);
    assert.equal(meant.includes("bob@"), false);
    return meant;
  }

  for (const [charset, sample] of Object.entries(samples)) {
    it(`${charset}: a text, an answer, passed on in the text and as a whole, and a finished message`, async () => {
      const { desk, mail } = at;
      const { writing } = desk;
      const of = await originalOf(charset);

      const named = join(dir, `${sample}.txt`);
      writeFileSync(named, encoded(sample, charset));
      const file = { name: null, mediaType: null, disposition: "attachment", contentId: null } as const;
      const written = newDraft(writing, {
        to: `${sample} <ann@example.org>`,
        subject: sample,
        body: `${sample}\n`,
      });
      const text = await simpleParser(
        await sent(
          await desk.post({
            ...withField(written, "Bcc", "bob@example.org"),
            attachments: [{ ...file, path: named }],
          }),
        ),
      );
      assert.deepEqual(
        [text.subject, text.text?.trim(), text.attachments[0]?.filename],
        [sample, sample, `${sample}.txt`],
      );
      assert.deepEqual(text.attachments[0]?.content, encoded(sample, charset));
      assert.equal([text.to].flat()[0]?.value[0]?.name, sample);

      const reply = await desk.post(addressed(replyTo("reply", [of], writing)));
      const answer = await simpleParser(await sent(reply));
      assert.ok(answer.text?.includes(`> ${sample}`), answer.text);
      assert.equal(answer.inReplyTo, `<${charset}@example.org>`);
      assert.equal(answer.subject, `Re: ${sample}`);

      const attachments = await passParts(mail, of, join(dir, "files"));
      const inline = forward([of], writing, { inline: true, attachments });
      const passed = await simpleParser(await sent(await desk.post(addressed(inline))));
      assert.ok(passed.text?.includes(sample));
      assert.deepEqual(
        passed.attachments.map(({ content, filename }) => [content.toString("hex"), filename]),
        [
          [
            Buffer.concat([encoded(sample, charset), Buffer.from("\r\nlast line")]).toString("hex"),
            `${sample}.txt`,
          ],
        ],
      );

      const all = [await passWhole(mail, of, join(dir, "files"))];
      const attached = forward([of], writing, { inline: false, attachments: all });
      assert.ok((await sent(await desk.post(addressed(attached)))).includes(original(charset)));

      const source = Buffer.from(
        original(charset).toString("latin1").replace(`<${charset}@`, `<raw-${charset}@`),
        "latin1",
      );
      const raw = await readRaw(Readable.from([Buffer.from("Bcc: bob@example.org\n"), source]), {
        ...{
          recipients: ["ann@example.org"],
          fromHeader: true,
          defaultFrom: "me@example.org",
          dotEnds: false,
        },
        sender: "me@example.org",
      });
      const others = raw.envelope.to.filter((one) => one !== "me@example.org");
      const finished = await desk.postRaw({ ...raw, envelope: { from: "me@example.org", to: others } });
      assert.deepEqual(await sent(finished), source);
    });
  }

  it("Markdown as text and HTML", async () => {
    const { mail } = at;
    const desk = at.another();
    await mail.sync(inbox);
    Object.assign(desk, { writing: { ...desk.writing, markdown: true } });
    const body = "# Grüße\n\nthis is *one* [link](https://example.org/)\n";
    const draft = newDraft(desk.writing, {
      to: "ann@example.org",
      bcc: "bob@example.org",
      subject: "md",
      body,
    });
    const entry = await desk.post(draft);
    const meant = await whole(mail.sending.pieces.stream(desk.outbox.pieces(entry)));
    await desk.deliver([entry.id]);
    assert.deepEqual(got(entry), [meant]);
    const read = await simpleParser(meant);
    assert.ok(read.text?.includes("this is *one* [link](https://example.org/)"));
    assert.match(
      String(read.html),
      /<h1>Grüße<\/h1>\s*<p>this is <em>one<\/em> <a href="https:\/\/example.org\/">link<\/a>/,
    );
  });

  it("by hosts of other letters, with delivery reports", async () => {
    const { desk } = at;
    const draft = newDraft(desk.writing, {
      to: "Ann <ann@bücher.example>, bob@例え.jp",
      subject: "IDN",
      body: "x\n",
    });
    const built = await desk.built(draft);
    const seen = at.server.relay.envelopes.length;
    const entry = await desk.outbox.add({
      ...built,
      envelope: { ...built.envelope, dsn: { notify: ["success", "failure"], ret: "hdrs", envid: "e 1" } },
      ...{ subject: "IDN", origin: null, copy: false, draft: null, notBefore: 0 },
    });
    const meant = await whole(at.mail.sending.pieces.stream(desk.outbox.pieces(entry)));
    await desk.deliver([entry.id]);
    assert.deepEqual([got(entry), got(entry, "bob")], [[meant], [meant]]);
    const said = at.server.relay.envelopes.slice(seen).join("\n");
    assert.match(said, /RCPT TO:<ann@xn--bcher-kva\.example>.*NOTIFY=SUCCESS,FAILURE/i);
    assert.match(said, /RCPT TO:<bob@xn--r8jz45g\.jp>/);
    assert.match(said, /MAIL FROM:<me@example\.org>(?=.*RET=HDRS).*ENVID=e\+201/i);
  });

  for (const size of [0, 1, 56, 57, 58, 65_535, 1_000_000, 10_000_000, 100_000_000])
    it(`a file of ${size} octets, in little memory`, { timeout: 300_000 }, async (t) => {
      const { desk, mail } = at;
      const path = join(dir, `${size}.bin`);
      writeFileSync(
        path,
        Buffer.from(Array.from({ length: Math.min(size, 70_000) }, (_, i) => (i * 7919) % 251)),
      );
      // The rest of a large one is zeros.
      truncateSync(path, size);
      const file = { name: null, mediaType: null, disposition: "attachment", contentId: null } as const;
      const draft = newDraft(desk.writing, { to: "ann@example.org", subject: `${size}`, body: "see\n" });
      // Other tests of this process may hold something for good.
      const before = held();
      let most = 0;
      const watch = setInterval(() => {
        most = Math.max(most, held() - before);
      }, 100);
      const entry = await desk.post({ ...draft, attachments: [{ ...file, path }] });
      const [delivered] = await desk.deliver([entry.id]).finally(() => clearInterval(watch));
      assert.equal(delivered?.outcome, "sent", delivered?.entry.reason?.text);
      assert.ok(most < 40e6, `${Math.round(most / 1e6)} MB`);
      const [received, ...more] = got(entry);
      assert.ok(received && more.length === 0);
      assert.equal(received.length, entry.size);
      // The copy is another way of the same octets, by IMAP.
      const sentTo = await mail.findFolder("Sent");
      const found = async () => (await mail.find(sentTo, `mid:"${entry.messageId}"`)).uids[0] ?? 0;
      // A busy server may have been given up while it took the copy, which is then stored by another try.
      for (let tries = 0; tries < 60 && (await found()) === 0; tries++)
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      const copy = createHash("sha256");
      for await (const chunk of await mail.source(sentTo, await found())) copy.update(chunk as Buffer);
      assert.equal(copy.digest("hex"), createHash("sha256").update(received).digest("hex"));
      const start = received.indexOf("\r\n\r\n", received.indexOf("filename=")) + 4;
      const end = received.lastIndexOf("\r\n--");
      const content = Buffer.from(received.toString("latin1", start, end), "base64");
      const wanted = createHash("sha256");
      for await (const chunk of createReadStream(path)) wanted.update(chunk as Buffer);
      assert.equal(createHash("sha256").update(content).digest("hex"), wanted.digest("hex"));
      t.diagnostic(`${(most / 1e6).toFixed(1)} MB held`);
    });
});

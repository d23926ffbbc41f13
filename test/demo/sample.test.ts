import assert from "node:assert/strict";
import { test } from "node:test";
import { simpleParser } from "mailparser";
import { indexMessage } from "../../src/demo/mime.ts";
import { fillWithSamples } from "../../src/demo/sample/index.ts";
import { MailStore } from "../../src/demo/store.ts";
import { literalOf, withDemo } from "./wire.ts";

const now = new Date();
const store = new MailStore();
fillWithSamples(store, now);
const messages = store.all().flatMap((mailbox) => mailbox.messages);

test("the samples are well-formed: CRLF alone, short lines, dated in the past, of example domains", () => {
  assert.ok(messages.length >= 40, `${messages.length} messages`);
  const ids = new Set<string>();
  for (const { content, internalDate } of messages) {
    const header = content.raw.slice(0, content.root.bodyStart);
    assert.doesNotMatch(content.raw, /[^\r]\n|\r(?!\n)|\0/);
    assert.doesNotMatch(header, /[\x80-\xff\x1b]/);
    for (const line of content.raw.split("\r\n")) assert.ok(line.length <= 998, line);
    assert.ok(internalDate <= now);
    for (const [, domain = ""] of content.raw.matchAll(/^(?:From|To|Cc):.*@([\w.-]+)/gim))
      assert.match(domain, /(^|\.)example\.(org|com|net)$/);
    const id = content.root.fields.find((f) => f.name === "message-id")?.value ?? "";
    assert.ok(!ids.has(id) && id.length > 0, id);
    ids.add(id);
  }
});

test("an independent parser reads the samples as they were meant", async () => {
  const subjects: string[] = [];
  let text = "";
  const names: string[] = [];
  for (const { content } of messages) {
    const parsed = await simpleParser(Buffer.from(content.raw, "latin1"), { skipImageLinks: true });
    subjects.push(parsed.subject ?? "");
    text += parsed.text ?? "";
    names.push(...parsed.attachments.map((attachment) => attachment.filename ?? ""));
    assert.ok(parsed.date && parsed.from?.text, parsed.subject);
  }
  for (const subject of [
    "Welcome to Postern",
    "来月の展示会について",
    "写真をありがとう",
    "Рецепт пирога, который ты просила",
    "С днём рождения!",
    "周末读书会：《海边的灯塔》",
    "שלום מהנמל הישן",
    "Bestätigung: Zimmer 7, drei Nächte",
  ])
    assert.ok(subjects.includes(subject), subject);
  for (const phrase of [
    "横浜で小さな写真展",
    "Духовку не открывать",
    "попутного ветра",
    "第四章",
    "Frühstück bis elf",
    "👵🏽",
    "とてもきれいですね",
  ])
    assert.ok(text.includes(phrase), phrase);
  assert.doesNotMatch(text, /\ufffd/);
  for (const name of ["撮影メモ.txt", "Rechnung für Frau Reed.pdf", "lighthouse at dusk.png"])
    assert.ok(names.includes(name), name);
});

test("every section of every message fits its BODYSTRUCTURE and its size", () =>
  withDemo(1, async (wire) => {
    for (const { name } of store.all()) {
      const count = Number(/\* (\d+) EXISTS/.exec(await wire.command(`EXAMINE "${name}"`))?.[1]);
      for (let n = 1; n <= count; n++) {
        const get = async (section: string) =>
          literalOf(await wire.command(`FETCH ${n} BODY.PEEK[${section}]`));
        const whole = await get("");
        const size = /RFC822\.SIZE (\d+)/.exec(await wire.command(`FETCH ${n} RFC822.SIZE`))?.[1];
        assert.equal(Number(size), whole.length);
        assert.equal((await get("HEADER")) + (await get("TEXT")), whole);
        assert.equal(literalOf(await wire.command(`FETCH ${n} BODY.PEEK[]<10.25>`)), whole.slice(10, 35));
        const structure = await wire.command(`FETCH ${n} BODYSTRUCTURE`);
        const walk = async (part: ReturnType<typeof indexMessage>, path: string): Promise<void> => {
          for (const [i, child] of part.children.entries()) {
            const number = path ? `${path}.${i + 1}` : `${i + 1}`;
            const body = await get(number);
            const mime = await get(`${number}.MIME`);
            assert.ok(whole.includes(mime + body), number);
            if (child.children.length === 0) assert.ok(structure.includes(` ${body.length}`), number);
            if (child.message)
              assert.equal((await get(`${number}.HEADER`)) + (await get(`${number}.TEXT`)), body);
            await walk(child, number);
          }
        };
        await walk(indexMessage(whole), "");
      }
    }
  }));

test("header fields are chosen by name, and parts that are not there are NIL", () =>
  withDemo(1, async (wire) => {
    await wire.command("EXAMINE Travel");
    const some = await wire.command("FETCH 1 BODY.PEEK[HEADER.FIELDS (subject FROM)]");
    assert.match(some, /BODY\[HEADER\.FIELDS \(subject FROM\)\] \{/);
    assert.match(literalOf(some), /^From: .*\r\nSubject: .*\r\n\r\n$/);
    const others = literalOf(await wire.command("FETCH 1 BODY.PEEK[HEADER.FIELDS.NOT (Subject From)]"));
    assert.doesNotMatch(others, /^(Subject|From):/m);
    assert.match(others, /^Date: /);
    assert.match(await wire.command("FETCH 1 BODY.PEEK[9.1]"), /BODY\[9\.1\] NIL/);
  }));

test("reading a body marks it as read, peeking and EXAMINE do not", () =>
  withDemo(1, async (wire) => {
    await wire.command("EXAMINE Travel");
    assert.doesNotMatch(await wire.command("FETCH 3 (FLAGS BODY[TEXT])"), /Seen/);
    await wire.command("SELECT Travel");
    assert.doesNotMatch(await wire.command("FETCH 3 (FLAGS BODY.PEEK[TEXT])"), /Seen/);
    assert.match(await wire.command("FETCH 3 (FLAGS BODY[TEXT])"), /^\* 3 FETCH \(FLAGS \(\\Seen\) BODY/);
  }));

test("malformed MIME gives a tree, whatever it is", () => {
  for (const text of [
    "",
    "\r\n",
    "no header at all",
    "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x\r\n--x--",
    "Content-Type: multipart/mixed\r\n\r\nbody",
    `${"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n".repeat(500)}`,
    `${"Content-Type: message/rfc822\r\n\r\n".repeat(500)}`,
    `Subject: ${"a".repeat(2_000_000)}\r\n\r\n`,
    `Subject: a${"\r\n b".repeat(200_000)}\r\n\r\n`,
  ])
    assert.ok(indexMessage(text).end === text.length);
});

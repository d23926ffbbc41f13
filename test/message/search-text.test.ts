// What of a message can be found: every word of it, whatever it came as; nothing hostile costs more than its share.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readSearchText, readWholeSearchText } from "../../src/message/index.ts";
import { searchMail } from "../mail/search-samples.ts";

const message = (head: string, body: string | Buffer) =>
  Buffer.concat([
    Buffer.from(`From: a@example.org\r\n${head.replaceAll("\n", "\r\n")}\r\n\r\n`),
    Buffer.from(body),
  ]);

test("text of any charset and encoding, of HTML without its tags, of enclosed messages", async () => {
  const bodies = await Promise.all(
    searchMail.map(async (source) => (await readWholeSearchText(source)).body),
  );
  for (const [at, words] of [
    [1, "Leuchtturmwärter grüßt"],
    [2, "Привет, капитан!"],
    [3, "灯台の機関室で火事です"],
    [4, "灯塔的发动机房"],
    [5, "등대지기가"],
    [6, "蒸気のポンプ"],
    [7, "Quarterly figures"],
    [7, "The böiler is bädly in need of repair."],
    [7, "Chart of steam"],
    [10, "Eve Inner"],
    [10, "An enclosed salvage report."],
    [11, "100 € — “déjà vu”"],
  ] as const)
    assert.ok(bodies[at]?.includes(words), `${words} in ${bodies[at]}`);
  assert.ok(!/pump|Ledger|note/.test(bodies[7] ?? ""), "neither styles nor titles nor comments");
});

test("the same words in two forms count once, other words both times", async () => {
  const both = (html: string) =>
    message(
      "Content-Type: multipart/alternative; boundary=x",
      `--x\r\n\r\nThe same words.\r\n--x\r\nContent-Type: text/html\r\n\r\n${html}\r\n--x--\r\n`,
    );
  assert.equal((await readWholeSearchText(both("<p>The <b>same</b> words.</p>"))).body, "The same words.");
  assert.match((await readWholeSearchText(both("<p>Other words.</p>"))).body, /same words\.\s+Other words\./);
});

test("fields are decoded; keys, signatures and routes are left out", async () => {
  const { fields } = await readWholeSearchText(
    message(
      "Received: from x\nDKIM-Signature: v=1; b=abc\nList-Id: =?utf-8?Q?K=C3=B6nig?= <k.example.org>\nX-Odd: a\n b",
      "",
    ),
  );
  assert.deepEqual(fields, [
    { name: "from", value: "a@example.org" },
    { name: "list-id", value: "König <k.example.org>" },
    { name: "x-odd", value: "a b" },
  ]);
});

test("files are named, and what is attached is told from what stands in the text or only vouches for it", async () => {
  const parts = [
    "Content-Type: text/plain\r\n\r\ntext",
    'Content-Type: image/png\r\nContent-Id: <logo>\r\nContent-Disposition: inline; filename="logo.png"\r\n\r\nx',
    'Content-Type: application/pdf\r\nContent-Disposition: inline; filename="plan.pdf"\r\n\r\nx',
    'Content-Type: application/octet-stream; name="=?utf-8?Q?f=C3=BCr_dich.JPG?="\r\n\r\nx',
    'Content-Type: application/pgp-signature; name="signature.asc"\r\n\r\nx',
  ];
  const source = message(
    "Content-Type: multipart/mixed; boundary=x",
    `${parts.map((part) => `--x\r\n${part}\r\n`).join("")}--x--\r\n`,
  );
  const { files, attached } = await readWholeSearchText(source);
  assert.deepEqual(files, ["logo.png", "plan.pdf", "für dich.JPG", "signature.asc"]);
  assert.deepEqual(attached, ["application/pdf", "image/*"]);
});

test("what was left out is told of: parts that are missing, and text beyond the bound", async () => {
  const long = await readWholeSearchText(message("", "word ".repeat(200_000)));
  assert.equal(long.whole, false);
  assert.equal(long.body.length <= 256 * 1024, true);
  assert.equal((await readWholeSearchText(message("", "short"))).whole, true);
  const leaf = {
    kind: "part",
    section: "1",
    type: "text",
    subtype: "plain",
    params: new Map(),
    id: null,
    encoding: "7bit",
    size: 100,
    disposition: null,
    body: null,
  } as const;
  const missing = await readSearchText({ header: null, structure: leaf, part: () => null });
  assert.deepEqual([missing.whole, missing.fields, missing.body], [false, null, ""]);
});

test("any bytes are read, and those that a message was changed in", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (bytes) => {
      await readWholeSearchText(Buffer.from(bytes));
    }),
  );
  const change = fc.tuple(
    fc.constantFrom(...searchMail),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 20 }),
  );
  await fc.assert(
    fc.asyncProperty(change, async ([source, changes]) => {
      const copy = Buffer.from(source);
      for (const [at, octet] of changes) copy[at % copy.length] = octet;
      await readWholeSearchText(copy);
    }),
  );
});

test("hostile HTML holds nobody up", async () => {
  let longest = 0;
  let last = performance.now();
  let watching = true;
  const watch = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
    if (watching) setImmediate(watch);
  };
  const started = performance.now();
  watch();
  for (const piece of [
    "<div>",
    "<b",
    "<!--",
    "&amp;",
    "<a b='",
    "</p>",
    "<table><tr><td>",
    "<script>x</script>",
  ])
    await readWholeSearchText(message("Content-Type: text/html", piece.repeat(2_000_000 / piece.length)));
  watching = false;
  const took = performance.now() - started;
  // Others have had their turn many times; how long each was depends on the machine.
  assert.ok(longest < took / 4, `${longest} of ${took} ms in one turn`);
});

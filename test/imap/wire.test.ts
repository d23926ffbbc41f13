// What the writer writes the reader reads, and nothing breaks out of the place it was written to.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { Secret } from "../../src/imap/auth/secret.ts";
import { ImapError } from "../../src/imap/errors.ts";
import * as uidSet from "../../src/imap/uid-set.ts";
import { decodeMailboxName, encodeMailboxName } from "../../src/imap/wire/mailbox-name.ts";
import { Reader } from "../../src/imap/wire/reader.ts";
import { Writer, type WriterOptions } from "../../src/imap/wire/writer.ts";

const plus: WriterOptions = { nonSynchronizing: 1 << 20, utf8: false };

function written(write: (w: Writer) => void, options: WriterOptions = plus): string {
  const w = new Writer("T", options);
  write(w);
  return w
    .end()
    .map((part) => (part.kind === "bytes" ? part.bytes.toString("latin1") : `<${part.kind}>`))
    .join("");
}

const logged = (write: (w: Writer) => void, options: WriterOptions = plus) => {
  const w = new Writer("T", options);
  write(w);
  return w
    .end()
    .map((part) => (part.kind === "bytes" ? part.log : ""))
    .join("");
};

const refused = (write: (w: Writer) => void) =>
  assert.throws(
    () => written(write),
    (error) => error instanceof ImapError && error.code === "ARGUMENT",
  );

describe("writer and reader", () => {
  it("carry any text, quoted or as a literal", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 1200 }), fc.boolean(), (text, utf8) => {
        fc.pre(!text.includes("\0") && text === Buffer.from(text, "utf8").toString("utf8"));
        const reader = new Reader(
          Buffer.from(
            written((w) => w.string(text), { ...plus, utf8 }),
            "latin1",
          ),
        );
        assert.equal(reader.atom(), "T");
        reader.sp();
        assert.equal(reader.string(), text);
        assert.ok(reader.atEnd());
      }),
    );
  });

  it("carry any mailbox path byte for byte, on one line outside of its literal", () => {
    fc.assert(
      fc.property(fc.uint8Array({ min: 1, max: 255, maxLength: 50 }), (bytes) => {
        const path = Buffer.from(bytes).toString("latin1");
        fc.pre(!/[\r\n]/.test(path));
        const reader = new Reader(
          Buffer.from(
            written((w) => w.mailbox(path)),
            "latin1",
          ),
        );
        reader.atom();
        reader.sp();
        assert.equal(reader.astringLatin1(), path);
      }),
    );
  });

  it("chooses quoted, LITERAL+, LITERAL- or a literal that waits", () => {
    assert.equal(
      written((w) => w.string('a"\\')),
      'T "a\\"\\\\"\r\n',
    );
    assert.equal(
      written((w) => w.string("ä")),
      "T {2+}\r\n\xc3\xa4\r\n",
    );
    assert.equal(
      written((w) => w.string("ä"), { nonSynchronizing: -1, utf8: false }),
      "T {2}\r\n<wait>\xc3\xa4\r\n",
    );
    assert.equal(
      written((w) => w.string("ä"), { nonSynchronizing: -1, utf8: true }),
      'T "\xc3\xa4"\r\n',
    );
    const long = "x".repeat(4097);
    assert.match(
      written((w) => w.string(long), { nonSynchronizing: 4096, utf8: false }),
      /^T \{4097\}\r\n<wait>x/,
    );
    assert.match(
      written((w) => w.string(long.slice(1)), { nonSynchronizing: 4096, utf8: false }),
      /^T \{4096\+\}\r\nx/,
    );
  });

  it("refuse whatever would end the command or begin another", () => {
    for (const bad of ["a\r\nb", "a\nb", "a\0b"]) {
      refused((w) => w.atom(bad));
      refused((w) => w.flag(bad));
      refused((w) => w.mailbox(bad));
      refused((w) => w.bodyPeek(bad));
      refused((w) => w.bodyPeek(`HEADER.FIELDS (${bad}:)`));
      refused((w) => w.secretBase64(bad));
    }
    for (const bad of ["", "a b", "a(", "ä", "a]", "a{1}", '"']) refused((w) => w.atom(bad));
    for (const bad of ["", "\\", "\\Se en", "a)"]) refused((w) => w.flag(bad));
    for (const bad of ["1.", "0x", "HEADER.FIELDS ()", 'HEADER.FIELDS (")', "TEXT]", "1.2.MIME."])
      refused((w) => w.bodyPeek(bad));
    refused((w) => w.sequenceSet([]));
    refused((w) => w.sequenceSet([[2, 1]]));
    refused((w) => w.number(-1));
    refused((w) => w.date(Number.NaN));
    refused((w) => w.string("a\0"));
  });

  it("writes dates, sections and sets", () => {
    assert.equal(
      written((w) => w.dateTime(Date.UTC(2024, 1, 3, 4, 5, 6))),
      'T " 3-Feb-2024 04:05:06 +0000"\r\n',
    );
    assert.equal(
      written((w) => w.bodyPeek("1.header.fields (a  b)", { offset: 1, length: 2 })),
      "T BODY.PEEK[1.HEADER.FIELDS (A B)]<1.2>\r\n",
    );
    assert.equal(
      written((w) =>
        w.sequenceSet([
          [1, 3],
          [5, 5],
        ]),
      ),
      "T 1:3,5\r\n",
    );
  });

  it("shows secrets in no log", () => {
    assert.equal(
      logged((w) => w.atom("LOGIN").sp().secret("u").sp().secret("hun ter")),
      "T LOGIN [secret] [secret]",
    );
    assert.ok(!logged((w) => w.secret("hünter"), { nonSynchronizing: -1, utf8: false }).includes("nter"));
    const secret = new Secret("hunter");
    assert.ok(
      !`${secret} ${JSON.stringify({ secret })} ${inspect({ secret }, { depth: 5 })}`.includes("hunter"),
    );
  });
});

describe("mailbox names", () => {
  it("come back from modified UTF-7 as they went", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const path = encodeMailboxName(name, false);
        assert.match(path, /^[\x20-\x7e]*$/);
        assert.equal(decodeMailboxName(path), name);
      }),
    );
    assert.equal(encodeMailboxName("~peter/mail/台北/日本語", false), "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
    assert.equal(encodeMailboxName("A & B", false), "A &- B");
    assert.equal(decodeMailboxName(encodeMailboxName("Äpfel", true)), "Äpfel");
  });
});

describe("UID sets", () => {
  const numbers = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 40 });
  const list = (set: ReturnType<typeof uidSet.fromNumbers>) => [...uidSet.iterate(set)];
  const sorted = (values: Iterable<number>) => [...new Set(values)].sort((a, b) => a - b);

  it("follow the algebra of sets", () => {
    fc.assert(
      fc.property(numbers, numbers, (xs, ys) => {
        const [a, b] = [uidSet.fromNumbers(xs), uidSet.fromNumbers(ys)];
        assert.deepEqual(list(a), sorted(xs));
        assert.deepEqual(list(uidSet.union(a, b)), sorted([...xs, ...ys]));
        assert.deepEqual(list(uidSet.subtract(a, b)), sorted(xs.filter((x) => !ys.includes(x))));
        assert.deepEqual(list(uidSet.intersect(a, b)), sorted(xs.filter((x) => ys.includes(x))));
        assert.equal(uidSet.count(a), new Set(xs).size);
        for (let n = 0; n <= 61; n++) assert.equal(uidSet.contains(a, n), xs.includes(n));
        const wire = uidSet.toWire(a, 10);
        assert.ok(wire.every((text) => text.length <= 10 && text.length > 0));
        assert.deepEqual(wire.length > 0 ? uidSet.parse(wire.join(",")) : [], a);
      }),
    );
  });

  it("keep a hostile range a range", () => {
    const all = uidSet.normalize([[4294967295, 1]]);
    assert.deepEqual(uidSet.subtract(all, [[5, 5]]), [
      [1, 4],
      [6, 4294967295],
    ]);
    assert.equal(uidSet.count(all), 4294967295);
    assert.throws(() => uidSet.parse("0"));
    assert.throws(() => uidSet.parse("1:*"));
  });
});

// Bytes become responses, however the network cuts them, and no announcement makes us hold what it announces.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ImapError } from "../../src/imap/errors.ts";
import { limits } from "../../src/imap/limits.ts";
import { describeLiteral } from "../../src/imap/response/fetch.ts";
import { parseResponse } from "../../src/imap/response/response.ts";
import { Framer, type LiteralSink } from "../../src/imap/wire/framer.ts";

function framer(sink: (prefix: Buffer, size: number) => LiteralSink | undefined = () => undefined) {
  const responses: string[] = [];
  const failures: ImapError[] = [];
  let paused = 0;
  const it = new Framer({
    response: (bytes) => responses.push(bytes.toString("latin1")),
    literal: sink,
    sinkFailed: (error) => failures.push(error),
    pause: () => paused++,
    resume: () => it.continue(),
  });
  return { framer: it, responses, failures, paused: () => paused };
}

const bytes = (text: string) => Buffer.from(text, "latin1");

describe("framer", () => {
  const stream = [
    "* OK [CAPABILITY IMAP4rev1] see {5}\r\n",
    "* 1 FETCH (BODY[TEXT] {7}\r\na\r\nb)\r\n UID 3)\r\n",
    '* LIST () "/" {0}\r\n\r\n',
    '* LIST () "/" ~{3}\r\n{1}\r\n',
    "* 2 EXISTS\n",
    "+ {3}\r\n",
    '* 2 FETCH (ENVELOPE ("\\"{4}" {2+}\r\nhi NIL))\r\n',
    "A1 OK {1}\r\n",
  ];

  it("gives the same responses wherever the stream is cut", () => {
    const whole = bytes(stream.join(""));
    for (let cut = 0; cut <= whole.length; cut++) {
      const { framer: f, responses } = framer();
      f.push(whole.subarray(0, cut));
      f.push(whole.subarray(cut));
      assert.deepEqual(responses, stream, `cut at ${cut}`);
      assert.equal(f.unread, false);
    }
    const { framer: f, responses } = framer();
    for (const byte of whole) f.push(Buffer.from([byte]));
    assert.deepEqual(responses, stream);
  });

  it("passes over NUL padding and empty lines", () => {
    const { framer: f, responses } = framer();
    f.push(bytes("\0\0* 1 EXISTS\r\n\r\n\n\0* 2 EXISTS\r\n"));
    assert.deepEqual(responses, ["* 1 EXISTS\r\n", "* 2 EXISTS\r\n"]);
  });

  it("says inside a response whether more has arrived behind it", () => {
    const unread: boolean[] = [];
    const f: Framer = new Framer({
      response: () => unread.push(f.unread),
      literal: () => undefined,
      sinkFailed: () => {},
      pause: () => {},
      resume: () => {},
    });
    f.push(bytes("A OK\r\nB OK\r\n"));
    assert.deepEqual(unread, [true, false]);
  });

  it("streams a large literal past the response, whole and in order, wherever it is cut", () => {
    const size = limits.inlineLiteral + 1;
    const body = Buffer.alloc(size, "abc");
    const head = `* 9 FETCH (UID 4 BODY[1.2] {${size}}\r\n`;
    const all = Buffer.concat([bytes(head), body, bytes(" FLAGS (\\Seen))\r\n* 1 EXISTS\r\n")]);
    for (const cut of [1, head.length - 1, head.length, head.length + 1, all.length - 14, all.length - 30]) {
      const got: Buffer[] = [];
      let ended = 0;
      const { framer: f, responses } = framer((prefix, announced) => {
        assert.deepEqual(describeLiteral(prefix, announced), {
          seq: 9,
          uid: 4,
          section: "1.2",
          binary: false,
          size,
        });
        return { write: (chunk) => void got.push(chunk), end: () => void ended++, abort: assert.fail };
      });
      f.push(all.subarray(0, cut));
      f.push(all.subarray(cut));
      assert.ok(Buffer.concat(got).equals(body));
      assert.equal(ended, 1);
      assert.equal(responses.length, 2);
      const response = parseResponse(bytes(responses[0]!));
      assert.deepEqual(response, { kind: "fetch", message: { seq: 9, uid: 4, flags: ["\\Seen"] } });
    }
  });

  it("holds the network back while a sink is busy, and throws away what a failed sink does not want", async () => {
    const size = 200_000;
    let go = () => {};
    const {
      framer: f,
      responses,
      paused,
    } = framer(() => ({
      write: () =>
        new Promise<void>((resolve) => {
          go = resolve;
        }),
      end: () => {},
      abort: assert.fail,
    }));
    f.push(bytes(`* 1 FETCH (BODY[] {${size}}\r\n`));
    f.push(Buffer.alloc(size, 1));
    f.push(bytes(")\r\n"));
    assert.equal(paused(), 1);
    assert.deepEqual(responses, []);
    go();
    await new Promise(setImmediate);
    assert.equal(responses.length, 1);

    let aborted = 0;
    const broken = framer(() => ({
      write: () => {
        throw new Error("disk full");
      },
      end: assert.fail,
      abort: () => void aborted++,
    }));
    broken.framer.push(bytes(`* 1 FETCH (BODY[] {${size}}\r\n`));
    for (let i = 0; i < 4; i++) broken.framer.push(Buffer.alloc(size / 4));
    broken.framer.push(bytes(")\r\n"));
    assert.equal(aborted, 1);
    assert.equal(broken.failures.length, 1);
    assert.equal(broken.responses.length, 1);
  });

  it("lets 200 MB pass at constant memory", () => {
    const size = 200 << 20;
    let seen = 0;
    const { framer: f } = framer(() => ({
      write: (c) => {
        seen += c.length;
      },
      end: () => {},
      abort: assert.fail,
    }));
    const before = process.memoryUsage().arrayBuffers;
    f.push(bytes(`* 1 FETCH (BODY[] {${size}}\r\n`));
    const chunk = Buffer.alloc(1 << 16);
    for (let i = 0; i < size / chunk.length; i++) f.push(chunk);
    f.push(bytes(")\r\n"));
    assert.equal(seen, size);
    assert.ok(process.memoryUsage().arrayBuffers - before < 4 << 20);
  });

  it("gives up at its limits, and allocates nothing for a size that is only announced", () => {
    const limit = (text: string | Buffer) =>
      assert.throws(
        () => framer().framer.push(typeof text === "string" ? bytes(text) : text),
        (error) => error instanceof ImapError && error.code === "LIMIT",
      );
    limit("* 1 FETCH (BODY[] {99999999999999999999}\r\n");
    limit(`* 1 FETCH (${"x".repeat(limits.line)}`);
    limit(`* SEARCH ${"1 ".repeat(limits.resultLine / 2)}`);
    const { framer: f, responses } = framer();
    f.push(bytes(`* SEARCH ${"1 ".repeat(limits.line)}\r\n`));
    assert.equal(responses.length, 1);
    const before = process.memoryUsage().arrayBuffers;
    framer().framer.push(bytes("* 1 FETCH (BODY[] {000000000000000000000000000009007199254740991}\r\n"));
    assert.ok(process.memoryUsage().arrayBuffers - before < 1 << 20);
  });
});

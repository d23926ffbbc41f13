// The outbox on the disk, with a server that answers as the test says: each message goes out once, and none is lost.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ImapError } from "../../src/imap/index.ts";
import { ownPiece, type Piece, sizeOf } from "../../src/mail/pieces.ts";
import { type Aftermath, type DeliveryOptions, deliver, retryDelay } from "../../src/send/outbox/deliver.ts";
import type { Entry } from "../../src/send/outbox/entry.ts";
import { Outbox, type Outgoing } from "../../src/send/outbox/outbox.ts";
import {
  SubmissionError,
  type SubmissionErrorCode,
  type Submitted,
} from "../../src/send/submission/types.ts";
import { noServer } from "./handover.ts";

const server: DeliveryOptions["server"] = {
  stream: (list) => noServer.stream(list),
  authorize: async () => null,
  find: async (piece) => piece,
};
const text = "From: a@b.example\r\nTo: c@d.example\r\n\r\nHi\r\n";

describe("the outbox", () => {
  let dir: string;
  let outbox: Outbox;
  /** What the server has taken. */
  let taken: string[];
  let answer: (whole: string) => Submitted;
  let read: boolean;
  let copies: string[];
  let settled: string[];
  let now: number;
  let aftermath: Aftermath;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "postern-outbox-"));
    outbox = new Outbox(dir);
    [taken, copies, settled] = [[], [], []];
    now = Date.now();
    read = true;
    answer = (whole) => {
      taken.push(whole);
      return { reply: { code: 250, enhanced: null, text: "ok" }, rejected: [] };
    };
    aftermath = {
      serverFiles: false,
      inSent: async (entry) => copies.includes(entry.messageId),
      keepCopy: async (entry) => {
        let whole = "";
        const copy = outbox.copy(entry).pieces;
        for await (const chunk of server.stream(copy)) whole += String(chunk);
        assert.equal(Buffer.byteLength(whole), sizeOf(copy));
        copies.push(entry.messageId);
      },
      settle: async (entry) => {
        settled.push(entry.id);
      },
    };
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const options = (): DeliveryOptions => ({
    outbox,
    aftermath,
    server,
    now: () => now,
    async submit({ message, size }) {
      let whole = "";
      if (read) for await (const chunk of message()) whole += String(chunk);
      if (read) assert.equal(Buffer.byteLength(whole), size);
      return answer(whole);
    },
  });
  const fails = (code: SubmissionErrorCode) => {
    answer = () => {
      throw new SubmissionError(code, "No.", "hint", { code: 450, enhanced: "4.2.0", text: "later" });
    };
  };
  const add = (more: Partial<Outgoing> = {}): Promise<Entry> =>
    outbox.add({
      message: () => Readable.from([Buffer.from(text)]),
      bcc: "Bcc: e@f.example\r\n",
      messageId: "<1@b.example>",
      envelope: { from: "a@b.example", to: ["c@d.example", "e@f.example"] },
      subject: "Hi",
      origin: null,
      copy: true,
      draft: null,
      notBefore: 0,
      ...more,
    });
  const run = (id: string, how = {}) => deliver(options(), id, how);

  it("hands a message over once, keeps a copy with the Bcc, and forgets it", async () => {
    const { id } = await add();
    const both = await Promise.all([run(id), run(id)]);
    assert.deepEqual(both.map((one) => one?.outcome).sort(), ["busy", "sent"]);
    assert.deepEqual([taken, copies, settled, await outbox.list()], [[text], ["<1@b.example>"], [id], []]);
    assert.equal(await run(id), null);
  });

  it("waits for its time", async () => {
    const { id } = await add({ notBefore: now + 5000 });
    assert.equal((await run(id, { asked: true }))?.outcome, "waiting");
    now += 5000;
    assert.equal((await run(id))?.outcome, "sent");
  });

  for (const code of ["TEMPORARY", "UNREACHABLE"] as const)
    it(`tries again after ${code}, with waits that double`, async () => {
      fails(code);
      const { id } = await add();
      for (const minutes of [1, 2, 4, 8]) {
        const told = await run(id);
        assert.deepEqual([told?.outcome, told?.entry.reason?.code], ["waiting", code]);
        assert.equal(told?.entry.retryAt, now + minutes * 60_000);
        assert.equal((await run(id))?.entry.attempts, told?.entry.attempts, "not before that");
        now += minutes * 60_000;
      }
      assert.equal(retryDelay(50), 4 * 3_600_000);
      // A person who asks does not wait.
      now -= 60_000;
      assert.equal((await run(id, { asked: true }))?.entry.attempts, 5);
    });

  it("gives up after five days of refusals, and keeps it", async () => {
    fails("TEMPORARY");
    const { id } = await add();
    now += 6 * 86_400_000;
    assert.equal((await run(id))?.outcome, "held");
    assert.equal((await outbox.list()).length, 1);
  });

  for (const code of ["REJECTED", "LOGIN", "NO_SUBMISSION", "UNSUPPORTED", "UNTRUSTED"] as const)
    it(`keeps what ended with ${code} until a person says so`, async () => {
      fails(code);
      const { id } = await add();
      assert.deepEqual(
        [(await run(id))?.outcome, (await run(id, { asked: true }))?.outcome],
        ["held", "held"],
      );
      assert.match((await outbox.get(id))?.reason?.text ?? "", /450 4\.2\.0 later/);
      now += 1e12;
      assert.equal((await run(id))?.outcome, "held");
      answer = () => ({ reply: null, rejected: [] });
      assert.equal((await run(id, { force: true }))?.outcome, "sent");
    });

  it("never sends by itself what may have gone out", async () => {
    fails("UNKNOWN");
    const { id } = await add();
    assert.equal((await run(id))?.outcome, "held");
    now += 1e12;
    assert.equal((await run(id, { asked: true }))?.outcome, "held");
    assert.equal((await outbox.get(id))?.reason?.code, "UNKNOWN");
  });

  it("looks for it where the server files what was sent", async () => {
    fails("UNKNOWN");
    aftermath = { ...aftermath, serverFiles: true };
    const first = await add();
    assert.equal((await run(first.id))?.outcome, "held");
    copies.push("<1@b.example>");
    answer = () => assert.fail("sent again");
    assert.equal((await run(first.id, { force: true }))?.outcome, "sent");
    assert.deepEqual([settled, copies.length], [[first.id], 1]);
  });

  it("takes what was being sent when its process ended for unknown, and what was not begun for waiting", async () => {
    const { id } = await add();
    const claim = await outbox.claim(id);
    assert.ok(claim);
    await outbox.update(claim.entry, { state: "sending" });
    claim.release();
    answer = () => assert.fail("sent again");
    assert.equal((await run(id))?.outcome, "held");
    // The transport fails before it reads: nothing has been handed over.
    const second = await add();
    read = false;
    fails("UNREACHABLE");
    assert.equal((await run(second.id))?.entry.state, "waiting");
  });

  it("does after sending what could not be done at once, and no copy twice", async () => {
    const { id } = await add();
    const { keepCopy } = aftermath;
    aftermath = { ...aftermath, keepCopy: () => Promise.reject(new Error("the line is down")) };
    assert.deepEqual([(await run(id))?.outcome, (await outbox.get(id))?.state], ["sent", "sent"]);
    // It came through all the same.
    copies.push("<1@b.example>");
    aftermath = { ...aftermath, keepCopy };
    await assert.rejects(outbox.takeBack(id), /has been sent/);
    assert.equal((await run(id, { asked: true }))?.outcome, "sent");
    assert.deepEqual([taken.length, copies.length, await outbox.list()], [1, 1, []]);
  });

  it("goes on with those who were refused while others were taken", async () => {
    answer = () => ({
      reply: null,
      rejected: [
        { address: "e@f.example", reply: { code: 451, enhanced: null, text: "greylisted" } },
        { address: "c@d.example", reply: { code: 550, enhanced: "5.1.1", text: "nobody\x1b[2J" } },
      ],
    });
    const { id } = await add();
    assert.equal((await run(id))?.outcome, "sent");
    const left = await outbox.list();
    assert.deepEqual(left.map((e) => [e.id, e.state, e.envelope.to, e.copy]).sort(), [
      [`${id}-r`, "held", ["c@d.example"], false],
      [`${id}-t`, "waiting", ["e@f.example"], false],
    ]);
    assert.match(left.find((e) => e.state === "held")?.reason?.text ?? "", /c@d.example: 550 5.1.1 nobody$/);
    answer = (whole) => {
      taken.push(whole);
      return { reply: null, rejected: [] };
    };
    now += 3_600_000;
    assert.equal((await run(`${id}-t`))?.outcome, "sent");
    assert.deepEqual(taken, [text]);
  });

  it("gives a message back while it waits, and not while it is sent", async () => {
    const { id } = await add({ notBefore: now + 1000 });
    assert.equal((await outbox.takeBack(id)).id, id);
    await assert.rejects(outbox.takeBack(id), /no message/);
    const second = await add();
    const claim = await outbox.claim(second.id);
    await assert.rejects(outbox.takeBack(second.id), /being sent now/);
    claim?.release();
  });

  describe("with a part that lies on the server", () => {
    const part = {
      ...{ path: "INBOX", uidValidity: 1, uid: 2, section: "2", size: 3 },
      ...{ messageId: "<o@b.example>", emailId: null, messageSize: 9 },
    };
    const withPart = () =>
      add({
        async *message() {
          yield Buffer.from("A: b\r\n\r\n");
          yield part;
          yield Buffer.from("end");
        },
      });
    const found: DeliveryOptions["server"] = {
      ...server,
      stream: (list) =>
        server.stream(
          [...(list as Iterable<Piece>)].map((piece) =>
            "uid" in piece ? ownPiece(Buffer.from("xyz")) : piece,
          ),
        ),
    };
    const run = (id: string, use: Partial<DeliveryOptions["server"]>) =>
      deliver({ ...options(), server: { ...found, ...use } }, id, { force: true });

    it("sends all of it, from where it is now, and counted anew", async () => {
      const { id, size } = await withPart();
      assert.equal(size, 8 + 3 + 3);
      read = false;
      answer = () => {
        throw new SubmissionError("TEMPORARY", "No.", "hint");
      };
      const told = await run(id, { find: async (piece) => ({ ...piece, path: "Archive", uid: 7, size: 5 }) });
      assert.equal(told?.entry.size, 8 + 5 + 3);
      assert.deepEqual((await outbox.get(id))?.pieces[1], { ...part, path: "Archive", uid: 7, size: 5 });
    });

    it("is held where it is gone, and waits where nobody can tell", async () => {
      const { id } = await withPart();
      const down = async () => Promise.reject(new ImapError("CLOSED", "the connection was lost"));
      const waits = await run(id, { find: down });
      assert.deepEqual([waits?.outcome, waits?.entry.reason?.code], ["waiting", "UNREACHABLE"]);
      const held = await run(id, { find: async () => null });
      assert.deepEqual([held?.outcome, held?.entry.reason?.code, taken], ["held", "GONE", []]);
      assert.equal((await run(id, {}))?.outcome, "sent");
      assert.deepEqual(taken, ["A: b\r\n\r\nxyzend"]);
    });

    it("keeps a copy of the rest where it is gone once it is sent", async () => {
      const { id } = await withPart();
      let asked = 0;
      const told = await run(id, { find: async (piece) => (asked++ === 0 ? piece : null) });
      assert.equal(told?.outcome, "sent");
      assert.deepEqual([taken, copies], [["A: b\r\n\r\nxyzend"], ["<1@b.example>"]]);
    });
  });

  it("tells of nothing that is not on the disk as a whole", async () => {
    const broken = () =>
      Readable.from(
        (async function* () {
          yield Buffer.from("From: ");
          throw new Error("the disk is full");
        })(),
      );
    await assert.rejects(add({ message: broken }), /disk is full/);
    assert.deepEqual([await outbox.list(), readdirSync(outbox.directory)], [[], []]);
    await assert.rejects(outbox.takeBack("../../etc"), /no message/);
  });

  it("knows an international header", async () => {
    const utf8 = await add({
      message: () => Readable.from([Buffer.from("To: jürgen@d.example\r"), Buffer.from("\n\r\nHi\r\n")]),
    });
    const ascii = await add({
      message: () => Readable.from([Buffer.from("To: j@d.example\r\n\r"), Buffer.from("\nHä\r\n")]),
    });
    const octets = Buffer.from("To: jürgen@d.example\r\n\r\nHi\r\n");
    const single = await add({
      message: () => Readable.from([...octets].map((octet) => Buffer.from([octet]))),
    });
    const latin1 = await add({
      message: () => Readable.from([Buffer.from("Subject: Gr\xfc\xdfe\r\n\r\nHi\r\n", "latin1")]),
    });
    const found = [utf8, ascii, single, latin1].map(({ utf8Header }) => utf8Header);
    assert.deepEqual(found, [true, false, true, false]);
  });
});

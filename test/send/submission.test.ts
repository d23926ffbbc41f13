// Handing messages over to Dovecot's submission service: what its delivery service stores is what was meant, octet by octet.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { Secret } from "../../src/imap/index.ts";
import { submit, trySubmission } from "../../src/send/submission/index.ts";
import { type SubmissionServer, startSubmission, submissionMissing } from "../servers/submission.ts";
import { accountOf, fails, handover, text } from "./handover.ts";

describe("submission by Dovecot", { skip: submissionMissing() }, () => {
  let server: SubmissionServer;
  before(async () => {
    server = await startSubmission();
  });
  after(() => server?.stop());

  const has = (user: string, message: Buffer) =>
    server.received(user).filter((each) => each.equals(message)).length;

  for (const security of ["tls", "starttls", "none"] as const) {
    it(`takes a message by ${security}`, async () => {
      const message = text(`by ${security}`);
      const { reply, rejected } = await submit(handover(accountOf(server, security), message));
      assert.equal(reply?.code, 250);
      assert.deepEqual(rejected, []);
      assert.equal(has("ann", message), 1);
    });
  }

  it("takes what the person logs in by, and no wrong password", async () => {
    await trySubmission(accountOf(server), async () => new Secret("secret"));
    await assert.rejects(
      trySubmission(accountOf(server), async () => new Secret("wrong")),
      fails("LOGIN", /535/),
    );
  });

  it("reaches several recipients, and tells who was refused", async () => {
    const message = text("to three");
    const { rejected } = await submit(
      handover(accountOf(server), message, {
        envelope: {
          from: "me@example.org",
          to: ["ann@example.org", "nobody@example.org", "bob@example.org"],
        },
      }),
    );
    assert.deepEqual(
      rejected.map(({ address, reply }) => [address, reply.code, reply.enhanced]),
      [["nobody@example.org", 550, "5.1.1"]],
    );
    assert.deepEqual([has("ann", message), has("bob", message)], [1, 1]);
  });

  it("asks for the delivery reports that are wanted", async () => {
    const from = server.relay.envelopes.length;
    await submit(
      handover(accountOf(server), text("reported"), {
        envelope: {
          from: "me@example.org",
          to: ["ann@example.org"],
          dsn: { notify: ["success", "failure"], ret: "hdrs", envid: "a+b=c" },
        },
      }),
    );
    const told = server.relay.envelopes.slice(from);
    assert.match(told[0] ?? "", /^MAIL FROM:<me@example\.org>.* ENVID=a\+2Bb\+3Dc RET=HDRS$/);
    assert.match(told[1] ?? "", /^RCPT TO:<ann@example\.org> NOTIFY=SUCCESS,FAILURE/);
  });

  it("a bounce has no sender", async () => {
    const from = server.relay.envelopes.length;
    await submit(
      handover(accountOf(server), text("bounce"), { envelope: { from: "", to: ["ann@example.org"] } }),
    );
    assert.match(server.relay.envelopes[from] ?? "", /^MAIL FROM:<>/);
  });

  it("a message that is too large for the server is not begun", async () => {
    const from = server.relay.envelopes.length;
    await assert.rejects(
      submit(handover(accountOf(server), text("x"), { size: 300_000_000 })),
      fails("UNSUPPORTED", /takes 210 MB at most|takes 200 MB|at most/),
    );
    assert.equal(server.relay.envelopes.length, from);
  });

  it("takes octets of every value, lines of any length, no octet at all, and no line end at the end", async () => {
    const every = Buffer.from(
      Array.from({ length: 256 }, (_, i) => i).filter((i) => i !== 0 && i !== 10 && i !== 13),
    );
    for (const [i, body] of [
      Buffer.alloc(0),
      every,
      Buffer.concat([Buffer.alloc(900, "x"), Buffer.from("\r\n"), every, Buffer.from("\r\n")]),
      Buffer.from(".\r\n..\r\n...\r\n\r\n.\r\n"),
    ].entries()) {
      const message = Buffer.concat([text(`octets ${i}`, ""), body]);
      await submit(handover(accountOf(server), message));
      assert.equal(has("ann", message), 1, `${i}`);
    }
  });

  for (const security of ["tls", "none"] as const)
    it(`takes 100 MB by ${security} in the memory that little takes`, { timeout: 120_000 }, async () => {
      const head = text(`100 MB by ${security}`, "");
      const line = Buffer.from(`${"0123456789abcdef".repeat(4)}\r\n`.repeat(1000));
      const lines = Math.ceil(100e6 / line.length);
      const hash = createHash("sha256").update(head);
      for (let i = 0; i < lines; i++) hash.update(line);
      const expected = hash.digest("hex");
      let most = 0;
      const message = () =>
        Readable.from(
          (function* () {
            yield head;
            for (let i = 0; i < lines; i++) {
              if (i % 50 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers);
              yield line;
            }
          })(),
        );
      const size = head.length + lines * line.length;
      const before = process.memoryUsage().arrayBuffers;
      await submit(handover(accountOf(server, security), head, { message, size }));
      const hashes = server.received("ann").map((each) => createHash("sha256").update(each).digest("hex"));
      assert.ok(hashes.includes(expected));
      assert.ok(most - before < 40e6, `${Math.round((most - before) / 1e6)} MB`);
    });
});

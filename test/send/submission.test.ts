// Handing messages over to Dovecot's submission service: what its delivery service stores is what was meant, octet by octet.
import assert from "node:assert/strict";
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
});

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { serverMissing } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type Fixture, startFixture } from "./fixture.ts";

describe("how messages begin", { skip: serverMissing("dovecot") }, () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await startFixture();
    fixture.dovecot.deliver(
      "INBOX",
      Array.from({ length: 5 }, (_, i) => ({
        message: sampleMessage({ n: i + 1, body: `Text number ${i + 1}\r\ngoes on.\r\n` }),
      })),
    );
    fixture.dovecot.deliver("Other", []);
  });
  after(() => fixture?.end());

  const asked = (log: readonly string[]) => log.filter((line) => line.includes("PREVIEW)"));

  test("is asked for the messages named, in one command, and once", async () => {
    const { mail, inbox, log } = await fixture.client("asking");
    await mail.sync(inbox);
    await mail.previews.bring(inbox, [2, 3, 5]);
    const known = mail.previews.known(inbox, [1, 2, 3, 4, 5]);
    assert.deepEqual(
      [...known],
      [2, 3, 5].map((n) => [n, `Text number ${n} goes on.`]),
    );
    assert.equal(asked(log).length, 1);
    assert.match(asked(log)[0] ?? "", /UID FETCH 2:3,5 \(UID PREVIEW\)/);
    await mail.previews.bring(inbox, [2, 3, 5]);
    assert.equal(asked(log).length, 1);
  });

  test("is read from the copy of a message that was opened, off line too, and goes with the message", async () => {
    const { mail, inbox, log } = await fixture.client("keeping");
    await mail.sync(inbox);
    await mail.read(inbox, 4);
    await mail.previews.bring(inbox, [4]);
    assert.equal(asked(log).length, 0);
    await mail.close();
    const { mail: away } = await fixture.client("keeping", { offline: true });
    assert.equal(away.previews.known(inbox, [4]).get(4), "Text number 4 goes on.");
    await assert.rejects(away.previews.bring(inbox, [4, 1]));
    const other = away.findCachedFolder("Other");
    await away.move(inbox, [4], other);
    const [moved] = away.window(other, { sort: "arrival", descending: true, offset: 0, limit: 1 });
    assert.equal(away.previews.known(other, [moved!.uid]).get(moved!.uid), "Text number 4 goes on.");
  });
});

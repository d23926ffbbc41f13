import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { serverMissing } from "../servers/dovecot.ts";
import { type Fixture, startFixture } from "./fixture.ts";

describe("what the server was able to do the last time", { skip: serverMissing("dovecot") }, () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await startFixture();
  });
  after(() => fixture.end());

  test("is counted on at the next start: login and SELECT leave before the server has greeted", async () => {
    const first = await fixture.client("same");
    await first.mail.sync(first.inbox);
    await first.mail.close();
    assert.ok(first.log[0]?.startsWith("< * OK"), first.log[0]);
    const second = await fixture.client("same");
    await second.mail.sync(second.inbox);
    const greeting = second.log.findIndex((line) => line.startsWith("< * OK"));
    const before = second.log.slice(0, greeting);
    assert.ok(
      before.some((line) => line.includes("AUTHENTICATE")) && before.some((line) => line.includes("SELECT")),
      before.join("\n"),
    );
    const selects = second.log.filter((line) => line.startsWith(">") && line.includes("SELECT"));
    assert.equal(selects.length, 1);
  });
});

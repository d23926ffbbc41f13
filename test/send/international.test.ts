// Addresses with letters of all kinds, on a real server that takes and delivers them (RFC 6531, 6532).
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { submit } from "../../src/send/submission/index.ts";
import { eventually } from "../mail/fixture.ts";
import { type Postfix, postfixMissing, startPostfix } from "../servers/postfix.ts";
import { accountAt, handover } from "./handover.ts";

describe("international addresses, by Postfix", { skip: postfixMissing() }, () => {
  let server: Postfix;
  before(async () => {
    server = await startPostfix();
  });
  after(() => server?.stop());

  it("get the message octet by octet, named as they are written", async () => {
    const people = ["ädäm@example.org", "用户@example.org"];
    const head = `From: me@example.org\r\nTo: ${people.join(", ")}\r\nSubject: Grüße\r\nMessage-ID: <1@example.org>\r\n`;
    const rest = "Date: Thu, 26 Nov 2026 18:00:00 +0000\r\nMIME-Version: 1.0\r\n\r\n.\r\n..\r\nend\r\n";
    const message = Buffer.from(head + rest);
    const envelope = { from: "jürgen@example.org", to: people };
    await submit(handover(accountAt(server.port, "none", null), message, { envelope }));
    await eventually("both have it", async () => server.received().length === 2);
    const got = server.received().map((source) => source.toString("utf8"));
    for (const person of people) assert.ok(got.some((one) => one.includes(`\nDelivered-To: ${person}\n`)));
    for (const one of got) {
      assert.match(one, /^Return-Path: <jürgen@example\.org>\n/);
      assert.match(one, /with UTF8SMTP/);
      // What it puts before it ends where the message begins; lines end as in a maildir.
      assert.equal(one.slice(one.indexOf("\nFrom: ") + 1), (head + rest).replaceAll("\r\n", "\n"));
    }
  });
});

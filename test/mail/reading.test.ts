import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { file, tnef } from "../message/tnef-sample.ts";
import { serverMissing } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type Client, type Fixture, startFixture } from "./fixture.ts";

describe("messages are read with as little as will do", { skip: serverMissing("dovecot") }, () => {
  let fixture: Fixture;
  const large = sampleMessage({
    n: 2,
    subject: "With a film",
    body: "See the film.\r\n",
    attachmentBytes: 3_000_000,
    attachmentName: "film.bin",
  });
  /** A message of an Outlook that has put its file into a winmail.dat. */
  const winmail = (name: string, data: string) =>
    Buffer.from(
      [
        "Subject: From Outlook",
        "Content-Type: multipart/mixed; boundary=b",
        "",
        "--b",
        "",
        "See the file.",
        "--b",
        "Content-Type: application/ms-tnef; name=winmail.dat",
        "Content-Transfer-Encoding: base64",
        "",
        ...(tnef(...file(name, data))
          .toString("base64")
          .match(/.{1,76}/g) ?? []),
        "--b--",
        "",
      ].join("\r\n"),
    );
  before(async () => {
    fixture = await startFixture();
    fixture.dovecot.deliver("INBOX", [
      sampleMessage({ n: 1, subject: "Small", body: "Hello.\r\n" }),
      large,
      winmail("b.txt", "file b"),
      winmail("c.txt", "c".repeat(400_000)),
    ]);
  });
  after(() => fixture.end());

  const text = (client: Client, uid: number) =>
    client.mail.read(client.inbox, uid).then((m) =>
      m.body.lines
        .map((l) => l.spans.map((s) => s.text).join(""))
        .join("\n")
        .trim(),
    );

  test("a small message comes whole, and is kept", async () => {
    const client = await fixture.client("small");
    assert.equal(await text(client, 1), "Hello.");
    await client.mail.close();
    const away = await fixture.client("small", { offline: true });
    assert.equal(await text(away, 1), "Hello.");
  });

  test("of a large message only the text comes, and its parts are listed", async () => {
    const client = await fixture.client("large");
    await client.mail.sync(client.inbox);
    const before = client.log.length;
    assert.equal(await text(client, 2), "See the film.");
    const asked = client.log.slice(before).filter((l) => l.startsWith(">") && l.includes("FETCH"));
    assert.ok(asked.length > 0 && asked.every((l) => !l.includes("BODY.PEEK[]")), asked.join("\n"));
    const { attachments } = await client.mail.read(client.inbox, 2);
    assert.deepEqual(
      attachments.map((a) => [a.section, a.fileName]),
      [["2", "film.bin"]],
    );
  });

  test("a part streams out decoded, byte for byte, from the server and from the cache alike", async () => {
    const client = await fixture.client("parts");
    await client.mail.sync(client.inbox);
    const digest = async () => {
      const { stream } = await client.mail.part(client.inbox, 2, "2");
      const hash = createHash("sha256");
      let size = 0;
      for await (const chunk of stream) {
        hash.update(chunk as Buffer);
        size += (chunk as Buffer).length;
      }
      return { size, hash: hash.digest("hex") };
    };
    const fetched = await digest();
    assert.equal(fetched.size, 3_000_000);
    for await (const _ of await client.mail.source(client.inbox, 2));
    assert.deepEqual(await digest(), fetched);
  });

  test("a file in a winmail.dat streams out like a part of its own, from a message of any size", async () => {
    const client = await fixture.client("winmail");
    await client.mail.sync(client.inbox);
    for (const [uid, size] of [
      [3, 6],
      [4, 400_000],
    ] as const) {
      assert.equal(await text(client, uid), "See the file.");
      const { attachment, stream } = await client.mail.part(client.inbox, uid, "2:1");
      let read = 0;
      for await (const chunk of stream) read += (chunk as Buffer).length;
      assert.deepEqual([attachment.fileName, read], [uid === 3 ? "b.txt" : "c.txt", size]);
      await assert.rejects(client.mail.part(client.inbox, uid, "2:2"), { code: "NO_PART" });
    }
  });

  test("the source is what the server has, octet for octet", async () => {
    const client = await fixture.client("source");
    const chunks: Buffer[] = [];
    for await (const chunk of await client.mail.source(client.inbox, 2)) chunks.push(chunk as Buffer);
    assert.ok(Buffer.concat(chunks).equals(large));
  });

  test("a part that is not there, and a message that is gone, are told as such", async () => {
    const client = await fixture.client("missing");
    await assert.rejects(client.mail.part(client.inbox, 2, "7"), { code: "NO_PART" });
    await assert.rejects(client.mail.read(client.inbox, 77), { code: "NO_MESSAGE" });
    const away = await fixture.client("never", { offline: true });
    await assert.rejects(away.mail.read(away.inbox, 1), { code: "OFFLINE" });
  });
});

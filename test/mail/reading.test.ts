import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { ReadOptions } from "../../src/message/types.ts";
import { file, tnef } from "../message/tnef-sample.ts";
import { serverMissing } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type Client, eventually, type Fixture, startFixture } from "./fixture.ts";

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
  const signed = Buffer.from(
    [
      "Subject: Signed",
      'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=b',
      "",
      "--b",
      "",
      "Words.",
      "--b",
      "Content-Type: application/pgp-signature",
      "",
      "x",
      "--b--",
      "",
    ].join("\r\n"),
  );
  /** Two forms of a text, and a file that keeps the message from coming whole. */
  const twoForms = Buffer.from(
    [
      "Subject: Two forms",
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
      "Content-Type: multipart/alternative; boundary=a",
      "",
      "--a",
      "",
      "The plain words of it, long enough to stand for themselves.",
      "--a",
      "Content-Type: text/html",
      "",
      "<p>The <b>rich</b> words of it.</p>",
      "--a--",
      "--b",
      "Content-Type: application/octet-stream",
      "",
      "x".repeat(70).concat("\r\n").repeat(6000),
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
      twoForms,
      signed,
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

  test("what is given up leaves no file open, whether it was begun or not", async () => {
    const client = await fixture.client("given up");
    await client.mail.sync(client.inbox);
    for await (const _ of await client.mail.source(client.inbox, 2));
    const maildir = join(fixture.dir, "given up", "cache", "maildir");
    const open = () =>
      readdirSync("/proc/self/fd").filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(maildir);
        } catch {
          return false; // it has been closed meanwhile
        }
      });
    for (const begun of [false, true]) {
      for (const ask of ["part", "source"] as const) {
        const stream =
          ask === "source"
            ? await client.mail.source(client.inbox, 2)
            : (await client.mail.part(client.inbox, 2, "2")).stream;
        if (begun) await once(stream, "readable");
        assert.ok(open().length > 0, `${ask} is read from its file`);
        stream.destroy();
        await eventually(`${ask} is closed`, () => open().length === 0);
      }
    }
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

  test("the other form of a text, and another charset, are read when asked for", async () => {
    const client = await fixture.client("forms");
    await client.mail.sync(client.inbox);
    const first = async (options: ReadOptions) => {
      const message = await client.mail.read(client.inbox, 5, options);
      return { text: message.body.lines[0]?.spans.map((s) => s.text).join(""), otherForm: message.otherForm };
    };
    assert.deepEqual(await first({}), {
      text: "The plain words of it, long enough to stand for themselves.",
      otherForm: { section: "1.2", mediaType: "text/html" },
    });
    assert.deepEqual(await first({ prefer: "html" }), {
      text: "The rich words of it.",
      otherForm: { section: "1.1", mediaType: "text/plain" },
    });
  });

  test("a message without protection reads as it is; what a missing program cannot check is told", async () => {
    const client = await fixture.client("protected");
    await client.mail.sync(client.inbox);
    const { checks, source, failure, message } = await client.mail.readProtected(client.inbox, 1);
    assert.deepEqual([checks, source, failure], [[], null, null]);
    assert.equal(message.headers.subject, "Small");
    const signed = await client.mail.readProtected(client.inbox, 6, { gpg: "/nonexistent/gpg" });
    assert.deepEqual(
      signed.checks.map(({ result, detail }) => [result, detail]),
      [["unchecked", "gpg is not installed"]],
    );
  });

  test("the source is what the server has, octet for octet", async () => {
    const client = await fixture.client("source");
    const chunks: Buffer[] = [];
    for await (const chunk of await client.mail.source(client.inbox, 2)) chunks.push(chunk as Buffer);
    assert.ok(Buffer.concat(chunks).equals(large));
  });

  const whole = async (stream: AsyncIterable<unknown>) => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  };

  test("read several times at once, a message or a part is there once", async () => {
    const client = await fixture.client("at once");
    await client.mail.sync(client.inbox);
    const parts = await Promise.all([1, 2, 3].map(() => client.mail.part(client.inbox, 2, "2")));
    for (const { stream } of parts) stream.on("error", () => undefined);
    const files = await Promise.all(parts.map(({ stream }) => whole(stream)));
    assert.deepEqual(
      files.map((file) => file.length),
      [3_000_000, 3_000_000, 3_000_000],
    );
    const asked = [1, 2, 1, 2, 1, 2].map(async (uid) => whole(await client.mail.source(client.inbox, uid)));
    const [small, film, ...again] = await Promise.all(asked);
    assert.ok(film?.equals(large));
    assert.ok(String(small).endsWith("\r\n\r\nHello.\r\n"));
    assert.deepEqual(
      again.map(({ length }) => length),
      [small, film, small, film].map((source) => source?.length),
    );
  });

  test("a source that is being read stays whole when its file is renamed or goes", async () => {
    const client = await fixture.client("held");
    await client.mail.sync(client.inbox);
    const first = await client.mail.source(client.inbox, 2);
    await client.mail.flag(client.inbox, [2], "add", ["\\Flagged"]);
    assert.ok((await whole(first)).equals(large));
    const second = await client.mail.source(client.inbox, 2);
    rmSync(join(fixture.dir, "held", "cache", "maildir"), { recursive: true });
    assert.ok((await whole(second)).equals(large));
    assert.ok((await whole(await client.mail.source(client.inbox, 2))).equals(large), "and it comes again");
  });

  test("a part that is not there, and a message that is gone, are told as such", async () => {
    const client = await fixture.client("missing");
    await assert.rejects(client.mail.part(client.inbox, 2, "7"), { code: "NO_PART" });
    await assert.rejects(client.mail.read(client.inbox, 77), { code: "NO_MESSAGE" });
    const away = await fixture.client("never", { offline: true });
    await assert.rejects(away.mail.read(away.inbox, 1), { code: "OFFLINE" });
  });
});

// Messages passed on as they lie on the server: by name until they are sent, whole when they are, and never left out.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { simpleParser } from "mailparser";
import type { Folder } from "../../src/mail/index.ts";
import { withField } from "../../src/send/compose/draft.ts";
import { parseDraft, writeDraft } from "../../src/send/compose/text.ts";
import type { Entry } from "../../src/send/outbox/entry.ts";
import { forward } from "../../src/send/reply/forward.ts";
import { passParts, passWhole } from "../../src/send/reply/parts.ts";
import { eventually } from "../mail/fixture.ts";
import { submissionMissing } from "../servers/submission.ts";
import { octets, reset, startDesk, type TestDesk, urlauth, whole } from "./desk.ts";

const sha = (content: Buffer) => createHash("sha256").update(content).digest("hex");
const base64 = (length: number) =>
  Buffer.from(Array.from({ length }, (_, i) => (i * 7919) % 256))
    .toString("base64")
    .replace(/.{76}/g, "$&\r\n");
/** Parts in all the encodings, with names and charsets that are easily lost. */
const original = (id: string, big = 3_000_000) =>
  Buffer.from(
    [
      "From: Ann <ann@example.org>",
      "To: me@example.org",
      `Subject: original ${id}`,
      `Message-ID: <${id}@example.org>`,
      "Date: Thu, 26 Nov 2026 08:00:00 +0000",
      "MIME-Version: 1.0",
      'Content-Type: multipart/mixed; boundary="b"',
      "",
      "--b",
      "Content-Type: text/plain; charset=utf-8",
      "",
      "see the files",
      "--b",
      "Content-Type: application/pdf; name*=utf-8''Pl%C3%A4ne%20%22neu%22.pdf",
      "Content-Disposition: attachment; filename*=utf-8''Pl%C3%A4ne%20%22neu%22.pdf",
      "Content-Transfer-Encoding: base64",
      "",
      base64(big),
      "--b",
      "Content-Type: text/plain; charset=iso-8859-1; format=flowed",
      'Content-Disposition: attachment; filename="note.txt"',
      "Content-Transfer-Encoding: quoted-printable",
      "",
      "Gr=FC=DFe =",
      "und mehr",
      "--b",
      'Content-Type: text/calendar; method=REQUEST; name="invite.ics"',
      "Content-Disposition: attachment",
      "",
      "BEGIN:VCALENDAR",
      "END:VCALENDAR",
      "--b",
      'Content-Type: application/octet-stream; name="empty"',
      "Content-Disposition: attachment",
      "Content-Transfer-Encoding: base64",
      "",
      "",
      "--b--",
      "",
    ].join("\r\n"),
  );

for (const [offered, config] of [
  ["with", urlauth],
  ["without", ""],
] as const)
  describe(`passing on, servers ${offered} URLAUTH`, { skip: submissionMissing() }, () => {
    let at: TestDesk;
    let inbox: Folder;
    before(async () => {
      at = await startDesk(config);
      inbox = await at.mail.findFolder("INBOX");
    });
    after(() => at.stop());

    async function arrive(id: string, source = original(id)): Promise<number> {
      at.server.dovecot.deliver("INBOX", [source], "me");
      let uid = 0;
      await eventually("it is there", async () => {
        await at.mail.look(inbox);
        await at.mail.sync(inbox);
        const last = (await at.mail.uids(inbox)).at(-1) ?? 0;
        if (at.mail.message(inbox, last)?.subject === `original ${id}`) uid = last;
        return uid > 0;
      });
      return uid;
    }
    async function post(uid: number, inline: boolean): Promise<Entry> {
      const { desk, mail } = at;
      const of = await desk.original(inbox, uid);
      const id = desk.drafts.newId();
      const directory = desk.drafts.filesOf(id);
      const attachments = inline
        ? await passParts(mail, of, directory)
        : [await passWhole(mail, of, directory)];
      for (const { part } of attachments) assert.ok(part, "nothing is brought here");
      const draft = forward([of], desk.writing, { inline, attachments });
      const sent = withField(withField(draft, "To", "ann@example.org"), "Bcc", "bob@example.org");
      assert.deepEqual(parseDraft(writeDraft(sent)), sent);
      await desk.drafts.save(id, sent);
      return desk.post(sent, { draft: id });
    }
    const meant =
      ({ messageId }: Entry) =>
      (source: Buffer) =>
        source.includes(`Message-ID: ${messageId}`);
    const received = (entry: Entry, user = "ann") => at.server.received(user).filter(meant(entry));
    const meantOctets = (entry: Entry) => whole(at.mail.sending.pieces.stream(at.desk.outbox.pieces(entry)));
    const deliver = async (entry: Entry) => {
      const [delivered] = await at.desk.deliver([entry.id]);
      return delivered;
    };

    it("a message as a whole", async () => {
      const uid = await arrive("whole");
      reset(at.imap, at.smtp);
      const entry = await post(uid, false);
      assert.ok(octets(at.imap) < 4000, `${octets(at.imap)} octets over IMAP to post it`);
      const expected = await meantOctets(entry);
      assert.equal(expected.length, entry.size);
      assert.ok(expected.includes(original("whole")), "the message goes along as it is");
      assert.match(expected.toString("latin1"), /\r\nContent-Type: message\/rfc822/);
      reset(at.imap, at.smtp);
      assert.equal((await deliver(entry))?.outcome, "sent");
      if (config !== "") {
        assert.ok(octets(at.imap) < 6000, `${octets(at.imap)} octets over IMAP`);
        assert.ok(octets(at.smtp) < 6000, `${octets(at.smtp)} octets over SMTP`);
      } else assert.ok(at.smtp.passed.up < expected.length * 1.01);
      assert.deepEqual(received(entry), [expected]);
      assert.deepEqual(received(entry, "bob"), [expected]);
      assert.equal(expected.includes("bob@"), false);
      const sent = await at.mail.findFolder("Sent");
      const { uids } = await at.mail.find(sent, `mid:"${entry.messageId}"`);
      const copy = await whole(await at.mail.source(sent, uids[0] ?? 0));
      assert.equal(copy.toString("latin1"), `Bcc: bob@example.org\r\n${expected.toString("latin1")}`);
      const flags = await at.server.dovecot.doveadm(
        "fetch",
        "-u",
        "me",
        "flags",
        "mailbox",
        "INBOX",
        "uid",
        `${uid}`,
      );
      assert.match(flags, /\$Forwarded/);
      assert.deepEqual([await at.desk.outbox.list(), await at.desk.drafts.list()], [[], []]);
    });

    it("its files, in all encodings", async () => {
      const uid = await arrive("files");
      const entry = await post(uid, true);
      const expected = await meantOctets(entry);
      assert.equal((await deliver(entry))?.outcome, "sent");
      assert.deepEqual(received(entry), [expected]);
      const [before, now] = [await simpleParser(original("files")), await simpleParser(expected)];
      const files = (parsed: typeof now) =>
        parsed.attachments.map(({ filename, contentType, content, headers }) => {
          const { value, params } = headers.get("content-type") as { value: string; params: object };
          const { name: _name, ...others } = params as Record<string, string>;
          // What a text has by default, a server may say.
          if (others.charset === "us-ascii") delete others.charset;
          return { filename, contentType, value, others, content: sha(content) };
        });
      assert.deepEqual(files(now), files(before));
      assert.equal(now.attachments.length, 4);
      assert.match(now.text ?? "", /see the files/);
    });

    it("from where it has been moved to", async () => {
      const entry = await post(await arrive("moved"), true);
      const expected = await meantOctets(entry);
      await at.server.dovecot.doveadm(
        ...["move", "-u", "me", "Archive", "mailbox", "INBOX", "header", "message-id", "moved@example.org"],
      );
      assert.equal((await deliver(entry))?.outcome, "sent");
      assert.deepEqual(received(entry), [expected]);
    });

    it("nothing where it is gone; all of it when it is back", async () => {
      const uid = await arrive("gone");
      const entry = await post(uid, false);
      const expected = await meantOctets(entry);
      await at.server.dovecot.doveadm("expunge", "-u", "me", "mailbox", "INBOX", "uid", `${uid}`);
      // Another message of that name is not the one that was meant.
      at.server.dovecot.deliver("Archive", [original("gone", 1000)], "me");
      const held = await deliver(entry);
      assert.deepEqual([held?.outcome, held?.entry.reason?.code], ["held", "GONE"]);
      assert.match(held?.entry.reason?.text ?? "", /not been sent.*INBOX/);
      assert.deepEqual(received(entry), []);
      at.server.dovecot.deliver("Archive", [original("gone")], "me");
      const sent = await deliver(entry);
      assert.equal(sent?.outcome, "sent", sent?.entry.reason?.text);
      assert.deepEqual(received(entry), [expected]);
    });

    it("as long as it is in truth, whatever the server has said", async () => {
      const piece = at.mail.sending.lasting.of(inbox, await arrive("counted"), "2", 0);
      assert.ok(piece);
      const { length } = base64(3_000_000);
      for (const size of [length - 1, length, length + 1, 0]) {
        const found = await at.mail.sending.lasting.find({ ...piece, size });
        assert.equal(found?.size, length);
      }
    });

    it("a draft with it, put together by the server", async () => {
      const { desk, mail } = at;
      const uid = await arrive("drafted");
      const of = await desk.original(inbox, uid);
      const id = desk.drafts.newId();
      const attachments = [await passWhole(mail, of, desk.drafts.filesOf(id))];
      await desk.drafts.save(id, forward([of], desk.writing, { inline: false, attachments }));
      reset(at.imap);
      const place = await desk.drafts.push(id, mail);
      assert.ok(octets(at.imap) < 4000, `${octets(at.imap)} octets over IMAP`);
      const drafts = await mail.findFolder("Drafts");
      assert.ok((await whole(await mail.source(drafts, place.uid))).includes(original("drafted")));
      await desk.drafts.remove(id, mail);
    });
  });

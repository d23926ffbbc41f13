// Answers that are no letters: to invitations, to requests for a receipt, to lists; by Dovecot to those who asked for them.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { simpleParser } from "mailparser";
import { parseConfig } from "../../src/account/config.ts";
import { Secret } from "../../src/imap/index.ts";
import { type Folder, Mail } from "../../src/mail/index.ts";
import { openProtected } from "../../src/message/crypto/index.ts";
import { readMessage } from "../../src/message/index.ts";
import { answerTo } from "../../src/send/answers/invitation.ts";
import { leavingDraft, waysOut } from "../../src/send/answers/leaving.ts";
import { receiptFor, receiptRequest } from "../../src/send/answers/receipt.ts";
import { build } from "../../src/send/compose/build.ts";
import type { Draft } from "../../src/send/compose/draft.ts";
import { Desk } from "../../src/send/desk.ts";
import { SendError } from "../../src/send/errors.ts";
import { protect } from "../../src/send/protect/index.ts";
import { wishOf } from "../../src/send/protect/wish.ts";
import { saveParts, saveWhole } from "../../src/send/reply/parts.ts";
import { Gnupg, gpgMissing } from "../servers/gnupg.ts";
import { type SubmissionServer, startSubmission, submissionMissing } from "../servers/submission.ts";

const fails = (code: string, says: RegExp) => (error: unknown) => {
  assert.ok(error instanceof SendError, String(error instanceof Error ? error.stack : error));
  assert.deepEqual([error.code, says.test(error.message)], [code, true], error.message);
  return true;
};

const calendar = (method: string, more: readonly string[] = [], organizer = "mailto:ann@example.org") =>
  [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    `METHOD:${method}`,
    "BEGIN:VTIMEZONE",
    "TZID:Ours",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0100",
    "END:STANDARD",
    "END:VTIMEZONE",
    "BEGIN:VEVENT",
    "UID:walk-1@example.org",
    "SEQUENCE:3",
    "DTSTART;TZID=Ours:20270105T100000",
    "DTEND;TZID=Ours:20270105T120000",
    "SUMMARY:Lighthouse wälk\\, early",
    ...(organizer === "" ? [] : [`ORGANIZER;CN=Ann:${organizer}`]),
    "ATTENDEE;CN=Bob;PARTSTAT=ACCEPTED:mailto:bob@example.org",
    "ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:me+walks@example.org",
    ...more,
    "END:VEVENT",
    "END:VCALENDAR",
    "",
  ].join("\r\n");

function message(subject: string, fields: readonly string[], body: string): Buffer {
  return Buffer.from(
    [
      "From: Ann <ann@example.org>",
      "To: me@example.org",
      `Subject: ${subject}`,
      `Message-ID: <${subject.replace(/\W/g, "-")}@example.org>`,
      "Date: Thu, 26 Nov 2026 04:00:00 +0000",
      "MIME-Version: 1.0",
      ...fields,
      "",
      body,
    ].join("\r\n"),
  );
}
const invite = (subject: string, text: string, method: string) =>
  message(
    subject,
    ["Content-Type: multipart/alternative; boundary=b"],
    [
      "--b",
      "Content-Type: text/plain",
      "",
      "Come!",
      "--b",
      `Content-Type: text/calendar; charset=utf-8; method=${method}`,
      "Content-Transfer-Encoding: base64",
      "",
      Buffer.from(text).toString("base64"),
      "--b--",
      "",
    ].join("\r\n"),
  );
const asking = (subject: string, to: string, ...more: string[]) =>
  message(subject, [`Disposition-Notification-To: ${to}`, ...more], "Important.\r\n");

describe("answers", { skip: submissionMissing() }, () => {
  let server: SubmissionServer;
  let mail: Mail;
  let desk: Desk;
  let inbox: Folder;
  const keys = gpgMissing ? null : new Gnupg();
  let sent = 0;

  before(async () => {
    server = await startSubmission();
    const [account] = parseConfig(
      `[accounts.a]
address = "me@example.org"
imap = "imaps://me@localhost:${server.dovecot.tlsPort}"
smtp = "submissions://me@localhost:${server.tlsPort}"
ca-file = "${server.caFile}"
name = "Ada"
signature = "not for programs"
`,
      "config",
    ).accounts;
    assert.ok(account);
    server.dovecot.deliver(
      "INBOX",
      [
        invite("walk", calendar("REQUEST"), "REQUEST"),
        invite("off", calendar("CANCEL"), "CANCEL"),
        invite("own", calendar("REQUEST", [], "mailto:me@example.org"), "REQUEST"),
        invite("nobody", calendar("REQUEST", [], ""), "REQUEST"),
        asking("please", "Ann <ann@example.org>", "Original-Recipient: rfc822;me@example.org"),
        asking("else", "bob@example.org, ann@example.org"),
        asking("required", "ann@example.org", "Disposition-Notification-Options: x=required,1"),
        asking("broken", "no address"),
        message(
          "list",
          [
            "List-Unsubscribe: <mailto:ann@example.org?subject=leave%20x%0D%0ABcc:%20bob@example.org&body=end%1B%5B2J%0Ame&cc=bob@example.org&bcc=bob@example.org>, <https://example.org/out>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
          ],
          "News\r\n",
        ),
      ],
      "me",
    );
    const dir = server.dovecot.dir;
    mail = Mail.open({
      account,
      directories: { cacheDir: `${dir}/postern-cache`, stateDir: `${dir}/postern-state` },
      password: async () => new Secret("secret"),
      offline: false,
      keepOnline: false,
    });
    desk = new Desk(mail, keys ? { crypto: { gnupgHome: keys.home } } : {});
    inbox = await mail.findFolder("INBOX");
    await mail.sync(inbox);
  });
  after(async () => {
    await mail?.close();
    await server?.stop();
    keys?.stop();
  });
  afterEach(() => {
    sent = server.relay.envelopes.length;
  });

  async function uidOf(subject: string): Promise<number> {
    const { uids } = await mail.find(inbox, `subject:${subject}`);
    return uids[0] ?? assert.fail(`no message ${subject}`);
  }
  const originalOf = async (subject: string) => desk.original(inbox, await uidOf(subject));
  const answer = async (subject: string, status: "accepted" | "tentative" | "declined", comment = "") => {
    const original = await originalOf(subject);
    return answerTo(mail, original, desk.writing, { status, comment });
  };
  const flagsOf = async (subject: string) =>
    server.dovecot.doveadm("fetch", "-u", "me", "flags", "mailbox", "INBOX", "subject", subject);
  const got = (user: string, text: string) => server.received(user).filter((each) => each.includes(text));

  for (const [status, partstat] of [
    ["accepted", "ACCEPTED"],
    ["tentative", "TENTATIVE"],
    ["declined", "DECLINED"],
  ] as const)
    it(`an invitation is ${status}: the organizer's calendar is told, under the address that was invited`, async () => {
      const { draft, calendar: reply } = await answer("walk", status, `With plëasure; ${status}\nor not`);
      const entry = await desk.post(draft, { calendar: reply });
      assert.equal((await desk.deliver([entry.id]))[0]?.outcome, "sent");
      const [source, ...more] = got("ann", entry.messageId);
      assert.ok(source && more.length === 0);
      const parsed = await simpleParser(source);
      assert.equal(parsed.from?.text, '"Ada" <me+walks@example.org>');
      assert.match(parsed.subject ?? "", /Lighthouse wälk, early$/);
      assert.equal(parsed.inReplyTo, "<walk@example.org>");
      assert.match(source.toString(), /^Content-Type: text\/calendar; charset=utf-8; method=REPLY\r$/m);
      const [item] = (await readMessage(source)).items;
      assert.ok(item?.kind === "invitation");
      assert.deepEqual(
        [item.method, item.uid, item.sequence, item.organizer?.email, item.start?.at],
        ["REPLY", "walk-1@example.org", 3, "ann@example.org", Date.UTC(2027, 0, 5, 9)],
      );
      assert.deepEqual(
        item.attendees.map((one) => [one.email, one.name, one.status]),
        [["me+walks@example.org", "Ada", partstat.toLowerCase()]],
      );
      assert.equal(item.comment, `With plëasure; ${status}\nor not`);
      assert.match(parsed.text ?? "", /With plëasure/);
      assert.doesNotMatch(parsed.text ?? "", /not for programs/);
      assert.match(await flagsOf("walk"), /\\Answered/);
    });

  it("what asks for no answer gets none", async () => {
    await assert.rejects(answer("off", "accepted"), fails("NO_INVITATION", /asks for no answer/));
    await assert.rejects(answer("own", "accepted"), fails("NO_INVITATION", /your own/));
    await assert.rejects(answer("nobody", "accepted"), fails("NO_INVITATION", /who is to get/));
    await assert.rejects(answer("please", "accepted"), fails("NO_INVITATION", /no invitation/));
  });

  it("a receipt goes to who asks for it, once, without a sender to complain to", async () => {
    const original = await originalOf("please");
    assert.deepEqual(receiptRequest(original, desk.writing), {
      to: [{ name: "Ann", email: "ann@example.org" }],
      elsewhere: false,
    });
    assert.equal(server.relay.envelopes.length, sent, "reading it tells nobody");
    const receipt = await receiptFor(mail, original, desk.writing);
    const entry = await desk.postReceipt(receipt);
    assert.equal((await desk.deliver([entry.id]))[0]?.outcome, "sent");
    assert.match(server.relay.envelopes[sent] ?? "", /^MAIL FROM:<>/);
    const [source] = got("ann", entry.messageId);
    assert.ok(source);
    assert.match(
      source.toString(),
      /^Content-Type: multipart\/report; report-type=disposition-notification;/m,
    );
    assert.match(
      source.toString(),
      /\r\n\r\nReporting-UA: Postern\r\nOriginal-Recipient: rfc822;me@example\.org\r\nFinal-Recipient: rfc822;me@example\.org\r\nOriginal-Message-ID: <please@example\.org>\r\nDisposition: manual-action\/MDN-sent-manually; displayed\r\n/,
    );
    const [item] = (await readMessage(source)).items;
    assert.ok(item?.kind === "disposition");
    assert.deepEqual(
      [item.recipient, item.disposition, item.automatic, item.originalMessageId],
      ["me@example.org", "displayed", false, "<please@example.org>"],
    );
    assert.match(await flagsOf("please"), /\$MDNSent/);
    await assert.rejects(receiptFor(mail, original, desk.writing), fails("NO_RECEIPT", /sent already/));
  });

  it("a receipt that is asked for by somebody else, on conditions, or by nobody", async () => {
    const request = async (subject: string) => {
      const original = await originalOf(subject);
      return [
        receiptRequest(original, desk.writing)?.elsewhere ?? null,
        () => receiptFor(mail, original, desk.writing),
      ] as const;
    };
    assert.equal((await request("else"))[0], true);
    await assert.rejects((await request("required"))[1], fails("NO_RECEIPT", /conditions/));
    for (const subject of ["broken", "walk"]) {
      const [elsewhere, send] = await request(subject);
      assert.equal(elsewhere, null);
      await assert.rejects(send, fails("NO_RECEIPT", /nobody asks/));
    }
  });

  it("one may ask for a receipt by a field of the draft", async () => {
    const draft = (value: string): Draft => ({
      headers: [
        { name: "From", value: "me@example.org" },
        { name: "To", value: "ann@example.org" },
        { name: "Disposition-Notification-To", value },
      ],
      body: "Hi\n",
      attachments: [],
      origin: null,
    });
    const entry = await desk.post(draft("Ädä <me@example.org>"));
    await desk.deliver([entry.id]);
    const [source] = got("ann", entry.messageId);
    assert.deepEqual((await readMessage(source ?? Buffer.alloc(0))).headers.receiptTo, [
      { name: "Ädä", email: "me@example.org" },
    ]);
    await assert.rejects(desk.post(draft("nobody")), fails("ADDRESS", /Disposition-Notification-To/));
  });

  it("a list is left by what it asks for, and nobody else hears of it", async () => {
    const original = await originalOf("list");
    assert.deepEqual(waysOut(original.message), {
      ...{ post: "https://example.org/out", page: "https://example.org/out", to: ["ann@example.org"] },
      unproven: true,
    });
    const entry = await desk.post(leavingDraft(original, desk.writing));
    assert.equal((await desk.deliver([entry.id]))[0]?.outcome, "sent");
    const [source] = got("ann", entry.messageId);
    const parsed = await simpleParser(source ?? "");
    assert.deepEqual(
      [parsed.subject, parsed.text, parsed.from?.text],
      ["leave x Bcc: bob@example.org", "end\nme", '"Ada" <me@example.org>'],
    );
    assert.deepEqual(got("bob", entry.messageId), []);
    const other = await originalOf("please");
    assert.throws(() => waysOut(other.message), fails("NO_WAY_OUT", /does not say/));
  });

  it("what was encrypted is decrypted to be answered, and so are its files to be passed on", {
    skip: gpgMissing,
  }, async () => {
    keys?.newKey("Me <me@example.org>");
    const wish = { sign: false, encrypt: "always", own: "<me@example.org>" } as const;
    const plain = await build({
      headers: [
        ...[
          ["From", "ann@example.org"],
          ["To", "me@example.org"],
          ["Subject", "secret"],
        ].map(([name = "", value = ""]) => ({ name, value })),
      ],
      body: "The secret words.\n",
      attachments: [],
      origin: null,
    });
    const tools = desk.crypto;
    const chunks: Buffer[] = [];
    const { message: whole } = await protect(plain, wish, tools, mail.sending.pieces);
    for await (const chunk of whole()) chunks.push(chunk as Buffer);
    const source = Buffer.concat(chunks);
    assert.ok((await openProtected(source, tools)).decrypted);
    await mail.append(inbox, source, []);
    await mail.sync(inbox);
    const original = await originalOf("secret");
    assert.equal(original.unlocked?.failure, null);
    assert.match(JSON.stringify(original.message.body.lines), /The secret words/);
    const dir = server.dovecot.dir;
    const file = await saveWhole(mail, original, `${dir}/whole`);
    assert.match((await import("node:fs")).readFileSync(file.path, "utf8"), /The secret words/);
    assert.deepEqual(await saveParts(mail, original, `${dir}/parts`), []);
    assert.equal(wishOf(leavingDraft(await originalOf("list"), desk.writing), desk.writing).encrypt, "never");
  });
});

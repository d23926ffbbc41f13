// Invitations, receipts, lists and protected mail as scripts handle them; on Dovecot and its submission service.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openProtected } from "../../src/message/crypto/index.ts";
import { readMessage } from "../../src/message/index.ts";
import { Gnupg, gpgMissing } from "../servers/gnupg.ts";
import { type SubmissionServer, startSubmission, submissionMissing } from "../servers/submission.ts";
import { Home, type Ran } from "./postern.ts";

const invite = [
  "From: Ann <ann@example.org>",
  "To: me@example.org",
  "Subject: walk",
  "Message-ID: <walk@example.org>",
  "MIME-Version: 1.0",
  "Content-Type: text/calendar; method=REQUEST",
  "",
  "BEGIN:VCALENDAR",
  "METHOD:REQUEST",
  "BEGIN:VEVENT",
  "UID:1",
  "DTSTART:20270105T100000Z",
  "SUMMARY:Walk",
  "ORGANIZER:mailto:ann@example.org",
  "ATTENDEE:mailto:me@example.org",
  "END:VEVENT",
  "END:VCALENDAR",
  "",
].join("\r\n");
const plain = (subject: string, ...fields: string[]) =>
  [
    "From: Ann <ann@example.org>",
    "To: me@example.org",
    `Subject: ${subject}`,
    `Message-ID: <${subject}@example.org>`,
    ...fields,
    "",
    "Words of Ann.",
    "",
  ].join("\r\n");

describe("answers in the shell", { skip: submissionMissing() }, () => {
  let server: SubmissionServer;
  let home: Home;
  const keys = gpgMissing ? null : new Gnupg();

  before(async () => {
    server = await startSubmission();
    home = Home.on(server.dovecot);
    home.write("config.toml", server.config());
    if (keys) {
      keys.newKey("Me <me@example.org>");
      keys.newKey("Ann <ann@example.org>");
    }
    server.dovecot.deliver(
      "INBOX",
      [
        invite,
        plain("seen", "Disposition-Notification-To: ann@example.org"),
        plain("list", "List-Unsubscribe: <mailto:ann@example.org?subject=off>"),
        plain("page", "List-Unsubscribe: <https://example.org/off>"),
      ].map((text) => Buffer.from(text)),
      "me",
    );
  });
  after(async () => {
    home?.remove();
    await server?.stop();
    keys?.stop();
  });

  const run = (...args: string[]): Promise<Ran> =>
    home.run(args, { env: keys ? { GNUPGHOME: keys.home } : {}, stdin: "" });
  async function done(...args: string[]): Promise<string> {
    const ran = await run(...args);
    assert.deepEqual([ran.status, ran.err], [0, ""], args.join(" "));
    return ran.out;
  }
  /** The one message that Ann has got with these words in it. */
  function arrived(words: string): Buffer {
    const [found, ...more] = server.received("ann").filter((each) => each.includes(words));
    assert.ok(found && more.length === 0, `${words}: ${more.length + (found ? 1 : 0)} messages`);
    return found;
  }

  it("accept, tentative, decline", async () => {
    assert.match(
      await done("accept", "--dry-run", "subject:walk"),
      /would send accept: an answer to ann@example\.org/,
    );
    assert.equal(server.received("ann").length, 0);
    assert.equal(await done("tentative", "subject:walk", "--comment", "if it is dry"), "sent to 1 address\n");
    const [item] = (await readMessage(arrived("Tentatively accepted"))).items;
    assert.ok(item?.kind === "invitation");
    assert.deepEqual(
      [item.method, item.comment, item.attendees[0]?.status],
      ["REPLY", "if it is dry", "tentative"],
    );
    const refused = await run("decline", "subject:seen");
    assert.deepEqual([refused.status, /no invitation/.test(refused.err)], [66, true]);
    const json = JSON.parse(await done("decline", "subject:walk", "--json")) as { state: string };
    assert.equal(json.state, "sent");
  });

  it("receipt: none by itself, one when told, no second", async () => {
    assert.match(await done("fetch", "subject:seen"), /Words of Ann/);
    assert.equal(server.received("ann").filter((each) => each.includes("disposition")).length, 0);
    await done("receipt", "subject:seen");
    assert.match(arrived("disposition-notification;").toString(), /Original-Message-ID: <seen@example\.org>/);
    const again = await run("receipt", "subject:seen");
    assert.deepEqual([again.status, /sent already/.test(again.err)], [66, true]);
    await done("compose", "--to", "ann@example.org", "--subject", "asked", "--body", "x", "--receipt");
    assert.match(arrived("Subject: asked").toString(), /^Disposition-Notification-To: me@example\.org\r$/m);
  });

  it("unsubscribe: by mail, or told where", async () => {
    await done("unsubscribe", "subject:list");
    assert.match(arrived("Subject: off").toString(), /^From: me@example\.org\r$/m);
    assert.match(await done("unsubscribe", "subject:page"), /left on its page: https:\/\/example\.org\/off/);
    assert.equal((await run("unsubscribe", "subject:page", "--mail")).status, 66);
    assert.equal((await run("unsubscribe", "subject:walk")).status, 66);
  });

  it("protect: sent as it is wished, or not at all; answered as it came; drafts for one's own eyes", {
    skip: gpgMissing,
  }, async () => {
    const tools = { gnupgHome: keys?.home ?? "" };
    const compose = (subject: string, ...more: string[]) =>
      [
        "compose",
        "--to",
        "ann@example.org",
        "--subject",
        subject,
        "--body",
        `${subject} words`,
        ...more,
      ] as const;
    await done(...compose("both", "--protect", "sign,encrypt"));
    const opened = await openProtected(arrived("Subject: both"), tools);
    assert.deepEqual([opened.decrypted, opened.checks[0]?.result], [true, "good"]);
    const sent = await server.dovecot.doveadm(
      "fetch",
      "-u",
      "me",
      "text",
      "mailbox",
      "Sent",
      "subject",
      "both",
    );
    assert.match(sent, /BEGIN PGP MESSAGE/);
    assert.doesNotMatch(sent, /both words/);
    const missing = await run(...compose("lost", "--protect", "encrypt", "--cc", "bob@example.org"));
    assert.deepEqual([missing.status, /there is no key of bob@example\.org/.test(missing.err)], [77, true]);
    assert.equal(
      server.received("ann").some((each) => each.includes("Subject: lost")),
      false,
    );
    assert.equal((await run(...compose("typo", "--protect", "encrpyt"))).status, 64);

    await done(...compose("kept", "--protect", "encrypt", "--draft"));
    const draft = await server.dovecot.doveadm(
      "fetch",
      "-u",
      "me",
      "text",
      "mailbox",
      "Drafts",
      "subject",
      "kept",
    );
    assert.match(draft, /BEGIN PGP MESSAGE/);
    assert.doesNotMatch(draft, /kept words/);
    const print = await done(
      "edit-as-new",
      "--folder",
      "Drafts",
      "subject:kept",
      "--print",
      "--protect",
      "none",
    );
    assert.match(print, /kept words/);

    server.dovecot.deliver("INBOX", [arrived("Subject: both")], "me");
    await done("reply", "subject:both", "--quote", "--to", "ann@example.org", "--body", "and back");
    const answer = await openProtected(arrived("Subject: Re: both"), tools);
    assert.equal(answer.decrypted, true);
    assert.match(answer.source?.toString() ?? "", /> both words/);
    const clear = await run("reply", "subject:both", "--print", "--quote", "--to", "bob@example.org");
    assert.equal(clear.status, 77, "it is not sent in clear of itself");
  });
});

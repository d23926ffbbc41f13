// Several messages answered, passed on and confirmed by one command, as scripts do; on Dovecot and its submission service.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type ParsedMail, simpleParser } from "mailparser";
import { type SubmissionServer, startSubmission, submissionMissing } from "../servers/submission.ts";
import { Home, type Ran } from "./postern.ts";

const letter = (id: string, from: string, text: string, ...fields: string[]) =>
  Buffer.from(
    [
      `From: ${from}`,
      "To: me@example.org",
      `Subject: ${id}`,
      `Message-ID: <${id}@example.org>`,
      "Date: Thu, 26 Nov 2026 04:00:00 +0000",
      ...fields,
      "",
      text,
      "",
    ].join("\r\n"),
  );
const letters = [
  letter("one", "Ann <ann@example.org>", "First words.", "References: <root@example.org>"),
  letter("two", "Bob <bob@example.org>", "Second words."),
  letter("three", "Ann <ann@example.org>", "Third words."),
];

describe("several messages in the shell", { skip: submissionMissing() }, () => {
  let server: SubmissionServer;
  let home: Home;
  const seen = new Set<string>();
  before(async () => {
    server = await startSubmission();
    home = Home.on(server.dovecot);
    home.write("config.toml", server.config());
    server.dovecot.deliver("INBOX", letters, "me");
    await done("list");
  });
  after(async () => {
    home?.remove();
    await server?.stop();
  });

  const run = (...args: string[]): Promise<Ran> => home.run(args, { stdin: "" });
  async function done(...args: string[]): Promise<string> {
    const ran = await run(...args);
    assert.deepEqual([ran.status, ran.err], [0, ""], args.join(" "));
    return ran.out;
  }
  /** What a person has got since the last time. */
  function arrived(who: string): Promise<ParsedMail[]> {
    const sources = server.received(who).map((source) => source.toString("latin1"));
    const fresh = sources.filter((source) => !seen.has(`${who} ${source}`));
    for (const source of fresh) seen.add(`${who} ${source}`);
    return Promise.all(fresh.map((source) => simpleParser(source)));
  }
  const flags = (folder: string, uids: string) =>
    server.dovecot.doveadm("-f", "flow", "fetch", "-u", "me", "uid flags", "mailbox", folder, "uid", uids);
  const flagged = async (folder: string, uids: string, flag: string) =>
    (await flags(folder, uids)).split("\n").filter((line) => line.includes(flag)).length;

  it("reply: one message to all their authors, which quotes each and names all", async () => {
    assert.equal(
      await done("reply", "1", "2", "3", "--quote", "--body", "To you all."),
      "sent to 2 addresses\n",
    );
    const [mail, ...more] = await arrived("ann");
    assert.ok(mail && more.length === 0);
    assert.equal((await arrived("bob")).length, 1);
    const to = Array.isArray(mail.to) ? mail.to[0] : mail.to;
    assert.equal(to?.text, '"Ann" <ann@example.org>, "Bob" <bob@example.org>');
    assert.deepEqual(
      [mail.subject, mail.inReplyTo, mail.references],
      ["Re: one", "<one@example.org> <two@example.org> <three@example.org>", undefined],
    );
    assert.match(
      mail.text ?? "",
      /^To you all\.\n\nOn .*, Ann wrote:\n> First words\.\n\nOn .*, Bob wrote:\n> Second words\.\n\nOn .*, Ann wrote:\n> Third words\.\n/,
    );
    assert.equal(await flagged("INBOX", "1:3", "\\Answered"), 3);
    const listed = JSON.parse(await done("list", "--folder", "Sent", "--json")) as {
      items: { inReplyTo: string[] }[];
    };
    assert.deepEqual(listed.items[0]?.inReplyTo, [
      "<one@example.org>",
      "<two@example.org>",
      "<three@example.org>",
    ]);
  });

  it("forward: one after another in the text, or each whole", async () => {
    await done("forward", "1:2", "--to", "ann@example.org", "--body", "Look.");
    const [inline] = await arrived("ann");
    assert.equal(inline?.subject, "Fwd: one");
    assert.match(
      inline?.text ?? "",
      /^Look\.\n\n-+ Forwarded message -+\nFrom: Ann [\s\S]*\n\nFirst words\.\n\n\n-+ Forwarded message -+\nFrom: Bob [\s\S]*\n\nSecond words\./,
    );
    assert.equal(await flagged("INBOX", "1:3", "$Forwarded"), 2);
    await done("forward", "--attached", "2", "3", "--to", "ann@example.org", "--body", "Look.");
    const [attached] = await arrived("ann");
    assert.deepEqual(
      attached?.attachments.map(({ contentType, content }) => [contentType, content.toString()]),
      letters.slice(1).map((source) => ["message/rfc822", source.toString()]),
    );
    assert.equal(await flagged("INBOX", "1:3", "$Forwarded"), 3);
  });

  it("bounce: each as it is; none where one is not there to be read", async () => {
    for (const ids of [["1", "3"], ["1,3"]]) {
      assert.equal(await done("bounce", ...ids, "bob@example.org"), "2 messages: sent to 1 address\n");
      const came = await arrived("bob");
      assert.deepEqual(came.map(({ subject }) => subject).sort(), ["one", "three"]);
    }
    server.dovecot.deliver("INBOX", [letter("later", "Ann <ann@example.org>", "x")], "me");
    await done("list");
    await done("fetch", "1");
    const offline = await run("--offline", "bounce", "1,4", "bob@example.org");
    assert.match(offline.err, /not in the local copy|off line|offline/i);
    assert.deepEqual((JSON.parse(await done("outbox", "--json")) as { items: unknown[] }).items, []);
  });

  it("off line, from what the local copy has: it waits in the outbox, and all are flagged when it is sent", async () => {
    await done("fetch", "2");
    await done("fetch", "3");
    await server.dovecot.doveadm("flags", "remove", "-u", "me", "\\Answered", "mailbox", "INBOX", "all");
    await done("sync", "INBOX");
    const waits = await run("--offline", "reply", "2", "3", "--quote", "--body", "Later.");
    assert.deepEqual([waits.status, waits.err], [75, "postern: not sent yet\n"]);
    assert.deepEqual(await arrived("ann"), []);
    await done("outbox", "flush");
    const [mail] = await arrived("ann");
    assert.match(mail?.text ?? "", /> Second words\.[\s\S]*> Third words\./);
    assert.equal(await flagged("INBOX", "1:3", "\\Answered"), 2);
  });

  it("a draft of an answer to several is kept with all of them, and sent from there", async () => {
    await server.dovecot.doveadm("flags", "remove", "-u", "me", "\\Answered", "mailbox", "INBOX", "all");
    const kept = /draft (\w+)/.exec(await done("reply", "1", "2", "--body", "Kept.", "--draft"))?.[1] ?? "";
    await done("draft", "send", kept);
    assert.equal((await arrived("ann"))[0]?.inReplyTo, "<one@example.org> <two@example.org>");
    assert.equal(await flagged("INBOX", "1:3", "\\Answered"), 2);
  });

  it("receipt: for each that asks, or for none", async () => {
    const asking = ["x1", "x2"].map((id) =>
      letter(id, "Ann <ann@example.org>", "x", "Disposition-Notification-To: ann@example.org"),
    );
    server.dovecot.deliver("Asked", [...asking, letter("x3", "Ann <ann@example.org>", "x")], "me");
    await arrived("ann");
    assert.match((await run("receipt", "Asked/1", "Asked/3")).err, /nobody asks for a receipt/);
    assert.deepEqual(await arrived("ann"), []);
    assert.equal(await done("receipt", "Asked/1", "Asked/2"), "2 messages: sent to 1 address\n");
    assert.equal((await arrived("ann")).length, 2);
    assert.equal(await flagged("Asked", "1:3", "$MDNSent"), 2);
  });
});

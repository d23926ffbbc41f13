// Writing and sending as scripts do: what others get, what is kept, what is told; on Dovecot and its submission service.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { type ParsedMail, simpleParser } from "mailparser";
import { type SubmissionServer, startSubmission, submissionMissing } from "../servers/submission.ts";
import { Home, type Ran } from "./postern.ts";

describe("sending", { skip: submissionMissing() }, () => {
  let server: SubmissionServer;
  let home: Home;
  const seen = new Set<string>();

  before(async () => {
    server = await startSubmission();
    home = Home.on(server.dovecot);
    const smtp = (port: number) => [
      `smtp = "submissions://me@localhost:${port}"`,
      'password-command = "echo secret"',
      'ca-file = "ca.pem"',
      'name = "Ada"',
      'signature = "A."',
    ];
    home.write(
      "config.toml",
      [
        ...[
          "[accounts.test]",
          'address = "me@example.org"',
          `imap = "imaps://me@localhost:${server.dovecot.tlsPort}"`,
        ],
        ...smtp(server.tlsPort),
        ...[
          "[accounts.down]",
          'address = "me@example.org"',
          `imap = "imaps://me@localhost:${server.dovecot.tlsPort}"`,
        ],
        ...smtp(1),
        "",
      ].join("\n"),
    );
  });
  after(async () => {
    home.remove();
    await server.stop();
  });
  afterEach(() => {
    server.relay.refuse = null;
  });

  const run = (args: string[], stdin?: string): Promise<Ran> =>
    home.run(args, stdin === undefined ? {} : { stdin });
  async function done(args: string[], stdin?: string): Promise<string> {
    const ran = await run(args, stdin);
    assert.equal(ran.status, 0, `${args.join(" ")}: ${ran.err}`);
    assert.equal(ran.err, "");
    return ran.out;
  }
  /** What Ann has got since the last time. */
  function arrived(): Promise<ParsedMail[]> {
    const fresh = server.received("ann").filter((source) => !seen.has(source.toString("latin1")));
    for (const source of fresh) seen.add(source.toString("latin1"));
    return Promise.all(fresh.map((source) => simpleParser(source)));
  }
  const only = async () => {
    const [mail, ...more] = await arrived();
    assert.ok(mail && more.length === 0, "one message came");
    return mail;
  };
  const flags = async (query: string) =>
    server.dovecot.doveadm("fetch", "-u", "me", "flags", ...query.split(" "));
  const inFolder = async (folder: string) =>
    Number(
      (await server.dovecot.doveadm("-f", "flow", "mailbox", "status", "-u", "me", "messages", folder)).match(
        /messages=(\d+)/,
      )?.[1],
    );

  it("compose: from options and standard input, with files, a copy of it in Sent", async () => {
    const file = home.write("plan.txt", "the plan\n");
    const out = await done(
      [
        "compose",
        "--to",
        "Ann <ann@example.org>",
        "--bcc",
        "bob@example.org",
        "--subject",
        "Grüße",
        "--attach",
        file,
      ],
      "Hello\nthere\n",
    );
    assert.equal(out, "sent to 2 addresses\n");
    const mail = await only();
    assert.deepEqual(
      [mail.subject, mail.from?.text, mail.attachments[0]?.content.toString()],
      ["Grüße", '"Ada" <me@example.org>', "the plan\n"],
    );
    assert.match(mail.text ?? "", /^Hello\nthere\n\n-- \nA\.$/);
    assert.equal(server.received("bob").length, 1);
    for (const source of [...server.received("ann"), ...server.received("bob")])
      assert.doesNotMatch(source.toString(), /bob@/);
    const sent = await server.dovecot.doveadm("fetch", "-u", "me", "hdr.bcc flags", "mailbox", "Sent", "all");
    assert.match(sent, /bob@example\.org/);
    assert.match(sent, /\\Seen/);
    assert.deepEqual(readdirSync(join(home.dir, "state/postern/test/outbox")), []);
    assert.deepEqual(readdirSync(join(home.dir, "state/postern/test/drafts")), []);
  });

  it("compose --print and --dry-run send nothing", async () => {
    const printed = await run(["compose", "ann@example.org", "--subject", "x", "--body", "y", "--print"]);
    assert.match(printed.out, /^From: Ada <me@example.org>\r\n[\s\S]*\r\n\r\ny\r\n/);
    assert.match(await done(["--dry-run", "compose", "ann@example.org", "--body", "y"]), /^would send/);
    assert.deepEqual(await arrived(), []);
  });

  it("reply: in the discussion, from the address that was written to, and the answered message is flagged", async () => {
    server.dovecot.deliver(
      "INBOX",
      [
        Buffer.from(
          "From: Ann <ann@example.org>\r\nTo: me@example.org, bob@example.org\r\nSubject: AW: Plan\r\nMessage-ID: <p1@x>\r\nReferences: <p0@x>\r\nDate: Thu, 26 Nov 2026 04:00:00 +0000\r\n\r\nShall we?\r\n",
        ),
      ],
      "me",
    );
    await done(["list"]);
    assert.equal(await done(["reply-all", "1", "--quote"], "Yes"), "sent to 2 addresses\n");
    const mail = await only();
    assert.deepEqual(
      [mail.subject, mail.inReplyTo, mail.references],
      ["Re: Plan", "<p1@x>", ["<p0@x>", "<p1@x>"]],
    );
    assert.match(mail.text ?? "", /^Yes\n\nOn Thu, 26 Nov 2026 04:00 \+0000, Ann wrote:\n> Shall we\?\n/);
    assert.match(await flags("mailbox INBOX uid 1"), /\\Answered/);
    assert.equal((await run(["reply-list", "1"], "x")).status, 66);
  });

  it("forward: the text with its files, or the whole; bounce: as it is", async () => {
    const original = Buffer.from(
      'From: Ann <ann@example.org>\r\nTo: me@example.org\r\nSubject: Papers\r\nMessage-ID: <f1@x>\r\nDate: Thu, 26 Nov 2026 04:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee\r\n--b\r\nContent-Type: application/pdf; name="a b.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n--b--\r\n',
    );
    server.dovecot.deliver("INBOX", [original], "me");
    await done(["list"]);
    await done(["forward", "2", "--to", "ann@example.org"], "Look");
    const inline = await only();
    assert.deepEqual(
      [inline.subject, inline.attachments.map((a) => [a.filename, a.content.toString()])],
      ["Fwd: Papers", [["a b.pdf", "%PDF-"]]],
    );
    assert.match(
      inline.text ?? "",
      /^Look\n\n-+ Forwarded message -+\nFrom: Ann <ann@example.org>[\s\S]*\n\nSee\n\n-- \nA\.$/,
    );
    await done(["forward", "2", "--attached", "--to", "ann@example.org"], "");
    const whole = (await only()).attachments[0];
    assert.deepEqual(
      [whole?.contentType, whole?.content.toString()],
      ["message/rfc822", original.toString()],
    );
    assert.match(await flags("mailbox INBOX uid 2"), /\$Forwarded/);
    const copies = await inFolder("Sent");
    assert.equal(await done(["bounce", "2", "--to", "ann@example.org"]), "sent to 1 address\n");
    const bounced = await only();
    assert.deepEqual([bounced.messageId, bounced.headers.get("resent-to")], ["<f1@x>", "ann@example.org"]);
    assert.equal(await inFolder("Sent"), copies);
  });

  it("send: as sendmail's callers do", async () => {
    const message =
      "From: Cron <root@host.example>\nTo: ann@example.org\nBcc: bob@example.org\nSubject: cron\n\nDone\n.\nreally\n";
    for (const args of [
      ["-t", "-i"],
      ["-oi", "-f", "me@example.org", "ann@example.org"],
      ["-FCron", "-odi", "-oem", "-oi", "-t"],
    ]) {
      await done(["send", ...args], message);
      const mail = await only();
      assert.deepEqual(
        [mail.subject, mail.text, mail.headers.has("bcc")],
        ["cron", "Done\n.\nreally\n", false],
      );
    }
    // By a link called sendmail, a dot ends the message where -i does not say otherwise.
    symlinkSync(join(process.cwd(), "bin/postern"), join(home.dir, "sendmail"));
    const ran = await home.shell(
      `printf 'To: ann@example.org\\n\\none\\n.\\ntwo\\n' | ${home.dir}/sendmail -t`,
    );
    assert.equal(ran.status, 0, ran.err);
    assert.equal((await only()).text, "one\n");
    assert.equal((await run(["send", "-t"], "Subject: x\n\n")).status, 64);
    const byFile = home.write("m.eml", "To: ann@example.org\nMessage-ID: <same@x>\n\nfrom a file\n");
    await done(["send", byFile, "--without-copy"]);
    assert.equal((await only()).messageId, "<same@x>");
  });

  it("mailto: what people would write, and no more", async () => {
    await done([
      "mailto",
      "mailto:ann@example.org?subject=Hi&body=one%0Atwo&attach=/etc/passwd&bcc=bob@example.org",
    ]);
    const mail = await only();
    assert.deepEqual([mail.subject, mail.attachments.length], ["Hi", 0]);
    assert.match(mail.text ?? "", /^one\ntwo\n/);
  });

  it("drafts: kept here and on the server, gone on with, sent, and then gone", async () => {
    const out = await done([
      "compose",
      "ann@example.org",
      "--subject",
      "later",
      "--body",
      "not yet",
      "--draft",
    ]);
    const id = /draft (\w+)/.exec(out)?.[1] ?? "";
    assert.equal(await inFolder("Drafts"), 1);
    assert.match(await flags("mailbox Drafts all"), /\\Draft/);
    assert.match(await done(["draft"]), new RegExp(`^${id}\t.*\tann@example.org\tlater\n$`));
    assert.match((await run(["draft", "print", id])).out, /\r\n\r\nnot yet\r\n/);
    assert.equal((await run(["draft", "edit", id])).status, 64, "nobody is there who could edit it");
    assert.equal(await done(["draft", "send", id]), "sent to 1 address\n");
    assert.equal((await only()).subject, "later");
    assert.deepEqual([await done(["draft"]), await inFolder("Drafts")], ["", 0]);
    // One that another program has put there.
    server.dovecot.deliver(
      "Drafts",
      [
        {
          message: Buffer.from(
            "From: me@example.org\r\nTo: ann@example.org\r\nSubject: theirs\r\n\r\nold text\r\n",
          ),
          flags: "D",
        },
      ],
      "me",
    );
    await done(["list", "--folder", "@drafts"]);
    const uid = (await done(["--folder", "@drafts", "list"])).split("\t")[0] ?? "";
    await done(["--folder", "@drafts", "edit-as-new", uid.trim()], "new text");
    assert.match((await only()).text ?? "", /^new text\n\nold text/);
    assert.equal(await inFolder("Drafts"), 0);
    const saved = await done(["draft", "save", "-"], "To: ann@example.org\n\nsaved\n");
    assert.match(await done(["--yes", "draft", "delete", /draft (\w+)/.exec(saved)?.[1] ?? ""]), /^deleted/);
  });

  it("the outbox: keeps what cannot go out, says why, sends it once it can, gives it back", async () => {
    const down = ["--account", "down"];
    const waits = await run([...down, "compose", "ann@example.org", "--subject", "patience", "--body", "x"]);
    assert.equal(waits.status, 75);
    assert.match(waits.err, /not sent yet/);
    // For sendmail's callers it is done when it is kept.
    const kept = await run([...down, "send", "-t"], "To: ann@example.org\n\nx\n");
    assert.equal(kept.status, 0);
    const listed = (await done([...down, "outbox"])).trim().split("\n");
    assert.equal(listed.length, 2);
    assert.match(listed[0] ?? "", /\twaiting\t.*\tann@example.org\tpatience: /);
    assert.equal((await run([...down, "outbox", "flush"])).status, 75);
    const [id = ""] = (listed[0] ?? "").split("\t");
    const [other = ""] = (listed[1] ?? "").split("\t");
    assert.equal((await run([...down, "outbox", "edit", id])).status, 64);
    assert.match(await done([...down, "outbox", "undo", id]), /it is draft/);
    assert.match(await done([...down, "draft"]), /patience/);
    assert.match(await done([...down, "--yes", "outbox", "drop", other]), /^dropped/);
    assert.equal(await done([...down, "outbox"]), "");
    // Refused now: later; refused for good: kept until somebody decides.
    server.relay.refuse = { command: /^RCPT/i, reply: "451 4.7.1 come back later" };
    const later = await run(["compose", "ann@example.org", "--subject", "grey", "--body", "x"]);
    assert.deepEqual([later.status, /come back later/.test(later.err)], [75, true]);
    assert.match(await done(["outbox", "flush"]), /^sent 1 message\n/);
    assert.equal((await only()).subject, "grey");
    server.relay.refuse = { command: /^RCPT/i, reply: "550 5.1.1 nobody here" };
    const never = await run(["compose", "ann@example.org", "--subject", "refused", "--body", "x"]);
    assert.deepEqual(
      [never.status, /nobody here/.test(never.err), /outbox/.test(never.err)],
      [69, true, true],
    );
    const held = (await done(["outbox", "--json"])).trim();
    const [entry] = (JSON.parse(held) as { items: { id: string; state: string; code: string }[] }).items;
    assert.deepEqual([entry?.state, entry?.code], ["held", "REJECTED"]);
    assert.match(await done(["outbox", "flush", entry?.id ?? ""]), /^sent 1 message\n/);
    assert.equal((await only()).subject, "refused");
  });

  it("scheduled: not before its time", async () => {
    assert.match(
      (await run(["compose", "ann@example.org", "--subject", "at", "--body", "x", "--at", "2s"])).out,
      /in the outbox until/,
    );
    assert.match((await run(["outbox", "flush"])).out, /^sent 0 messages, 1 left/);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await done(["outbox", "flush"]);
    assert.equal((await only()).subject, "at");
    assert.equal((await run(["compose", "ann@example.org", "--at", "soon", "--body", "x"])).status, 64);
  });

  it("without a server for sending it says so, and keeps the message", async () => {
    home.write(
      "bare.toml",
      `[accounts.bare]\naddress = "me@example.org"\nimap = "imaps://me@localhost:${server.dovecot.tlsPort}"\npassword-command = "echo secret"\nca-file = "ca.pem"\n`,
    );
    const ran = await run([
      "--config",
      join(home.dir, "bare.toml"),
      "compose",
      "ann@example.org",
      "--body",
      "x",
    ]);
    assert.equal(ran.status, 69);
    assert.match(ran.err, /smtp/);
    assert.ok(existsSync(join(home.dir, "state/postern/bare/drafts")));
  });

  it("compose: a template fills in what the command line does not say, and scripts name theirs", async () => {
    mkdirSync(join(home.dir, "templates"), { recursive: true });
    home.write(
      "templates/letter",
      "To: me@example.org\nSubject: News for {name}\nX-Kind: letter\n\nDear {name},\n\n{body}\n",
    );
    const to = ["--to", "Ann <ann@example.org>"];
    await done(["compose", "--template", "letter", ...to], "All is well.\n");
    const mail = await only();
    assert.deepEqual([mail.subject, mail.headers.get("x-kind")], ["News for Ann", "letter"]);
    assert.match(mail.text ?? "", /^Dear Ann,\n\nAll is well\.\n\n-- \nA\.$/);
    assert.deepEqual(
      [mail.to ?? []].flat().flatMap(({ value }) => value.map(({ address }) => address)),
      ["ann@example.org", "me@example.org"],
    );
    await done(["compose", "--template", "letter", "-s", "Mine", ...to, "--body", "x"]);
    assert.equal((await only()).subject, "Mine");

    const unknown = await run(["compose", "--template", "lettre", ...to, "--body", "x"]);
    assert.equal(unknown.status, 66);
    assert.match(unknown.err, /there is no template lettre\n.*there are letter\n/);
    assert.equal((await run(["complete", "templates"])).out, "letter\n");
    assert.equal(existsSync(join(home.dir, "state/postern/test/drafts")), true);
    assert.deepEqual(readdirSync(join(home.dir, "state/postern/test/drafts")), []);
  });
});

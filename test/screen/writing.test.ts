// Writing as a new user would: on the screen, with an editor, on Dovecot with its submission service; what others get.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type ParsedMail, simpleParser } from "mailparser";
import { sampleMessage } from "../servers/messages.ts";
import { type SubmissionServer, startSubmission, submissionMissing } from "../servers/submission.ts";
import { barOf, eventually, type Home, makeHome, openScreen, sizes } from "./postern.ts";
import type { Pty } from "./pty.ts";

/** Keeps what it was given, and puts the lines of `say` at the top of the text. */
const editor = `cp "$1" "$HOME/given"
awk -v f="$HOME/say" '{ print } !put && /^$/ { while ((getline line < f) > 0) print line; put = 1 }' "$1" > "$HOME/new"
cat "$HOME/new" > "$1"
`;

const html = sampleMessage({
  n: 1,
  subject: "Harbour plans",
  from: "Ann Lee <ann@example.org>",
  to: "me@example.org",
  body: "Shall we meet at *nine*?",
  html: "<p>Shall we meet at <b>nine</b>?</p>",
});
const withFile = sampleMessage({
  n: 2,
  subject: "Two charts",
  from: "Bob <bob@example.org>",
  to: "me@example.org",
  body: "See both.",
  attachmentBytes: 3_000,
  attachmentName: "chart.bin",
});

const every =
  (...texts: string[]) =>
  (lines: string[]) =>
    texts.every((text) => lines.some((line) => line.includes(text)));
const lacks = (text: string) => (lines: string[]) => !lines.some((line) => line.includes(text));
const onRow = (pty: Pty, text: string) => () => barOf(pty).includes(text);

for (const size of sizes) {
  describe(`writing at ${size.columns}×${size.rows}`, { skip: submissionMissing() }, () => {
    let server: SubmissionServer;
    let home: Home;
    let pty: Pty;
    const seen = new Set<string>();

    /** A screen whose messages can be called back for so long. */
    async function open(delay: string, keymap = "default"): Promise<void> {
      await pty?.stop();
      writeFileSync(
        join(home.dir, "config.toml"),
        [
          `[screen]\nkeymap = "${keymap}"`,
          server.config('name = "Mia Berg"', 'signature = "Mia"', `send-delay = "${delay}"`),
          "[[accounts.test.identities]]",
          'address = "mia@club.example"',
          'name = "Mia of the club"',
          'signature = "The club"',
          "",
        ].join("\n"),
      );
      pty = await openScreen(home, size);
      await pty.waitFor("INBOX  1/2");
    }
    before(async () => {
      server = await startSubmission();
      server.dovecot.deliver("INBOX", [html, withFile], "me");
      const made = makeHome(server.dovecot.port);
      home = { ...made, env: { ...made.env, VISUAL: "", EDITOR: 'sh "$HOME/editor.sh"' } };
      writeFileSync(join(home.dir, "editor.sh"), editor);
      writeFileSync(join(home.dir, "say"), "");
      writeFileSync(join(home.dir, "plan of June.txt"), "the plan\n");
      await open("0");
    });
    after(async () => {
      await pty?.stop();
      await server?.stop();
      home?.remove();
    });

    const say = (text: string) => writeFileSync(join(home.dir, "say"), text);
    const given = () => readFileSync(join(home.dir, "given"), "utf8");
    async function arrived(user: string): Promise<ParsedMail> {
      let fresh: Buffer[] = [];
      const key = (source: Buffer) => `${user}\n${source.toString("latin1")}`;
      await eventually(async () => {
        fresh = server.received(user).filter((source) => !seen.has(key(source)));
        return fresh.length > 0;
      }, `${user} gets it`);
      for (const source of fresh) seen.add(key(source));
      assert.equal(fresh.length, 1);
      return simpleParser(fresh[0] ?? "");
    }
    const files = (directory: string) =>
      readdirSync(join(home.dir, "state/postern/test", directory)).filter((name) => !name.startsWith("."));

    test("m asks for whom and of what, opens the editor, and shows what it has become", async () => {
      say("The plan is attached.\n");
      pty.type("m");
      await pty.waitFor("To:");
      pty.type("Ann <ann@example.org>\r");
      await pty.waitFor("Subject:");
      pty.type("The plan\r");
      await pty.waitFor(
        every(
          "Your message",
          "From",
          "Mia Berg <me@example.org>",
          "Ann <ann@example.org>",
          "The plan is attached.",
        ),
      );
      await pty.waitFor(every("the text speaks of an attachment, and there is none"));
      // What matters is told below, at 80 columns too.
      const keys = "y send|e edit|a attach|t to|c cc|s subject|S sign|E encrypt|p keep|n discard".split("|");
      await pty.waitFor((lines) => {
        const bar = lines.slice(-3).join(" ").replace(/\s+/g, " ");
        return keys.every((key) => bar.includes(` ${key} `) || bar.endsWith(` ${key}`));
      });
      assert.match(
        given(),
        /^From: Mia Berg <me@example\.org>\nTo: Ann <ann@example\.org>\nCc:\nSubject: The plan\n\n/,
      );
    });

    test("a attaches what a completed path names, and the warning goes; R has others see it under another name", async () => {
      pty.type("a");
      await pty.waitFor("attach:");
      pty.type("pla");
      await pty.waitFor(every(" plan of June.txt"));
      pty.type("\t");
      await pty.waitFor("attach: plan of June.txt");
      pty.type("\r");
      await pty.waitFor(every("Attachments", "9 B"));
      await pty.waitFor(lacks("speaks of an attachment"));
      await pty.waitFor(onRow(pty, "plan of June.txt"));
      pty.type("R");
      await pty.waitFor("name: plan of June.txt");
      pty.type("\x15plan.txt\r");
      await pty.waitFor(onRow(pty, "plan.txt   from"));
    });

    test("c, b, s and f change the header, From its signature too; y sends it, and the copy is in Sent", async () => {
      pty.type("b");
      await pty.waitFor("Bcc:");
      pty.type("bob@example.org\r");
      await pty.waitFor((lines) => lines.some((line) => /Bcc +bob@example\.org/.test(line)));
      pty.type("s");
      await pty.waitFor("Subject: The plan");
      pty.type(" of June\r");
      await pty.waitFor((lines) => lines.some((line) => /Subject +The plan of June/.test(line)));
      pty.type("f");
      await pty.waitFor("From: Mia Berg");
      pty.type("\x15");
      await pty.waitFor(every(" Mia of the club <mia@club.example>"));
      pty.type("\t\t\r");
      await pty.waitFor((lines) => lines.some((line) => /From +Mia of the club/.test(line)));
      pty.type("y");
      await pty.waitFor((lines) => lacks("Your message")(lines) && every("sent: The plan of June")(lines));
      const mail = await arrived("ann");
      assert.deepEqual(
        [
          mail.subject,
          mail.from?.text,
          mail.attachments.map(({ filename, content }) => [filename, `${content}`]),
        ],
        ["The plan of June", '"Mia of the club" <mia@club.example>', [["plan.txt", "the plan\n"]]],
      );
      assert.equal(mail.text, "The plan is attached.\n\n-- \nThe club");
      assert.equal(mail.headers.has("bcc"), false);
      await arrived("bob");
      const copy = await server.dovecot.doveadm("fetch", "-u", "me", "hdr.bcc", "mailbox", "Sent", "all");
      assert.match(copy, /bob@example\.org/);
      assert.deepEqual([files("drafts"), files("outbox")], [[], []]);
    });

    test("r quotes a message in HTML for the editor, and has it answered in its discussion", async () => {
      say("At ten, please.\n");
      pty.type("gg/subject:harbour\r");
      await pty.waitFor(onRow(pty, "Harbour plans"));
      pty.type("r");
      await pty.waitFor(
        every("Your message", "Ann Lee <ann@example.org>", "Re: Harbour plans", "At ten, please."),
      );
      assert.match(given(), /On [^\n]+, Ann Lee wrote:\n> Shall we meet at \*?nine\*?\?\n\n-- \nMia\n$/);
      pty.type("y");
      await pty.waitFor("sent: Re: Harbour plans");
      const mail = await arrived("ann");
      assert.deepEqual(
        [mail.inReplyTo, mail.references],
        ["<sample.1@example.org>", "<sample.1@example.org>"],
      );
      await eventually(
        async () =>
          /\\Answered/.test(await server.dovecot.doveadm("fetch", "-u", "me", "flags", "subject", "Harbour")),
        "answered",
      );
    });

    test("f passes a message on with its file, which d takes out again", async () => {
      say("For you.\n");
      pty.type("gg/subject:charts\r");
      await pty.waitFor(onRow(pty, "Two charts"));
      pty.type("f");
      await pty.waitFor("To:");
      pty.type("ann@example.org\r");
      await pty.waitFor(every("Your message", "Fwd: Two charts", "chart.bin", "For you."));
      pty.type("a");
      await pty.waitFor("attach:");
      pty.type("plan of June.txt\r");
      await pty.waitFor(onRow(pty, "plan of June.txt"));
      pty.type("kd");
      await pty.waitFor(lacks("chart.bin"));
      pty.type("y");
      await pty.waitFor("sent: Fwd: Two charts");
      const mail = await arrived("ann");
      assert.deepEqual(
        mail.attachments.map(({ filename }) => filename),
        ["plan of June.txt"],
      );
      assert.match(mail.text ?? "", /^For you\.\n[\s\S]*See both\./);
    });

    test("b sends a message on as it is, from its author, after asking", async () => {
      pty.type("gg/subject:harbour\r");
      await pty.waitFor(onRow(pty, "Harbour plans"));
      pty.type("b");
      await pty.waitFor(":bounce --to");
      pty.type("bob@example.org\r");
      await pty.waitFor(every("to bob@example.org?", "yes"));
      pty.type("y");
      const mail = await arrived("bob");
      assert.deepEqual([mail.subject, mail.from?.text], ["Harbour plans", '"Ann Lee" <ann@example.org>']);
      assert.match(mail.headers.get("resent-to")?.toString() ?? "", /bob@example\.org|object/);
    });

    test("Esc where it is asked for whom leaves nothing behind", async () => {
      pty.type("m");
      await pty.waitFor("To:");
      pty.type("ann@exa");
      await pty.waitFor("To: ann@exa");
      pty.type("\x1b");
      await pty.waitFor(lacks("To: ann@exa"));
      await eventually(async () => files("drafts").length === 0, "nothing is left");
    });

    test("Esc keeps what was written as a draft, here and in the Drafts folder, and E goes on with it", async () => {
      say("Not yet finished.\n");
      pty.type("m");
      await pty.waitFor("To:");
      pty.type("ann@example.org\r");
      await pty.waitFor("Subject:");
      pty.type("Later\r");
      await pty.waitFor(every("Your message", "Not yet finished."));
      pty.type("?");
      await pty.waitFor(every("Keys   / searches"));
      pty.type("q");
      await pty.waitFor(every("Your message", "Not yet finished."));
      pty.type("\x1b");
      await pty.waitFor("kept as draft");
      say("");
      pty.type(":draft\r");
      await pty.waitFor(every("Drafts   Enter", "ann@example.org: Later"));
      pty.type("\r");
      await pty.waitFor(every("Your message", "Not yet finished."));
      // Who goes elsewhere sees what is there.
      pty.type("gd");
      await pty.waitFor(lacks("Your message"));
      await pty.waitFor("kept as draft");
      await pty.waitFor(every("Later", "Drafts  1/1"));
      pty.type("E");
      await pty.waitFor(every("Your message", "Not yet finished."));
      pty.type("n");
      await pty.waitFor("Discard this message for good?");
      pty.type("n");
      await pty.waitFor(lacks("Discard this message"));
      pty.type("y");
      await pty.waitFor("sent: Later");
      assert.equal((await arrived("ann")).text, "Not yet finished.\n\n\n-- \nMia");
      await pty.waitFor("No messages");
      assert.deepEqual(files("drafts"), []);
      pty.type("gi");
      await pty.waitFor("INBOX  1/2");
    });

    test("C of alpine asks whether to go on with what was postponed, where there is something", async () => {
      await open("0", "alpine");
      const begin = async (subject: string) => {
        await pty.waitFor("To:");
        pty.type("ann@example.org\r");
        await pty.waitFor("Subject:");
        pty.type(`${subject}\r`);
        await pty.waitFor(every("Your message", subject));
      };
      const keep = async (many: number) => {
        pty.type("\x0f");
        await pty.waitFor(lacks("Your message"));
        await eventually(
          async () => files("drafts").filter((n) => n.endsWith(".draft")).length === many,
          "kept",
        );
      };
      say("");
      pty.type("C");
      await begin("Postponed one");
      await keep(1);
      pty.type("C");
      await pty.waitFor("Go on with the message you postponed?");
      pty.type("y");
      await pty.waitFor(every("Your message", "Postponed one"));
      await keep(1);
      pty.type("C");
      await pty.waitFor("Go on with the message you postponed?");
      pty.type("n");
      await begin("Postponed two");
      await keep(2);
      pty.type("C");
      await pty.waitFor("Go on with one of the 2 messages you postponed?");
      pty.type("y");
      await pty.waitFor(every("Drafts   Enter", "Postponed one", "Postponed two"));
      for (const left of [1, 0]) {
        pty.type("\r");
        await pty.waitFor(every("Your message", "Postponed"));
        pty.type("n");
        await pty.waitFor("Discard this message for good?");
        pty.type("y");
        await pty.waitFor(lacks("Your message"));
        await eventually(
          async () => files("drafts").filter((n) => n.endsWith(".draft")).length === left,
          "gone",
        );
        if (left > 0) pty.type(":draft\r");
        if (left > 0) await pty.waitFor(every("Drafts   Enter"));
      }
    });

    test("u within its time calls a message back; q asks before it goes for good", async () => {
      await open("1h");
      say("Too soon.\n");
      pty.type("m");
      await pty.waitFor("To:");
      pty.type("ann@example.org\r");
      await pty.waitFor("Subject:");
      pty.type("Oops\r");
      await pty.waitFor(every("Your message", "Too soon."));
      pty.type("y");
      await pty.waitFor((lines) => lacks("Your message")(lines) && every("u: undo")(lines));
      pty.type("u");
      await pty.waitFor((lines) => every("Your message", "Too soon.")(lines) && lacks("u: undo")(lines));
      assert.deepEqual(files("outbox"), []);
      pty.type("s\x15Better\r");
      await pty.waitFor((lines) => lines.some((line) => /Subject +Better/.test(line)));
      pty.type("y");
      await pty.waitFor((lines) => lacks("Your message")(lines) && every("u: undo")(lines));
      say("");
      pty.type(":outbox\r");
      await pty.waitFor(every("Outbox   Enter", "To be sent", "ann@example.org: Better"));
      pty.type("\r");
      await pty.waitFor(every("Your message", "Too soon."));
      assert.deepEqual(files("outbox"), []);
      pty.type("y");
      await pty.waitFor((lines) => lacks("Your message")(lines) && every("u: undo")(lines));
      pty.type("q");
      await pty.waitFor("1 message is about to be sent. Send now and quit?");
      pty.type("y");
      assert.equal(await pty.exit, 0);
      assert.equal((await arrived("ann")).subject, "Better");
      assert.deepEqual([files("outbox"), files("drafts")], [[], []]);
    });
  });
}

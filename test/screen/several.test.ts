// Marked messages answered and passed on by one message, with the keys of each keymap, on Dovecot with its submission service.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type ParsedMail, simpleParser } from "mailparser";
import { sampleMessage } from "../servers/messages.ts";
import { type SubmissionServer, startSubmission, submissionMissing } from "../servers/submission.ts";
import { eventually, type Home, has, makeHome, openScreen } from "./postern.ts";
import type { Pty } from "./pty.ts";

const letters = ["ann", "bob", "ann"].map((who, i) =>
  sampleMessage({
    n: i + 1,
    subject: `Letter ${i + 1}`,
    from: `${who} <${who}@example.org>`,
    to: "me@example.org",
    body: `Words ${i + 1}.`,
  }),
);

describe("marked messages", { skip: submissionMissing() }, () => {
  let server: SubmissionServer;
  let home: Home;
  let pty: Pty;
  const seen = new Set<string>();

  async function open(keymap: string, delay = "0", screen = ""): Promise<void> {
    await pty?.stop();
    writeFileSync(
      join(home.dir, "config.toml"),
      `[screen]\nkeymap = "${keymap}"\n${screen}\n${server.config(`send-delay = "${delay}"`)}`,
    );
    pty = await openScreen(home);
    await pty.waitFor("INBOX  1/3");
  }
  before(async () => {
    server = await startSubmission();
    server.dovecot.deliver("INBOX", letters, "me");
    server.dovecot.deliver("Lists", letters.slice(0, 1), "me");
    const made = makeHome(server.dovecot.port);
    home = { ...made, env: { ...made.env, VISUAL: "", EDITOR: "true" } };
  });
  after(async () => {
    await pty?.stop();
    await server?.stop();
    home?.remove();
  });

  /** The one message that has come to them since the last. */
  async function arrived(who: string): Promise<ParsedMail> {
    let fresh: string[] = [];
    await eventually(async () => {
      const sources = server.received(who).map((source) => source.toString("latin1"));
      fresh = sources.filter((source) => !seen.has(`${who} ${source}`));
      return fresh.length > 0;
    }, `a message for ${who}`);
    for (const source of fresh) seen.add(`${who} ${source}`);
    assert.equal(fresh.length, 1);
    return simpleParser(fresh[0] ?? "");
  }
  async function flagged(flag: string, count: number, folder = "INBOX"): Promise<void> {
    await eventually(async () => {
      const query = ["-f", "flow", "fetch", "-u", "me", "uid flags", "mailbox", folder, "all"];
      const lines = (await server.dovecot.doveadm(...query)).split("\n");
      return lines.filter((line) => line.includes(flag)).length === count;
    }, `${flag} on ${count} in ${folder}`);
  }

  test("r answers all that are marked by one message", async () => {
    await open("default");
    pty.type("T");
    await pty.waitFor(":mark");
    pty.type("subject:letter\r");
    await pty.waitFor("3 marked");
    pty.type("r");
    await pty.waitFor("> Words 3.");
    pty.type("y");
    await pty.waitFor("sent: Re: Letter 1");
    const mail = await arrived("ann");
    assert.match(mail.text ?? "", /> Words 1\.[\s\S]* wrote:\n> Words 2\.[\s\S]* wrote:\n> Words 3\./);
    assert.equal(mail.inReplyTo?.split(" ").length, 3);
    await arrived("bob");
    await flagged("\\Answered", 3);
  });

  test("u calls it back before it is gone, and none is flagged", async () => {
    await open("default", "1h");
    pty.type("  ");
    await pty.waitFor("2 marked");
    pty.type("f");
    await pty.waitFor("To:");
    pty.type("ann@example.org\r");
    await pty.waitFor("Fwd: Letter");
    pty.type("y");
    await pty.waitFor("u: undo");
    pty.type("u");
    await pty.waitFor((lines) => has("Your message")(lines) && !has("u: undo")(lines));
    await flagged("$Forwarded", 0);
    pty.type("n");
    await pty.waitFor("Discard this message for good?");
    pty.type("y");
    await pty.waitFor("discarded");
  });

  for (const [keymap, marks, key] of [
    ["default", "  ", "f"],
    ["mutt", "tt", "f"],
    ["aerc", "  ", ":forward --attached\r"],
    ["emacs", "mm", "F"],
    ["alpine", ";from:ann\r", "F"],
  ] as const)
    test(`forward passes on all that are marked, with the keys of ${keymap}`, async () => {
      await open(keymap);
      pty.type(marks);
      await pty.waitFor("2 marked");
      pty.type(key);
      await pty.waitFor("To:");
      pty.type("bob@example.org\r");
      await pty.waitFor(has("Fwd: Letter"));
      pty.type(keymap === "alpine" ? "\x18" : keymap === "emacs" ? "\x03\x03" : "y");
      const { text = "", attachments } = await arrived("bob");
      if (key.includes("attached")) assert.equal(attachments.length, 2);
      else assert.match(text, /Forwarded message[\s\S]*Words \d\.[\s\S]*Forwarded message[\s\S]*Words \d\./);
      await flagged("$Forwarded", keymap === "alpine" ? 3 : 2);
    });

  test("| of the list gives all that are marked to a command, as an mbox", async () => {
    await open("default");
    pty.type("|");
    await pty.waitFor(":pipe");
    pty.type("cat > one\r");
    await pty.waitFor("Enter goes back");
    pty.type("\r");
    await pty.waitFor("done: cat > one");
    assert.equal(readFileSync(join(home.dir, "one"), "utf8"), letters[2]?.toString());
    pty.type("  ");
    await pty.waitFor("2 marked");
    pty.type("|");
    await pty.waitFor(":pipe");
    pty.type("cat > two\r");
    await pty.waitFor("Enter goes back");
    pty.type("\r");
    await pty.waitFor("done: cat > two");
    const mbox = readFileSync(join(home.dir, "two"), "utf8");
    assert.deepEqual(mbox.match(/^From \S+/gm), ["From bob@example.org", "From ann@example.org"]);
    assert.match(mbox, /Words 2\.[\s\S]*Words 3\./);
  });

  test("of a list of several folders too they are passed on in one message, and flagged in each", async () => {
    await open("default", "0", 'unified = ["INBOX", "Lists"]');
    pty.type("gu");
    await pty.waitFor("1/4");
    pty.type("T");
    await pty.waitFor(":mark");
    pty.type("subject:letter\r");
    await pty.waitFor("4 marked");
    pty.type("f");
    await pty.waitFor((lines) => lines.some((line) => line.startsWith("To:")));
    pty.type("bob@example.org\r");
    await pty.waitFor("Forwarded message");
    // Kept and gone on with: the draft knows them all.
    pty.type("\x1b");
    await pty.waitFor("kept as draft");
    pty.type(":draft\r");
    await pty.waitFor("Drafts   Enter");
    pty.type("\r");
    await pty.waitFor("Forwarded message");
    pty.type("y");
    assert.equal(((await arrived("bob")).text ?? "").match(/Forwarded message/g)?.length, 4);
    await flagged("$Forwarded", 3);
    await flagged("$Forwarded", 1, "Lists");
  });

  test("C of alpine goes on with what another program has left in the Drafts folder", async () => {
    const draft = sampleMessage({
      n: 9,
      subject: "Begun elsewhere",
      from: "me@example.org",
      to: "bob@example.org",
      body: "Half of it.",
    });
    server.dovecot.deliver("Drafts", [{ message: draft, flags: "D" }], "me");
    await open("alpine");
    pty.type("g@drafts\r");
    await pty.waitFor(has("Begun elsewhere"));
    pty.type("g@inbox\r");
    await pty.waitFor("INBOX  1/3");
    pty.type("C");
    await pty.waitFor("Go on with the message you postponed?");
    pty.type("n");
    await pty.waitFor("To:");
    pty.type("\x1b");
    await pty.waitFor((lines) => !lines.some((line) => line.startsWith("To:")));
    pty.type("C");
    await pty.waitFor("Go on with the message you postponed?");
    pty.type("y");
    await pty.waitFor("Half of it.");
    pty.type("\x18");
    assert.match((await arrived("bob")).text ?? "", /^Half of it\./);
    await eventually(async () => {
      const left = await server.dovecot.doveadm("search", "-u", "me", "mailbox", "Drafts", "all");
      return left.trim() === "";
    }, "the draft is gone");
    pty.type("C");
    await pty.waitFor("To:");
    pty.type("\x1b");
  });

  test("b sends all that are marked on as they are", async () => {
    await open("default");
    pty.type("  ");
    await pty.waitFor("2 marked");
    pty.type("b");
    await pty.waitFor(":bounce --to");
    pty.type("bob@example.org\r");
    await pty.waitFor("Send 2 messages to bob@example.org?");
    pty.type("y");
    await pty.waitFor("2 messages: sent to 1 address");
    const came = () => server.received("bob").filter((source) => source.includes("Resent-To"));
    await eventually(async () => came().length === 2, "both came");
  });
});

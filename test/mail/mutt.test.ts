import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { startPty } from "../screen/pty.ts";
import { serverMissing } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { maildirBelow, startFixture } from "./fixture.ts";

const bySubject = (a: { subject: string }, b: { subject: string }) => (a.subject < b.subject ? -1 : 1);

test("mutt opens the cached maildir and lists the same messages, with their flags", {
  skip: serverMissing("dovecot") || serverMissing("mutt"),
}, async () => {
  const fixture = await startFixture();
  try {
    const subjects = ["Plain", "Grüße aus Lübeck", "来月の展示会", "Re: Plain", "With a file"];
    fixture.dovecot.deliver(
      "INBOX",
      subjects.map((subject, i) =>
        sampleMessage({ n: i + 1, subject, ...(i === 4 ? { attachmentBytes: 1_000 } : {}) }),
      ),
    );
    const { mail, inbox } = await fixture.client("mutt");
    await mail.sync(inbox);
    for (const uid of await mail.uids(inbox)) for await (const _ of await mail.source(inbox, uid));
    await mail.flag(inbox, [2], "add", ["\\Flagged"]);
    await mail.flag(inbox, [1, 2, 4], "add", ["\\Seen"]);
    await mail.flag(inbox, [4], "add", ["\\Answered"]);
    const rows = mail.window(inbox, { sort: "arrival", descending: false, offset: 0, limit: 100 });
    const expected = rows.map((m) => ({
      subject: m.subject,
      flagged: m.flags.includes("\\Flagged"),
      answered: m.flags.includes("\\Answered"),
    }));

    const rc = join(fixture.dir, "muttrc");
    writeFileSync(
      rc,
      'set folder=/ index_format="{%Z}{%s}" sort=mailbox-order mark_old=no charset=utf-8 arrow_cursor=yes help=no\n',
    );
    const pty = await startPty(
      "mutt",
      ["-n", "-F", rc, "-R", "-f", maildirBelow(join(fixture.dir, "mutt/cache"))],
      {
        columns: 100,
        rows: 24,
        env: { HOME: fixture.dir },
      },
    );
    try {
      await pty.waitFor((lines) => lines.filter((line) => line.includes("}{")).length === subjects.length);
      // %Z is three letters: N, O or r for the state, then cryptography, then ! for a flagged message.
      const shown = pty.text().flatMap((line) => {
        const [, letters = "", subject = ""] = /\{(.{3})\}\{(.*)\}$/.exec(line) ?? [];
        return subject === "" ? [] : [{ subject, flagged: letters[2] === "!", answered: letters[0] === "r" }];
      });
      assert.deepEqual(shown.sort(bySubject), expected.sort(bySubject));
    } finally {
      await pty.stop();
    }
  } finally {
    await fixture.end();
  }
});

// Invitations answered and receipts sent by keys, on Dovecot and its submission service; what the other side gets.
import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { readMessage } from "../../src/message/index.ts";
import { type SubmissionServer, startSubmission, submissionMissing } from "../servers/submission.ts";
import { eventually, type Home, makeHome, openScreen } from "./postern.ts";
import type { Pty } from "./pty.ts";

const message = (subject: string, fields: string[], text: string[]) =>
  Buffer.from(
    [
      "From: Ann <ann@example.org>",
      "To: me@example.org",
      `Subject: ${subject}`,
      `Message-ID: <${subject}@example.org>`,
      ...fields,
      "",
      ...text,
      "",
    ].join("\r\n"),
  );
const walk = message(
  "walk",
  ["MIME-Version: 1.0", "Content-Type: text/calendar; method=REQUEST"],
  [
    ...["BEGIN:VCALENDAR", "METHOD:REQUEST", "BEGIN:VEVENT", "UID:1", "DTSTART:20270105T100000Z"],
    ...["SUMMARY:Walk", "ORGANIZER:mailto:ann@example.org", "ATTENDEE:mailto:me@example.org"],
    ...["END:VEVENT", "END:VCALENDAR"],
  ],
);
const letter = message("letter", ["Disposition-Notification-To: ann@example.org"], ["Words of Ann."]);

describe("answers by keys", { skip: submissionMissing() }, () => {
  let server: SubmissionServer;
  let home: Home;
  let pty: Pty;

  async function open(delay: string): Promise<void> {
    await pty?.stop();
    writeFileSync(join(home.dir, "config.toml"), server.config(`send-delay = "${delay}"`));
    pty = await openScreen(home);
    await pty.waitFor("INBOX  1/2");
  }
  before(async () => {
    server = await startSubmission();
    server.dovecot.deliver("INBOX", [letter, walk], "me");
    home = makeHome(server.dovecot.port);
    await open("0");
  });
  after(async () => {
    await pty?.stop();
    await server?.stop();
    home?.remove();
  });

  const got = () => server.received("ann").map((source) => source.toString("latin1"));
  const seen = new Set<string>();
  /** The one message that has come to Ann since the last. */
  async function next(): Promise<string> {
    let fresh: string[] = [];
    await eventually(async () => {
      fresh = got().filter((source) => !seen.has(source));
      return fresh.length > 0;
    }, "a message for Ann");
    for (const source of fresh) seen.add(source);
    assert.equal(fresh.length, 1);
    return fresh[0] ?? "";
  }

  test("z y, z m and z n tell the organizer's calendar", async () => {
    pty.type("\r");
    await pty.waitFor("Walk");
    for (const [key, status, subject] of [
      ["y", "accepted", "Accepted"],
      ["m", "tentative", "Tentatively accepted"],
      ["n", "declined", "Declined"],
    ] as const) {
      pty.type(`z${key}`);
      await pty.waitFor(`sent: ${subject}: Walk`);
      const { items, headers } = await readMessage(Buffer.from(await next(), "latin1"));
      const [item] = items;
      assert.ok(item?.kind === "invitation");
      assert.deepEqual([item.method, item.attendees[0]?.status], ["REPLY", status]);
      assert.equal(headers.subject, `${subject}: Walk`);
    }
    pty.type("zr");
    await pty.waitFor("nobody asks for a receipt");
  });

  test("z r sends a receipt once one has said yes, and no second", async () => {
    pty.type("J");
    await pty.waitFor("Words of Ann.");
    pty.type("zr");
    await pty.waitFor("Tell ann@example.org, that it was displayed?");
    pty.type("n");
    await pty.waitFor("no receipt was sent");
    assert.equal(got().length, 3);
    pty.type("zr");
    await pty.waitFor("Tell ann@example.org, that it was displayed?");
    pty.type("y");
    await pty.waitFor("sent: ");
    assert.match(await next(), /disposition-notification;[\s\S]*Original-Message-ID: <letter@example\.org>/);
    pty.type("zr");
    await pty.waitFor("sent already");
    pty.type("zy");
    await pty.waitFor("no invitation");
  });

  test("u calls an answer back before it is gone", async () => {
    await open("1h");
    pty.type("\r");
    await pty.waitFor("Walk");
    pty.type("zy");
    await pty.waitFor("u: undo");
    pty.type("u");
    await pty.waitFor("called back: it is not sent");
    await pty.waitFor((lines) => !lines.some((line) => line.includes("u: undo")));
    const outbox = join(home.dir, "state/postern/test/outbox");
    assert.deepEqual(existsSync(outbox) ? readdirSync(outbox) : [], []);
    assert.equal(got().length, 4);
  });
});

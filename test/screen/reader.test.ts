/** What a message says of where it comes from, its other forms, what lies in it, and leaving a mailing list. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { makeCertificates } from "../servers/certificates.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { eventually, type Home, makeHome, openScreen } from "./postern.ts";
import type { Pty } from "./pty.ts";

const lines = (...text: string[]) => Buffer.from(`${text.join("\r\n")}\r\n`, "latin1");
const received = "Received: from out.example.net by mx.example.org with ESMTPS id 1";
const says = (results: string) => `Authentication-Results: mx.example.org; ${results}`;

const twoForms = lines(
  received,
  says("dmarc=pass header.from=engine.example; spf=pass smtp.mailfrom=engine.example"),
  "From: Ada <ada@engine.example>",
  "Reply-To: Talk <talk@engine.example>",
  "Subject: Two forms",
  'List-Id: "Engine talk" <talk.engine.example>',
  "Content-Type: multipart/alternative; boundary=b",
  "",
  "--b",
  "Content-Type: text/plain",
  "",
  "The plain words, which are enough to be read by themselves.",
  "--b",
  "Content-Type: text/html",
  "",
  "<p>The rich words, and <a href='https://evil.example/x'>https://bank.example/</a>.</p>",
  "<p>Now <s>14.00</s> 12.00.</p>",
  "<table><tr><th>Item</th><th>Price</th></tr><tr><td>Cogs</td><td align=right>12.00</td></tr></table>",
  "--b--",
);
const refuted = lines(
  received,
  says("dmarc=fail header.from=bank.example; spf=softfail smtp.mailfrom=bank.example"),
  "From: Bank <info@bank.example>",
  "Subject: Refuted",
  "",
  "Pay now.",
);
const wrongCharset = lines(
  "Subject: Wrong charset",
  "Content-Type: text/plain; charset=iso-8859-1",
  "",
  "\xf0\xd2\xc9\xd7\xc5\xd4",
);
const invitation = lines(
  "From: Boss <boss@example.org>",
  "Subject: Planning",
  "Content-Type: text/calendar; method=REQUEST; charset=utf-8",
  "",
  "BEGIN:VCALENDAR",
  "METHOD:REQUEST",
  "BEGIN:VEVENT",
  "UID:1@example.org",
  "SUMMARY:Planning of the engine",
  "DTSTART:20260727T140000Z",
  "DTEND:20260727T150000Z",
  "ORGANIZER;CN=Boss:mailto:boss@example.org",
  "ATTENDEE;CN=Ada;PARTSTAT=ACCEPTED:mailto:ada@example.org",
  "END:VEVENT",
  "END:VCALENDAR",
);
const report = lines(
  "From: MAILER-DAEMON@mx.example.org",
  "Subject: Undelivered",
  "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
  "",
  "--b",
  "",
  "I could not deliver your message.",
  "--b",
  "Content-Type: message/delivery-status",
  "",
  "Reporting-MTA: dns; mx.example.org",
  "",
  "Final-Recipient: rfc822; bob@nowhere.example",
  "Action: failed",
  "Status: 5.1.1",
  "",
  "--b--",
);
const digest = lines(
  "Subject: Digest",
  "Content-Type: multipart/digest; boundary=b",
  "",
  ...Array.from({ length: 9 }, (_, i) => [
    "--b",
    "",
    `From: Writer ${i + 1} <w${i + 1}@example.org>`,
    `Subject: Letter number ${i + 1}`,
    "Content-Type: multipart/mixed; boundary=c",
    "",
    "--c",
    "",
    `Words of letter ${i + 1}.`,
    "--c",
    "Content-Type: application/octet-stream; name=enclosed.bin",
    "",
    `bytes of letter ${i + 1}`,
    "--c--",
  ]).flat(),
  "--b--",
);

const local = () => ({ skip: serverMissing("dovecot") });

describe("what is known of a message", local(), () => {
  let server: Dovecot;
  let home: Home;
  let pty: Pty;
  before(async () => {
    server = await startDovecot({ tls: "none" });
    server.deliver("INBOX", [digest, report, invitation, wrongCharset, refuted, twoForms]);
    home = makeHome(server.port);
    pty = await openScreen({ ...home, env: { ...home.env, TZ: "Europe/Berlin" } });
    await pty.waitFor("Two forms");
    await pty.waitFor("● online");
    pty.type("\r");
  });
  after(async () => {
    await pty?.stop();
    await server?.stop();
    home?.remove();
  });

  /** The colour of the first character of `text`. */
  const colourOf = (text: string) => {
    const row = pty.text().findIndex((line) => line.includes(text));
    return pty.cell(row, pty.text()[row]?.indexOf(text) ?? 0).foreground;
  };

  test("the sender is vouched for, the list named, in one line each", async () => {
    await pty.waitFor("The plain words");
    await pty.waitFor("Sender    ✓ engine.example (DMARC, SPF)");
    assert.equal(colourOf("✓"), 2, "green");
    await pty.waitFor("Reply-To  Talk <talk@engine.example>");
    await pty.waitFor("List      Engine talk <talk.engine.example>");
  });

  test("the other form is a key away, and back; its table stands in columns, its false link is red", async () => {
    pty.type("zh");
    await pty.waitFor("The rich words");
    await pty.waitFor("link 1 says bank.example and leads to evil.example");
    assert.equal(colourOf("https://bank.example/"), 9, "red");
    await pty.waitFor((shown) => shown.some((line) => /^ Item {2}Price$/.test(line.trimEnd())));
    await pty.waitFor((shown) => shown.some((line) => /^ Cogs {2}12\.00$/.test(line.trimEnd())));
    // The terminal strikes out the old price: no marks are needed.
    await pty.waitFor((shown) => shown.some((line) => line.trim() === "Now 14.00 12.00."));
    const row = pty.text().findIndex((line) => line.includes("Now 14.00"));
    const struck = (text: string) => pty.cell(row, pty.text()[row]?.indexOf(text) ?? 0).strike;
    assert.deepEqual([struck("Now"), struck("14.00"), struck("12.00")], [false, true, false]);
    pty.type(":form plain\r");
    await pty.waitFor("The plain words");
  });

  test("a sender that the receiving server does not believe is told in red", async () => {
    pty.type("J");
    await pty.waitFor("✗ not proven to be from bank.example: DMARC fail, SPF softfail");
    assert.equal(colourOf("✗"), 9);
    pty.type("zh");
    await pty.waitFor("this message has one form only");
  });

  test("a text is read in another charset, and again in its own", async () => {
    pty.type("J");
    await pty.waitFor("ðÒÉ×ÅÔ");
    pty.type("zckoi8-r\r");
    await pty.waitFor("Привет");
    pty.type(":charset\r");
    await pty.waitFor("ðÒÉ×ÅÔ");
    pty.type(":charset nonsense\r");
    await pty.waitFor('there is no charset "nonsense"');
  });

  test("an invitation says who and when, in the zone of whoever reads it", async () => {
    pty.type("J");
    await pty.waitFor("Invitation  Planning of the engine");
    await pty.waitFor("27 Jul 2026 16:00–17:00");
    await pty.waitFor("Ada <ada@example.org> (accepted)");
  });

  test("a delivery report says what became of the message", async () => {
    pty.type("J");
    await pty.waitFor("Not delivered: bob@nowhere.example");
    await pty.waitFor("there is no such mailbox");
  });

  test("a message of a digest opens, so do its parts, and q leads back", async () => {
    pty.type("J");
    await pty.waitFor("and 13 more: v shows them");
    pty.type("v");
    await pty.waitFor("Letter number 9");
    pty.type("jjjj\r");
    await pty.waitFor("Within");
    await pty.waitFor("Words of letter 3.");
    await pty.waitFor((shown) => !shown.some((line) => line.includes("letter 4")));
    pty.type("e");
    await pty.waitFor("Content-Type: multipart/mixed; boundary=c");
    pty.type("e");
    pty.type(`:save 2 ${join(home.dir, "saved")}\r`);
    await eventually(async () => existsSync(join(home.dir, "saved")), "saved");
    await pty.waitFor("saved /");
    assert.equal(readFileSync(join(home.dir, "saved"), "utf8").trim(), "bytes of letter 3");
    pty.type("q");
    await pty.waitFor("Message 1 of 9");
    pty.type("qq");
    await pty.waitFor("Refuted");
  });
});

const newsletter = (subject: string, ...leaving: string[]) =>
  lines("From: News <news@news.example>", `Subject: ${subject}`, ...leaving, "", `News: ${subject}.`);
const oneClick = "List-Unsubscribe-Post: List-Unsubscribe=One-Click";

describe("a mailing list is left", local(), () => {
  let server: Dovecot;
  let web: Server;
  let home: Home;
  let pty: Pty;
  const asked: {
    readonly method: string;
    readonly url: string;
    readonly head: string;
    readonly body: string;
  }[] = [];
  before(async () => {
    const { ca, servers } = await makeCertificates();
    web = createServer(servers.right, (request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk;
      });
      request.on("end", () => {
        asked.push({
          method: request.method ?? "",
          url: request.url ?? "",
          head: request.rawHeaders.join(" "),
          body,
        });
        if (request.url === "/hangs") return;
        if (request.url === "/gone") response.writeHead(302, { Location: "/elsewhere" });
        response.end("done");
      });
    });
    await new Promise<void>((listening) => web.listen(0, "127.0.0.1", listening));
    const host = `https://localhost:${(web.address() as AddressInfo).port}`;
    server = await startDovecot({ tls: "none" });
    server.deliver("INBOX", [
      newsletter("By hand"),
      newsletter("By mail", "List-Unsubscribe: <mailto:leave@news.example>"),
      newsletter("By page", `List-Unsubscribe: <${host}/page>`),
      newsletter("Hanging", `List-Unsubscribe: <${host}/hangs>`, oneClick),
      newsletter("Redirected", `List-Unsubscribe: <${host}/gone>`, oneClick),
      newsletter("At once", `List-Unsubscribe: <${host}/once?u=1>, <mailto:leave@news.example>`, oneClick),
    ]);
    home = makeHome(server.port);
    const at = (name: string) => join(home.dir, name);
    writeFileSync(at("ca.pem"), ca);
    writeFileSync(at("browser"), `#!/bin/sh\nprintf '%s' "$1" > ${at("opened")}\n`);
    chmodSync(at("browser"), 0o700);
    const env = { ...home.env, NODE_EXTRA_CA_CERTS: at("ca.pem"), BROWSER: at("browser"), DISPLAY: ":9" };
    pty = await openScreen({ ...home, env });
    await pty.waitFor("At once");
    await pty.waitFor("● online");
    pty.type("\r");
  });
  after(async () => {
    await pty?.stop();
    await server?.stop();
    web?.closeAllConnections();
    web?.close();
    home?.remove();
  });

  test("by one POST, once the person agrees and not before", async () => {
    await pty.waitFor("News: At once.");
    pty.type("zu");
    await pty.waitFor("POST to localhost:");
    pty.type("n");
    await pty.waitFor("you stay on the list");
    pty.type(":unsubscribe\r");
    await pty.waitFor("(unproven sender)");
    assert.deepEqual(asked, []);
    pty.type("y");
    await pty.waitFor("says that you are off the list");
    const [{ method, url, head, body } = assert.fail("nothing was posted")] = asked;
    assert.deepEqual([method, url, body], ["POST", "/once?u=1", "List-Unsubscribe=One-Click"]);
    assert.doesNotMatch(head, /cookie|authorization|user-agent|referer/i);
    assert.equal(asked.length, 1);
  });

  test("a redirect is not followed: the page is offered instead", async () => {
    pty.type("J");
    await pty.waitFor("News: Redirected.");
    pty.type("zu");
    await pty.waitFor("to leave this list?");
    pty.type("y");
    await pty.waitFor("answered 302");
    await pty.waitFor("Open its page?");
    pty.type("n");
    assert.deepEqual(
      asked.map(({ url }) => url),
      ["/once?u=1", "/gone"],
    );
    assert.ok(!existsSync(join(home.dir, "opened")));
  });

  test("C-g ends the wait for a server that does not answer", async () => {
    pty.type("J");
    await pty.waitFor("News: Hanging.");
    pty.type("zu");
    await pty.waitFor("to leave this list?");
    pty.type("y");
    await pty.waitFor("leaving the list… C-g stops it");
    await eventually(async () => asked.length === 3, "the server was asked");
    pty.type("\x07");
    await pty.waitFor("whether you left is not known");
    await pty.waitFor((shown) => !shown.some((line) => line.includes("leaving the list…")));
  });

  test("by a page in the browser, or by mail, after asking", async () => {
    pty.type("J");
    await pty.waitFor("News: By page.");
    pty.type("zu");
    await pty.waitFor("Open localhost:");
    pty.type("y");
    const opened = () =>
      existsSync(join(home.dir, "opened")) ? readFileSync(join(home.dir, "opened"), "utf8") : "";
    await eventually(async () => opened() !== "", "the browser was started");
    assert.match(opened(), /^https:\/\/localhost:\d+\/page$/);
    pty.type("J");
    await pty.waitFor("News: By mail.");
    pty.type("zu");
    await pty.waitFor("Write to leave@news.example to leave this list?");
    pty.type("n");
    await pty.waitFor((shown) => !shown.some((line) => line.includes("Write to leave@")));
    pty.type("J");
    await pty.waitFor("News: By hand.");
    pty.type("zu");
    await pty.waitFor("does not say how to leave a list");
    assert.equal(asked.length, 3);
  });
});

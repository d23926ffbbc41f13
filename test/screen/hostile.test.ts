import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type Home, makeHome, openScreen, sizes } from "./postern.ts";
import { strayBytes } from "./stray.ts";

const skip = serverMissing("dovecot");

const encoded = (text: string | Buffer, charset = "utf-8") =>
  `=?${charset}?B?${Buffer.from(text).toString("base64")}?=`;

/** What a message may say of itself to get at the terminal, by what it tries. */
const attempts: Readonly<Record<string, string>> = {
  "clear the screen": encoded("\x1b[2J\x1b[H\x1b[31mred"),
  "set the title": encoded("\x1b]0;owned\x07"),
  "write the clipboard": encoded("\x1b]52;c;bWluZQ==\x07"),
  "ask for an answer": encoded("\x1b[6n\x1b[c\x1bP+q544e\x1b\\"),
  "eight-bit controls": encoded(Buffer.from([0x9b, 0x32, 0x4a, 0x9d, 0x30, 0x3b, 0x78, 0x9c]), "iso-8859-1"),
  "bidi override": encoded("abc\u202egnp.exe\u2066x\u200f"),
  "right to left": encoded("שלום עולם مرحبا"),
  "wide characters": encoded("日本語の件名です 한국어 👩‍👩‍👧‍👦🏳️‍🌈"),
  "combining marks": encoded(`z${"\u0351\u0489\u0334".repeat(40)}algo`),
  "nothing and tabs": encoded("a\0b\tc\r\nd\x08\x7f\u2028e\u00ad\ufeff"),
  "much of it": encoded("x".repeat(400)).repeat(3).replaceAll("?==?", "?=\r\n =?"),
};

/** The date column of messages that have just come in. */
const clock = /\d\d:\d\d(?= |$)/;

describe("nothing of a message reaches the terminal raw", { skip }, () => {
  let server: Dovecot;
  let home: Home;
  const names = Object.keys(attempts);
  before(async () => {
    server = await startDovecot({ tls: "none" });
    server.deliver(
      "INBOX",
      names.map((name, i) => {
        const text = attempts[name] ?? "";
        const raw = Buffer.from(
          [...text.matchAll(/\?B\?([^?]*)\?=/g)].map(([, word = ""]) => word).join(""),
          "base64",
        );
        const source = sampleMessage({
          n: i + 1,
          from: `${text} <mallory@example.org>`,
          headers: [`X-Attempt: ${name}`],
          body: "BODY\n\nthe end\n",
          attachmentBytes: 10,
          attachmentName: "NAME",
        }).toString("latin1");
        return {
          message: Buffer.from(
            source
              .replace(/^Subject: .*$/m, `Subject: ${text}`)
              .replaceAll("NAME", text)
              .replace("BODY", raw.toString("latin1")),
            "latin1",
          ),
        };
      }),
    );
    home = makeHome(server.port);
  });
  after(async () => {
    await server?.stop();
    home?.remove();
  });

  for (const size of sizes) {
    test(`listed and opened at ${size.columns}×${size.rows}`, async () => {
      const pty = await openScreen(home, size);
      try {
        await pty.waitFor(`1/${names.length}`);
        await pty.waitFor("● online");
        const listed = (lines: string[]) => lines.filter((line) => clock.test(line)).length;
        await pty.waitFor((lines) => listed(lines) === names.length);
        // Date, sender and subject each begin in one column, whatever stands to the left of them.
        const dates = pty.text().flatMap((line) => (clock.test(line) ? [line.search(clock)] : []));
        assert.equal(new Set(dates).size, 1);
        // The longest sender is cut where the column ends.
        const cut = pty.text().find((line) => /\d +x+…/.test(line)) ?? "";
        const gap = cut.indexOf("…") + 1;
        assert.ok(gap > (dates[0] ?? 0) + 11, pty.text().join("\n"));
        for (let y = 0; y < names.length; y++) {
          assert.equal(pty.cell(y, gap).text.trim(), "", `row ${y}: ${pty.text()[y]}`);
          assert.equal(pty.cell(y, gap + 1).text.trim(), "", `row ${y}: ${pty.text()[y]}`);
        }
        for (let i = 0; i < names.length; i++) {
          pty.type(i === 0 ? "\r" : "J");
          await pty.waitFor(`INBOX  ${i + 1}/${names.length}`);
          await pty.waitFor("the end");
        }
        pty.type("q");
        await pty.waitFor((lines) => listed(lines) === names.length);
        pty.type("q");
        assert.equal(await pty.exit, 0);
        assert.equal(strayBytes(pty.raw), null);
        assert.equal(pty.raw.includes("owned\x07"), false);
      } finally {
        await pty.stop();
      }
    });
  }
});

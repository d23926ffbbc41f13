/** An open message: folded and searched, its header and source, its links and attachments given to other programs. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { eventually, type Home, makeHome, openScreen } from "./postern.ts";
import type { Pty } from "./pty.ts";

const quoted = Array.from({ length: 30 }, (_, i) => `> an old line, number ${i + 1}`).join("\r\n");

/** A message of two forms: HTML alone has links. */
function withLinks(n: number): Buffer {
  const html =
    '<p>See <a href="https://example.org/fruit">the list</a> or <a href="https://evil.example/in">https://bank.example/</a>.</p>';
  return Buffer.from(
    sampleMessage({ n, body: "" })
      .toString("utf8")
      .replace("text/plain", "text/html")
      .replace(/\r\n\r\n[\s\S]*$/, `\r\n\r\n${html}\r\n`),
  );
}

describe("an open message", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let home: Home;
  let pty: Pty;
  const at = (name: string) => join(home.dir, name);
  before(async () => {
    server = await startDovecot({ tls: "none" });
    server.deliver("INBOX", [
      sampleMessage({ n: 1, attachmentBytes: 3_000, attachmentName: "report.bin" }),
      withLinks(2),
      sampleMessage({ n: 3, body: `My answer.\r\n\r\n${quoted}\r\n\r\nThe needle is below.\r\n` }),
    ]);
    home = makeHome(server.port);
    // What opens pages and files here writes down what it was given.
    writeFileSync(at("browser"), `#!/bin/sh\nprintf '%s' "$1" > ${at("opened")}\n`);
    chmodSync(at("browser"), 0o700);
    writeFileSync(
      at("mailcap"),
      [
        "application/*; true; test=false",
        `application/octet-stream; true; test=sh ${at("suits")}`,
        `application/octet-stream; cp %s ${at("viewed")}`,
        "",
      ].join("\n"),
    );
    // While there is a file "slow" it does not end by itself, and tells who it is.
    writeFileSync(
      at("suits"),
      `[ -e ${at("slow")} ] || exit 1\necho $$ > ${at("pid")}.new && mv ${at("pid")}.new ${at("pid")}\nsleep 60\n`,
    );
    const env = { ...home.env, BROWSER: at("browser"), MAILCAPS: at("mailcap"), DISPLAY: ":9", PAGER: "cat" };
    pty = await openScreen({ ...home, env });
    await pty.waitFor("Sample message 3");
    await pty.waitFor("● online");
  });
  after(async () => {
    await pty?.stop();
    await server?.stop();
    home?.remove();
  });

  test("long quotes fold and unfold", async () => {
    pty.type("\r");
    await pty.waitFor("an old line, number 5");
    pty.type("zq");
    await pty.waitFor("[30 quoted lines");
    await pty.waitFor("The needle is below.");
    pty.type("zq");
    await pty.waitFor("an old line, number 5");
  });

  test("/ finds a text, marks its lines and goes there; n and N go on", async () => {
    pty.type("/NUMBER 3\r");
    await pty.waitFor("2 lines: n next");
    await pty.waitFor((lines) => lines.some((line) => line.startsWith("•> an old line, number 3")));
    pty.type("n");
    await pty.waitFor("•> an old line, number 30");
    pty.type("n");
    await pty.waitFor("no more hits");
    pty.type("/\r");
    await pty.waitFor((lines) => !lines.some((line) => line.startsWith("•")));
  });

  test("h shows the whole header, e the source, each again the message", async () => {
    pty.type("h");
    await pty.waitFor("MIME-Version: 1.0");
    pty.type("h");
    await pty.waitFor("My answer.");
    pty.type("e");
    await pty.waitFor("MIME-Version: 1.0");
    pty.type("G");
    await pty.waitFor("The needle is below.");
    pty.type("e");
    await pty.waitFor("My answer.");
  });

  test("a link is opened by its number, one that says another host only after asking, and copied", async () => {
    pty.type("J");
    await pty.waitFor("https://example.org/fruit");
    await pty.waitFor("link 2 says bank.example and leads to evil.example");
    pty.type("o");
    await pty.waitFor("https://evil.example/in");
    pty.type("1\r");
    await eventually(async () => existsSync(at("opened")), "the browser was started");
    assert.equal(readFileSync(at("opened"), "utf8"), "https://example.org/fruit");
    pty.type("o2\r");
    await pty.waitFor("The text says bank.example, the link leads to evil.example");
    pty.type("n");
    pty.type("y2\r");
    await pty.waitFor("copied https://evil.example/in");
    const osc = `\x1b]52;c;${Buffer.from("https://evil.example/in").toString("base64")}\x07`;
    assert.ok(pty.raw.includes(osc));
    assert.equal(readFileSync(at("opened"), "utf8"), "https://example.org/fruit");
  });

  test("an attachment is opened with the program of its type, and piped into a command", async () => {
    pty.type("J");
    await pty.waitFor("report.bin");
    pty.type("v\r");
    await eventually(
      async () => existsSync(at("viewed")) && readFileSync(at("viewed")).length === 3_000,
      "viewed",
    );
    pty.type("|");
    await pty.waitFor(":pipe");
    pty.type(`wc -c > ${at("counted")}\r`);
    await pty.waitFor("Enter goes back");
    pty.type("\r");
    await pty.waitFor("done: wc -c");
    assert.equal(readFileSync(at("counted"), "utf8").trim(), "3000");
  });

  test("a mailcap test that takes long holds no key up, is given up after a while, and ended by C-g", async () => {
    const runs = (pid: number) => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    /** Opens the attachment; the test of its mailcap entry, under way. */
    const begun = async () => {
      rmSync(at("pid"), { force: true });
      pty.type("\r");
      await eventually(async () => existsSync(at("pid")), "the test was begun");
      return Number(readFileSync(at("pid"), "utf8"));
    };
    rmSync(at("viewed"));
    writeFileSync(at("slow"), "");
    const first = await begun();
    pty.type("?");
    await pty.waitFor("Go down a row or a line");
    assert.ok(runs(first), "the key was answered while the test ran");
    pty.type("q");
    await eventually(async () => existsSync(at("viewed")), "the next entry was taken");
    // Killed it is at once; it is there until the system has taken note.
    await eventually(async () => !runs(first), "the test was given up");

    rmSync(at("viewed"));
    const second = await begun();
    await pty.waitFor("looking for a program");
    pty.type("\x07");
    await pty.waitFor("stopped: nothing was opened");
    await eventually(async () => !runs(second), "the test was ended");
    assert.equal(existsSync(at("viewed")), false);
  });

  test("the source is piped where no attachment is chosen; a command that fails says so", async () => {
    pty.type("q");
    pty.type("|");
    await pty.waitFor(":pipe");
    // The answer to the command before still stands on the terminal that this one is given.
    pty.type("grep -c '^Subject: Sample message 1' | sed s/1/found/; (exit 3)\r");
    await pty.waitFor((shown) => {
      const found = shown.findLastIndex((line) => line.trim() === "found");
      return found >= 0 && shown.slice(found).some((line) => line.includes("Enter goes back"));
    });
    pty.type("\r");
    await pty.waitFor("ended with 3");
  });
});

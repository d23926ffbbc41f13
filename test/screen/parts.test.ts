/** What a message may be made of, as it is read: text that flows, HTML with its structure, messages and files within it. */
import assert from "node:assert/strict";
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { file, tnef } from "../message/tnef-sample.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { eventually, type Home, makeHome, openScreen, type Relay, startRelay } from "./postern.ts";
import type { Pty } from "./pty.ts";

const lines = (...text: string[]) => Buffer.from(`${text.join("\r\n")}\r\n`);
const base64 = (data: Buffer) => data.toString("base64").match(/.{1,76}/g) ?? [];
const mixed = (subject: string, ...parts: readonly (readonly string[])[]) =>
  lines(
    "From: Ada <ada@example.org>",
    `Subject: ${subject}`,
    "Content-Type: multipart/mixed; boundary=b",
    "",
    ...parts.flatMap((part) => ["--b", ...part]),
    "--b--",
  );
const attached = (name: string, data: Buffer, type = "application/octet-stream") => [
  `Content-Type: ${type}`,
  `Content-Disposition: attachment; filename=${JSON.stringify(name)}`,
  "Content-Transfer-Encoding: base64",
  "",
  ...base64(data),
];

/** Five words a line as it was sent, of five letters each. */
const words = Array.from({ length: 60 }, (_, i) => `word${String.fromCharCode(97 + (i % 26))}`);
const softly = (mark: string, end: string) =>
  Array.from({ length: 12 }, (_, i) => mark + words.slice(i * 5, i * 5 + 5).join(" ") + (i < 11 ? end : ""));
const flowed = lines(
  "Subject: Flowing",
  "Content-Type: text/plain; charset=utf-8; format=flowed",
  "",
  ...softly("", " "),
  "Its own line.",
  " >From the first, stuffed.",
  ...softly("> ", " "),
  "-- ",
  "Ada",
);
const delSp = lines(
  "Subject: Without the space",
  "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes",
  "",
  "The Donau ",
  "dampf ",
  "schiff is 日本 ",
  "語 all over.",
);
const html = lines(
  "Subject: Structured",
  "Content-Type: text/html; charset=utf-8",
  "",
  "<h1>The harvest</h1><p>Some words.</p>",
  "<h2>What there is</h2><ul><li>apples<ul><li>red ones</ul><li>pears</ul>",
  "<ol start=3><li>to pick<li>to sort</ol>",
  "<p>See <a href='https://example.org/a'>one</a> and <a href='https://example.org/b'>another</a>.</p>",
  `<blockquote>${Array.from({ length: 4 }, (_, i) => `<p>outer ${i + 1}</p>`).join("")}`,
  "<blockquote><p>inner</p></blockquote></blockquote><p>At last.</p>",
);
const column = {
  wide: "日本語",
  joined: "👩‍👩‍👧‍👦 x",
  flag: "🇩🇪 x",
  combining: `z${"\u0301".repeat(3)}algo`,
  hebrew: "שלום",
  tabbed: "a\tb",
  thai: "ถ้ำ",
  plain: "abc",
};
const table = lines(
  "Subject: Columns",
  "Content-Type: text/html; charset=utf-8",
  "",
  "<p>Below it.</p><table>",
  "<tr><th>Word</th><th>Number</th></tr>",
  ...Object.values(column).map((text, i) => `<tr><td>${text}</td><td>n${i}=</td></tr>`),
  "</table>",
);
const tabs = lines(
  "Subject: Tabs",
  "Content-Type: text/plain; charset=utf-8",
  "",
  "a\tend",
  "abcdefg\tend",
  "日本語\tend",
  "e\u0301e\u0301\tend",
);
const enclosed = (subject: string, body: readonly string[], type = "text/plain") => [
  "Content-Type: message/rfc822",
  "",
  "From: Bob <bob@example.org>",
  `Subject: ${subject}`,
  `Content-Type: ${type}`,
  "",
  ...body,
];
const nested = mixed(
  "Nested",
  ["", "Have a look at what he wrote."],
  enclosed(
    "The outer letter",
    [
      "--c",
      "",
      "Words of the outer letter.",
      "--c",
      ...enclosed("The inner letter", ["Words within."]),
      "--c--",
    ],
    "multipart/mixed; boundary=c",
  ),
);
const outlook = mixed(
  "From Outlook",
  ["", "See the file."],
  attached("winmail.dat", tnef(...file("ledger.csv", "1;2;3")), "application/ms-tnef"),
);
const traps = mixed(
  "Names that are traps",
  ["", "Two files."],
  attached("../../.profile", Buffer.from("evil")),
  attached("-rf .\u202egnp.exe", Buffer.from("evil too")),
);
const large = mixed(
  "Two large files",
  ["", "The words beside them."],
  attached("first.bin", Buffer.alloc(1_500_000, "first ")),
  attached("second.bin", Buffer.alloc(1_500_000, "second")),
);
const webp = lines(
  "Subject: A picture of another kind",
  "Content-Type: multipart/related; boundary=b",
  "",
  "--b",
  "Content-Type: text/html",
  "",
  "<p>Above it.</p><p><img src='cid:p1' alt='the mill' width=320 height=200></p><p>Below it.</p>",
  "--b",
  "Content-Type: image/webp; name=mill.webp",
  "Content-ID: <p1>",
  "Content-Disposition: inline",
  "Content-Transfer-Encoding: base64",
  "",
  ...base64(Buffer.concat([Buffer.from("RIFF\x04\x30\0\0WEBPVP8 ", "latin1"), Buffer.alloc(12_000)])),
  "--b--",
);

/** So that a message is in view whole. */
const tall = { columns: 80, rows: 40 };

describe("what a message is made of", { concurrency: false, skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let relay: Relay;
  let home: Home;
  let pty: Pty;
  before(async () => {
    server = await startDovecot({ tls: "none" });
    server.deliver("INBOX", [large, traps, webp, outlook, nested, tabs, table, html, delSp, flowed]);
    relay = await startRelay(server.port);
    home = makeHome(relay.port);
    // Nothing comes but what is opened.
    appendFileSync(join(home.dir, "config.toml"), 'offline = "headers"\n');
    const bin = join(home.dir, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "xdg-open"), `#!/bin/sh\ncp "$1" '${join(home.dir, "viewed")}'\n`);
    chmodSync(join(bin, "xdg-open"), 0o700);
    writeFileSync(join(home.dir, "mailcap"), "");
    const env = {
      ...home.env,
      PATH: `${bin}:${process.env.PATH}`,
      BROWSER: "",
      MAILCAPS: join(home.dir, "mailcap"),
      DISPLAY: ":9",
    };
    pty = await openScreen({ ...home, env }, tall);
    await pty.waitFor("Flowing");
    await pty.waitFor("● online");
    // A terminal that shows pictures: WebP is not among those it can be sent.
    pty.type("\x1b_Gi=3141;OK\x1b\\\x1b[6;16;8t");
    pty.type("\r");
  });
  after(async () => {
    await pty?.stop();
    await relay?.stop();
    await server?.stop();
    home?.remove();
  });

  const at = (text: string) => {
    const row = pty.text().findIndex((line) => line.includes(text));
    assert.ok(row >= 0, `"${text}" is not shown:\n${pty.text().join("\n")}`);
    return pty.cell(row, pty.text()[row]?.indexOf(text) ?? 0);
  };
  const isShown = (line: RegExp) => pty.waitFor((shown) => shown.some((one) => line.test(one)));

  test("text that flows fills the screen at any width, quoted or not, and keeps the ends that are meant", async () => {
    /** Words in each line of the paragraph that begins with `mark`. */
    const counts = (shown: readonly string[], mark: RegExp) =>
      shown.filter((line) => mark.test(line)).map((line) => line.match(/word[a-z]/g)?.length ?? 0);
    for (const columns of [80, 50, 120]) {
      await pty.resize(columns, 40);
      const room = columns >= 100 ? 0 : columns;
      await pty.waitFor((shown) => {
        const first = counts(shown, /(?:^|│) ?word/);
        const full = first.slice(0, -1);
        const quoted = counts(shown, /(?:^|│) ?[>│] ?word/);
        return (
          [first, quoted].every((all) => all.reduce((sum, n) => sum + n, 0) === 60) &&
          full.length > 0 &&
          full.every((n) => n === full[0]) &&
          (full[0] ?? 0) >= Math.floor((room - 2) / 6) &&
          (full[0] ?? 0) > 6
        );
      });
    }
    await pty.resize(tall.columns, tall.rows);
    await pty.waitFor("Its own line.");
    await isShown(/^ ?>From the first, stuffed\.$/);
  });

  test("where the sender says so the space at a soft end is no text", async () => {
    pty.type("J");
    await pty.waitFor("The Donaudampfschiff is 日本語 all over.");
  });

  test("HTML has headings, lists in lists, quotes in the colours of their depth, links with numbers; its quotes fold", async () => {
    pty.type("J");
    await pty.waitFor("At last.");
    assert.ok(at("The harvest").bold);
    assert.ok(at("What there is").bold);
    assert.ok(!at("Some words.").bold);
    const shown = pty.text();
    const indent = (what: RegExp) => shown.find((line) => what.test(line))?.search(/\S/) ?? -1;
    assert.ok(indent(/[•*-] red ones/) > indent(/[•*-] apples/));
    assert.equal(indent(/[•*-] pears/), indent(/[•*-] apples/));
    await isShown(/ 3\. to pick/);
    await isShown(/ 4\. to sort/);
    await isShown(/See one ?\[1\] and another ?\[2\]\./);
    await isShown(/^ ?\[2\] https:\/\/example\.org\/b$/);
    const [outer, inner] = [at("outer 1").foreground, at("inner").foreground];
    assert.ok(outer >= 0 && inner >= 0 && outer !== inner, `${outer} and ${inner}`);
    pty.type("zq");
    await isShown(/\[\d+ quoted lines/);
    assert.ok(!pty.text().some((line) => line.includes("outer 1")));
    pty.type("zq");
    await pty.waitFor("outer 1");
    // The terminal is told where each link leads.
    const sent = pty.raw.toString("latin1");
    for (const page of ["a", "b"])
      assert.ok(sent.includes(`\x1b]8;;https://example.org/${page}\x1b\\`), page);
  });

  test("columns of a table begin in one cell, whatever stands before them", async () => {
    pty.type("J");
    await pty.waitFor("Below it.");
    await pty.waitFor("n7=");
    const cells = Object.keys(column).map((_, i) => {
      const row = pty.text().findIndex((line) => line.includes(`n${i}=`));
      for (let x = 0; x < 78; x++)
        if (pty.cell(row, x).text === "n" && pty.cell(row, x + 1).text === `${i}`) return x;
      return -1;
    });
    assert.deepEqual([...new Set(cells)].length, 1, `${cells}\n${pty.text().join("\n")}`);
  });

  test("a tab goes to the next multiple of eight, by columns and not by characters", async () => {
    pty.type("J");
    await pty.waitFor((shown) => shown.filter((line) => line.endsWith("end")).length === 4);
    const rows = pty.text().flatMap((line, y) => (line.endsWith("end") ? [y] : []));
    const ends = rows.map((y) =>
      Array.from({ length: 30 }, (_, x) => x).find(
        (x) => pty.cell(y, x).text === "e" && pty.cell(y, x + 1).text === "n",
      ),
    );
    assert.equal(new Set(ends).size, 1, `${ends}\n${pty.text().join("\n")}`);
  });

  test("a message in a message in a message opens, and q leads back through each", async () => {
    pty.type("J");
    await pty.waitFor("Have a look at what he wrote.");
    pty.type("v");
    await pty.waitFor("The outer letter");
    pty.type("\r");
    await isShown(/Within +Nested/);
    await pty.waitFor("Words of the outer letter.");
    pty.type("v\r");
    await isShown(/Within +The outer letter/);
    await pty.waitFor("Words within.");
    assert.ok(!pty.text().some((line) => line.includes("Words of the outer letter.")));
    pty.type("q");
    await isShown(/Subject +The outer letter/);
    // Each is found as it was left: among its parts.
    pty.type("qq");
    await isShown(/Subject +Nested/);
    pty.type("q");
  });

  test("what an Outlook has put into its winmail.dat are files like others: saved, and opened by the desktop", async () => {
    pty.type("J");
    await pty.waitFor("See the file.");
    await pty.waitFor("ledger.csv");
    pty.type("vjs");
    await pty.waitFor("save to: ledger.csv");
    pty.type(`\x15${join(home.dir, "ledger.csv")}\r`);
    await eventually(async () => existsSync(join(home.dir, "ledger.csv")), "saved");
    await pty.waitFor("saved /");
    assert.equal(readFileSync(join(home.dir, "ledger.csv"), "utf8"), "1;2;3");
    pty.type("\r");
    await eventually(async () => existsSync(join(home.dir, "viewed")), "opened");
    await eventually(async () => readFileSync(join(home.dir, "viewed"), "utf8") === "1;2;3", "the same file");
    pty.type("q");
  });

  test("a picture of a kind that no terminal takes stays words with its size, and is not fetched", async () => {
    pty.type("J");
    await pty.waitFor("Above it.");
    await isShown(/\[image the mill 320×200 12 kB\]/);
    pty.type("zi");
    await pty.waitFor("no picture that can be shown here");
    assert.ok(!pty.raw.includes("a=t"));
  });

  test("names that lead elsewhere or say another kind are made safe before a file is written", async () => {
    pty.type("J");
    await pty.waitFor("Two files.");
    pty.type("vs");
    await isShown(/save to: profile$/);
    pty.type("\r");
    await eventually(async () => existsSync(join(home.dir, "profile")), "saved");
    await pty.waitFor("saved /");
    pty.type("js");
    await isShown(/save to: rf \._?gnp\.exe$/);
    pty.type("\x1b");
    await pty.waitFor((shown) => !shown.some((line) => line.includes("save to")));
    pty.type("q");
  });

  test("of a large message the words come, then the file that is asked for, and no other", async () => {
    const before = relay.said.length;
    pty.type("J");
    await pty.waitFor("The words beside them.");
    await pty.waitFor("second.bin");
    const asked = () =>
      [...relay.said.slice(before).matchAll(/(?:BODY|BINARY)(?:\.PEEK)?\[([^\]]*)\]/g)].map(
        ([, what]) => what,
      );
    assert.deepEqual(
      asked().filter((what) => !/^(?:1|1\.MIME|HEADER.*)$/.test(what ?? "")),
      [],
    );
    pty.type("vjs");
    await pty.waitFor("save to: second.bin");
    pty.type(`\x15${join(home.dir, "second.bin")}\r`);
    await eventually(async () => existsSync(join(home.dir, "second.bin")), "saved");
    await pty.waitFor("saved /");
    assert.deepEqual(readFileSync(join(home.dir, "second.bin")), Buffer.alloc(1_500_000, "second"));
    assert.ok(asked().includes("3"));
    await pty.settle();
    assert.ok(!pty.raw.includes("Warning"), "nothing is written across the screen");
    assert.ok(!asked().some((what) => what === "" || what === "2"), asked().join(" "));
  });
});

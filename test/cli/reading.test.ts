// What a script reads: every reading command in a pipe, as text and as JSON, against a real server.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startPty } from "../screen/pty.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Home, readJson } from "./postern.ts";

const attachmentBytes = 900_000;
const large = sampleMessage({ n: 7, attachmentBytes, attachmentName: "data.bin" });
/** Every way a message may try to reach the terminal: escapes, a title, C1, a bell, text turned round. */
const hostileText = "red \x1b[31mX\x1b]0;title\x07 \x9b2J \x08\x08 \u202eabc\u2066";
const hostile = sampleMessage({ n: 8, subject: `Ünsafe ${hostileText}`, body: `${hostileText}\n` });

/** Control characters other than tab and line feed, and what turns text round. */
const unsafe = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;

describe("reading in a pipe", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let home: Home;

  before(async () => {
    server = await startDovecot();
    server.deliver(
      "INBOX",
      Array.from({ length: 6 }, (_, i) => ({
        message: sampleMessage({ n: i + 1 }),
        date: new Date(Date.UTC(2026, 0, 1 + i)),
        flags: i === 2 ? "FS" : "",
      })),
    );
    server.deliver("INBOX", [large, hostile]);
    server.deliver("Lists/sample", [sampleMessage({ n: 20, subject: "On a list" })]);
    // Dovecot's first look into a new mailbox is not for two sessions at once.
    await server.doveadm("mailbox", "status", "-u", server.user, "messages", "*");
    home = Home.on(server);
  });
  after(async () => {
    await server.stop();
    home.remove();
  });

  /** Runs `postern`, which must succeed in silence on stderr and send nothing unsafe into the pipe. */
  async function text(...args: string[]): Promise<string> {
    const ran = await home.run(args);
    assert.equal(ran.status, 0, `${args.join(" ")}: ${ran.err}`);
    assert.equal(ran.err, "");
    assert.doesNotMatch(ran.out, unsafe);
    return ran.out;
  }
  const json = async (...args: string[]) => readJson(await text(...args, "--json"), args[0]);

  it("lists folders", async () => {
    const [lines, data] = await Promise.all([text("folders"), json("folders")]);
    assert.match(lines, /^7\t8\tinbox\tINBOX\n0\t0\tdrafts\tDrafts\n/);
    assert.match(lines, /^1\t1\t-\tLists\/sample$/m);
    assert.deepEqual(data.warnings, []);
    const inbox = { name: "INBOX", role: "inbox", selectable: true, messages: 8, unread: 7 };
    assert.deepEqual({ ...data.items?.[0], ...inbox }, data.items?.[0]);
  });

  it("lists messages, newest first, in tab-separated lines", async () => {
    const [lines, two, list, data] = await Promise.all([
      text("list"),
      text("ls", "--sort", "arrival", "-n", "2"),
      text("list", "--folder", "lists/SAMPLE"),
      json("list", "--limit", "3"),
    ]);
    assert.deepEqual(
      lines.split("\n").map((line) => line.split("\t")[0]),
      ["8", "7", "6", "5", "4", "3", "2", "1", ""],
    );
    assert.match(
      lines,
      /^3\tF\t3 Jan\tAda Sample\tSample message 3$|^3\tF\tJan 2026\tAda Sample\tSample message 3$/m,
    );
    assert.match(two, /^1\t.*\n2\t.*\n$/);
    assert.match(list, /^1\tN\t[^\t]+\tAda Sample\tOn a list\n$/);
    assert.equal(data.total, 8);
    assert.deepEqual(
      data.items?.map((item) => item.uid),
      [8, 7, 6],
    );
    assert.deepEqual(data.items?.[1]?.from, [{ name: "Ada Sample", email: "ada@example.org" }]);
  });

  it("takes the order with a minus as its value", async () => {
    const [ascending, descending] = await Promise.all([
      text("list", "--sort", "size", "-n", "20"),
      text("list", "--sort", "-size", "-n", "20"),
    ]);
    assert.match(ascending, /\n7\t.*\n$/);
    assert.match(descending, /^7\t/);
  });

  it("searches on the server", async () => {
    const [plain, not, body, none, data] = await Promise.all([
      text("search", "from:ada", `subject:"message 3"`),
      text("search", "-is:flagged", "-subject:message"),
      text("list", "body:paragraphs", "is:flagged"),
      text("search", "subject:nothing-like-it"),
      json("search", "is:flagged or subject:5"),
    ]);
    assert.match(plain, /^3\t.*\n$/);
    assert.match(not, /^8\t.*\n$/);
    assert.match(body, /^3\t.*\n$/);
    assert.equal(none, "");
    assert.deepEqual([data.total, data.items?.map((item) => item.uid)], [2, [5, 3]]);
    assert.deepEqual(data.items?.[1]?.keywords, { $flagged: true, $seen: true });
  });

  it("prints a message as text, and as JSON", async () => {
    const [lines, data] = await Promise.all([text("fetch", "7"), json("fetch", "7")]);
    assert.match(
      lines,
      /^From: Ada Sample <ada@example.org>\nTo: user@example.org\nDate: .*\nSubject: Sample/,
    );
    assert.match(lines, /\n\nThis is sample message 7\.\n\nIt has two paragraphs\.\n\npart 2: data\.bin, /);
    assert.equal(data.text, "This is sample message 7.\n\nIt has two paragraphs.");
    assert.deepEqual([data.uid, data.account, data.warnings], [7, "test", []]);
    assert.equal(data.attachments?.[0]?.fileName, "data.bin");
  });

  it("prints the source and headers byte for byte", async () => {
    const [raw, header, fields, asJson] = await Promise.all([
      home.run(["fetch", "8", "--raw"]),
      home.run(["fetch", "--headers", "1"]),
      home.run(["fetch", "1", "--headers=subject,FROM"]),
      json("fetch", "8", "--raw"),
    ]);
    assert.ok(raw.stdout.equals(hostile));
    const source = sampleMessage({ n: 1 });
    assert.equal(header.out, source.subarray(0, source.indexOf("\r\n\r\n") + 4).toString());
    assert.equal(fields.out, "From: Ada Sample <ada@example.org>\r\nSubject: Sample message 1\r\n\r\n");
    assert.equal(asJson.mediaType, "message/rfc822");
    assert.ok(Buffer.from(asJson.data ?? "", "base64").equals(hostile));
  });

  it("lets nothing hostile through, in text or in JSON", async () => {
    const [listed, shown, data, listedJson] = await Promise.all([
      text("list", "-n", "1"),
      text("fetch", "8"),
      json("fetch", "8"),
      json("list", "-n", "1"),
    ]);
    assert.match(listed, /Ünsafe red X/);
    assert.match(shown, /^Subject: Ünsafe red X/m);
    // JSON keeps the text as it is, escaped: it is for programs.
    assert.match(data.subject ?? "", /\x1b\[31mX/);
    assert.match(listedJson.items?.[0]?.subject ?? "", /\u202eabc/);
  });

  it("shows a source on a terminal without what would drive the terminal", async () => {
    const pty = await startPty(process.execPath, ["bin/postern", "fetch", "8", "--raw"], { env: home.env });
    assert.equal(await pty.exit, 0);
    const shown = pty.raw.toString("utf8");
    assert.match(shown, /red X.*abc/);
    // The terminal's own line ends apart.
    assert.doesNotMatch(shown.replaceAll("\r\n", "\n"), unsafe);
    await pty.stop();
  });

  it("fetches one part of a large message, exactly, and nothing else of it", async () => {
    const other = Home.on(server);
    const trace = join(other.dir, "trace");
    const [part, inJson] = await Promise.all([
      other.run(["fetch", "7", "--part", "2", "--trace", trace]),
      home.run(["fetch", "7", "--part", "2", "--json"]),
    ]);
    assert.equal(part.status, 0, part.err);
    const encoded = /\r\n\r\n([A-Za-z0-9+/=\r\n]+)--mixed-7--/.exec(large.toString("latin1"))?.[1] ?? "";
    const wanted = Buffer.from(encoded, "base64");
    assert.equal(wanted.length, attachmentBytes);
    assert.ok(part.stdout.equals(wanted));
    assert.ok(Buffer.from(readJson(inJson.out).data ?? "", "base64").equals(wanted));
    const traced = readFileSync(trace, "utf8");
    assert.match(traced, /BODY\.PEEK\[2\]/);
    assert.doesNotMatch(traced, /BODY(\.PEEK)?\[\]/);
    assert.doesNotMatch(traced, new RegExp(server.password));

    const small = await other.run(["fetch", "7", "--part", "1", "--trace", `${trace}.1`]);
    assert.equal(small.out, "This is sample message 7.\r\n\r\nIt has two paragraphs.\r\n");
    // The server's own count of what went over the line, of the session that ended last.
    await assertSoon(async () => {
      const sizes = [...(await server.log()).matchAll(/ out=(\d+) /g)].map((match) => Number(match[1]));
      assert.ok((sizes.at(-1) ?? Infinity) < 20_000, `${sizes.at(-1)} octets for a part of 60`);
    });
    other.remove();
  });

  it("takes ids from standard input", async () => {
    const [one, several, chained] = await Promise.all([
      home.run(["fetch", "-", "--headers=subject"], { stdin: "3\n" }),
      home.run(["flag", "-", "+$Seen-by-script"], { stdin: "1 2\n4:5,6\n" }),
      home.shell("postern search mid:sample.2@example.org | cut -f1 | postern fetch - --headers=subject"),
    ]);
    assert.equal(one.out, "Subject: Sample message 3\r\n\r\n");
    assert.equal(several.out, "+$Seen-by-script on 5 messages\n");
    assert.equal(chained.out, "Subject: Sample message 2\r\n\r\n");
  });

  it("ends in silence when the reader has seen enough", async () => {
    server.deliver(
      "Many",
      Array.from({ length: 3000 }, (_, i) =>
        sampleMessage({ n: i + 1, subject: "A long subject ".repeat(5) }),
      ),
    );
    const [head, raw] = await Promise.all([
      home.shell("postern list --folder Many -n 3000 | head -1"),
      home.shell("postern fetch 7 --raw | head -c 10"),
    ]);
    assert.match(head.out, /^3000\t.*\n$/);
    assert.equal(head.err, "");
    assert.equal(head.status, 0);
    assert.equal(raw.out, large.toString("latin1", 0, 10));
    assert.deepEqual([raw.err, raw.status], ["", 0]);
  });

  it("works from the local copy with --offline and the server gone", async () => {
    const own = await startDovecot();
    own.deliver(
      "INBOX",
      [1, 2, 3].map((n) => sampleMessage({ n })),
    );
    const away = Home.on(own);
    for (const args of [["folders"], ["list"], ["fetch", "2"]])
      assert.equal((await away.run(args)).status, 0);
    await own.stop();
    const [folders, list, search, fetched, again, notThere] = await Promise.all(
      [
        ["folders"],
        ["list"],
        ["search", "subject:3"],
        ["fetch", "2"],
        ["fetch", "2", "--raw"],
        ["fetch", "1"],
      ].map((args) => away.run([...args, "--offline"])),
    );
    assert.match(folders?.out ?? "", /^3\t3\tinbox\tINBOX\n/);
    assert.match(list?.out ?? "", /^3\t.*\n2\t.*\n1\t.*\n$/);
    assert.match(search?.out ?? "", /^3\t.*\n$/);
    assert.match(fetched?.out ?? "", /This is sample message 2\./);
    assert.ok(again?.stdout.equals(sampleMessage({ n: 2 })));
    assert.deepEqual([notThere?.status, notThere?.out], [75, ""]);
    assert.match(notThere?.err ?? "", /off line/);
    away.remove();
  });
});

/** The server writes its log when it has noticed that a client left. */
async function assertSoon(check: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await check();
    } catch (error) {
      if (attempt === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

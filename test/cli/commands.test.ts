// Every command as a script gives it, on a real server: nobody is asked, the JSON is what its schema says, and what goes
// wrong ends with the status that stands for it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { commands } from "../../src/commands/index.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Home, readJson } from "./postern.ts";

/** A use of each command that works, in order: later ones see what earlier ones did. */
const uses: readonly (readonly [line: string, ...args: string[]])[] = [
  ["folders"],
  ["sync", "INBOX"],
  ["list"],
  ["list", "--threads"],
  ["list", "is:unread", "--before-uid", "6", "-n", "2"],
  ["search", "subject:sample"],
  ["search", "subject:sample", "--ids", "--server"],
  ["search", "subject:sample", "--count", "--local"],
  ["search", "subject:sample", "--all-folders"],
  ["count"],
  ["count", "is:unread", "--all-folders"],
  ["check"],
  ["sort", "from,-date"],
  ["thread", "1"],
  ["fetch", "1"],
  ["fetch", "1", "--raw"],
  ["fetch", "1", "--headers=from"],
  ["fetch", "7", "--part", "2"],
  ["attach", "7"],
  ["attach", "7", "save", "--dir", "saved"],
  ["attach", "7", "cat", "2"],
  ["flag", "1", "+flagged"],
  ["move", "2", "--to", "Archive"],
  ["copy", "3", "--to", "Made/for it", "--create"],
  ["archive", "3"],
  ["junk", "4"],
  ["delete", "5"],
  ["expunge", "6"],
  ["append", "note.eml", "--to", "Drafts"],
  ["compose", "ann@example.org", "--body", "x", "--draft"],
  ["reply", "1", "--body", "x", "--print"],
  ["reply-all", "1", "--body", "x", "--print"],
  ["reply-list", "Lists/written/1", "--body", "x", "--print"],
  ["forward", "7", "--to", "ann@example.org", "--body", "x", "--print"],
  ["bounce", "1", "--to", "ann@example.org", "--dry-run"],
  ["edit-as-new", "1", "--body", "x", "--print"],
  ["mailto", "mailto:ann@example.org?body=x", "--print"],
  ["contacts", "a"],
  ["accept", "Asked/1", "--dry-run"],
  ["tentative", "Asked/1", "--comment", "x", "--dry-run"],
  ["decline", "Asked/1", "--dry-run"],
  ["receipt", "Asked/2", "--dry-run"],
  ["unsubscribe", "Asked/3", "--dry-run"],
  ["send", "note.eml", "ann@example.org", "--dry-run"],
  ["send", "note.eml", "ann@example.org", "--at", "2h"],
  ["draft"],
  ["outbox"],
  ["export", "--mbox", "-"],
  ["export", "1", "--eml", "files"],
  ["import", "note.eml", "--to", "Drafts"],
  ["folder", "create", "Plans"],
  ["folder", "acl", "Plans"],
  ["folder", "acl", "Plans", "someone", "lr"],
  ["undo"],
  ["redo"],
  ["queue"],
  ["quota"],
  ["status"],
  ["raw", "NOOP"],
];

describe("every command", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let home: Home;

  before(async () => {
    server = await startDovecot({
      config: `
mail_plugins = $mail_plugins quota acl
protocol imap {
  mail_plugins = $mail_plugins imap_quota imap_acl
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=100M
  acl = vfile
}`,
    });
    const messages = Array.from({ length: 12 }, (_, i) =>
      sampleMessage({ n: i + 1, ...(i === 6 ? { attachmentBytes: 5_000, attachmentName: "data.bin" } : {}) }),
    );
    server.deliver("INBOX", messages);
    server.deliver("Lists/sample", [sampleMessage({ n: 20 })]);
    server.deliver("Lists/written", [
      Buffer.from("From: a@b.example\r\nList-Post: <mailto:list@b.example>\r\nSubject: x\r\n\r\nHi\r\n"),
    ]);
    server.deliver(
      "Asked",
      [
        "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20270105T100000Z\r\nSUMMARY:Walk\r\nORGANIZER:mailto:a@b.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        "Disposition-Notification-To: a@b.example\r\n\r\nSeen?\r\n",
        "List-Unsubscribe: <mailto:off@b.example>\r\n\r\nNews\r\n",
      ].map((rest) => Buffer.from(`From: a@b.example\r\nSubject: asks\r\nMIME-Version: 1.0\r\n${rest}`)),
    );
    server.deliver("Closed", [sampleMessage({ n: 30 })]);
    await server.doveadm("mailbox", "status", "-u", server.user, "messages", "*");
    await server.doveadm("acl", "set", "-u", server.user, "Closed", "owner", "lookup", "read");
    home = Home.on(server);
    home.write("note.eml", "Subject: A note\nFrom: me@example.org\n\nHello\n");
  });
  after(async () => {
    await server?.stop();
    home?.remove();
  });

  it("is used here", () => {
    const used = new Set(uses.map(([name]) => name));
    assert.deepEqual(
      commands.filter(({ screenOnly }) => !screenOnly).flatMap(({ name }) => (used.has(name) ? [] : [name])),
      [],
    );
  });

  it("ends without a question, and prints the JSON of its schema", async () => {
    for (const [name, ...args] of uses) {
      const ran = await home.run([name, ...args, "--json"], { cwd: home.dir });
      assert.equal(ran.status, 0, `${name} ${args.join(" ")}: ${ran.err}`);
      assert.equal(ran.err, "");
      readJson(ran.out, name);
    }
    assert.equal(readFileSync(join(home.dir, "saved/data.bin")).length, 5_000);
  });

  const status = async (...args: string[]) => {
    const ran = await home.run([...args, "--json"]);
    assert.equal(ran.out, "", args.join(" "));
    return [ran.status, readJson(ran.err).error?.code];
  };

  it("tells of a folder or message that is not there with 66", async () => {
    for (const line of [
      ["list"],
      ["count"],
      ["check"],
      ["sort", "date"],
      ["search", "is:unread"],
      ["fetch", "1"],
      ["attach", "1"],
      ["thread", "1"],
      ["flag", "1", "+seen"],
      ["delete", "1"],
      ["archive", "1"],
      ["junk", "1"],
      ["expunge", "1"],
      ["quota"],
    ])
      assert.deepEqual(await status(...line, "-f", "Nowhere"), [66, "NO_FOLDER"], line.join(" "));
    for (const line of [
      ["move", "1", "--to", "Nowhere"],
      ["copy", "1", "--to", "Nowhere"],
      ["append", join(home.dir, "note.eml"), "--to", "Nowhere"],
      ["import", join(home.dir, "note.eml"), "--to", "Nowhere"],
      ["export", "--mbox", "-", "-f", "Nowhere"],
      ["folder", "delete", "Nowhere"],
      ["folder", "acl", "Nowhere"],
    ])
      assert.deepEqual(await status(...line), [66, "NO_FOLDER"], line.join(" "));
    for (const line of [
      ["fetch", "999"],
      ["attach", "999", "save"],
      ["thread", "999"],
      ["flag", "999", "+seen"],
      ["move", "999", "--to", "Archive"],
      ["delete", "999"],
      ["junk", "999"],
      ["expunge", "999"],
    ])
      assert.deepEqual(await status(...line), [66, "NO_MESSAGE"], line.join(" "));
    assert.deepEqual(await status("fetch", "1", "--part", "9"), [66, "NO_PART"]);
    assert.deepEqual(await status("attach", "1", "cat", "9"), [66, "NO_PART"]);
  });

  it("refuses ids of a folder that was made anew", async () => {
    const [item] = readJson((await home.run(["list", "-n", "1", "--json"])).out, "list").items ?? [];
    assert.match(item?.imapUrl ?? "", /^imap:\/\/user@localhost:\d+\/INBOX;UIDVALIDITY=\d+\/;UID=\d+$/);
    const stale = item?.imapUrl?.replace(/UIDVALIDITY=\d+/, "UIDVALIDITY=1") ?? "";
    assert.deepEqual((await home.run(["fetch", item?.imapUrl ?? ""])).status, 0);
    for (const line of [["fetch"], ["attach"], ["thread"], ["delete"], ["archive"], ["junk"]])
      assert.deepEqual(await status(...line, stale), [66, "STALE"]);
    assert.deepEqual(await status("flag", stale, "+seen"), [66, "STALE"]);
    assert.deepEqual(await status("move", stale, "--to", "Archive"), [66, "STALE"]);
  });

  it("tells of rights that are missing with 77", async () => {
    assert.deepEqual(await status("append", join(home.dir, "note.eml"), "--to", "Closed"), [77, "NOPERM"]);
    assert.deepEqual(await status("copy", "1", "--to", "Closed"), [77, "NOPERM"]);
    assert.deepEqual(await status("folder", "delete", "Closed"), [77, "NOPERM"]);
    assert.deepEqual(await status("folder", "acl", "Closed", "someone", "lr"), [77, "NOPERM"]);
    assert.deepEqual(await status("delete", "1", "--read-only"), [77, "READ_ONLY"]);
    assert.equal((await home.run(["folder", "acl", "Closed", "--read-only"])).status, 0);
  });

  it("tells of a server that cannot be reached with 69", async () => {
    const away = new Home("");
    away.account("imaps://user@localhost:1", ['password-command = "echo secret"']);
    // These do without a server, or keep what they are to do until there is one.
    const apart = [
      ...["undo", "redo", "queue", "status", "folder", "append", "import"],
      ...["compose", "mailto", "contacts", "send", "draft", "outbox"],
    ];
    for (const [name, ...args] of uses) {
      if (apart.includes(name) || args.includes("--local")) continue;
      const ran = await away.run([name, ...args, "--json"], { cwd: home.dir });
      assert.deepEqual([ran.status, ran.out, readJson(ran.err).error?.retryable], [69, "", true], name);
    }
    away.remove();
  });

  it("ends quietly where nobody reads any more", async () => {
    const ran = await home.shell(
      "for i in 1 2 3; do postern list --jsonl -n 200; done | head -n 1; postern fetch 7 --raw | head -c 10 >/dev/null",
    );
    assert.match(ran.out, /^\{.*\}\n$/);
    assert.equal(ran.err, "");
  });
});

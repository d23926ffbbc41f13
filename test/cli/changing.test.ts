// What a script changes: every changing command, what it says, and what the server then has.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Home, type Json, readJson } from "./postern.ts";

describe("changing", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let home: Home;

  before(async () => {
    server = await startDovecot();
    server.deliver(
      "INBOX",
      Array.from({ length: 20 }, (_, i) => sampleMessage({ n: i + 1 })),
    );
    server.deliver("Lists/gone", [sampleMessage({ n: 50 })]);
    home = Home.on(server);
  });
  after(async () => {
    await server.stop();
    home.remove();
  });

  async function text(...args: string[]): Promise<string> {
    const ran = await home.run(args);
    assert.equal(ran.status, 0, `${args.join(" ")}: ${ran.err}`);
    assert.equal(ran.err, "");
    return ran.out;
  }
  async function json(...args: string[]): Promise<Json> {
    const data = readJson(await text(...args, "--json"), args[0]);
    assert.deepEqual(data.warnings, []);
    return data;
  }
  /** One line a message, as the server has it: `uid flags`. */
  async function onServer(mailbox: string, query = "all"): Promise<string[]> {
    const said = await server.doveadm(
      ...["-f", "tab", "fetch", "-u", server.user, "uid flags", "mailbox", mailbox, ...query.split(" ")],
    );
    return said
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.replace("\t", " ").replace(" \\Recent", "").replace("\\Recent", "").trim());
  }
  const uids = async (mailbox: string) => (await onServer(mailbox)).map((line) => Number(line.split(" ")[0]));

  it("flags: adds, removes, toggles, with system flags and keywords", async () => {
    assert.equal(
      await text("flag", "1", "+flagged", "+$Work", "-seen"),
      "+Flagged +$Work -Seen on 1 message\n",
    );
    assert.deepEqual(await onServer("INBOX", "uid 1"), ["1 \\Flagged $Work"]);
    const data = await json("flag", "1:2", "-flagged", "+seen");
    assert.deepEqual([data.uids, data.sent, data.folder?.name], [[1, 2], true, "INBOX"]);
    assert.deepEqual(await onServer("INBOX", "uid 1:2"), ["1 \\Seen $Work", "2 \\Seen"]);
    assert.equal(await text("tag", "2", "toggle", "seen"), "-Seen on 1 message\n");
    assert.deepEqual(await onServer("INBOX", "uid 2"), ["2"]);
  });

  it("finds the command behind options that come before it", async () => {
    assert.equal(
      await text("--folder", "INBOX", "flag", "3", "+seen", "-flagged"),
      "+Seen -Flagged on 1 message\n",
    );
  });

  it("moves and copies", async () => {
    assert.equal(await text("move", "1", "--to", "Archive"), "moved 1 message to Archive\n");
    assert.equal(await text("cp", "2:3", "-t", "archive"), "copied 2 messages to Archive\n");
    const data = await json("mv", "4", "--to", "@junk");
    assert.deepEqual([data.uids, data.text], [[4], "moved 1 message to Junk"]);
    const inbox = await uids("INBOX");
    assert.deepEqual([inbox.slice(0, 3), inbox.length], [[2, 3, 5], 18]);
    assert.equal((await onServer("Archive")).length, 3);
    // The flags went along.
    assert.match((await onServer("Archive"))[0] ?? "", /\\Seen \$Work/);
  });

  it("archives, and deletes to the Trash or for good", async () => {
    assert.equal(await text("archive", "5,6"), "moved 2 messages to Archive\n");
    assert.equal(await text("delete", "7"), "moved 1 message to Trash\n");
    assert.equal(await text("rm", "8", "--permanent"), "removed 1 message for good\n");
    assert.deepEqual((await uids("INBOX")).slice(0, 3), [2, 3, 9]);
    assert.deepEqual(await uids("Trash"), [1]);
    assert.deepEqual((await json("delete", "1", "--folder", "@trash")).text, "removed 1 message for good");
    assert.deepEqual(await uids("Trash"), []);
    assert.deepEqual((await json("archive", "9")).uids, [9]);
  });

  it("expunges what is flagged deleted, and only what is named", async () => {
    await text("flag", "10:12", "+deleted");
    assert.equal(await text("expunge", "10", "13"), "removed 1 message for good\n");
    assert.deepEqual((await uids("INBOX")).slice(2, 5), [11, 12, 13]);
    assert.equal((await home.run(["expunge"])).status, 64);
    assert.deepEqual((await json("expunge", "--all")).uids, [11, 12]);
    assert.equal(await text("expunge", "13"), "no message there is flagged deleted\n");
    assert.deepEqual((await uids("INBOX")).slice(2, 4), [13, 14]);
  });

  it("appends from a file and from standard input, with CRLF line ends", async () => {
    const path = home.write("note.eml", "Subject: From a file\nFrom: me@example.org\n\nHello\n");
    assert.equal(
      await text("append", path, "--to", "Drafts", "--flags", "draft,seen"),
      "put 1 message into Drafts\n",
    );
    const piped = await home.run(["append", "-", "-t", "Drafts", "--json"], {
      stdin: sampleMessage({ n: 60 }),
    });
    assert.deepEqual([readJson(piped.out).uids, piped.status], [[2], 0]);
    assert.deepEqual(await onServer("Drafts"), ["1 \\Draft \\Seen", "2"].map(sorted));
    const raw = await home.run(["fetch", "1", "--raw", "--folder", "Drafts"]);
    assert.equal(raw.out, "Subject: From a file\r\nFrom: me@example.org\r\n\r\nHello\r\n");
  });

  it("says what the server refused, and leaves the message where it was", async () => {
    await text("folders");
    await server.doveadm("mailbox", "delete", "-s", "-u", server.user, "Lists/gone");
    const refused = await home.run(["move", "14", "--to", "Lists/gone"]);
    assert.deepEqual([refused.status, refused.out], [66, ""]);
    assert.match(refused.err, /^postern: .*refused.*\n {2}the server says: .*\n {2}.+\n$/);
    const asJson = await home.run(["copy", "14", "--to", "Lists/gone", "--json"]);
    assert.equal(readJson(asJson.err).error?.code, "TRYCREATE");
    assert.equal(asJson.out, "");
    assert.ok((await uids("INBOX")).includes(14));
    assert.match(await text("list"), /^14\t/m);
    assert.match(await text("list", "--offline"), /^14\t/m);
  });

  it("keeps changes while the network is gone; they reach the server in order with the next command", async () => {
    const away = new Home("");
    away.write("ca.pem", server.ca);
    const settings = [`password-command = "echo ${server.password}"`, 'ca-file = "ca.pem"'];
    const here = `imaps://user@localhost:${server.tlsPort}`;
    away.account(here, settings);
    for (const args of [["folders"], ["list"]]) assert.equal((await away.run(args)).status, 0);
    const archived = (await uids("Archive")).length;
    const drafts = (await uids("Drafts")).length;
    away.account("imaps://user@localhost:1", settings);
    for (const [args, told] of [
      [["list"], true],
      [["search", "subject:x"], true],
      [["list", "--folder", "Nowhere"], false],
    ] as const) {
      const failed = await away.run(args);
      assert.equal(failed.status, 69, args.join(" "));
      assert.equal(/--offline you see the \d+ messages of INBOX/.test(failed.err), told, failed.err);
    }
    const draft = home.write("later.eml", "Subject: Later\nMessage-ID: <later@example.org>\n\nHello\n");
    const runs = [
      await away.run(["flag", "15", "+flagged"]),
      await away.run(["flag", "15", "-flagged", "+answered", "--json"]),
      await away.run(["move", "16", "--to", "Archive", "--offline"]),
      await away.run(["append", draft, "--to", "Drafts"]),
    ];
    assert.deepEqual(
      runs.map((ran) => ran.status),
      [75, 75, 75, 75],
    );
    assert.equal(runs[0]?.out, "+Flagged on 1 message (not on the server yet)\n");
    assert.match(runs[0]?.err ?? "", /^postern: the change is kept .* next command: .*ECONNREFUSED/);
    const data = readJson(runs[1]?.out ?? "");
    assert.equal(data.sent, false);
    assert.match(data.warnings?.[0] ?? "", /the change is kept/);
    const local = await away.run(["list", "--offline"]);
    assert.match(local.out, /^15\tNr\t/m);
    assert.doesNotMatch(local.out, /^16\t/m);
    assert.deepEqual(await onServer("INBOX", "uid 15:16"), ["15", "16"]);

    away.account(here, settings);
    const listed = await away.run(["list"]);
    assert.equal(listed.status, 0, listed.err);
    assert.match(listed.out, /^15\tNr\t/m);
    assert.doesNotMatch(listed.out, /^16\t/m);
    assert.deepEqual(await onServer("INBOX", "uid 15:16"), ["15 \\Answered"]);
    assert.equal((await uids("Archive")).length, archived + 1);
    assert.equal((await uids("Drafts")).length, drafts + 1);
    // Once.
    assert.equal((await away.run(["list"])).status, 0);
    assert.equal((await uids("Drafts")).length, drafts + 1);
    away.remove();
  });

  it("sends a kept change before the next one, which may take it back", async () => {
    assert.equal((await home.run(["flag", "17", "+flagged", "--offline"])).status, 75);
    assert.equal((await home.run(["flag", "17", "-flagged"])).status, 0);
    assert.deepEqual(await onServer("INBOX", "uid 17"), ["17"]);
    assert.match(await text("list"), /^17\tN\t/m);
  });

  it("does what several processes ask at once, each thing once", async () => {
    const other = Home.on(server);
    const numbers = [101, 102, 103, 104, 105, 106];
    const runs = await Promise.all(
      numbers.map((n) => other.run(["append", "-", "--to", "Sent"], { stdin: sampleMessage({ n }) })),
    );
    assert.deepEqual(
      runs.map(({ status, err }) => [status, err]),
      numbers.map(() => [0, ""]),
    );
    assert.equal((await uids("Sent")).length, numbers.length);
    other.remove();
  });

  it("never asks: without a terminal --all and --permanent are taken at their word", async () => {
    await text("flag", "18", "+deleted");
    const ran = await home.run(["expunge", "--all"]);
    assert.deepEqual([ran.out, ran.err, ran.status], ["removed 1 message for good\n", "", 0]);
  });
});

/** Flags in the order doveadm prints them. */
function sorted(line: string): string {
  return line.replace("\\Draft \\Seen", "\\Seen \\Draft");
}

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
import {
  changesMail,
  commandsWith,
  inFolder,
  lineOf,
  type Use,
  uses,
  withFolder,
  withMessage,
} from "./uses.ts";

/** Commands that go by no folder, and why: they do the same whatever `--folder` says. */
const withoutFolder: Readonly<Record<string, string>> = {
  folders: "lists all of them",
  compose: "writes to Drafts or the outbox",
  mailto: "the same",
  send: "the same",
  draft: "is about the drafts",
  outbox: "is about the outbox",
  contacts: "is about people",
  undo: "goes to where the change was",
  redo: "goes to where the change was",
  queue: "is about changes in any folder",
  status: "is about the connection",
};

/** Commands that change mail but no folder that can be closed to them, and why. */
const withoutRights: Readonly<Record<string, string>> = {
  copy: "only reads where it copies from",
  undo: "what it changes depends on what was done",
  redo: "what it changes depends on what was done",
  raw: "what it changes depends on what is typed",
  "folder create": "there is a folder of that name",
  "folder subscribe": "what a person subscribes to is that person's own",
  "folder unsubscribe": "what a person subscribes to is that person's own",
};

/** Commands that need no server, or keep what they are to do until there is one; the status says which. */
const withoutServer: Readonly<Record<string, number>> = {
  // Nothing is known of that folder yet.
  "append --to": 69,
  append: 75,
  import: 75,
  "folder create": 75,
  "folder subscribe": 75,
  "folder unsubscribe": 75,
  "folder rename": 75,
  "folder delete": 75,
  undo: 66,
  redo: 66,
  "search --local": 0,
  "compose --draft": 0,
  "mailto --print": 0,
  contacts: 0,
  send: 0,
  draft: 0,
  outbox: 0,
  queue: 0,
  status: 0,
};

/** What only the server knows: off line there is none of it. */
const onServerOnly = ["sync", "search --server", "folder acl", "quota", "raw"];

/** Whether one of `names` is that of a use: its command, with one of its words where it takes more to tell. */
const named = (use: Use, names: readonly string[]) =>
  names.find((name) => {
    const [command, word] = name.split(" ");
    return use.command.name === command && (word === undefined || use.args.includes(word));
  });

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
    const messages = Array.from({ length: 60 }, (_, i) =>
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
    await server.doveadm("flags", "add", "-u", server.user, "\\Deleted", "mailbox", "Closed", "all");
    await server.doveadm("acl", "set", "-u", server.user, "Closed", "owner", "lookup", "read");
    home = Home.on(server);
    home.write("note.eml", "Subject: A note\nFrom: me@example.org\n\nHello\n");
  });
  after(async () => {
    await server?.stop();
    home?.remove();
  });

  it("is used here, in all ways that its table tells of", () => {
    const used = (some: readonly Use[]) => new Set(some.map(({ command }) => command.name));
    const missing = (names: readonly string[], some: readonly Use[]) =>
      names.filter((name) => !used(some).has(name));
    const all = commands.filter(({ screenOnly }) => !screenOnly).map(({ name }) => name);
    assert.deepEqual(missing(all, uses), []);
    const made = (to: (use: Use) => Use[]) => uses.flatMap(to);
    assert.deepEqual(
      missing(
        commandsWith("messages"),
        made((use) => withMessage(use, "1")),
      ),
      [],
    );
    assert.deepEqual(
      missing(
        commandsWith("folder"),
        made((use) => withFolder(use, "x")),
      ),
      [],
    );
  });

  it("ends without a question, and prints the JSON of its schema", async () => {
    for (const use of uses) {
      const line = lineOf(use);
      const ran = await home.run([...line, "--json"], { cwd: home.dir });
      assert.equal(ran.status, 0, `${line.join(" ")}: ${ran.err}`);
      assert.equal(ran.err, "");
      readJson(ran.out, use.command.name);
    }
    assert.equal(readFileSync(join(home.dir, "saved/data.bin")).length, 5_000);
  });

  /** Each of `lines` that does not come to this status with one of these codes, and what it comes to. */
  async function others(lines: readonly Use[], status: number, codes: readonly string[], ...more: string[]) {
    assert.ok(lines.length > 0);
    const waiting = lines.map((use) => [...lineOf(use), ...more]);
    const wrong: string[] = [];
    const next = async (): Promise<void> => {
      const line = waiting.shift();
      if (line === undefined) return;
      const ran = await home.run([...line, "--json"], { cwd: home.dir });
      // What became of changes that other commands left is told before it.
      const [last = ""] = ran.err.split(/(?<=\n)/).slice(-1);
      const came = last.startsWith("{") ? readJson(last).error?.code : undefined;
      if (ran.status !== status || ran.out !== "" || !codes.includes(came ?? ""))
        wrong.push(`${line.join(" ")}: ${ran.status} ${came} ${ran.err} ${ran.out}`);
      return next();
    };
    await Promise.all([next(), next(), next()]);
    return wrong;
  }

  /** With a message that is still there, where it names one. */
  const there = (use: Use) => {
    const found = withMessage(use, "1");
    return found.length > 0 ? found : [use];
  };

  /** Each command that takes messages, with this one. */
  const naming = (word: string) =>
    commandsWith("messages").flatMap((name) =>
      uses
        .filter(({ command }) => command.name === name)
        .flatMap((use) => withMessage(use, word))
        .slice(0, 1),
    );

  it("tells of a folder that is not there with 66", async () => {
    const lines = uses.flatMap((use) => [
      ...(named(use, ["folder create", "copy --create"]) ? [] : withFolder(use, "Nowhere")).flatMap(there),
      ...(named(use, [...Object.keys(withoutFolder), "search --all-folders", "count --all-folders"])
        ? []
        : inFolder(use, "Nowhere")),
    ]);
    assert.deepEqual(await others([...lines, ...naming("Nowhere/1")], 66, ["NO_FOLDER"]), []);
  });

  it("tells of a message that is not there with 66", async () => {
    assert.deepEqual(await others(naming("999"), 66, ["NO_MESSAGE"]), []);
    const parts = uses.filter(({ args }) => args.includes("--part") || args.includes("cat"));
    const ninth = parts.map((use) => ({ ...use, args: [...use.args.slice(0, -1), "9"] }));
    assert.deepEqual(await others(ninth, 66, ["NO_PART"]), []);
  });

  it("refuses ids of a folder that was made anew", async () => {
    const [item] = readJson((await home.run(["list", "-n", "1", "--json"])).out, "list").items ?? [];
    assert.match(item?.imapUrl ?? "", /^imap:\/\/user@localhost:\d+\/INBOX;UIDVALIDITY=\d+\/;UID=\d+$/);
    const stale = item?.imapUrl?.replace(/UIDVALIDITY=\d+/, "UIDVALIDITY=1") ?? "";
    assert.deepEqual((await home.run(["fetch", item?.imapUrl ?? ""])).status, 0);
    assert.deepEqual(await others(naming(stale), 66, ["STALE"]), []);
  });

  it("tells of rights that are missing with 77", async () => {
    const changing = uses.filter(changesMail).filter((use) => !named(use, Object.keys(withoutRights)));
    // What is written to people changes no folder that a message is in.
    const folders = changing.filter(({ command }) => command.returns.includes("change"));
    const from = folders.flatMap((use) => [...withMessage(use, "Closed/1"), ...inFolder(use, "Closed")]);
    // One by one: until it is refused, a message has moved.
    for (const use of from) assert.deepEqual(await others([use], 77, ["READ-ONLY", "NOPERM"]), []);
    const to = uses
      .filter(
        (use) => changesMail(use) && !named(use, ["folder create", "folder subscribe", "folder unsubscribe"]),
      )
      .flatMap((use) => withFolder(use, "Closed"))
      .flatMap(there);
    for (const use of to) assert.deepEqual(await others([use], 77, ["NOPERM"]), []);
  });

  it("changes nothing where it is told so", async () => {
    const changing = uses.filter(changesMail);
    assert.deepEqual(await others(changing, 77, ["READ_ONLY"], "--read-only"), []);
    assert.equal((await home.run(["folder", "acl", "Closed", "--read-only"])).status, 0);
  });

  it("tells of a server that cannot be reached with 69", async () => {
    const away = new Home("");
    away.account("imaps://user@localhost:1", ['password-command = "echo secret"']);
    for (const use of uses) {
      const expected = withoutServer[named(use, Object.keys(withoutServer)) ?? ""] ?? 69;
      const line = lineOf(use);
      const ran = await away.run([...line, "--json"], { cwd: home.dir });
      const what = `${line.join(" ")}: ${ran.err}`;
      assert.equal(ran.status, expected, what);
      if (ran.status === 69)
        assert.deepEqual([ran.out, readJson(ran.err).error?.retryable], ["", true], what);
      else if (ran.status === 66) assert.equal(readJson(ran.err).error?.code, "NOTHING_TO_UNDO", what);
      else readJson(ran.out, use.command.name);
    }
    away.remove();
  });

  it("works off line, or says that it does not", async () => {
    let fresh = 20;
    for (const use of uses) {
      const { name, returns } = use.command;
      const changes = returns.includes("change") && changesMail(use);
      // What was moved a moment ago is not there any more.
      const [line = []] = (changes ? withMessage(use, String(fresh++)) : []).concat(use).map(lineOf);
      const ran = await home.run([...line, "--offline", "--json"], { cwd: home.dir });
      const what = `${line.join(" ")}: ${ran.err}`;
      if (named(use, onServerOnly)) {
        assert.deepEqual([ran.status, ran.out, readJson(ran.err).error?.code], [75, "", "OFFLINE"], what);
        continue;
      }
      const json = readJson(ran.out, name);
      assert.equal(ran.status, json.sent === false ? 75 : 0, what);
      // Of what is not sent yet, undo leaves nothing to be sent; no message there is flagged as deleted.
      if (changes && !["undo", "expunge"].includes(name)) assert.equal(json.sent, false, what);
    }
  });

  it("ends quietly where nobody reads any more", async () => {
    const ran = await home.shell(
      "for i in 1 2 3; do postern list --jsonl -n 200; done | head -n 1; postern fetch 7 --raw | head -c 10 >/dev/null",
    );
    assert.match(ran.out, /^\{.*\}\n$/);
    assert.equal(ran.err, "");
  });
});

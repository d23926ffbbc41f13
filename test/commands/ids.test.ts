// Ids on a command line, against the messages of a folder in memory.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, describe, test } from "node:test";
import { keepingDefaults } from "../../src/account/config.ts";
import { imapUrl, resolveMessage, resolveMessages } from "../../src/commands/ids.ts";
import { type Context, UsageError } from "../../src/commands/index.ts";
import { Mail, MailError } from "../../src/mail/index.ts";
import { openStore } from "../../src/store/index.ts";
import { message } from "../store/sample.ts";

describe("ids", () => {
  const dir = mkdtempSync(join(tmpdir(), "postern-ids-"));
  const directories = { cacheDir: join(dir, "cache"), stateDir: join(dir, "state") };
  const store = openStore(directories);
  store.mailboxes.put({ path: "INBOX", name: "INBOX", delimiter: "/", attributes: [] });
  const { id = 0 } = store.mailboxes.byPath("INBOX") ?? {};
  store.mailboxes.setState(id, { uidValidity: 7 });
  store.messages.put(
    id,
    [2, 3, 5, 8, 13, 21].map((uid) => message(uid)),
  );
  store.close();
  const mail = Mail.open({
    account: {
      name: "test",
      address: "user@example.org",
      imap: { security: "tls", host: "localhost", port: 993, user: "user" },
      passwordCommand: null,
      caFile: null,
      pin: null,
      ...keepingDefaults,
    },
    directories,
    password: () => Promise.reject(new Error("nobody is asked")),
    offline: true,
    keepOnline: false,
  });
  after(async () => {
    await mail.close();
    rmSync(dir, { recursive: true });
  });

  const folder = mail.findCachedFolder("INBOX");
  const context = (stdin = "", selection: readonly number[] = []): Context => ({
    mail,
    folder: () => Promise.resolve(folder),
    selection,
    stdin: Readable.from([stdin]),
    confirm: () => Promise.resolve(false),
  });
  const uidsOf = async (within: Context, words: readonly string[]) =>
    (await resolveMessages(within, words)).uids;
  const ids = (...words: string[]) => uidsOf(context(), words);

  test("single ids, sets and ranges, in any order; what is not there is passed over", async () => {
    assert.deepEqual(await ids("5"), [5]);
    assert.deepEqual(await ids("21", "2"), [2, 21]);
    assert.deepEqual(await ids("1:5,8", "13"), [2, 3, 5, 8, 13]);
    assert.deepEqual(await ids("8:3"), [3, 5, 8]);
    assert.deepEqual(await ids("1:21", "3:4", "5"), [2, 3, 5, 8, 13, 21]);
    assert.deepEqual(await ids("2", "99"), [2]);
  });

  test("* is the last message, whatever its id", async () => {
    assert.deepEqual(await ids("*"), [21]);
    assert.deepEqual(await ids("8:*"), [8, 13, 21]);
    assert.deepEqual(await ids("*:8"), [8, 13, 21]);
    // As in IMAP: a range to * holds the last message even where it begins behind it.
    assert.deepEqual(await ids("100:*"), [21]);
  });

  test("a range costs what it names in the folder, not its length", async () => {
    assert.deepEqual(await ids("1:4294967295"), [2, 3, 5, 8, 13, 21]);
  });

  test("- reads ids from standard input, between blanks and line ends", async () => {
    assert.deepEqual(await uidsOf(context("2 3\n5\r\n\t8:13\n"), ["-"]), [2, 3, 5, 8, 13]);
    assert.deepEqual(await uidsOf(context("2"), ["21", "-"]), [2, 21]);
    await assert.rejects(uidsOf(context(" \n"), ["-"]), UsageError);
  });

  test("without words the selection is meant, where there is one", async () => {
    assert.deepEqual(await uidsOf(context("", [3, 8]), []), [3, 8]);
    assert.deepEqual(await uidsOf(context("", [3, 8]), ["5"]), [5]);
    await assert.rejects(ids(), UsageError);
  });

  test("an address holds until the folder is made anew, and for this account alone", async () => {
    const own = imapUrl(mail.account, folder, 5);
    assert.equal(own, "imap://user@localhost/INBOX;UIDVALIDITY=7/;UID=5");
    assert.deepEqual(await ids(own ?? ""), [5]);
    assert.deepEqual(await ids("/INBOX;UIDVALIDITY=7/;UID=5", "INBOX/2"), [2, 5]);
    assert.deepEqual(await uidsOf(context(`${own}\n${imapUrl(null, folder, 8)}\0`), ["-"]), [5, 8]);
    const stale = ids("/INBOX;UIDVALIDITY=6/;UID=5");
    await assert.rejects(stale, (error) => error instanceof MailError && error.code === "STALE");
    await assert.rejects(ids("imap://user@elsewhere.example/INBOX;UIDVALIDITY=7/;UID=5"), UsageError);
    await assert.rejects(ids("imap://other@localhost/INBOX;UIDVALIDITY=7/;UID=5"), UsageError);
    await assert.rejects(ids("INBOX/2", "Sent/2"), /several folders/);
    await assert.rejects(ids("INBOX/2", "3"), UsageError);
    await assert.rejects(
      ids("INBOX/99"),
      (error) => error instanceof MailError && error.code === "NO_MESSAGE",
    );
  });

  test("a query names what it finds; it does not go together with ids", async () => {
    assert.deepEqual(await ids("is:unread"), [2, 8]);
    assert.deepEqual(await ids("larger:1G", "is:unread").catch(({ code }) => code), "NO_MESSAGE");
    await assert.rejects(ids("is:unread", "5"), UsageError);
    await assert.rejects(ids("is:nothing-like-it"), /nothing-like-it/);
  });

  test("what is no id is refused", async () => {
    for (const word of [
      "x",
      "0",
      "-1",
      "1:",
      ":1",
      "1:2:3",
      "1,",
      "1.5",
      "1e3",
      "4294967296",
      "٣",
      "1:x",
      "*:0",
    ])
      await assert.rejects(ids(word), UsageError, word);
  });

  test("ids of which the folder has none are NO_MESSAGE", async () => {
    await assert.rejects(ids("4"), (error) => error instanceof MailError && error.code === "NO_MESSAGE");
  });

  test("one message is one message", async () => {
    assert.equal((await resolveMessage(context(), ["5"])).uid, 5);
    await assert.rejects(resolveMessage(context(), ["2:5"]), /3 were named/);
  });
});

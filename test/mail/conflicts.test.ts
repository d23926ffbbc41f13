// What the server refuses is taken back, told with what can be done, and kept until the person has decided.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Command, connect, Secret, setAcl, setQuota } from "../../src/imap/index.ts";
import type { Waiting } from "../../src/mail/index.ts";
import { type Cyrus, startCyrus } from "../servers/cyrus.ts";
import { serverMissing } from "../servers/daemon.ts";
import { startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { type AccountServer, type Client, type Clients, clientsOf, eventually, listing } from "./fixture.ts";

interface Given {
  readonly clients: Clients;
  readonly wire: Wire;
}

let boxes = 0;
const letter = (n: number) => sampleMessage({ n, subject: `Letter ${n}`, body: `Text ${n}.\r\n` });

/** A folder with five letters, what is cached of the first two, and a session without network. */
async function away({ clients, wire }: Given): Promise<{ client: Client; path: string; other: string }> {
  const path = `Box ${++boxes}`;
  const other = `${path} away`;
  for (const name of [path, other]) await wire.command(`CREATE "${name}"`);
  for (const n of [1, 2, 3, 4, 5]) await wire.append(path, letter(n));
  const home = await clients.client(path);
  await home.mail.refreshFolders();
  for (const name of [path, other]) await home.mail.sync(home.mail.findCachedFolder(name));
  for (const uid of [1, 2]) await home.mail.read(home.mail.findCachedFolder(path), uid);
  await home.mail.close();
  return { client: await clients.client(path, { offline: true }), path, other };
}

/** The same person with the network back: a screen, which stays and shows what was refused. */
async function back({ clients }: Given, { client, path }: { client: Client; path: string }): Promise<Client> {
  await client.mail.close();
  const screen = await clients.client(path, { keepOnline: true });
  await screen.mail.refreshFolders();
  await screen.mail.sync(screen.mail.findCachedFolder(path)).catch(() => undefined);
  await eventually("nothing waits any more", () => screen.mail.queued === 0);
  // The person is told once all is noted.
  await new Promise((resolve) => setImmediate(resolve));
  return screen;
}

const subjects = (client: Client, path: string) =>
  listing(client, client.mail.findCachedFolder(path))
    .map((line) => line.replace(/^\d+ (\S*) (.*)$/, "$2 $1").trim())
    .sort();
const all = [1, 2, 3, 4, 5].map((n) => `Letter ${n}`);
const notices = ({ events }: Client) =>
  events.flatMap((e) => (e.kind === "notice" && e.level === "error" ? e.text : []));

async function serverHas({ wire }: Given, path: string): Promise<string[]> {
  await wire.select(path);
  return (await wire.listing()).map((m) => `${m.subject} ${m.flags.join()}`.trim()).sort();
}

/** The one change that was refused. */
function conflict(client: Client): Waiting {
  const conflicts = client.mail.waiting.refused();
  assert.equal(conflicts.length, 1);
  assert.equal(client.mail.queued, 0);
  return conflicts[0]!;
}

function common(given: () => Given): void {
  test("a message is gone: what is cached of it is put there if the person wants, the others have gone", async () => {
    const g = given();
    const work = await away(g);
    const { mail } = work.client;
    await mail.move(mail.findCachedFolder(work.path), [1, 3, 4], mail.findCachedFolder(work.other));
    await g.wire.select(work.path);
    await g.wire.command("UID STORE 1,3 +FLAGS (\\Deleted)");
    await g.wire.command("UID EXPUNGE 1,3");
    const screen = await back(g, work);
    assert.match(
      notices(screen).join(),
      /moving 2 messages from Box .*: 2 messages of 3: another program has removed it; retry/,
    );
    const refused = conflict(screen);
    assert.deepEqual([refused.code, refused.state], ["GONE", "refused"]);
    assert.deepEqual(subjects(screen, work.other), ["Letter 4"]);
    assert.deepEqual(await serverHas(g, work.other), ["Letter 4"]);
    assert.equal((await screen.mail.waiting.retry(refused.id)).sent, true);
    assert.deepEqual(await serverHas(g, work.other), ["Letter 1", "Letter 4"]);
    assert.deepEqual(subjects(screen, work.other), ["Letter 1", "Letter 4"]);
    assert.deepEqual(screen.mail.waiting.refused(), []);
    await screen.mail.close();
  });

  test("a message is gone: dropped, nothing is left of the change", async () => {
    const g = given();
    const work = await away(g);
    const { mail } = work.client;
    await mail.copy(mail.findCachedFolder(work.path), [2], mail.findCachedFolder(work.other));
    await mail.flag(mail.findCachedFolder(work.path), [2, 5], "add", ["\\Flagged"]);
    await g.wire.select(work.path);
    await g.wire.command("UID STORE 2 +FLAGS (\\Deleted)");
    await g.wire.command("UID EXPUNGE 2");
    const screen = await back(g, work);
    // A flag for a message that is no more is told of, and nothing can be done about it.
    assert.match(
      notices(screen).join("\n"),
      /\+Flagged on 1 message in Box .*: 1 message of 2: another program/,
    );
    await screen.mail.waiting.drop(conflict(screen).id);
    assert.deepEqual(screen.mail.waiting.list(), []);
    assert.deepEqual(subjects(screen, work.other), []);
    assert.deepEqual(await serverHas(g, work.path), [
      "Letter 1",
      "Letter 3",
      "Letter 4",
      "Letter 5 \\Flagged",
    ]);
    await screen.mail.close();
  });

  test("changed elsewhere: both changes are there", async () => {
    const g = given();
    const work = await away(g);
    const { mail } = work.client;
    const here = mail.findCachedFolder(work.path);
    await mail.flag(here, [1, 2, 3], "add", ["\\Flagged"]);
    await mail.flag(here, [4], "remove", ["\\Seen"]);
    await g.wire.select(work.path);
    await g.wire.command("UID STORE 1 +FLAGS (\\Answered)");
    await g.wire.command("UID STORE 2 +FLAGS (\\Flagged)");
    await g.wire.command("UID STORE 3:4 +FLAGS (\\Seen)");
    const screen = await back(g, work);
    assert.deepEqual(screen.mail.waiting.refused(), []);
    const expected = [
      "Letter 1 \\Answered,\\Flagged",
      "Letter 2 \\Flagged",
      "Letter 3 \\Flagged,\\Seen",
      "Letter 4",
      "Letter 5",
    ];
    assert.deepEqual(await serverHas(g, work.path), expected);
    await screen.mail.sync(here);
    assert.deepEqual(subjects(screen, work.path), expected);
    await screen.mail.close();
  });

  test("the folder is gone: all comes back, and goes when it has been made", async () => {
    const g = given();
    const work = await away(g);
    const { mail } = work.client;
    await mail.move(mail.findCachedFolder(work.path), [1, 2], mail.findCachedFolder(work.other));
    const [there] = mail.window(mail.findCachedFolder(work.other), {
      sort: "arrival",
      descending: false,
      offset: 0,
      limit: 1,
    });
    await mail.flag(mail.findCachedFolder(work.other), [there!.uid], "add", ["$Kept"]);
    await g.wire.command(`DELETE "${work.other}"`);
    const screen = await back(g, work);
    const refused = conflict(screen);
    assert.match(refused.code ?? "", /^(TRYCREATE|NONEXISTENT)$/);
    assert.match(notices(screen).join(), /there is no such folder; create it and retry, or drop it/);
    // The flag was meant for the message, wherever it is.
    assert.deepEqual(subjects(screen, work.path), [
      "Letter 1 $Kept",
      "Letter 2",
      "Letter 3",
      "Letter 4",
      "Letter 5",
    ]);
    await screen.mail.folderChanges.create(work.other);
    assert.equal((await screen.mail.waiting.retry(refused.id)).sent, true);
    assert.deepEqual(await serverHas(g, work.other), ["Letter 1 $Kept", "Letter 2"]);
    assert.deepEqual(subjects(screen, work.other), ["Letter 1 $Kept", "Letter 2"]);
    await screen.mail.undo();
    assert.deepEqual(await serverHas(g, work.other), []);
    await screen.mail.close();
  });

  test("the folder is gone in which the messages were: what is cached of them can be put there", async () => {
    const g = given();
    const work = await away(g);
    const { mail } = work.client;
    const here = mail.findCachedFolder(work.path);
    await mail.move(here, [1, 3], mail.findCachedFolder(work.other));
    await mail.flag(here, [4], "add", ["\\Flagged"]);
    await mail.remove(here, [5]);
    await g.wire.command(`DELETE "${work.path}"`);
    const screen = await back(g, work);
    const told = notices(screen).join("\n");
    assert.match(told, /moving 2 messages .*: another program has removed it; retry puts what is cached/);
    assert.match(told, /\+Flagged on 1 message in .*: another program has removed it/);
    assert.equal((await screen.mail.waiting.retry(conflict(screen).id)).sent, true);
    assert.deepEqual(await serverHas(g, work.other), ["Letter 1"]);
    assert.deepEqual(subjects(screen, work.other), ["Letter 1"]);
    await screen.mail.close();
  });

  test("the numbers of the folder have changed", async () => {
    const g = given();
    const work = await away(g);
    const { mail } = work.client;
    await mail.remove(mail.findCachedFolder(work.path), [1]);
    await g.wire.command(`DELETE "${work.path}"`);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await g.wire.command(`CREATE "${work.path}"`);
    for (const n of [4, 3]) await g.wire.append(work.path, letter(n));
    const screen = await back(g, work);
    assert.equal(conflict(screen).code, "STALE");
    assert.deepEqual(await serverHas(g, work.path), ["Letter 3", "Letter 4"]);
    await screen.mail.waiting.drop(conflict(screen).id);
    await screen.mail.close();
  });

  test("a folder is there already", async () => {
    const g = given();
    const work = await away(g);
    const { folder } = await work.client.mail.folderChanges.create(`${work.path} new`);
    await work.client.mail.copy(work.client.mail.findCachedFolder(work.path), [3], folder);
    await g.wire.command(`CREATE "${folder.path}"`);
    const screen = await back(g, work);
    // What was put there is there; that it is another's folder the person is told.
    assert.deepEqual(await serverHas(g, folder.path), ["Letter 3"]);
    assert.match(notices(screen).join(), /creating the folder .*: there is a folder of that name already/);
    await screen.mail.waiting.drop(conflict(screen).id);
    assert.deepEqual(subjects(screen, folder.path), ["Letter 3"]);
    const taken = await screen.mail.folderChanges.create(`${work.path} other`);
    await assert.rejects(screen.mail.folderChanges.create(taken.folder.name), { code: "FOLDER_EXISTS" });
    await assert.rejects(screen.mail.folderChanges.rename(screen.inbox, "Elsewhere"), { code: "IS_INBOX" });
    assert.throws(() => screen.mail.folderChanges.delete(screen.inbox), { code: "IS_INBOX" });
    await screen.mail.close();
  });

  test("a command that is refused leaves nothing behind", async () => {
    const g = given();
    const work = await away(g);
    await work.client.mail.close();
    const script = await g.clients.client(work.path);
    await g.wire.command(`DELETE "${work.other}"`);
    const here = script.mail.findCachedFolder(work.path);
    await assert.rejects(script.mail.move(here, [2], script.mail.findCachedFolder(work.other)), {
      message: /refused/,
      hint: "create it and do it again",
    });
    assert.deepEqual(script.mail.waiting.list(), []);
    assert.deepEqual(subjects(script, work.path), all);
    await assert.rejects(script.mail.undo(), { code: "NOTHING_TO_UNDO" });
  });
}

/** `full` leaves no room for one more message, `room` makes some. */
function overQuota(given: () => Given, full: () => Promise<void>, room: () => Promise<void>): void {
  test("over quota: the draft is kept, what was to be done with it waits, and both go when there is room", async () => {
    const g = given();
    const work = await away(g);
    const { mail } = work.client;
    const drafts = await mail.findFolder("Drafts");
    await mail.append(drafts, letter(9), ["\\Draft"]);
    const [row] = mail.window(drafts, { sort: "arrival", descending: true, offset: 0, limit: 1 });
    await mail.flag(drafts, [row!.uid], "add", ["\\Flagged"]);
    await mail.copy(mail.findCachedFolder(work.path), [4], mail.findCachedFolder(work.other));
    await full();
    const screen = await back(g, work);
    const codes = () => screen.mail.waiting.refused().map(({ code }) => code);
    assert.deepEqual(codes(), ["OVERQUOTA", "BLOCKED", "OVERQUOTA"]);
    assert.match(notices(screen).join("\n"), /putting 1 message into Drafts: the mailbox is full; make room/);
    assert.deepEqual(subjects(screen, "Drafts"), []);
    await assert.rejects(screen.mail.waiting.retry(screen.mail.waiting.refused()[0]!.id), {
      message: /is full/,
    });
    assert.deepEqual(codes(), ["OVERQUOTA", "OVERQUOTA", "BLOCKED"]);
    await room();
    const [draft] = screen.mail.waiting.refused().filter(({ text }) => text.startsWith("putting"));
    assert.equal((await screen.mail.waiting.retry(draft!.id)).sent, true);
    assert.deepEqual(await serverHas(g, "Drafts"), ["Letter 9 \\Draft,\\Flagged"]);
    assert.deepEqual(subjects(screen, "Drafts"), ["Letter 9 \\Draft,\\Flagged"]);
    await screen.mail.waiting.drop(conflict(screen).id);
    assert.deepEqual(subjects(screen, work.other), []);
    await screen.mail.close();
  });
}

/** `allow` gives back all rights in a folder, or leaves those to see it and to read it. */
function readOnly(
  given: () => Given,
  codes: readonly string[],
  allow: (path: string, all: boolean) => Promise<void>,
): void {
  test("a folder that may only be read, and one that may not be written to", async () => {
    const g = given();
    const work = await away(g);
    const { mail } = work.client;
    await mail.flag(mail.findCachedFolder(work.path), [1], "add", ["\\Flagged"]);
    await mail.copy(mail.findCachedFolder(work.path), [2], mail.findCachedFolder(work.other));
    for (const path of [work.path, work.other]) await allow(path, false);
    const screen = await back(g, work);
    assert.deepEqual(
      screen.mail.waiting.refused().map(({ code }) => code),
      codes,
    );
    assert.match(
      notices(screen).join("\n"),
      /(may only be read|does not allow it); ask .*does not allow it/s,
    );
    assert.deepEqual(subjects(screen, work.path), all);
    assert.deepEqual(subjects(screen, work.other), []);
    for (const path of [work.path, work.other]) await allow(path, true);
    await screen.mail.close();
    const later = await g.clients.client(work.path);
    for (const { id } of later.mail.waiting.refused()) await later.mail.waiting.retry(id);
    assert.deepEqual(later.mail.waiting.list(), []);
    assert.equal((await serverHas(g, work.path))[0], "Letter 1 \\Flagged");
    assert.deepEqual(await serverHas(g, work.other), ["Letter 2"]);
  });

  test("who asked for a change is told that it was refused, also where another process has sent it", async () => {
    const g = given();
    const { client, path, other } = await away(g);
    await client.mail.close();
    for (const closed of [path, other]) await allow(closed, false);
    const commands = await Promise.all([1, 2, 3].map(() => g.clients.client(path)));
    const asked = commands.flatMap(({ mail }, i) => {
      const folder = mail.findCachedFolder(path);
      return [
        mail.flag(folder, [i + 1], "add", ["\\Flagged"]),
        mail.copy(folder, [i + 1], mail.findCachedFolder(other)),
      ];
    });
    for (const [i, answer] of (await Promise.allSettled(asked)).entries())
      assert.equal(
        answer.status === "rejected" ? answer.reason.responseCode : answer.status,
        codes[i % 2],
        `change ${i}`,
      );
    for (const { mail } of commands) await mail.close();
  });
}

describe("dovecot: conflicts", { skip: serverMissing("dovecot") }, () => {
  let given: Given;
  before(async () => {
    const server: AccountServer = await startDovecot({
      tls: "none",
      config: `
mail_plugins = acl
protocol imap {
  mail_plugins = acl imap_acl
}
plugin {
  acl = vfile
}
`,
    });
    given = { clients: clientsOf(server), wire: await Wire.open(server.port) };
  });
  after(async () => {
    given?.wire.close();
    await given?.clients.end();
  });
  common(() => given);

  readOnly(
    () => given,
    ["READ-ONLY", "NOPERM"],
    async (path, all) => {
      await given.wire.command(`SETACL "${path}" user ${all ? "lrswipkxtea" : "lra"}`);
    },
  );
});

describe("dovecot: a full mailbox", { skip: serverMissing("dovecot") }, () => {
  let given: Given;
  before(async () => {
    const config = `
mail_plugins = quota
plugin {
  quota = maildir
  quota_rule = *:messages=6
}
`;
    const server: AccountServer = await startDovecot({ tls: "none", config });
    given = { clients: clientsOf(server), wire: await Wire.open(server.port) };
  });
  after(async () => {
    given?.wire.close();
    await given?.clients.end();
  });

  overQuota(
    () => given,
    () => given.wire.append("INBOX", letter(0)),
    async () => {
      await given.wire.select("INBOX");
      await given.wire.command("UID STORE 1:* +FLAGS (\\Deleted)");
      await given.wire.command("EXPUNGE");
    },
  );
});

describe("cyrus: conflicts", { skip: serverMissing("cyrus") }, () => {
  let given: Given;
  let server: Cyrus;
  before(async () => {
    server = await startCyrus();
    given = { clients: clientsOf(server), wire: await Wire.open(server.port) };
  });
  after(async () => {
    given?.wire.close();
    await given?.clients.end();
  });
  common(() => given);

  const admin = async (command: Command<unknown>) => {
    const { port } = server;
    const connection = await connect({ host: "127.0.0.1", port, security: "none", insecure: true });
    await connection.authenticate({ user: server.admin, secret: new Secret(server.password) });
    await connection.run(command);
    await connection.logout();
  };
  const limit = (kilobytes: number) => admin(setQuota("user/user", new Map([["STORAGE", kilobytes]])));

  overQuota(
    () => given,
    () => limit(1),
    () => limit(100_000),
  );

  // It lets a folder be opened as if it could be written to.
  readOnly(
    () => given,
    ["NOPERM", "NOPERM"],
    (path, all) => admin(setAcl(`user/user/${path}`, "user", "replace", all ? "lrswipkxtea" : "lr")),
  );
});

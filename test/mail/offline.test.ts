// A day with the network gone, and the evening after it: what was done off line is what the server has at the end.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startCyrus } from "../servers/cyrus.ts";
import { type ServerName, serverMissing } from "../servers/daemon.ts";
import { startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { type AccountServer, type Client, type Clients, clientsOf, eventually } from "./fixture.ts";

const servers: readonly [ServerName, () => Promise<AccountServer>][] = [
  ["dovecot", () => startDovecot({ tls: "none" })],
  ["cyrus", () => startCyrus()],
];

const letter = (n: number) =>
  sampleMessage({
    n,
    subject: `Letter ${n}`,
    body: `The text of letter ${n}.\r\n`,
    messageId: `<letter.${n}@example.org>`,
  });

for (const [name, start] of servers) {
  describe(`${name}: with the network gone`, { skip: serverMissing(name) }, () => {
    let clients: Clients;
    let wire: Wire;
    before(async () => {
      const server = await start();
      clients = clientsOf(server);
      wire = await Wire.open(server.port);
      for (let n = 1; n <= 12; n++) await wire.append("INBOX", letter(n));
    });
    after(async () => {
      wire?.close();
      await clients?.end();
    });

    const subjects = ({ mail }: Client, path: string) =>
      mail
        .window(mail.findCachedFolder(path), { sort: "arrival", descending: false, offset: 0, limit: 100 })
        .map((m) => `${m.subject} ${m.flags.join()}`.trim())
        .sort();
    const onServer = async (path: string) => {
      await wire.select(path);
      return (await wire.listing()).map((m) => `${m.subject} ${m.flags.join()}`.trim()).sort();
    };
    const text = async ({ mail }: Client, path: string, subject: string) => {
      const folder = mail.findCachedFolder(path);
      const rows = mail.window(folder, { sort: "arrival", descending: false, offset: 0, limit: 100 });
      const { uid } = rows.find((row) => row.subject === subject) ?? assert.fail(`no ${subject} in ${path}`);
      return JSON.stringify((await mail.read(folder, uid)).body);
    };

    const expected = {
      INBOX: [
        "Letter 1 \\Seen",
        "Letter 10",
        "Letter 11",
        "Letter 12",
        "Letter 2 \\Flagged",
        "Letter 5",
        "Letter 6",
        "Letter 7",
        "Letter 8",
        "Letter 9",
      ],
      Archive: ["Letter 3 $Kept"],
      Trash: ["Letter 4"],
      Drafts: ["Letter 20 \\Draft,\\Flagged"],
      "Trips/Norway": ["Letter 9"],
    };
    const there = () => Object.entries(expected);

    test("one reads, flags, moves, deletes, copies, drafts, makes folders, undoes and redoes; the server is as one left it", async () => {
      const home = await clients.client("person");
      await Promise.all([home.mail.refreshFolders(), home.mail.sync(home.inbox)]);
      for (const uid of [1, 3, 4, 9]) await home.mail.read(home.inbox, uid);
      await home.mail.close();

      const away = await clients.client("person", { offline: true });
      const { mail, inbox } = away;
      const folder = (path: string) => mail.findFolder(path);
      assert.match(await text(away, "INBOX", "Letter 1"), /The text of letter 1/);
      await mail.markSeen(inbox, 1);
      await mail.flag(inbox, [2], "add", ["\\Flagged"]);
      await mail.move(inbox, [3], await folder("Archive"));
      // What was moved off line is there, can be read, flagged, and moved on.
      assert.deepEqual(subjects(away, "Archive"), ["Letter 3"]);
      assert.match(await text(away, "Archive", "Letter 3"), /The text of letter 3/);
      const archive = await folder("Archive");
      const [moved] = mail.window(archive, { sort: "arrival", descending: true, offset: 0, limit: 1 });
      await mail.flag(archive, [moved!.uid], "add", ["$Kept"]);
      await mail.move(inbox, [4, 5], await folder("Archive"));
      const pair = mail
        .window(archive, { sort: "arrival", descending: false, offset: 0, limit: 9 })
        .filter((m) => m.subject !== "Letter 3");
      await mail.move(
        archive,
        pair.map((m) => m.uid),
        await folder("Trash"),
      );
      assert.deepEqual(subjects(away, "Trash"), ["Letter 4", "Letter 5"]);
      const draft = await mail.append(await folder("Drafts"), letter(20), ["\\Draft"]);
      assert.equal(draft.sent, false);
      assert.match(await text(away, "Drafts", "Letter 20"), /The text of letter 20/);
      await mail.close();

      const later = await clients.client("person", { offline: true });
      const trash = await later.mail.findFolder("Trash");
      const five = later.mail
        .window(trash, { sort: "arrival", descending: false, offset: 0, limit: 9 })
        .find((m) => m.subject === "Letter 5");
      await later.mail.move(trash, [five!.uid], later.inbox);
      const { folder: made } = await later.mail.folderChanges.create("Trips");
      const { folder: below } = await later.mail.folderChanges.create("Trips/Sweden");
      await later.mail.copy(later.inbox, [9], below);
      await later.mail.folderChanges.rename(below, "Trips/Norway");
      assert.match(await text(later, "Trips/Norway", "Letter 9"), /The text of letter 9/);
      const drafts = await later.mail.findFolder("Drafts");
      const [written] = later.mail.window(drafts, { sort: "arrival", descending: true, offset: 0, limit: 1 });
      await later.mail.flag(drafts, [written!.uid], "add", ["\\Flagged"]);
      // A mistake, taken back, done again, taken back.
      await later.mail.remove(later.inbox, [10, 11]);
      assert.equal(later.mail.message(later.inbox, 10), null);
      assert.match((await later.mail.undo()).text, /2 messages back into INBOX/);
      assert.equal(later.mail.message(later.inbox, 10)?.uid, 10);
      await later.mail.redo();
      assert.equal(later.mail.message(later.inbox, 11), null);
      await later.mail.undo();
      for (const [path, messages] of there()) assert.deepEqual(subjects(later, path), messages, path);
      assert.ok(later.mail.folders().some((f) => f.path === made.path));
      const counts = () => later.mail.folders().map((f) => `${f.path} ${f.messages ?? 0}`);
      assert.ok(
        counts().includes("INBOX 10") && counts().includes("Trash 1") && counts().includes("Drafts 1"),
      );
      await later.mail.close();
      assert.deepEqual(
        await onServer("INBOX"),
        Array.from({ length: 12 }, (_, n) => `Letter ${n + 1}`).sort(),
      );

      const back = await clients.client("person");
      await back.mail.refreshFolders();
      await eventually("the journal is empty", () => back.mail.queued === 0);
      assert.deepEqual(back.mail.waiting.refused(), []);
      for (const [path, messages] of there()) assert.deepEqual(await onServer(path), messages, path);
      for (const [path, messages] of there()) {
        await back.mail.sync(await back.mail.findFolder(path));
        assert.deepEqual(subjects(back, path), messages, path);
      }
      // Nothing that was cached was fetched again.
      assert.match(await text(back, "Trips/Norway", "Letter 9"), /The text of letter 9/);
      assert.match(await text(back, "Trash", "Letter 4"), /The text of letter 4/);
      assert.match(await text(back, "Drafts", "Letter 20"), /The text of letter 20/);
      assert.deepEqual(
        back.log.filter((line) => line.startsWith(">") && /BODY\.PEEK\[\]/.test(line)),
        [],
      );
      await back.mail.close();

      const fresh = await clients.client("fresh");
      await fresh.mail.refreshFolders();
      for (const [path, messages] of there()) {
        await fresh.mail.sync(await fresh.mail.findFolder(path));
        assert.deepEqual(subjects(fresh, path), messages, path);
      }
    });
  });
}

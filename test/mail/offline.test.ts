// A day with the network gone, and the evening after it: what was done off line is what the server has at the end.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startCutting } from "../servers/cutting.ts";
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
    let port: number;
    before(async () => {
      const server = await start();
      port = server.port;
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

    test("the line fails, one goes on and starts anew, another client changes the same mail; both have their way", async () => {
      const boxes = ["Here", "There", "Old", "Spare"];
      for (const path of boxes) await wire.command(`CREATE "${path}"`);
      for (let n = 1; n <= 9; n++) await wire.append("Here", letter(n));
      for (let n = 31; n <= 33; n++) await wire.append("Old", letter(n));
      const line = await startCutting(port);
      const home = await clients.client("line", { port: line.port, keepOnline: true });
      await home.mail.refreshFolders();
      for (const path of boxes) await home.mail.sync(home.mail.findCachedFolder(path));
      for (const n of [1, 2, 4]) await text(home, "Here", `Letter ${n}`);
      await line.stop();

      const uids = ({ mail }: Client, path: string, ...wanted: number[]) =>
        mail
          .window(mail.findCachedFolder(path), { sort: "arrival", descending: false, offset: 0, limit: 100 })
          .flatMap(({ uid, subject }) => (wanted.some((n) => subject === `Letter ${n}`) ? uid : []));
      const folder = ({ mail }: Client, path: string) => mail.findCachedFolder(path);
      assert.match(await text(home, "Here", "Letter 4"), /The text of letter 4/);
      await eventually("what is cached has been found", async () => {
        const found = await home.mail.search(folder(home, "Here"), "subject:Letter body:text");
        return found.join() === uids(home, "Here", 1, 2, 4).join();
      });
      const sent = [
        await home.mail.flag(folder(home, "Here"), uids(home, "Here", 1, 3), "add", ["\\Flagged"]),
        await home.mail.move(folder(home, "Here"), uids(home, "Here", 2, 5), folder(home, "There")),
        await home.mail.remove(folder(home, "Here"), uids(home, "Here", 6)),
        await home.mail.remove(folder(home, "Here"), uids(home, "Here", 7)),
      ].map((outcome) => outcome.sent);
      assert.deepEqual(sent, [false, false, false, false]);
      await home.mail.undo();
      await home.mail.close();

      // Started anew, with the line still down.
      const again = await clients.client("line", { port: line.port, keepOnline: true });
      const { mail } = again;
      await mail.append(folder(again, "Drafts"), letter(40), ["\\Draft"]);
      const { folder: made } = await mail.folderChanges.create("Made");
      await mail.copy(folder(again, "Old"), uids(again, "Old", 31, 32), made);
      await mail.move(folder(again, "Old"), uids(again, "Old", 33), folder(again, "Here"));
      await mail.folderChanges.rename(folder(again, "Old"), "Older");
      await mail.folderChanges.delete(folder(again, "Spare"));
      assert.deepEqual(subjects(again, "Older"), ["Letter 31", "Letter 32"]);
      assert.deepEqual(subjects(again, "Made"), ["Letter 31", "Letter 32"]);
      assert.ok(!mail.folders().some(({ path }) => path === "Spare" || path === "Old"));
      await mail.flag(made, uids(again, "Made", 31), "add", ["$Kept"]);
      assert.ok(mail.queued > 0);
      await mail.close();

      // Meanwhile.
      await wire.select("Here");
      await wire.command("UID STORE 1,4 +FLAGS (\\Answered)");
      await wire.command("UID STORE 8,3 +FLAGS (\\Deleted)");
      await wire.command("UID EXPUNGE 8,3");
      await wire.append("Here", letter(50));
      await wire.append("There", letter(51));

      const wanted = {
        Here: [
          "Letter 1 \\Answered,\\Flagged",
          "Letter 33",
          "Letter 4 \\Answered",
          "Letter 50",
          "Letter 7",
          "Letter 9",
        ],
        There: ["Letter 2", "Letter 5", "Letter 51"],
        Older: ["Letter 31", "Letter 32"],
        Made: ["Letter 31 $Kept", "Letter 32"],
      };
      const back = await clients.client("line", { keepOnline: true });
      await back.mail.refreshFolders();
      await eventually("nothing waits any more", () => back.mail.queued === 0);
      assert.deepEqual(back.mail.waiting.refused(), []);
      for (const [path, messages] of Object.entries(wanted)) {
        assert.deepEqual(await onServer(path), messages, path);
        await back.mail.sync(folder(back, path));
        assert.deepEqual(subjects(back, path), messages, path);
      }
      assert.ok((await onServer("Drafts")).includes("Letter 40 \\Draft"));
      const mailboxes = await wire.mailboxes();
      assert.deepEqual([mailboxes.includes("Old"), mailboxes.includes("Spare")], [false, false]);
      // Of the flag for a message that is gone the person is told.
      const told = back.events.flatMap((e) => (e.kind === "notice" && e.level === "error" ? e.text : []));
      assert.deepEqual(told.length, 1);
      assert.match(
        told.join(),
        /\+Flagged on 1 message in Here: 1 message of 2: another program has removed it/,
      );
      await back.mail.close();
    });
  });
}

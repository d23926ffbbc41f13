// Undo and redo: as deep as a person may want to go, on line, off line, in the next session, and of every kind of change.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startCyrus } from "../servers/cyrus.ts";
import { type ServerName, serverMissing } from "../servers/daemon.ts";
import { startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { type AccountServer, type Client, type Clients, clientsOf, eventually, listing } from "./fixture.ts";

const servers: readonly [ServerName, () => Promise<AccountServer>][] = [
  ["dovecot", () => startDovecot({ tls: "none" })],
  ["cyrus", () => startCyrus()],
];
const deep = 60;

for (const [name, start] of servers) {
  describe(`${name}: what a person did is taken back`, { skip: serverMissing(name) }, () => {
    let clients: Clients;
    let wire: Wire;
    let port: number;
    let boxes = 0;
    before(async () => {
      const server = await start();
      clients = clientsOf(server);
      port = server.port;
      wire = await Wire.open(port);
    });
    after(async () => {
      wire?.close();
      await clients?.end();
    });

    /** A folder of its own with `count` letters, and a client that knows it. */
    async function box(count: number): Promise<{ client: Client; path: string }> {
      const path = `Box ${++boxes}`;
      await wire.command(`CREATE "${path}"`);
      for (let n = 1; n <= count; n++) await wire.append(path, sampleMessage({ n, subject: `Letter ${n}` }));
      const client = await clients.client(path);
      await client.mail.refreshFolders();
      await client.mail.sync(client.mail.findCachedFolder(path));
      return { client, path };
    }
    const folder = (client: Client, path: string) => client.mail.findCachedFolder(path);
    const serverHas = async (path: string) => {
      await wire.select(path);
      return (await wire.listing()).map((m) => `${m.subject} ${m.flags.join()}`.trim()).sort();
    };
    const shown = (client: Client, path: string) =>
      listing(client, folder(client, path))
        .map((line) => line.replace(/^\d+ (\S*) (.*)$/, "$2 $1").trim())
        .sort();
    const letters = (count: number) => Array.from({ length: count }, (_, n) => `Letter ${n + 1}`).sort();

    /** `deep` changes: flags, moves away and back, copies, appends. */
    async function change(client: Client, path: string): Promise<void> {
      const { mail } = client;
      const here = folder(client, path);
      const trash = folder(client, "Trash");
      for (let step = 0; step < deep; step++) {
        const rows = mail.window(here, { sort: "arrival", descending: false, offset: 0, limit: 100 });
        const row = rows[step % rows.length];
        assert.ok(row);
        if (step % 4 === 0) await mail.flag(here, [row.uid], "add", [`$Mark${step}`]);
        else if (step % 4 === 1) await mail.move(here, [row.uid], trash);
        else if (step % 4 === 2) await mail.copy(here, [row.uid], trash);
        else await mail.append(here, sampleMessage({ n: 100 + step, subject: `Draft ${step}` }), ["\\Draft"]);
      }
    }

    for (const offline of [false, true]) {
      test(`${deep} changes ${offline ? "off line" : "on line"}, and then all of them again`, async () => {
        const { client, path } = await box(20);
        const trashBefore = await serverHas("Trash");
        await client.mail.close();
        const working = await clients.client(path, { offline });
        await working.mail.sync(folder(working, path)).catch(() => undefined);
        await change(working, path);
        const [changed, trash] = [shown(working, path), shown(working, "Trash")];
        assert.notDeepEqual(changed, letters(20));
        for (let step = 0; step < deep; step++) await working.mail.undo();
        assert.deepEqual(shown(working, path), letters(20));
        assert.deepEqual(shown(working, "Trash"), trashBefore);
        await assert.rejects(working.mail.undo(), { code: "NOTHING_TO_UNDO" });
        if (offline) assert.equal(working.mail.queued, 0);
        else assert.deepEqual(await serverHas(path), letters(20));
        for (let step = 0; step < deep; step++) await working.mail.redo();
        assert.deepEqual(shown(working, path), changed);
        assert.deepEqual(shown(working, "Trash"), trash);
        await assert.rejects(working.mail.redo(), { code: "NOTHING_TO_UNDO" });
        await working.mail.close();
        const back = await clients.client(path);
        await back.mail.sync(folder(back, path));
        await eventually("all is on the server", () => back.mail.queued === 0);
        assert.deepEqual(await serverHas(path), changed);
        assert.deepEqual(await serverHas("Trash"), trash);
        for (let step = 0; step < deep; step++) await back.mail.undo();
        assert.deepEqual(await serverHas(path), letters(20));
        assert.deepEqual(await serverHas("Trash"), trashBefore);
      });
    }

    test(`${deep} changes in one session, taken back in others, on line and off`, async () => {
      const { client, path } = await box(20);
      const trashBefore = await serverHas("Trash");
      await change(client, path);
      await client.mail.close();
      for (let session = 0; session < 4; session++) {
        const next = await clients.client(path, { offline: session % 2 === 1 });
        for (let step = 0; step < deep / 4; step++) await next.mail.undo();
        await next.mail.close();
      }
      const last = await clients.client(path);
      await last.mail.sync(folder(last, path));
      await eventually("all is on the server", () => last.mail.queued === 0);
      await assert.rejects(last.mail.undo(), { code: "NOTHING_TO_UNDO" });
      assert.deepEqual(await serverHas(path), letters(20));
      assert.deepEqual(await serverHas("Trash"), trashBefore);
    });

    test("a change of many messages is one change", async () => {
      const { client, path } = await box(30);
      const { mail } = client;
      const uids = Array.from({ length: 30 }, (_, n) => n + 1);
      await mail.flag(folder(client, path), [1, 2], "add", ["$Odd"]);
      await mail.flag(folder(client, path), uids, "add", ["$Odd", "$Even"]);
      assert.equal((await mail.undo()).text, "took back +$Odd $Even");
      assert.deepEqual(
        (await serverHas(path)).filter((line) => line.includes("$")),
        ["Letter 1 $Odd", "Letter 2 $Odd"],
      );
      await mail.undo();
      assert.deepEqual(await serverHas(path), letters(30));
    });

    test("a new change ends what could be done again; what changes nothing does not", async () => {
      const { client, path } = await box(3);
      const { mail } = client;
      await mail.flag(folder(client, path), [1], "add", ["\\Flagged"]);
      await mail.undo();
      await mail.flag(folder(client, path), [2], "remove", ["\\Flagged"]);
      await mail.markSeen(folder(client, path), 3);
      await mail.redo();
      await mail.undo();
      await mail.flag(folder(client, path), [2], "add", ["$Work"]);
      await assert.rejects(mail.redo(), { code: "NOTHING_TO_UNDO" });
      await mail.undo();
      // Reading is not a change that a person takes back.
      assert.deepEqual(await serverHas(path), ["Letter 1", "Letter 2", "Letter 3 \\Seen"]);
    });

    test("a removal for good is taken back until the server has done it, and then told to be final", async () => {
      const { client, path } = await box(3);
      await client.mail.close();
      const away = await clients.client(path, { offline: true });
      await away.mail.remove(folder(away, path), [1, 2]);
      assert.deepEqual(shown(away, path), ["Letter 3"]);
      assert.equal((await away.mail.undo()).text, `put 2 messages back into ${path}`);
      assert.deepEqual(shown(away, path), letters(3));
      await away.mail.redo();
      await away.mail.close();
      const back = await clients.client(path);
      await back.mail.flag(folder(back, path), [3], "add", ["\\Flagged"]);
      await back.mail.remove(folder(back, path), [3]);
      await assert.rejects(back.mail.undo(), { code: "NOTHING_TO_UNDO", message: /cannot be undone/ });
      assert.deepEqual(await serverHas(path), []);
    });

    test("folders: made, renamed, subscribed to and left", async () => {
      const { client, path } = await box(2);
      const { mail } = client;
      const names = () =>
        mail
          .folders()
          .map((f) => f.path)
          .filter((p) => p.startsWith(`${path}`));
      const { folder: made } = await mail.folderChanges.create(`${path} plans`);
      await mail.copy(folder(client, path), [1], made);
      const renamed = await mail.folderChanges.rename(made, `${path} ideas`);
      await mail.folderChanges.subscribe(renamed.folder, false);
      assert.deepEqual(names(), [path, `${path} ideas`]);
      assert.deepEqual(await serverHas(`${path} ideas`), ["Letter 1"]);
      for (let n = 0; n < 3; n++) await mail.undo();
      assert.deepEqual(await serverHas(`${path} plans`), []);
      await mail.undo();
      assert.deepEqual(names(), [path]);
      for (let n = 0; n < 4; n++) await mail.redo();
      assert.deepEqual(names(), [path, `${path} ideas`]);
      assert.deepEqual(await serverHas(`${path} ideas`), ["Letter 1"]);
      // A folder in which there is something by now is not deleted by undo.
      for (let n = 0; n < 3; n++) await mail.undo();
      // Dovecot ends a session whose mailbox was renamed.
      const other = await Wire.open(port);
      await other.append(`${path} plans`, sampleMessage({ n: 77 }));
      other.close();
      await assert.rejects(mail.undo(), { code: "NOT_EMPTY" });
      assert.deepEqual(names(), [path, `${path} plans`]);
    });
  });
}

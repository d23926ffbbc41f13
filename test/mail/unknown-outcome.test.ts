// A command whose answer never came may have been done or not: the next try finds out, and does what is missing, once.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Folder } from "../../src/mail/index.ts";
import { startCourier } from "../servers/courier.ts";
import { type Cutting, startCutting } from "../servers/cutting.ts";
import { startCyrus } from "../servers/cyrus.ts";
import { type ServerName, serverMissing } from "../servers/daemon.ts";
import { startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { type AccountServer, type Client, type Clients, clientsOf, eventually } from "./fixture.ts";

const servers: readonly [ServerName, () => Promise<AccountServer>][] = [
  ["dovecot", () => startDovecot({ tls: "none" })],
  ["cyrus", () => startCyrus()],
  ["courier", async () => ({ ...(await startCourier()), user: "user", password: "unasked" })],
];

const letter = (n: number) =>
  sampleMessage({ n, subject: `Letter ${n}`, messageId: `<letter.${n}@example.org>` });

for (const [name, start] of servers) {
  describe(`${name}: a line cut at a command`, { skip: serverMissing(name) }, () => {
    let clients: Clients;
    let cutting: Cutting;
    let wire: Wire;
    let filler: Client;
    let rounds = 0;
    // Courier has all folders of a person below the inbox, and no MOVE.
    const prefix = name === "courier" ? "INBOX." : "";
    const moving = name === "courier" ? [/^UID COPY/, /^UID STORE/, /^UID EXPUNGE/] : [/^UID MOVE/];

    before(async () => {
      const server = await start();
      clients = clientsOf(server);
      cutting = await startCutting(server.port);
      wire = await Wire.open(server.port);
      filler = await clients.client("filler");
    });
    after(async () => {
      wire?.close();
      await cutting?.stop();
      await clients?.end();
    });

    interface Round {
      readonly client: Client;
      readonly here: Folder;
      readonly there: Folder;
      readonly name: string;
    }

    /** Two folders of their own, with five messages in the first, and a client that knows them. */
    async function round(): Promise<Round> {
      const here = `${prefix}Here ${++rounds}`;
      const there = `${prefix}There ${rounds}`;
      for (const path of [here, there]) await wire.command(`CREATE "${path}"`);
      const [from, to] = [filler.mail.findCachedFolder(here), filler.mail.findCachedFolder(there)];
      for (const n of [1, 2, 3, 4, 5]) await filler.mail.append(from, letter(n), []);
      // One that looks like the first, which was there before.
      await filler.mail.append(to, letter(1), []);
      const client = await clients.client(here, { port: cutting.port });
      await client.mail.refreshFolders();
      const folders = [await client.mail.findFolder(here), await client.mail.findFolder(there)] as const;
      await client.mail.sync(folders[0]);
      return { client, here: folders[0], there: folders[1], name: here };
    }

    /** The next session, on a line that holds, when its journal is empty. */
    async function again({ name: whose, here }: Round): Promise<Client> {
      const client = await clients.client(whose);
      await client.mail.sync(here);
      await eventually("the journal is empty", () => client.mail.queued === 0);
      assert.deepEqual(client.mail.waiting.refused(), []);
      return client;
    }

    const listed = async (folder: Folder): Promise<string[]> => {
      await wire.select(folder.path);
      return (await wire.listing()).map((m) => m.subject.replace("Letter ", ""));
    };

    /** Index and server agree on both folders. */
    async function assertInStep(client: Client, folders: readonly Folder[]): Promise<void> {
      for (const folder of folders) {
        await client.mail.sync(folder);
        await wire.select(folder.path);
        assert.deepEqual(
          client.mail
            .window(folder, { sort: "arrival", descending: false, offset: 0, limit: 100 })
            .map((m) => `${m.uid} ${m.subject} ${m.flags.join()}`),
          (await wire.listing()).map((m) => `${m.uid} ${m.subject} ${m.flags.join()}`),
        );
      }
    }

    for (const done of [true, false]) {
      const how = done ? "done and not told" : "not done";

      test(`flags, ${how}`, async () => {
        const r = await round();
        cutting.at(/^UID STORE/, done);
        assert.equal((await r.client.mail.flag(r.here, [2, 3], "add", ["\\Flagged"])).sent, false);
        assert.ok(cutting.hit);
        await r.client.mail.close();
        const client = await again(r);
        await wire.select(r.here.path);
        assert.deepEqual(await wire.search("FLAGGED"), [2, 3]);
        await assertInStep(client, [r.here]);
      });

      for (const command of moving) {
        test(`a move, ${how}: ${command.source}`, async () => {
          const r = await round();
          cutting.at(command, done);
          assert.equal((await r.client.mail.move(r.here, [1, 2, 4], r.there)).sent, false);
          assert.ok(cutting.hit);
          assert.equal(r.client.mail.count(r.there), 3);
          await r.client.mail.close();
          // Another client marks what it finds there.
          await wire.select(r.there.path);
          await wire.command("UID STORE 1:* +FLAGS (\\Answered)");
          const client = await again(r);
          assert.deepEqual(await listed(r.here), ["3", "5"]);
          assert.deepEqual(await listed(r.there), ["1", "1", "2", "4"]);
          await assertInStep(client, [r.here, r.there]);
          await client.mail.undo();
          assert.deepEqual((await listed(r.here)).sort(), ["1", "2", "3", "4", "5"]);
          await assertInStep(client, [r.here, r.there]);
        });
      }

      test(`a copy, ${how}`, async () => {
        const r = await round();
        cutting.at(/^UID COPY/, done);
        assert.equal((await r.client.mail.copy(r.here, [1, 5], r.there)).sent, false);
        assert.ok(cutting.hit);
        await r.client.mail.close();
        const client = await again(r);
        assert.deepEqual(await listed(r.there), ["1", "1", "5"]);
        await assertInStep(client, [r.here, r.there]);
        await client.mail.undo();
        assert.deepEqual(await listed(r.there), ["1"]);
      });

      test(`copies moved on, ${how}`, async () => {
        const r = await round();
        // The journal comes to know the last one first.
        await r.client.mail.flag(r.here, [5], "add", ["\\Flagged"]);
        const { uids } = await r.client.mail.copy(r.here, [2, 5], r.there);
        const [first] = moving;
        cutting.at(first ?? /^UID MOVE/, done);
        assert.equal((await r.client.mail.move(r.there, uids, r.here)).sent, false);
        assert.ok(cutting.hit);
        await r.client.mail.close();
        const client = await again(r);
        assert.deepEqual(await listed(r.here), ["1", "2", "3", "4", "5", "2", "5"]);
        assert.deepEqual(await listed(r.there), ["1"]);
        await assertInStep(client, [r.here, r.there]);
      });

      test(`an append, ${how}`, async () => {
        const r = await round();
        cutting.at(/^APPEND/, done);
        const bare = sampleMessage({ n: 9, subject: "Letter 9" })
          .toString("latin1")
          .replace(/^Message-ID:.*\r\n/im, "");
        assert.equal((await r.client.mail.append(r.there, letter(1), ["\\Draft"])).sent, false);
        assert.ok(cutting.hit);
        await r.client.mail.append(r.there, Buffer.from(bare, "latin1"), []);
        await r.client.mail.close();
        const client = await again(r);
        assert.deepEqual(await listed(r.there), ["1", "1", "9"]);
        await assertInStep(client, [r.here, r.there]);
      });

      test(`an append without Message-ID, ${how}`, async () => {
        const r = await round();
        cutting.at(/^APPEND/, done);
        const bare = letter(8)
          .toString("latin1")
          .replace(/^Message-ID:.*\r\n/im, "");
        assert.equal((await r.client.mail.append(r.there, Buffer.from(bare, "latin1"), [])).sent, false);
        await r.client.mail.close();
        await again(r);
        assert.deepEqual(await listed(r.there), ["1", "8"]);
      });

      test(`a removal for good, ${how}`, async () => {
        const r = await round();
        cutting.at(/^UID EXPUNGE/, done);
        assert.equal((await r.client.mail.remove(r.here, [2])).sent, false);
        assert.ok(cutting.hit);
        await r.client.mail.close();
        const client = await again(r);
        assert.deepEqual(await listed(r.here), ["1", "3", "4", "5"]);
        await assertInStep(client, [r.here]);
      });

      test(`folders, ${how}`, async () => {
        const r = await round();
        const { folderChanges } = r.client.mail;
        cutting.at(/^CREATE/, done);
        const { folder, outcome } = await folderChanges.create(`${prefix}New ${rounds}`);
        assert.deepEqual([cutting.hit, outcome.sent], [true, false]);
        await r.client.mail.close();
        const second = await again(r);
        assert.ok((await wire.mailboxes()).includes(folder.path));
        await second.mail.close();

        const third = await clients.client(r.name, { port: cutting.port });
        cutting.at(/^RENAME/, done);
        const renamed = await third.mail.folderChanges.rename(r.here, `${prefix}Other ${rounds}`);
        assert.deepEqual([cutting.hit, renamed.outcome.sent], [true, false]);
        await third.mail.close();
        const fourth = await again({ ...r, here: renamed.folder });
        assert.ok(!(await wire.mailboxes()).includes(r.here.path));
        // Courier numbers the messages of a renamed folder anew, those of one second in any order.
        assert.deepEqual((await listed(renamed.folder)).toSorted(), ["1", "2", "3", "4", "5"]);
        await fourth.mail.close();

        const fifth = await clients.client(r.name, { port: cutting.port });
        cutting.at(/^DELETE/, done);
        assert.equal((await fifth.mail.folderChanges.delete(folder)).sent, false);
        await fifth.mail.close();
        await again({ ...r, here: renamed.folder });
        assert.ok(!(await wire.mailboxes()).includes(folder.path));
      });
    }
  });
}

// The same promises on servers that are not Dovecot: Cyrus names and answers otherwise, Courier has no extension to keep in step with.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startCourier } from "../servers/courier.ts";
import { startCyrus } from "../servers/cyrus.ts";
import { type ServerName, serverMissing } from "../servers/daemon.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type AccountServer, type Clients, clientsOf, eventually, listing } from "./fixture.ts";

const servers: readonly [ServerName, () => Promise<AccountServer>][] = [
  ["cyrus", () => startCyrus()],
  ["courier", async () => ({ ...(await startCourier()), user: "user", password: "unasked" })],
];

for (const [name, start] of servers) {
  describe(`the index follows ${name}`, { skip: serverMissing(name) }, () => {
    let clients: Clients;
    before(async () => {
      clients = clientsOf(await start());
      const { mail, inbox } = await clients.client("filler");
      for (let n = 1; n <= 12; n++)
        await mail.append(inbox, sampleMessage({ n, subject: `Letter ${n}` }), n === 3 ? ["\\Seen"] : []);
      await mail.close();
    });
    after(() => clients.end());

    test("a sync lists all, and the next one asks for no header again", async () => {
      const first = await clients.client("first");
      await first.mail.sync(first.inbox);
      assert.equal(first.mail.count(first.inbox), 12);
      assert.equal(listing(first, first.inbox)[2], "3 \\Seen Letter 3");
      await first.mail.close();
      const again = await clients.client("first");
      await again.mail.sync(again.inbox);
      assert.equal(
        again.log.filter((line) => line.startsWith("<") && line.includes("HEADER.FIELDS")).length,
        0,
      );
      assert.equal(again.mail.count(again.inbox), 12);
    });

    test("what another client flags, removes and adds shows by itself", async () => {
      const watcher = await clients.client("watcher", { keepOnline: true });
      const other = await clients.client("other");
      watcher.mail.watch(watcher.inbox);
      await eventually("all is listed", () => watcher.mail.count(watcher.inbox) === 12);
      await other.mail.flag(other.inbox, [5, 7], "add", ["\\Flagged"]);
      await other.mail.remove(other.inbox, [1, 6]);
      await other.mail.append(other.inbox, sampleMessage({ n: 99, subject: "Late letter" }), []);
      await eventually("the late letter is there", () => watcher.mail.count(watcher.inbox) === 11);
      await eventually("two are flagged", () =>
        [5, 7].every((uid) => watcher.mail.message(watcher.inbox, uid)?.flags.includes("\\Flagged")),
      );
      await other.mail.close();
      assert.deepEqual(
        listing(watcher, watcher.inbox).map((line) => line.replace(/ Letter \d+$/, "")),
        [
          "2 ",
          "3 \\Seen",
          "4 ",
          "5 \\Flagged",
          "7 \\Flagged",
          "8 ",
          "9 ",
          "10 ",
          "11 ",
          "12 ",
          "13  Late letter",
        ],
      );
      const first = await clients.client("first");
      await first.mail.sync(first.inbox);
      assert.deepEqual(listing(first, first.inbox), listing(watcher, watcher.inbox));
    });

    test("changes made off line go out with the next connection", async () => {
      const away = await clients.client("first", { offline: true });
      await away.mail.flag(away.inbox, [8], "add", ["\\Answered"]);
      await away.mail.close();
      const back = await clients.client("first");
      await back.mail.sync(back.inbox);
      await eventually("the journal is empty", () => back.mail.queued === 0);
      const fresh = await clients.client("fresh");
      await fresh.mail.sync(fresh.inbox);
      assert.deepEqual(fresh.mail.message(fresh.inbox, 8)?.flags, ["\\Answered"]);
    });

    test("search finds the same on line and off line", async () => {
      const client = await clients.client("first");
      await client.mail.sync(client.inbox);
      const hits = await client.mail.search(client.inbox, "subject:letter -is:flagged");
      const away = await clients.client("first", { offline: true });
      assert.deepEqual(await away.mail.search(away.inbox, "subject:letter -is:flagged"), hits);
      assert.equal(hits.length, 9);
    });
  });
}

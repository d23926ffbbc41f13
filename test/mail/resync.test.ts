// In step again after others were at work, by each of the ways that servers offer, on Dovecot and Cyrus.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startCyrus } from "../servers/cyrus.ts";
import { type ServerName, serverMissing } from "../servers/daemon.ts";
import { startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type AccountServer, type Client, type Clients, clientsOf, eventually, listing } from "./fixture.ts";

const usual =
  "IMAP4rev1 SASL-IR ID ENABLE IDLE LITERAL+ UIDPLUS MOVE NAMESPACE UNSELECT CHILDREN SPECIAL-USE LIST-EXTENDED LIST-STATUS";

/** What is left out of what the server can do, and how one sees that it was not used. */
const ways = [
  {
    way: "QRESYNC",
    dovecot: "",
    cyrus: "",
    used: /SELECT .*\(QRESYNC \(/,
    unused: /UID SEARCH|CHANGEDSINCE/,
  },
  {
    way: "CONDSTORE alone",
    dovecot: `imap_capability = ${usual} ESEARCH CONDSTORE`,
    cyrus: "suppress_capabilities: QRESYNC",
    used: /UID FETCH .*CHANGEDSINCE/,
    unused: /QRESYNC/,
  },
  {
    way: "no mod-sequences",
    dovecot: `imap_capability = ${usual}`,
    cyrus: "suppress_capabilities: QRESYNC CONDSTORE ESEARCH",
    used: /UID FETCH \S+ \(?(UID )?FLAGS\)?$/,
    unused: /QRESYNC|CONDSTORE|CHANGEDSINCE|RETURN/,
  },
];

const servers: readonly [ServerName, (way: (typeof ways)[number]) => Promise<AccountServer>][] = [
  ["dovecot", ({ dovecot }) => startDovecot({ tls: "none", config: dovecot })],
  ["cyrus", ({ cyrus }) => startCyrus({ config: cyrus })],
];

const sent = ({ log }: Client, what: RegExp) =>
  log.filter((line) => line.startsWith("> ") && what.test(line));
const headers = ({ log }: Client) =>
  log.filter((l) => l.startsWith("< ") && l.includes("HEADER.FIELDS (")).length;

for (const [name, start] of servers) {
  for (const how of ways) {
    describe(`in step with ${name} by ${how.way}`, { skip: serverMissing(name) }, () => {
      let clients: Clients;
      before(async () => {
        clients = clientsOf(await start(how));
        const filler = await clients.client("filler");
        for (let n = 1; n <= 30; n++) {
          await filler.mail.append(filler.inbox, sampleMessage({ n, subject: `Letter ${n}` }), []);
        }
        await filler.mail.close();
      });
      after(() => clients.end());

      const inStep = async (client: Client, other: Client) => {
        await client.mail.sync(client.inbox);
        await other.mail.sync(other.inbox);
        assert.deepEqual(listing(client, client.inbox), listing(other, other.inbox));
        const { count } = client.mail;
        assert.equal(count.call(client.mail, client.inbox), client.mail.folders()[0]?.messages);
      };

      test("what came, went and was flagged while away", async () => {
        const first = await clients.client("first");
        await first.mail.sync(first.inbox);
        assert.equal(first.mail.count(first.inbox), 30);
        await first.mail.close();
        const other = await clients.client("other");
        await other.mail.flag(other.inbox, [3, 17], "add", ["\\Flagged"]);
        await other.mail.remove(other.inbox, [1, 9, 10, 30]);
        for (const n of [31, 32]) {
          await other.mail.append(other.inbox, sampleMessage({ n, subject: `Letter ${n}` }), []);
        }
        const again = await clients.client("first");
        await inStep(again, other);
        assert.equal(again.mail.count(again.inbox), 28);
        assert.equal(headers(again), 2, "the headers of the two new ones alone are asked for");
        assert.ok(sent(again, how.used).length > 0, again.log.filter((l) => l.startsWith(">")).join("\n"));
        assert.deepEqual(sent(again, how.unused), []);
        await other.mail.close();
        await again.mail.close();
      });

      test("as often as nothing is new, nothing is told of any message", async () => {
        const settled = await clients.client("first");
        await settled.mail.sync(settled.inbox);
        await settled.mail.close();
        const again = await clients.client("first");
        await again.mail.sync(again.inbox);
        assert.equal(headers(again), 0);
        if (!how.way.startsWith("no")) {
          assert.deepEqual(
            again.log.filter((line) => /^< \* \d+ FETCH/.test(line)),
            [],
          );
        }
        await again.mail.close();
      });

      test("what two clients change at once, each as the other", async () => {
        const one = await clients.client("one", { keepOnline: true });
        const two = await clients.client("two", { keepOnline: true });
        for (const { mail, inbox } of [one, two]) {
          mail.watch(inbox);
          await mail.sync(inbox);
        }
        await Promise.all([
          one.mail.flag(one.inbox, [4, 5], "add", ["\\Answered"]),
          two.mail.flag(two.inbox, [5, 6], "add", ["\\Flagged"]),
          one.mail.remove(one.inbox, [7]),
          two.mail.remove(two.inbox, [8]),
          one.mail.append(one.inbox, sampleMessage({ n: 40, subject: "Of one" }), []),
          two.mail.append(two.inbox, sampleMessage({ n: 41, subject: "Of two" }), []),
        ]);
        await eventually("both show the same", () => {
          const [here, there] = [listing(one, one.inbox), listing(two, two.inbox)];
          return (
            here.join() === there.join() &&
            here.length === 28 &&
            here.filter((l) => l.endsWith("Letter 5") && /Answered.*Flagged/.test(l)).length === 1
          );
        });
        for (const { mail } of [one, two]) await mail.close();
      });
    });
  }

  describe(`folders of ${name}, changed elsewhere`, { skip: serverMissing(name) }, () => {
    let clients: Clients;
    before(async () => {
      clients = clientsOf(await start(ways[0]!));
    });
    after(() => clients.end());

    test("are followed where they were renamed and deleted, and opened only where something has changed", async () => {
      const other = await clients.client("other");
      const make = async (folder: string, letters: number) => {
        await other.mail.folderChanges.create(folder);
        const made = await other.mail.findFolder(folder);
        for (let n = 1; n <= letters; n++) {
          await other.mail.append(made, sampleMessage({ n, subject: `${folder} ${n}` }), []);
        }
      };
      await make("Plans", 3);
      await make("Bills", 2);
      await make("Junk mail", 1);
      const first = await clients.client("first");
      await first.mail.syncAll();
      const shown = (client: Client) =>
        client.mail.folders().flatMap((folder) => listing(client, folder).map((l) => `${folder.name}: ${l}`));
      assert.equal(shown(first).length, 6);
      await first.mail.close();

      const idle = await clients.client("first");
      await idle.mail.syncAll();
      assert.deepEqual(sent(idle, / SELECT | FETCH /), [], "nothing has changed");
      await idle.mail.close();

      await other.mail.folderChanges.rename(await other.mail.findFolder("Plans"), "Old plans");
      await other.mail.folderChanges.delete(await other.mail.findFolder("Junk mail"));
      await other.mail.append(
        await other.mail.findFolder("Bills"),
        sampleMessage({ n: 9, subject: "Bills 9" }),
        [],
      );
      const again = await clients.client("first");
      await again.mail.syncAll();
      assert.deepEqual(
        shown(again).map((l) => l.replace(/: \d+ +/, ": ")),
        [
          "Bills: Bills 1",
          "Bills: Bills 2",
          "Bills: Bills 9",
          "Old plans: Plans 1",
          "Old plans: Plans 2",
          "Old plans: Plans 3",
        ],
      );
      assert.ok(!again.mail.folders().some((f) => ["Plans", "Junk mail"].includes(f.name)));
      for (const { mail } of [again, other]) await mail.close();
    });
  });
}

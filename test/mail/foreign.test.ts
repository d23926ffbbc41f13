// Another client expunges 500 messages while we delete 200, of which it takes 100 as well: only what one of us meant is
// gone, whether our deletes go out at once or wait in the journal. What the server has is read by a bare socket.
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

const numbers = Array.from({ length: 800 }, (_, i) => i + 1);
const theirs = numbers.filter((n) => [0, 1, 2, 4, 6].includes(n % 8));
const ours = numbers.filter((n) => [0, 3].includes(n % 8));
const left = numbers.filter((n) => !theirs.includes(n) && !ours.includes(n));

/** Messages are told by the number that ends their subject. */
const numberOf = ({ subject }: { subject: string }) => Number(/(\d+)$/.exec(subject)?.[1]);

/** `values` in runs of `size`. */
function runs<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, i) =>
    values.slice(i * size, (i + 1) * size),
  );
}

async function serverNumbers(wire: Wire, mailbox: string): Promise<number[]> {
  await wire.select(mailbox);
  return (await wire.listing()).map(numberOf);
}

function indexNumbers({ mail }: Client, folder: Client["inbox"]): number[] {
  const rows = mail.window(folder, { sort: "arrival", descending: false, offset: 0, limit: 10_000 });
  return rows.map(numberOf);
}

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);

for (const [name, start] of servers) {
  describe(`beside another client on ${name}`, { skip: serverMissing(name) }, () => {
    let clients: Clients;
    let wire: Wire;
    let port: number;
    let made = 0;
    before(async () => {
      const server = await start();
      clients = clientsOf(server);
      port = server.port;
      wire = await Wire.open(port);
      await wire.command("CREATE Crowd");
      const messages = numbers.map((n) => sampleMessage({ n, subject: `Letter ${n}` }));
      await wire.appendAll("Crowd", messages);
    });
    after(async () => {
      wire.close();
      await clients.end();
    });

    /** A mailbox of its own with all the messages, and a client that has listed it; UIDs by number. */
    async function crowd(options: { offline: boolean }) {
      const mailbox = `Crowd ${++made}`;
      await wire.command(`CREATE "${mailbox}"`);
      await wire.select("Crowd");
      await wire.command(`UID COPY 1:* "${mailbox}"`);
      await wire.select(mailbox);
      const uids = new Map((await wire.listing()).map((m) => [numberOf(m), m.uid]));
      const first = await clients.client(mailbox);
      await first.mail.refreshFolders();
      await first.mail.sync(await first.mail.findFolder(mailbox));
      if (options.offline) await first.mail.close();
      const client = options.offline ? await clients.client(mailbox, { offline: true }) : first;
      const folder = await client.mail.findFolder(mailbox);
      return {
        mailbox,
        client,
        folder,
        uidsOf: (wanted: readonly number[]) => wanted.map((n) => uids.get(n)!),
      };
    }

    /** What the other client does, in steps, so that ours fall between them. */
    async function expunge(mailbox: string, uids: readonly number[]): Promise<void> {
      const other = await Wire.open(port, mailbox);
      for (const some of runs(uids, 100)) {
        await other.command(`UID STORE ${some.join(",")} +FLAGS.SILENT (\\Deleted)`);
        await other.command(`UID EXPUNGE ${some.join(",")}`);
      }
      other.close();
    }

    test("removed for good on line", async () => {
      const { mailbox, client, folder, uidsOf } = await crowd({ offline: false });
      const removing = runs(uidsOf(ours), 10).map((uids) => client.mail.remove(folder, uids));
      await Promise.all([expunge(mailbox, uidsOf(theirs)), ...removing]);
      assert.deepEqual(await serverNumbers(wire, mailbox), left);
      await client.mail.look(folder);
      assert.deepEqual(indexNumbers(client, folder), left);
    });

    test("removed for good while off line", async () => {
      const { mailbox, client, folder, uidsOf } = await crowd({ offline: true });
      for (const uids of runs(uidsOf(ours), 10)) await client.mail.remove(folder, uids);
      await client.mail.close();
      await expunge(mailbox, uidsOf(theirs));
      await wire.append(mailbox, sampleMessage({ n: 900, subject: "Letter 900" }));
      const back = await clients.client(mailbox);
      await back.mail.sync(folder);
      await eventually("the journal is empty", () => back.mail.queued === 0);
      assert.deepEqual(await serverNumbers(wire, mailbox), [...left, 900]);
      await back.mail.sync(folder);
      assert.deepEqual(indexNumbers(back, folder), [...left, 900]);
    });

    for (const offline of [false, true]) {
      test(`moved ${offline ? "while off line" : "on line"}: what both meant is in one place or in none`, async () => {
        const { mailbox, client, folder, uidsOf } = await crowd({ offline });
        const to = `${mailbox} away`;
        await wire.command(`CREATE "${to}"`);
        const target = { ...folder, path: to, name: to, leaf: to };
        const moving = runs(uidsOf(ours), 10).map((uids) => client.mail.move(folder, uids, target));
        if (!offline) {
          const [, ...outcomes] = await Promise.allSettled([expunge(mailbox, uidsOf(theirs)), ...moving]);
          // Of what was gone before it could be moved the person is told.
          for (const outcome of outcomes) {
            if (outcome.status === "rejected")
              assert.equal(outcome.reason.code, "GONE", outcome.reason.message);
          }
        } else {
          await Promise.all(moving);
          await client.mail.close();
          await expunge(mailbox, uidsOf(theirs));
        }
        const back = offline ? await clients.client(mailbox) : client;
        await back.mail.sync(folder);
        await eventually("the journal is empty", () => back.mail.queued === 0);
        assert.deepEqual(await serverNumbers(wire, mailbox), left);
        const there = await serverNumbers(wire, to);
        assert.equal(new Set(there).size, there.length, "none is there twice");
        assert.deepEqual(
          there.filter((n) => !ours.includes(n)),
          [],
        );
        const ownAlone = ours.filter((n) => !theirs.includes(n));
        assert.deepEqual(sorted(there.filter((n) => ownAlone.includes(n))), ownAlone);
        await back.mail.sync(folder);
        assert.deepEqual(indexNumbers(back, folder), left);
        await back.mail.sync(target);
        assert.deepEqual(sorted(indexNumbers(back, target)), sorted(there));
      });
    }
  });
}

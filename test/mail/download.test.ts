import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startCyrus } from "../servers/cyrus.ts";
import { serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type Client, type Clients, clientsOf } from "./fixture.ts";

/** Small ones, two that come through a sink, and one too large to come along with others. */
const samples = [
  ...Array.from({ length: 40 }, (_, at) => sampleMessage({ n: at + 1, body: `Number ${at + 1}.\r\n` })),
  sampleMessage({ n: 41, attachmentBytes: 60_000 }),
  sampleMessage({ n: 42, attachmentBytes: 100_000 }),
  sampleMessage({ n: 43, body: "A long film.\r\n", attachmentBytes: 3_000_000 }),
];

/** Every message as it lies in the maildir, by UID. */
async function kept({ mail, inbox }: Client): Promise<Map<number, Buffer>> {
  const found = new Map<number, Buffer>();
  for (const { uid, cached } of mail.window(inbox, {
    sort: "arrival",
    descending: false,
    offset: 0,
    limit: 1000,
  })) {
    if (!cached) continue;
    const chunks: Buffer[] = [];
    for await (const chunk of await mail.source(inbox, uid)) chunks.push(chunk as Buffer);
    found.set(uid, Buffer.concat(chunks));
  }
  return found;
}

function ofServer(name: "dovecot" | "cyrus", start: () => Promise<Clients>): void {
  describe(`the bodies of a folder are downloaded from ${name}`, { skip: serverMissing(name) }, () => {
    let clients: Clients;
    before(async () => {
      clients = await start();
    });
    after(() => clients.end());

    test("all of them, octet for octet, and a second time nothing is asked", async () => {
      const client = await clients.client("all", { keeping: { offlineAge: Number.POSITIVE_INFINITY } });
      await client.mail.sync(client.inbox);
      const done = await client.mail.download(client.inbox);
      assert.equal(done.messages, samples.length);
      const before = client.log.length;
      assert.deepEqual(await client.mail.download(client.inbox), { messages: 0, octets: 0 });
      assert.ok(client.log.slice(before).every((line) => !line.includes("FETCH")));
      const found = await kept(client);
      assert.equal(found.size, samples.length);
      for (const [uid, source] of found) assert.ok(source.equals(samples[uid - 1]!), `message ${uid}`);
      const maildir = join(clients.dir, "all", "cache", "maildir", "INBOX");
      assert.equal(readdirSync(join(maildir, "cur")).length, samples.length);
      assert.deepEqual(readdirSync(join(maildir, "tmp")), []);
    });
  });
}

ofServer("dovecot", async () => {
  const dovecot = await startDovecot({ tls: "none" });
  dovecot.deliver("INBOX", samples);
  return clientsOf(dovecot);
});

ofServer("cyrus", async () => {
  const clients = clientsOf(await startCyrus());
  const { mail, inbox } = await clients.client("filler");
  for (const sample of samples) await mail.append(inbox, sample, []);
  await mail.close();
  return clients;
});

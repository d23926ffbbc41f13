// Many messages put into a folder: in few flights, each once and in its order, whatever is refused and wherever the line is cut.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { serverMissing } from "../servers/daemon.ts";
import { startDovecot } from "../servers/dovecot.ts";
import { type FaultProxy, faultProxy } from "../servers/faults.ts";
import { sampleMessage } from "../servers/messages.ts";
import { roundsProxy } from "../servers/rounds.ts";
import { Wire } from "../servers/wire.ts";
import { type Client, type Clients, clientsOf, eventually, listing } from "./fixture.ts";

const usual = "IMAP4rev1 SASL-IR ENABLE IDLE UIDPLUS MOVE ESEARCH";
const letter = (n: number, size = 300) =>
  sampleMessage({ n, subject: `Letter ${n}`, body: "x".repeat(size) });
const subjects = (count: number) => Array.from({ length: count }, (_, i) => `Letter ${i + 1}`);

async function* letters(count: number, size?: (n: number) => number) {
  for (let n = 1; n <= count; n++)
    yield { source: letter(n, size?.(n)), flags: n % 2 ? ["\\Seen"] : [], date: Date.UTC(2020, 0, n) };
}

for (const [name, capabilities, direction] of [
  ["several in one command (MULTIAPPEND)", `${usual} LITERAL+ MULTIAPPEND`, "down"],
  ["a command for each, without waiting", `${usual} LITERAL+`, "up"],
] as const)
  describe(`putting many messages: ${name}`, { skip: serverMissing("dovecot") }, () => {
    let clients: Clients;
    let wire: Wire;
    let port: number;
    let boxes = 0;
    before(async () => {
      // What is too large is refused by the server alone: it does not say so beforehand.
      const dovecot = await startDovecot({
        tls: "none",
        config: `imap_capability = ${capabilities}
mail_plugins = $mail_plugins quota
plugin {
  quota = maildir:User quota
  quota_max_mail_size = 100k
}`,
      });
      port = dovecot.port;
      clients = clientsOf(dovecot);
      wire = await Wire.open(port);
    });
    after(() => clients?.end());

    async function box(): Promise<string> {
      const path = `Box${++boxes}`;
      await wire.command(`CREATE ${path}`);
      return path;
    }
    async function serverHas(path: string): Promise<string[]> {
      await wire.select(path);
      return (await wire.listing()).map(({ subject }) => subject);
    }
    const put = ({ mail }: Client, path: string, count: number, size?: (n: number) => number) =>
      mail.findFolder(path).then((folder) => mail.appendAll(folder, letters(count, size)));

    test("some flights for hundreds of them, in their order, with their UIDs, flags and times", async () => {
      const path = await box();
      const proxy = await roundsProxy(port);
      const client = await clients.client(path, { port: proxy.port });
      // Connected, and the folder known.
      await client.mail.findFolder(path);
      const before = proxy.rounds;
      const { sent, uids } = await put(client, path, 250);
      const flights = proxy.rounds - before;
      assert.deepEqual([sent, uids], [true, Array.from({ length: 250 }, (_, i) => i + 1)]);
      assert.ok(flights <= 8, `${flights} flights`);
      assert.deepEqual(await serverHas(path), subjects(250));
      const folder = await client.mail.findFolder(path);
      assert.deepEqual(listing(client, folder).slice(0, 3), [
        "1 \\Seen Letter 1",
        "2  Letter 2",
        "3 \\Seen Letter 3",
      ]);
      assert.equal(client.mail.message(folder, 2)?.internalDate, Date.UTC(2020, 0, 2));
      await client.mail.close();
      await proxy.stop();
    });

    test("one that is refused is told of, and the others are there", async () => {
      const path = await box();
      const client = await clients.client(path);
      await assert.rejects(
        put(client, path, 40, (n) => (n === 17 ? 150_000 : 10)),
        /refused APPEND/,
      );
      assert.deepEqual(
        await serverHas(path),
        subjects(40).filter((subject) => subject !== "Letter 17"),
      );
      assert.equal(client.mail.queued, 0);
      await client.mail.close();
    });

    test("all of them are one change, which is taken back as one", async () => {
      const path = await box();
      const client = await clients.client(path);
      await put(client, path, 45);
      const { text, sent } = await client.mail.undo();
      assert.deepEqual([text, sent], [`took 45 messages out of ${path} again`, true]);
      assert.deepEqual(await serverHas(path), []);
      await client.mail.close();
    });

    test(`a line that is cut ${direction === "up" ? "on the way there" : "before the answer"} loses and doubles none`, async () => {
      const path = await box();
      const proxy: FaultProxy = await faultProxy(port);
      const client = await clients.client(path, { port: proxy.port });
      await client.mail.findFolder(path);
      await client.mail.close();
      let cuts = 0;
      // Where a cut falls in its first flights, and where in later ones.
      for (const at of [400, 40_000]) {
        const after = direction === "up" ? at : Math.round(at / 40) + 300;
        proxy.fault = { kind: "cut", direction, after };
        const again = await clients.client(path, { port: proxy.port });
        const folder = again.mail.findCachedFolder(path);
        const { sent } = await again.mail.appendAll(folder, letters(120));
        if (!sent) cuts++;
        await again.mail.close();
      }
      proxy.fault = null;
      const last = await clients.client(path, { port: proxy.port, keepOnline: true });
      await last.mail.refreshFolders();
      await eventually("nothing waits any more", () => last.mail.queued === 0);
      assert.ok(cuts > 0);
      const has = await serverHas(path);
      assert.deepEqual(
        subjects(120).map((subject) => has.filter((other) => other === subject).length),
        subjects(120).map(() => 2),
      );
      await last.mail.close();
      await proxy.stop();
    });
  });

// Many messages put into a folder: in few flights, each once and in its order, whatever is refused and wherever the line is cut.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { NotPut } from "../../src/mail/index.ts";
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

/** Letters that come until some have arrived and the person has stopped it, and would go on coming. */
async function* lettersUntilStopped(wire: Wire, path: string, stopping: AbortController) {
  await wire.select(path);
  const before = (await wire.search("ALL")).length;
  for (let n = 1; ; n++) {
    yield { source: letter(n), flags: [], date: Date.UTC(2020, 0, n) };
    if (n < 60) continue;
    await eventually("some have arrived", async () => (await wire.search("ALL")).length > before);
    stopping.abort();
  }
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

    for (const keepOnline of [false, true])
      test(`all or none, ${keepOnline ? "on a screen" : "in a script"}: what is stopped, or refused in part, leaves nothing there`, async () => {
        const path = await box();
        const client = await clients.client(`${path}-${keepOnline}`, { keepOnline });
        const folder = await client.mail.findFolder(path);
        const { mail } = client;
        const never = new AbortController().signal;
        assert.equal((await mail.appendWhole(folder, letters(30), never)).sent, true);
        const before = await serverHas(path);
        const stopping = new AbortController();
        const stopped = mail.appendWhole(folder, lettersUntilStopped(wire, path, stopping), stopping.signal);
        await assert.rejects(stopped, (error) => error instanceof NotPut && error.reason === null);
        await assert.rejects(
          mail.appendWhole(
            folder,
            letters(40, (n) => (n === 17 ? 150_000 : 10)),
            never,
          ),
          (error) =>
            error instanceof NotPut &&
            /refused/.test(String(error.reason)) &&
            assert.deepEqual(error.back, { left: 0, waits: false, error: null }) === undefined,
        );
        assert.deepEqual([await serverHas(path), listing(client, folder).length], [before, 30]);
        assert.deepEqual(mail.waiting.list(), []);
        // Undo knows of what was put there, and of nothing else.
        assert.equal((await mail.undo()).text, `took 30 messages out of ${path} again`);
        await assert.rejects(mail.undo(), { code: "NOTHING_TO_UNDO" });
        assert.deepEqual(await serverHas(path), []);
        await mail.close();
      });

    test("what cannot be taken out for want of a line is told of, and goes with the next one", async () => {
      const path = await box();
      const proxy: FaultProxy = await faultProxy(port);
      const client = await clients.client(path, { port: proxy.port });
      const folder = await client.mail.findFolder(path);
      const stopping = new AbortController();
      const cut = once(stopping.signal, "abort").then(() => proxy.stop());
      const stopped = client.mail.appendWhole(
        folder,
        lettersUntilStopped(wire, path, stopping),
        stopping.signal,
      );
      await assert.rejects(
        stopped,
        (error) => error instanceof NotPut && error.back.waits && error.back.left > 0,
      );
      await client.mail.close();
      await cut;
      assert.ok((await serverHas(path)).length > 0);
      const next = await clients.client(path, { keepOnline: true });
      await next.mail.refreshFolders();
      await eventually("nothing waits any more", () => next.mail.queued === 0);
      assert.deepEqual(await serverHas(path), []);
      await next.mail.close();
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

test("where the server cannot remove single messages, what was put there and is not wanted is flagged deleted, and told of", {
  skip: serverMissing("dovecot"),
}, async () => {
  const dovecot = await startDovecot({
    tls: "none",
    config: "imap_capability = IMAP4rev1 SASL-IR ENABLE IDLE MOVE ESEARCH LITERAL+",
  });
  const clients = clientsOf(dovecot);
  try {
    const wire = await Wire.open(dovecot.port);
    await wire.command("CREATE Box");
    const { mail } = await clients.client("without");
    const stopping = new AbortController();
    const letters = lettersUntilStopped(wire, "Box", stopping);
    let back: NotPut["back"] | null = null;
    await mail.appendWhole(await mail.findFolder("Box"), letters, stopping.signal).catch((error: unknown) => {
      if (error instanceof NotPut) back = error.back;
    });
    const left = (await wire.search("DELETED")).length;
    assert.ok(left > 0);
    assert.deepEqual(back, { left, waits: false, error: null });
    assert.deepEqual(await wire.search("UNDELETED"), []);
    wire.close();
  } finally {
    await clients.end();
  }
});

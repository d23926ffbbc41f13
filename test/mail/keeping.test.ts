// What the settings `offline` and `cache-size` promise, on a screen that is left alone.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startCyrus } from "../servers/cyrus.ts";
import { serverMissing, startDovecot } from "../servers/dovecot.ts";
import { faultProxy } from "../servers/faults.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import {
  type AccountServer,
  type Client,
  type ClientOptions,
  type Clients,
  clientsOf,
  eventually,
} from "./fixture.ts";

const day = 86_400_000;
/** How many days ago each message came, by UID less one; it is so large for those in `films`. */
const ages = [400, 200, 90, 45, 20, 10, 5, 300, 3, 1];
const films = new Set([8, 9]);
const uids = ages.map((_, at) => at + 1);
const samples = uids.map((uid) =>
  sampleMessage({
    n: uid,
    body: `Text ${uid}.\r\n`,
    ...(films.has(uid) ? { attachmentBytes: 400_000 } : {}),
  }),
);

const everything = { sort: "arrival", descending: false, offset: 0, limit: 10_000 } as const;

function cached({ mail, inbox }: Client): number[] {
  return mail.window(inbox, everything).flatMap(({ uid, cached }) => (cached ? uid : []));
}

/** What was asked for of the content of messages, in turn: the UIDs, and the section. */
function asked({ log }: Client): { uids: string; section: string }[] {
  return log.flatMap((line) => {
    const [, uids = "", items = ""] = /^> \S+ UID FETCH (\S+) (.*BODY\.PEEK\[.*)/.exec(line) ?? [];
    return [...items.matchAll(/BODY\.PEEK\[([0-9.A-Z]*)\]/g)].map(([, section = ""]) => ({ uids, section }));
  });
}

async function content(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function text({ mail, inbox }: Client, uid: number): Promise<string> {
  return JSON.stringify((await mail.read(inbox, uid)).body);
}

/** A screen on the inbox. */
async function screen(clients: Clients, name: string, options: ClientOptions): Promise<Client> {
  const client = await clients.client(name, { keepOnline: true, ...options });
  client.mail.watch(client.inbox);
  return client;
}

function ofServer(name: "dovecot" | "cyrus", start: () => Promise<AccountServer & { port: number }>): void {
  describe(`mail is kept for reading off line, on ${name}`, { skip: serverMissing(name) }, () => {
    let clients: Clients;
    let port: number;
    before(async () => {
      const server = await start();
      ({ port } = server);
      clients = clientsOf(server);
      const wire = await Wire.open(port);
      for (const [at, sample] of samples.entries())
        await wire.append("INBOX", sample, "", new Date(Date.now() - (ages[at] ?? 0) * day));
      wire.close();
    });
    after(() => clients.end());

    test("headers: of no message, until it is opened", async () => {
      const client = await screen(clients, "headers", { keeping: { offlineAge: 0 } });
      await client.mail.sync(client.inbox);
      await sleep(300);
      assert.deepEqual([cached(client), asked(client)], [[], []]);
      assert.match(await text(client, 3), /Text 3/);
      assert.deepEqual(cached(client), [3]);
      await client.mail.close();
    });

    test("recent: of those that came since, and they are read with no line", async () => {
      const client = await screen(clients, "recent", { keeping: { offlineAge: 30 * day } });
      const wanted = uids.filter((uid) => (ages[uid - 1] ?? 0) < 30);
      await eventually("they are kept", () => cached(client).length === wanted.length);
      await sleep(300);
      assert.deepEqual(cached(client), wanted);
      await client.mail.close();
      const away = await clients.client("recent", { offline: true });
      for (const uid of wanted) {
        assert.match(await text(away, uid), new RegExp(`Text ${uid}\\.`));
        assert.ok((await content(await away.mail.source(away.inbox, uid))).equals(samples[uid - 1]!));
      }
      await assert.rejects(away.mail.read(away.inbox, 4), { code: "OFFLINE" });
      await away.mail.close();
      const script = await clients.client("script", { keeping: { offlineAge: 30 * day } });
      await script.mail.sync(script.inbox);
      assert.deepEqual(cached(script), []);
      assert.equal((await script.mail.download(script.inbox)).messages, wanted.length);
      assert.deepEqual(cached(script), wanted);
      await script.mail.close();
    });

    test("all: the newest first, text before attachments, and what comes later too", async () => {
      const client = await screen(clients, "all", { keeping: { offlineAge: Number.POSITIVE_INFINITY } });
      await eventually("all is kept", () => cached(client).length === uids.length);
      const order = asked(client);
      const wholes = order.flatMap((one) => (one.section === "" ? one.uids : []));
      const lastSmall = Math.max(
        ...wholes.map((set, at) => (set.split(/[,:]/).some((uid) => !films.has(Number(uid))) ? at : 0)),
      );
      assert.deepEqual(wholes.slice(lastSmall + 1).sort(), ["8", "9"], "large ones come whole at the end");
      const text = order.findIndex(({ section }) => section === "1");
      const film = order.findIndex((one) => one.section === "" && one.uids === "9");
      assert.ok(text >= 0 && text < film, "their text comes before");
      const wire = await Wire.open(port);
      await wire.append("INBOX", sampleMessage({ n: 100, body: "Text 100.\r\n" }));
      await eventually("new mail is kept", () => cached(client).length === uids.length + 1);
      await client.mail.close();
      await wire.command("SELECT INBOX");
      await wire.command(`STORE ${uids.length + 1} +FLAGS (\\Deleted)`);
      await wire.command("EXPUNGE");
      wire.close();
    });

    test("no more than cache-size: what was not read for longest goes, also while it is being read", async () => {
      const cacheSize = 1_200_000;
      const client = await clients.client("small", { keeping: { cacheSize } });
      const { mail, inbox } = client;
      await mail.sync(inbox);
      const slow = await mail.source(inbox, 8);
      const first = await mail.source(inbox, 9);
      assert.deepEqual(cached(client), [8, 9]);
      for (const uid of [10, 7, 6]) await content(await mail.source(inbox, uid));
      assert.deepEqual(cached(client), [6, 7, 8, 9, 10]);
      // Another large one: there is room for two.
      const wire = await Wire.open(port);
      const film = sampleMessage({ n: 200, attachmentBytes: 400_000 });
      await wire.append("Archive", film);
      wire.close();
      const archive = await mail.findFolder("Archive");
      await mail.sync(archive);
      await content(await mail.source(archive, 1));
      assert.deepEqual(cached(client), [6, 7, 9, 10], "the one that was read first has gone");
      assert.ok((await content(slow)).equals(samples[7]!), "and is whole for who was at it");
      assert.ok((await content(first)).equals(samples[8]!));
      await mail.close();
    });

    test("prefetching stops at cache-size: the newest stay, and nothing goes round", async () => {
      const keeping = { offlineAge: Number.POSITIVE_INFINITY, cacheSize: 700_000 };
      const client = await screen(clients, "brim", { keeping });
      await eventually("there is no more room", () => cached(client).length === uids.length - 1);
      const before = asked(client).length;
      for (let turn = 0; turn < 3; turn++) await client.mail.sync(client.inbox);
      await sleep(300);
      assert.equal(asked(client).length, before);
      assert.deepEqual(
        cached(client),
        uids.filter((uid) => uid !== 8),
      );
      await client.mail.close();
    });

    test("a prefetch that is cut goes on where it was", async (t) => {
      const proxy = await faultProxy(port);
      t.after(() => proxy.stop());
      // In the midst of the first large one: all others have come by then.
      proxy.fault = { kind: "cut", direction: "down", after: 200_000 };
      const keeping = { offlineAge: Number.POSITIVE_INFINITY };
      const client = await screen(clients, "cut", { port: proxy.port, keeping });
      await eventually("there are two lines", () => proxy.connections >= 2);
      proxy.fault = null;
      await eventually("all is kept", () => cached(client).length === uids.length);
      const wholes = asked(client).filter(({ section }) => section === "");
      const times = (uid: string) => wholes.filter(({ uids }) => uids === uid).length;
      assert.equal(times("9"), 2);
      const small = wholes.filter(({ uids }) => uids !== "8" && uids !== "9").map(({ uids }) => uids);
      assert.deepEqual(small, [...new Set(small)], "what had come is not asked for again");
      for (const uid of uids)
        assert.ok((await content(await client.mail.source(client.inbox, uid))).equals(samples[uid - 1]!));
      await client.mail.close();
    });
  });
}

ofServer("dovecot", () => startDovecot({ tls: "none" }));
ofServer("cyrus", () => startCyrus());

const root = process.getuid?.() === 0 && process.platform === "linux";

describe("with a disk that is full", { skip: serverMissing("dovecot") || !root }, () => {
  test("that is told once, mail is read all the same, and with room again the rest comes", async (t) => {
    const dovecot = await startDovecot({ tls: "none" });
    const letters = uids.flatMap((_, at) =>
      [1, 2, 3, 4, 5].map((n) =>
        sampleMessage({ n: 5 * at + n, body: `Text ${5 * at + n}.\r\n`, attachmentBytes: 180_000 }),
      ),
    );
    dovecot.deliver("INBOX", letters);
    const clients = clientsOf(dovecot);
    const disk = join(clients.dir, "full");
    mkdirSync(disk);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=9m", "none", disk], { stdio: "ignore" });
    } catch {
      await clients.end();
      t.skip("no file system can be mounted here");
      return;
    }
    try {
      const client = await screen(clients, "full", { keeping: { offlineAge: Number.POSITIVE_INFINITY } });
      const told = "the disk is full: mail for reading off line is fetched when there is room again";
      const notices = () => client.events.filter((event) => event.kind === "notice" && event.text === told);
      await eventually("it is told", () => notices().length > 0);
      const full = cached(client);
      assert.ok(full.length > 0 && full.length < letters.length);
      assert.equal(full.at(-1), letters.length, "the newest came first");
      assert.match(await text(client, 1), /Text 1\./);
      assert.ok((await content(await client.mail.source(client.inbox, 2))).equals(letters[1]!));
      await sleep(2_500);
      assert.equal(notices().length, 1);
      execFileSync("mount", ["-o", "remount,size=100m", disk]);
      await eventually("the rest comes", () => cached(client).length === letters.length);
      assert.equal(notices().length, 1);
      await client.mail.close();
    } finally {
      execFileSync("umount", ["-l", disk]);
      await clients.end();
    }
  });
});

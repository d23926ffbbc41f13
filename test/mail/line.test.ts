import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Relay, startRelay } from "../screen/postern.ts";
import { serverMissing } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { startUnanswered } from "../servers/unanswered.ts";
import { Wire } from "../servers/wire.ts";
import { type Client, type ClientOptions, eventually, type Fixture, startFixture } from "./fixture.ts";

const skip = serverMissing("dovecot");

/** Two seconds are promised; a busy machine gets some more. */
const closesMs = 4_000;

const states = ({ events }: Client) => events.flatMap((e) => (e.kind === "line" ? [e.state.kind] : []));
const tries = (client: Client) => states(client).filter((kind) => kind === "connecting").length;

describe("a line", { skip }, () => {
  let fixture: Fixture;
  let relay: Relay;
  before(async () => {
    fixture = await startFixture();
    fixture.dovecot.deliver(
      "INBOX",
      [1, 2, 3].map((n) => sampleMessage({ n, attachmentBytes: 2_000_000 })),
    );
    relay = await startRelay(fixture.dovecot.port);
  });
  after(async () => {
    await fixture?.end();
    await relay?.stop();
  });

  const open = (name: string, options: ClientOptions = {}) =>
    fixture.client(name, { keepOnline: true, port: relay.port, ...options });

  async function opened(name: string): Promise<Client> {
    const client = await open(name);
    await client.mail.sync(client.inbox);
    await online(client);
    return client;
  }

  const online = (client: Client) => eventually("it is on line", () => client.mail.line.kind === "online");

  async function closes({ mail }: Client, what: string): Promise<void> {
    const asked = performance.now();
    await mail.close();
    const took = performance.now() - asked;
    assert.ok(took < closesMs, `${what}: ${Math.round(took)} ms`);
  }

  /** Runs `work` with a line that swallows everything, from now on or from when the client says `at`. */
  async function silently(at: RegExp | null, work: () => Promise<void>): Promise<void> {
    relay.silent = at === null;
    relay.silentAt = at;
    try {
      await work();
    } finally {
      relay.silentAt = null;
      relay.silent = false;
      // What went on in silence must not go on now.
      await relay.cut();
      await relay.mend();
    }
  }

  const seen = (what: string) => eventually(`the line falls silent: ${what}`, () => relay.silent);
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  test("is let go at once where nobody takes the call", async () => {
    const nobody = await startUnanswered();
    const client = await open("unanswered", { port: nobody.port });
    const syncing = client.mail.sync(client.inbox);
    syncing.catch(() => undefined);
    await pause(50);
    assert.equal(client.mail.line.kind, "connecting");
    await closes(client, "connecting");
    await assert.rejects(syncing);
    await nobody.stop();
  });

  test("is let go at once where the server does not shake hands, does not greet, or does not let in", async () => {
    await silently(null, async () => {
      const options: ClientOptions[] = [{ security: "tls" }, { security: "none" }];
      for (const [i, option] of options.entries()) {
        const client = await open(`mute-${i}`, option);
        client.mail.watch(client.inbox);
        await pause(50);
        await closes(client, JSON.stringify(option));
      }
    });
    await closes(await opened("known"), "a good line");
    await silently(null, async () => {
      const client = await open("known");
      client.mail.watch(client.inbox);
      await pause(50);
      assert.equal(client.mail.line.kind, "connecting", "nobody is let in before the server says so");
      await closes(client, "logged in without waiting");
    });
    await silently(/AUTHENTICATE|LOGIN/, async () => {
      const client = await open("password");
      client.mail.watch(client.inbox);
      await seen("at the login");
      await closes(client, "login");
    });
  });

  test("is let go in time in the middle of a message, in IDLE, and with the line that news come on dead", async () => {
    const reader = await opened("reader");
    await silently(/BODY\.PEEK\[\]/, async () => {
      const read = reader.mail.source(reader.inbox, 1);
      read.catch(() => undefined);
      await seen("at FETCH");
      await closes(reader, "FETCH");
      await assert.rejects(read);
    });
    const watcher = await opened("watcher");
    watcher.mail.watch(watcher.inbox);
    await eventually(
      "both lines are in IDLE",
      () => watcher.log.filter((l) => l.endsWith(" IDLE")).length >= 2,
    );
    await silently(null, () => closes(watcher, "IDLE and NOTIFY"));
  });

  test("is let go in time while the journal is replayed, which goes on the next time", async () => {
    await closes(await opened("replay"), "a good line");
    const away = await fixture.client("replay", { offline: true });
    for (const uid of [1, 2, 3]) await away.mail.flag(away.inbox, [uid], "add", ["\\Flagged"]);
    await away.mail.close();
    await silently(/STORE/, async () => {
      const client = await open("replay");
      client.mail.watch(client.inbox);
      await seen("at STORE");
      await closes(client, "STORE");
    });
    const again = await open("replay");
    again.mail.watch(again.inbox);
    await eventually("all changes have gone", () => again.mail.queued === 0);
    const other = await opened("replay-seen");
    const flagged = await other.mail.search(other.inbox, "is:flagged");
    assert.deepEqual(flagged, [1, 2, 3]);
    await again.mail.close();
    await other.mail.close();
  });

  test("is lost with a MOVE that the server is still at: it is not asked for a second time", async () => {
    const first = await opened("afterlife");
    const archive = await first.mail.findFolder("@archive");
    await silently(/MOVE/, async () => {
      void first.mail.move(first.inbox, [2], archive);
      await seen("at MOVE");
      await first.mail.close();
    });
    const again = await open("afterlife");
    again.mail.watch(again.inbox);
    await online(again);
    // What the server does in the end.
    const wire = await Wire.open(fixture.dovecot.port, "INBOX");
    await wire.command(`UID MOVE 2 "${archive.path}"`);
    wire.close();
    await eventually("nothing waits", () => again.mail.queued === 0);
    assert.ok(!again.log.some((line) => /^> \S+ UID MOVE/.test(line)));
    await again.mail.sync(archive);
    const there = again.mail.window(archive, { sort: "arrival", descending: false, offset: 0, limit: 9 });
    assert.equal(there.length, 1);
    assert.equal(again.mail.message(again.inbox, 2), null);
    await again.mail.undo();
    await again.mail.close();
  });

  test("that is down is not asked for by everybody: one try, and then the wait", async () => {
    const client = await opened("storm");
    await relay.cut();
    await eventually("it is down", () => client.mail.line.kind === "down");
    const before = tries(client);
    const asked = Array.from({ length: 40 }, () => client.mail.sync(client.inbox).catch((e: Error) => e));
    for (const answer of await Promise.all(asked)) assert.ok(answer instanceof Error);
    for (let i = 0; i < 20; i++) {
      await client.mail.look(client.inbox).catch(() => undefined);
      await client.mail.flag(client.inbox, [1], i % 2 ? "add" : "remove", ["\\Answered"]);
    }
    assert.ok(tries(client) - before <= 2, `${tries(client) - before} tries`);
    await eventually("the waits grow", () => {
      const { line } = client.mail;
      return line.kind === "down" && (line.retryAt ?? 0) - Date.now() > 2_000;
    });
    await relay.mend();
    const { line } = client.mail;
    await client.mail.reconnect();
    assert.ok(line.kind === "down" && Date.now() < (line.retryAt ?? 0), "who asks does not wait");
    await online(client);
    await eventually("what waited has gone", () => client.mail.queued === 0);
    await client.mail.close();
  });

  test("is not asked for again by itself where the password was refused", async () => {
    const client = await open("refused", { password: "wrong" });
    client.mail.watch(client.inbox);
    await eventually("it is down", () => client.mail.line.kind === "down");
    await assert.rejects(client.mail.sync(client.inbox));
    await client.mail.flag(client.inbox, [1], "add", ["\\Flagged"]);
    assert.equal(client.mail.queued, 1, "the change waits");
    const logins = () => client.log.filter((l) => /^> \S+ (AUTHENTICATE|LOGIN)/.test(l)).length;
    assert.equal(logins(), 1);
    assert.ok(client.mail.line.kind === "down" && client.mail.line.retryAt === null);
    await assert.rejects(client.mail.reconnect());
    assert.equal(logins(), 2);
    await client.mail.close();
  });

  test("that carried news comes back by itself", async () => {
    const client = await opened("news");
    client.mail.watch(client.inbox);
    const notified = () => client.log.filter((l) => /^> \S+ NOTIFY/.test(l)).length;
    await eventually("news come", () => notified() === 1);
    relay.cutNewest();
    await eventually("news come again", () => notified() === 2);
    await client.mail.close();
  });

  test("that was asked for folders is listened to again", async () => {
    const client = await opened("listener");
    client.mail.watch(client.inbox);
    const idles = () => client.log.filter((l) => /^> \S+ IDLE$/.test(l)).length;
    await eventually("both lines are in IDLE", () => idles() >= 2);
    await client.mail.refreshFolders();
    const before = idles();
    await eventually("it is in IDLE again", () => idles() > before);
    const other = await opened("sender");
    await other.mail.append(other.inbox, sampleMessage({ n: 9, subject: "Heard of" }), []);
    await eventually("it is heard of", () =>
      client.events.some((event) => event.kind === "arrived" && event.path === "INBOX"),
    );
    await client.mail.close();
    await other.mail.close();
  });

  test("of a script is tried once for all that is to be done", async () => {
    await relay.cut();
    const client = await open("script", { keepOnline: false });
    for (const uid of [1, 2, 3]) void client.mail.flag(client.inbox, [uid], "add", ["\\Flagged"]);
    await client.mail.close();
    assert.equal(tries(client), 1);
    assert.equal(client.mail.queued, 3);
    await relay.mend();
  });
});

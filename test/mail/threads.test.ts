// Threads are what the server's THREAD says (REFS: RFC 5256 without the merging by subject), whoever computes them.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import {
  appendAll,
  type Connection,
  connect,
  type FetchedMessage,
  fetch,
  Secret,
  select,
  uidThread,
} from "../../src/imap/index.ts";
import type { Folder, ThreadMessage } from "../../src/mail/index.ts";
import { messageIds } from "../../src/store/index.ts";
import { readSources } from "../corpus/sources.ts";
import { generator } from "../random.ts";
import { startCyrus } from "../servers/cyrus.ts";
import { type ServerName, serverMissing } from "../servers/daemon.ts";
import { startDovecot } from "../servers/dovecot.ts";
import { rfc5322Date, sampleMessage } from "../servers/messages.ts";
import { type AccountServer, type Client, type Clients, clientsOf, eventually } from "./fixture.ts";

const corpus = process.env.CORPUS ?? "../shared/corpus";
const noCorpus = existsSync(corpus) ? false : `there are no messages in ${corpus}: set CORPUS`;
/** Everything, the thread of the oldest news first. */
const whole = { sort: "date", descending: false, offset: 0, limit: 100_000 } as const;
const started = Date.UTC(2024, 0, 1);

interface Delivered {
  readonly source: Buffer;
  readonly date: Date;
}

/**
 * Discussions over some weeks; unless `tidy`, with what clients do to References and In-Reply-To, and with what gets
 * lost. Of that Cyrus makes other discussions than RFC 5256 does: it never joins two into one.
 */
function discussions(count: number, tidy = false): Delivered[] {
  const random = generator(11);
  const all: { id: string; path: string[]; subject: string }[] = [];
  const delivered: Delivered[] = [];
  while (delivered.length < count) {
    const parent =
      all.length > 0 && random(10) > 2 ? all[Math.max(0, all.length - 1 - random(25))] : undefined;
    const id = `<${all.length}.${random(1_000)}@example.org>`;
    const path = parent ? [...parent.path, parent.id] : [];
    const subject = parent ? parent.subject : `Matter ${all.length}`;
    all.push({ id, path, subject });
    // Some were never in this mailbox.
    if (random(5) === 0 && !tidy) continue;
    const kept = tidy ? path : path.slice(-[1, 3, 100][random(3)]!);
    const quoted = kept.map((one) => (random(8) === 0 && !tidy ? one.replace(/<([^@]*)@/, '<"$1"@') : one));
    const answers = [
      [`References: ${quoted.join(random(2) ? "\r\n\t" : " ")}`, `In-Reply-To: ${kept.at(-1)}`],
      [`In-Reply-To: Message of "Mon, 1 Jan 2024" from somebody ${kept.at(-1)}`],
      ["References: no ids here", `In-Reply-To: ${kept.at(-1)}`],
    ][tidy ? 0 : [0, 0, 0, 0, 1, 2][random(6)]!]!;
    const sent = started + all.length * 3_600_000 - random(10) * 1_000_000;
    const header = [
      `Date: ${random(40) === 0 ? "some day" : rfc5322Date(new Date(sent))}`,
      "From: Ada <ada@example.org>",
      `Subject: ${parent ? "Re: " : ""}${subject}`,
      ...(random(30) === 0 && !parent ? [] : [`Message-ID: ${id}`]),
      ...(parent ? answers : []),
    ];
    delivered.push({
      source: Buffer.from(`${header.join("\r\n")}\r\n\r\nText ${delivered.length}.\r\n`),
      date: new Date(started + delivered.length * 3_600_000 + random(6) * 1_000_000),
    });
  }
  return delivered;
}

interface Grouping {
  /** UIDs by thread, ascending, in the order of the threads. */
  readonly groups: readonly (readonly number[])[];
  readonly parents: ReadonlyMap<number, number | null>;
}

function groupingOf(rows: readonly { uid: number; depth: number; thread: number }[]): Grouping {
  const groups = new Map<number, number[]>();
  const parents = new Map<number, number | null>();
  let path: number[] = [];
  for (const [at, { uid, depth, thread }] of rows.entries()) {
    if (rows[at - 1]?.thread !== thread) path = [];
    path[depth] = uid;
    if (uid === 0) continue;
    parents.set(uid, (depth > 0 && path[depth - 1]) || null);
    groups.set(thread, [...(groups.get(thread) ?? []), uid]);
  }
  return { groups: [...groups.values()].map((group) => group.sort((a, b) => a - b)), parents };
}

function local(rows: readonly ThreadMessage[]): Grouping {
  return groupingOf(rows.map(({ message, depth, thread }) => ({ uid: message.uid, depth, thread })));
}

async function told(connection: Connection): Promise<Grouping> {
  await connection.run(select("INBOX"));
  const { uids, depths } = await connection.run(uidThread({ all: true }, ["REFS"]));
  let thread = 0;
  return groupingOf(
    uids.map((uid, at) => {
      const depth = depths[at] ?? 0;
      if (depth === 0) thread++;
      return { uid, depth, thread };
    }),
  );
}

const inOrder = (groups: Grouping["groups"]) => [...groups].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));

/**
 * All that refer to the same message are in one thread here, and so are copies of one. A server goes by the last link
 * alone: what hostile references have torn out of a discussion is one of its own there (RFC 5256 §3).
 */
function joinRelated(groups: Grouping["groups"], rows: readonly ThreadMessage[]): number[][] {
  const related = new Map(
    rows.map(({ message: { uid, messageId, references, inReplyTo } }) => {
      const ancestors = references.length > 0 ? references : messageIds(inReplyTo ?? "").slice(0, 1);
      return [uid, [...messageIds(messageId ?? "").slice(0, 1), ...ancestors]];
    }),
  );
  const byId = new Map<string, Set<number>>();
  for (const group of groups) {
    const ids = group.flatMap((uid) => [`uid ${uid}`, ...(related.get(uid) ?? [])]);
    const met = new Set(ids.flatMap((id) => byId.get(id) ?? []));
    const joined = new Set([...group, ...[...met].flatMap((one) => [...one])]);
    const theirs = [...joined].flatMap((uid) => [`uid ${uid}`, ...(related.get(uid) ?? [])]);
    for (const id of theirs) byId.set(id, joined);
  }
  return [...new Set(byId.values())].map((group) => [...group].sort((a, b) => a - b));
}

const servers: readonly [ServerName, () => Promise<AccountServer>][] = [
  ["dovecot", () => startDovecot({ tls: "none" })],
  ["cyrus", () => startCyrus({ config: "suppress_capabilities: OBJECTID" })],
];

async function login({ port, user, password }: AccountServer): Promise<Connection> {
  const connection = await connect({ host: "127.0.0.1", port, security: "none", insecure: true });
  await connection.authenticate({ user, secret: new Secret(password) });
  return connection;
}

/** Puts messages into INBOX; those that the server refuses are left out. */
async function deliver(connection: Connection, messages: readonly Delivered[]): Promise<void> {
  for (let at = 0; at < messages.length; at += 50)
    await deliverPiece(connection, messages.slice(at, at + 50));
}

/** A server takes all of a MULTIAPPEND or nothing (RFC 3502 §6.3.11): what it refuses is tried in halves. */
async function deliverPiece(connection: Connection, piece: readonly Delivered[]): Promise<void> {
  const messages = piece.map(({ source, date }) => ({ source, internalDate: date.getTime() }));
  try {
    await connection.run(appendAll("INBOX", messages));
  } catch {
    if (piece.length === 1) return;
    const middle = Math.ceil(piece.length / 2);
    await deliverPiece(connection, piece.slice(0, middle));
    await deliverPiece(connection, piece.slice(middle));
  }
}

for (const [name, start] of servers) {
  describe(`threads on ${name}`, { skip: serverMissing(name) }, () => {
    let server: AccountServer;
    let clients: Clients;
    before(async () => {
      server = await start();
      clients = clientsOf(server);
    });
    after(() => clients.end());

    test("are those of THREAD=REFS, and no THREAD is asked for", async () => {
      const connection = await login(server);
      await deliver(connection, discussions(400));
      const { mail, inbox, log } = await clients.client("one");
      const mine = local(await mail.threads.rows(inbox, whole));
      const theirs = await told(connection);
      assert.equal(mine.parents.size, 400);
      assert.deepEqual(inOrder(mine.groups), inOrder(theirs.groups));
      assert.deepEqual([...mine.parents].sort(), [...theirs.parents].sort());
      // Dovecot goes by what senders say the date is, Cyrus as we do by when messages came.
      if (name === "cyrus") assert.deepEqual(mine.groups, theirs.groups);
      assert.ok(!log.some((line) => /^> \S+ (UID )?THREAD/.test(line)));
      await mail.close();
      await connection.logout();
    });

    test("of any mail there is", { skip: noCorpus }, async () => {
      const connection = await login(server);
      await connection.run(select("INBOX"));
      const sources = readSources([corpus]).messages.filter(({ bytes }) => bytes.length < 64 * 1024);
      const messages = sources.map(({ bytes }, at) => {
        const text = bytes
          .toString("latin1")
          .replace(/\r\n|\r|\n/g, "\r\n")
          .replaceAll("\0", " ");
        const header = text.replace(/^From .*\r\n/, "").split("\r\n\r\n", 1)[0] ?? "";
        return {
          source: Buffer.from(`${header}\r\n\r\nText.\r\n`, "latin1"),
          date: new Date(started + at * 60_000),
        };
      });
      await deliver(connection, messages);
      const { mail, inbox } = await clients.client("corpus");
      const rows = await mail.threads.rows(inbox, whole);
      const mine = local(rows);
      const theirs = await told(connection);
      assert.ok(mine.parents.size > 3_000);
      assert.deepEqual([...mine.parents].sort(), [...theirs.parents].sort());
      assert.deepEqual(inOrder(mine.groups), inOrder(joinRelated(theirs.groups, rows)));
      await mail.close();
      await connection.logout();
    });
  });
}

describe("THREADID on cyrus", { skip: serverMissing("cyrus") }, () => {
  test("says what belongs together; the order is the same as without it", async () => {
    const orders: string[][] = [];
    for (const config of ["", "suppress_capabilities: OBJECTID"]) {
      const server = await startCyrus({ config });
      const clients = clientsOf(server);
      try {
        const connection = await login(server);
        await deliver(connection, discussions(200, true));
        const { mail, inbox } = await clients.client("one");
        const rows = await mail.threads.rows(inbox, whole);
        orders.push(rows.map(({ message, depth }) => `${depth} ${message.uid}`));
        if (config === "") {
          await connection.run(select("INBOX"));
          const byThread = new Map<string, number[]>();
          const onMessage = ({ uid, threadId }: FetchedMessage) => {
            const key = threadId ?? "none";
            byThread.set(key, [...(byThread.get(key) ?? []), uid ?? 0]);
          };
          await connection.run(fetch([[1, 4_294_967_295]], { threadId: true }, { onMessage }));
          assert.ok(!byThread.has("none"));
          assert.deepEqual(inOrder(local(rows).groups), inOrder([...byThread.values()]));
        }
        await connection.logout();
      } finally {
        await clients.end();
      }
    }
    assert.deepEqual(orders[0], orders[1]);
  });
});

describe("threads as mail comes and goes", { skip: serverMissing("dovecot") }, () => {
  let clients: Clients;
  before(async () => {
    // Neither THREAD nor anything else beyond the base: nothing of it is needed.
    clients = clientsOf(
      await startDovecot({ tls: "none", config: "imap_capability = IMAP4rev1 IDLE UIDPLUS MOVE" }),
    );
  });
  after(() => clients.end());

  const id = (n: number) => `<sample.${n}@example.org>`;
  const drawn = ({ mail }: Client, folder: Folder) =>
    mail.threads
      .window(folder, { ...whole, descending: true })
      .map(({ message, depth, messages, unread }) => `${depth} ${message.subject} ${messages}/${unread}`);

  test("what arrives joins its thread by itself", async () => {
    const watcher = await clients.client("watcher", { keepOnline: true });
    const other = await clients.client("other");
    const { inbox } = other;
    for (const n of [1, 2]) await other.mail.append(inbox, sampleMessage({ n, subject: `Matter ${n}` }), []);
    watcher.mail.watch(watcher.inbox);
    await eventually("both are there", () => drawn(watcher, inbox).length === 2);
    assert.deepEqual(drawn(watcher, inbox), ["0 Matter 2 1/1", "0 Matter 1 1/1"]);
    await other.mail.append(
      inbox,
      sampleMessage({ n: 3, subject: "Answer", references: [id(1)], inReplyTo: id(1) }),
      ["\\Seen"],
    );
    await eventually("the answer is below", () => drawn(watcher, inbox).length === 3);
    assert.deepEqual(drawn(watcher, inbox), ["0 Matter 1 2/1", "1 Answer 2/1", "0 Matter 2 1/1"]);
    assert.ok(watcher.events.some((event) => event.kind === "threads" && event.path === "INBOX"));
    const [first] = await watcher.mail.uids(inbox);
    await watcher.mail.markSeen(inbox, first ?? 0);
    assert.deepEqual(drawn(watcher, inbox).slice(0, 2), ["0 Matter 1 2/0", "1 Answer 2/0"]);
    await watcher.mail.close();
  });

  test("what is moved off line is in a thread where it went, and stays in it when the server knows", async () => {
    const online = await clients.client("mover");
    const archive = await online.mail.findFolder("Archive");
    await online.mail.append(
      archive,
      sampleMessage({ n: 4, subject: "Late", references: [id(1), id(3)] }),
      [],
    );
    await online.mail.sync(archive);
    await online.mail.threads.rows(online.inbox, whole);
    await online.mail.close();
    const away = await clients.client("mover", { offline: true });
    const [first] = await away.mail.uids(away.inbox);
    await away.mail.move(away.inbox, [first ?? 0], archive);
    await away.mail.threads.rows(archive, whole);
    assert.deepEqual(drawn(away, archive), ["0 Matter 1 2/1", "1 Late 2/1"]);
    await away.mail.threads.rows(away.inbox, whole);
    assert.deepEqual(drawn(away, away.inbox), ["0 Answer 1/0", "0 Matter 2 1/1"]);
    await away.mail.close();
    const back = await clients.client("mover");
    await back.mail.threads.rows(archive, whole);
    assert.deepEqual(drawn(back, archive), ["0 Matter 1 2/1", "1 Late 2/1"]);
    const uids = await back.mail.uids(archive);
    const thread = await back.mail.threads.of(archive, uids[0] ?? 0);
    assert.deepEqual(thread.map(({ message }) => message.uid).sort(), uids);
    await back.mail.close();
  });

  test("hits are shown as threads of their own", async () => {
    const { mail, inbox } = await clients.client("searcher");
    const uids = await mail.search(inbox, "subject:answer");
    const rows = await mail.threads.rows(inbox, { ...whole, uids });
    assert.deepEqual(
      rows.map(({ message, depth }) => [message.subject, depth]),
      [["Answer", 0]],
    );
    await mail.close();
  });
});

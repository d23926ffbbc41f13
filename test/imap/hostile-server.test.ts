// A server that has let us in and now sends poison: what becomes of it, that the connection lives or ends as it should, in
// bounded time and memory, and that the password went out once, at the login, and never again.
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import {
  append,
  type Command,
  type Connection,
  capability,
  connect,
  copy,
  create,
  enable,
  type FetchedMessage,
  fetch,
  ImapError,
  type ImapErrorCode,
  isInvalid,
  list,
  type MailboxEvent,
  noop,
  Secret,
  select,
  status,
  store,
  uidExpunge,
  uidSearch,
  uidSet,
} from "../../src/imap/index.ts";
import { spending } from "../cost.ts";
import { type ScriptedServer, scriptedServer } from "../servers/scripted.ts";

const password = "hunter-2";
const encoded = Buffer.from(`\0ann\0${password}`).toString("base64");
const capabilities =
  "IMAP4rev1 SASL-IR AUTH=PLAIN UIDPLUS ESEARCH ENABLE CONDSTORE QRESYNC THREAD=REFERENCES LIST-STATUS NAMESPACE";
/** No attack may take longer (ms) or take more memory (octets, of client and server) than this. */
const bounds = { time: 3000, memory: 256 << 20 } as const;

const fetchAll = (messages: FetchedMessage[]) =>
  fetch(
    [[1, 9]],
    { flags: true, envelope: true, bodyStructure: true },
    { onMessage: (m) => messages.push(m) },
  );

const good =
  'FLAGS (b) ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) BODYSTRUCTURE ("text" "plain" NIL NIL NIL "7bit" 1 1)';

describe("hostile server", () => {
  const servers: ScriptedServer[] = [];
  const connections: Connection[] = [];
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.destroy();
    for (const server of servers.splice(0)) await server.stop();
  });

  /** A connection that is logged in with INBOX (9 messages) selected, to a server that answers once with `reply`. */
  async function facing(
    reply: (tag: string) => string | Buffer,
  ): Promise<{ connection: Connection; server: ScriptedServer; events: MailboxEvent[] }> {
    const server = await scriptedServer(async (peer) => {
      peer.send(`* OK [CAPABILITY ${capabilities}] hi`);
      const tag = await peer.command(/^AUTHENTICATE PLAIN/);
      peer.send(`${tag} OK [CAPABILITY ${capabilities}] in`);
      await peer.answer(/^SELECT/, "* 9 EXISTS", "* OK [UIDVALIDITY 1] x", "* OK [UIDNEXT 10] x");
      peer.raw(reply((await peer.expect(/^(\w+) /))[1] ?? ""));
      await peer.answer(/^NOOP$/).catch(() => {});
    });
    servers.push(server);
    const connection = await connect({ host: server.host, port: server.port, security: "none" });
    connections.push(connection);
    await connection.authenticate({ user: "ann", secret: new Secret(password) });
    await connection.run(select("INBOX"));
    const events: MailboxEvent[] = [];
    connection.events.on("mailbox", (event) => events.push(event));
    return { connection, server, events };
  }

  async function bounded<T>(work: () => Promise<T>): Promise<T> {
    const { rss } = process.memoryUsage();
    const spent = spending();
    const value = await work();
    assert.ok(spent() < bounds.time, "in time");
    assert.ok(process.memoryUsage().rss - rss < bounds.memory, "in memory");
    return value;
  }

  const once = (server: ScriptedServer) =>
    assert.equal(server.seen.split(encoded).length + server.seen.split(password).length, 3);

  /** The command succeeds and the connection lives. */
  const survives = <R>(
    name: string,
    command: Command<R>,
    reply: (tag: string) => string | Buffer,
    check: (result: R, connection: Connection, events: MailboxEvent[]) => void = () => {},
  ) =>
    it(name, async () => {
      const { connection, server, events } = await facing(reply);
      check(await bounded(() => connection.run(command)), connection, events);
      await connection.run(noop());
      once(server);
    });

  /** The connection ends with `code`. */
  const ends = (name: string, code: ImapErrorCode, reply: (tag: string) => string | Buffer) =>
    it(name, async () => {
      const { connection, server } = await facing(reply);
      const closed = new Promise<ImapError | null>((resolve) => {
        connection.events.on("close", resolve);
      });
      const run = connection.run(fetchAll([]));
      run.catch(() => {});
      const error = await bounded(() => closed);
      assert.equal(error?.code, code);
      await assert.rejects(run);
      once(server);
    });

  describe("literals", () => {
    ends(
      "ends over a size of more than 19 digits",
      "LIMIT",
      () => "* 1 FETCH (BODY[] {99999999999999999999}\r\n",
    );
    ends(
      "ends over a size that no number holds",
      "LIMIT",
      () => "* 1 FETCH (BODY[] {9999999999999999999}\r\n",
    );
    ends("ends over a line without end", "LIMIT", () => Buffer.alloc(10 << 20, "x"));
    const endless = Buffer.from(`* 1 FETCH (ENVELOPE (${`{60000}\r\n${"x".repeat(60_000)} `.repeat(1200)}`);
    ends("ends over a response without end, made of small literals", "LIMIT", () => endless);

    it("allocates nothing for a size that is only announced", async () => {
      const { connection } = await facing(() => "* 1 FETCH (BODY[] {8999999999999999}\r\nabc");
      const run = connection.run(fetchAll([]));
      run.catch(() => {});
      const before = process.memoryUsage().rss;
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.ok(process.memoryUsage().rss - before < 32 << 20);
      connection.destroy();
      await assert.rejects(run);
    });

    const messages: FetchedMessage[] = [];
    survives(
      "drops a huge literal where none belongs, and keeps the rest",
      fetchAll(messages),
      (tag) =>
        `* 1 FETCH (UID 1 X-Y {2000000}\r\n${"(".repeat(2_000_000)} FLAGS (a))\r\n* 2 FETCH (UID 2 ${good})\r\n${tag} OK x\r\n`,
      () => assert.deepEqual(messages.at(-1)?.flags, ["b"]),
    );
    survives(
      "reads a size with zeros before it",
      fetchAll([]),
      (tag) => `* LIST () "/" {0000000000000000000000005}\r\na\r\nbc\r\n${tag} OK x\r\n`,
    );
    survives(
      "takes a size for text where only text may be",
      noop(),
      (tag) => `* OK wait {1000000}\r\n${tag} OK done {999999999}\r\n`,
    );
    survives(
      "takes a broken size for what it is",
      noop(),
      (tag) => `* X {-1}\r\n* X {1x}\r\n* X {}\r\n* X {5\r\n${tag} OK x\r\n`,
    );
    survives(
      "lets nobody answer from inside a literal",
      noop(),
      (tag) => `* LIST () "/" {${tag.length + 7}}\r\n${tag} NO x\r\n\r\n${tag} OK x\r\n`,
    );
  });

  describe("nesting", () => {
    for (const [what, text] of [
      ["BODYSTRUCTURE", `BODYSTRUCTURE ${"(".repeat(200_000)}`],
      [
        "BODYSTRUCTURE of messages",
        `BODYSTRUCTURE ${'("message" "rfc822" NIL NIL NIL "7bit" 1 NIL '.repeat(20_000)}`,
      ],
      ["ENVELOPE", `ENVELOPE ${"(".repeat(200_000)}`],
      ["an unknown item", `X-DEEP ${"(".repeat(200_000)}`],
      ["FLAGS", `FLAGS ${"(".repeat(200_000)}`],
    ] as const) {
      const messages: FetchedMessage[] = [];
      survives(
        `costs only its response in ${what}, left open`,
        fetchAll(messages),
        (tag) => `* 1 FETCH (UID 1 ${text})\r\n* 2 FETCH (UID 2 ${good})\r\n${tag} OK x\r\n`,
        () => assert.equal(messages.at(-1)?.uid, 2),
      );
    }
    const closed: FetchedMessage[] = [];
    survives(
      "costs only its attribute where it is closed again",
      fetchAll(closed),
      (tag) =>
        `* 1 FETCH (BODYSTRUCTURE ${"(".repeat(5000)}${")".repeat(5000)} UID 1 FLAGS (a))\r\n${tag} OK x\r\n`,
      () => {
        assert.equal(closed.length, 1);
        assert.ok(isInvalid(closed[0]?.bodyStructure));
        assert.deepEqual([closed[0]?.uid, closed[0]?.flags], [1, ["a"]]);
      },
    );
    survives(
      "is not followed in THREAD, LIST and what is unknown",
      noop(),
      (tag) =>
        `* LIST () "/" x (${"(".repeat(100_000)}\r\n* NAMESPACE ${"(".repeat(100_000)}\r\n* THREAD ${"(1 ".repeat(100_000)}\r\n* THREAD (1 2)\r\n${tag} OK x\r\n`,
    );
  });

  describe("sets and numbers", () => {
    const whole = [[1, 4_294_967_295]];
    survives(
      "keeps a COPYUID of all numbers two numbers",
      copy([[1, 2]], "Box"),
      (tag) => `${tag} OK [COPYUID 1 1:4294967295 1:4294967295] x\r\n`,
      (copied) => assert.deepEqual(copied?.source, whole),
    );
    survives(
      "does not make pairs of unequal COPYUIDs",
      copy([[1, 2]], "Box"),
      (tag) => `${tag} OK [COPYUID 1 1:4294967295 7] x\r\n`,
      (copied) => assert.ok(!copied || uidSet.count(copied.source) === uidSet.count(copied.destination)),
    );
    survives(
      "keeps an ESEARCH of all numbers two numbers",
      uidSearch({ all: true }),
      (tag) => `* ESEARCH (TAG "${tag}") UID ALL 1:4294967295\r\n${tag} OK x\r\n`,
      ({ uids }) => assert.deepEqual(uids, whole),
    );
    survives(
      "keeps a VANISHED of all numbers two numbers, and never fewer than no messages",
      noop(),
      (tag) => `* VANISHED 1:4294967295\r\n* VANISHED 1:4294967295\r\n${tag} OK x\r\n`,
      (_result, connection) => assert.equal(connection.selected?.exists, 0),
    );
    survives(
      "counts no message that never was",
      noop(),
      (tag) =>
        `* -1 EXISTS\r\n* 99999999999999999999 EXISTS\r\n* 4294967295 EXPUNGE\r\n* 0 EXPUNGE\r\n* 0 FETCH (UID 1)\r\n${tag} OK x\r\n`,
      (_result, connection) => assert.ok((connection.selected?.exists ?? -1) >= 0),
    );
    survives(
      "skips sets that are none",
      noop(),
      (tag) =>
        `* SEARCH 18446744073709551616 x\r\n* VANISHED 0:x,*\r\n* ESEARCH (TAG "${tag}") UID ALL 5:,,1\r\n${tag} OK x\r\n`,
    );
    survives(
      "survives 100,000 messages that come and go",
      noop(),
      (tag) => `* 100000 EXISTS\r\n${"* 1 EXPUNGE\r\n".repeat(100_000)}${tag} OK x\r\n`,
    );
  });

  describe("names", () => {
    const told = [
      "../../../etc/passwd",
      "__proto__",
      "constructor",
      "a\u001b]0;owned\u0007b",
      "a\r\nA1 OK [ALERT] done",
      "&&&-&",
      "\u00ff\u00fe",
      ".",
      "x".repeat(60_000),
    ];
    survives(
      "takes any name as it is: it is data",
      list("", "*"),
      (tag) =>
        `${told.map((name) => `* LIST (\\Noselect) "/" {${name.length}}\r\n${name}\r\n`).join("")}${tag} OK x\r\n`,
      (mailboxes) => {
        const paths = mailboxes.map(({ path }) => path);
        for (const name of told) if (!/[\r\n]/.test(name)) assert.ok(paths.includes(name), name.slice(0, 40));
        assert.equal(Object.getPrototypeOf({}), Object.prototype);
      },
    );
    survives(
      "takes any keyword and capability as it is",
      capability(),
      (tag) =>
        `* FLAGS (__proto__ constructor \\)\r\n* CAPABILITY __proto__ constructor toString\r\n${tag} OK x\r\n`,
    );

    it("never sends what would end a command or begin another", async () => {
      const { connection, server } = await facing(() => "");
      const before = server.seen;
      const evil = "a\r\nX LOGOUT";
      const flagged = { mode: "add", flags: [evil] } as const;
      const attempts: (() => Command<unknown>)[] = [
        () => create(evil),
        () => select(evil),
        () => select("a\0b"),
        () => status(evil, ["messages"]),
        () => list("", evil),
        () => copy([[1, 1]], evil),
        () => append(evil, { source: Buffer.from("x") }),
        () => append("INBOX", { source: Buffer.from("x"), flags: [evil] }),
        () => store([[1, 1]], flagged),
        () => store([[1, 1]], { ...flagged, flags: ["a b"] }),
        () => enable([evil]),
        () => uidSearch({ flag: evil }),
        () => fetch([[1, 1]], { sections: [{ section: evil }] }, { onMessage: () => {} }),
        () => fetch([[2, 1]], { flags: true }, { onMessage: () => {} }),
        () => uidExpunge([]),
      ];
      for (const [i, command] of attempts.entries())
        await assert.rejects(
          async () => connection.run(command(), { signal: AbortSignal.timeout(500) }),
          (error) => error instanceof ImapError && ["ARGUMENT", "UNSUPPORTED"].includes(error.code),
          `attempt ${i}`,
        );
      assert.equal(server.seen, before);
    });

    it("does not answer to a tag that it can guess, nor keep one for two connections", async () => {
      const tags: string[] = [];
      for (let i = 0; i < 2; i++) {
        const { connection, server } = await facing((tag) => `${tag} OK x\r\n`);
        await connection.run(noop());
        tags.push(/^(\w+) AUTHENTICATE/m.exec(server.seen)?.[1] ?? "");
      }
      assert.notEqual(tags[0], tags[1]);
    });
  });

  describe("floods", () => {
    ends("ends over an answer to nothing", "SYNTAX", () => "A0001 OK done\r\n");
    ends("ends over a thousand lines of junk", "LIMIT", () => "* (((\r\n".repeat(2000));
    survives(
      "holds nothing of what nobody asked for",
      noop(),
      (tag) =>
        `${'* STATUS "x" (MESSAGES 1)\r\n* LIST () "/" y\r\n* SEARCH 1 2 3\r\n* OK [ALERT] x\r\n* 1 FETCH (FLAGS (x))\r\n'.repeat(20_000)}${tag} OK x\r\n`,
    );
    survives(
      "says nothing to continuation requests nobody waits for",
      noop(),
      (tag) => `${"+ more\r\n".repeat(10_000)}${tag} OK x\r\n`,
    );
  });
});

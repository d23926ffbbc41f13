// How many times the client waits for the server before the INBOX is listed, and what becomes of wrong guesses.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import {
  type Connection,
  type ConnectOptions,
  connect,
  enable,
  type FetchedMessage,
  fetch,
  ImapError,
  list,
  Secret,
  select,
  uidSearch,
} from "../../src/imap/index.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { roundsProxy } from "../servers/rounds.ts";
import { type Peer, type ScriptedServer, scriptedServer } from "../servers/scripted.ts";

const listData = { flags: true, internalDate: true, size: true, envelope: true } as const;
/** TCP's own handshake, which the proxy does not see. */
const tcp = 1;

describe("flights to the listed INBOX", { skip: serverMissing("dovecot") }, () => {
  let dovecot: Dovecot;
  before(async () => {
    dovecot = await startDovecot();
    const mail = Array.from({ length: 30 }, (_, i) => Buffer.from(`Subject: ${i}\r\n\r\nbody\r\n`));
    dovecot.deliver("INBOX", mail);
  });
  after(() => dovecot.stop());

  async function measured<T>(
    options: Partial<ConnectOptions>,
    work: (connection: Connection) => Promise<T>,
  ): Promise<{ flights: number; result: T; connection: Connection }> {
    const proxy = await roundsProxy(dovecot.tlsPort);
    const { ca } = dovecot;
    const connection = await connect({
      host: "localhost",
      port: proxy.port,
      security: "tls",
      ca,
      ...options,
    });
    try {
      const result = await work(connection);
      return { flights: tcp + proxy.rounds, result, connection };
    } finally {
      connection.destroy();
      await proxy.stop();
    }
  }
  const login = () => ({ user: dovecot.user, secret: new Secret(dovecot.password) });

  it("are five when nothing is known, three when the capabilities are remembered", async () => {
    const cold = await measured({}, async (connection) => {
      const [, folders, inbox] = await Promise.all([
        connection.authenticate(login()),
        connection.run(list("", "*")),
        connection.run(select("INBOX")),
      ]);
      const messages: FetchedMessage[] = [];
      await connection.run(
        fetch(
          [[inbox.exists - 9, inbox.exists]],
          { ...listData, bySequence: true },
          {
            onMessage: (m) => messages.push(m),
          },
        ),
      );
      return { folders, inbox, messages };
    });
    const { folders, inbox, messages } = cold.result;
    assert.deepEqual([folders.length > 3, inbox.exists, messages.length], [true, 30, 10]);
    assert.ok(messages.every((m) => m.uid !== undefined && m.envelope !== undefined));
    assert.ok(cold.flights <= 5, `${cold.flights} flights cold`);
    const { remembered } = cold.connection;
    assert.ok(remembered?.toldByLogin && remembered.authenticated.includes("QRESYNC"));

    const warm = await measured({ remembered }, async (connection) => {
      const received: FetchedMessage[] = [];
      const [, enabled, found, selected, uids] = await Promise.all([
        connection.authenticate(login()),
        connection.run(enable(["QRESYNC"])),
        connection.run(list("", "*", { specialUse: true, statusItems: ["messages", "unseen"] })),
        connection.run(select("INBOX", { qresync: { uidValidity: inbox.uidValidity, modSeq: 1n } })),
        connection.run(uidSearch({ all: true })),
        connection.run(fetch([[21, 0xffff_ffff]], listData, { onMessage: (m) => received.push(m) })),
      ]);
      return { enabled, found, selected, uids, received };
    });
    const { enabled, found, selected, uids, received } = warm.result;
    assert.deepEqual([enabled, selected.exists, uids.count, received.length], [["QRESYNC"], 30, 30, 10]);
    assert.equal(found.find((box) => box.path === "INBOX")?.status?.messages, 30);
    assert.ok(warm.flights <= 3, `${warm.flights} flights warm`);
    assert.deepEqual(warm.connection.remembered, remembered);
  });

  it("are not fewer in vain: a wrong password is tried once, and nothing else is done", async () => {
    const first = await measured({}, async (connection) => connection.authenticate(login()));
    const said: string[] = [];
    const { remembered } = first.connection;
    assert.ok(remembered);
    const attempt = measured(
      { remembered, log: (direction, text) => direction === "out" && said.push(text) },
      async (connection) => {
        const who = { user: dovecot.user, secret: new Secret("wrong") };
        const all = await Promise.allSettled([connection.authenticate(who), connection.run(select("INBOX"))]);
        return all.map((r) =>
          r.status === "rejected" && r.reason instanceof ImapError ? r.reason.code : "",
        );
      },
    );
    assert.deepEqual((await attempt).result, ["AUTH", "AUTH"]);
    assert.equal(said.filter((line) => /AUTHENTICATE|LOGIN/.test(line)).length, 1);
  });
});

describe("wrong guesses", () => {
  const servers: ScriptedServer[] = [];
  const connections: Connection[] = [];
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.destroy();
    for (const server of servers.splice(0)) await server.stop();
  });
  const remembered = {
    greeting: ["IMAP4rev1", "SASL-IR", "AUTH=PLAIN"],
    authenticated: ["IMAP4rev1", "LIST-EXTENDED", "SPECIAL-USE", "CONDSTORE", "LITERAL+"],
    toldByLogin: true,
  };
  const login = { user: "ann", secret: new Secret("pw") };

  async function begin(script: (peer: Peer) => Promise<void>, options: Partial<ConnectOptions> = {}) {
    const server = await scriptedServer(script);
    servers.push(server);
    const { host, port } = server;
    const connection = await connect({ host, port, security: "none", remembered, ...options });
    connections.push(connection);
    const results = Promise.allSettled([
      connection.authenticate(login),
      connection.run(list("", "*", { specialUse: true })),
      connection.run(select("a", { condstore: true })),
      connection.run(fetch([[1, 9]], { flags: true }, { onMessage() {} })),
    ]);
    return { server, connection, outcome: async () => (await results).map(codeOf) };
  }
  const codeOf = (result: PromiseSettledResult<unknown>) =>
    result.status === "fulfilled" ? "ok" : result.reason instanceof ImapError ? result.reason.code : "?";

  /** What the client sends at once. */
  const opening = async (peer: Peer) => [
    await peer.command(/^AUTHENTICATE PLAIN AGFubgBwdw==$/),
    await peer.command(/^LIST "" "\*" RETURN \(.*SPECIAL-USE\)$/),
    await peer.command(/^SELECT "a" \(CONDSTORE\)$/),
    await peer.command(/^UID FETCH 1:9 \(UID FLAGS\)$/),
  ];
  const all = ["ok", "ok", "ok", "ok"];

  it("about the way to log in are found out by the greeting: all is sent again, and done once", async () => {
    const { server, outcome } = await begin(async (peer) => {
      const [login, ...rest] = await opening(peer);
      peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] moved", `${login} BAD what`);
      for (const tag of rest) peer.send(`${tag} BAD not now`);
      const again = await peer.command(/^AUTHENTICATE PLAIN$/);
      peer.send("+ ");
      await peer.expect(/^AGFubgBwdw==$/);
      peer.send(`${again} OK [CAPABILITY IMAP4rev1] in`);
      await peer.answer(/^LIST "" "\*"$/);
      await peer.answer(/^SELECT "a"$/, "* 1 EXISTS");
      await peer.answer(/^UID FETCH 1:9 \(UID FLAGS\)$/);
    });
    assert.deepEqual(await outcome(), all);
    await server.finished;
  });

  it("about what is offered afterwards are found out by the login: what was refused is sent anew, the rest is not", async () => {
    const { server, outcome, connection } = await begin(async (peer) => {
      const [login, list, select, fetch] = await opening(peer);
      peer.send("* OK hi", `${login} OK [CAPABILITY IMAP4rev1 CONDSTORE] in`, `${list} BAD RETURN?`);
      peer.send("* 1 EXISTS", `${select} OK done`, `${fetch} OK done`);
      await peer.answer(/^LIST "" "\*"$/);
    });
    assert.deepEqual(await outcome(), all);
    await server.finished;
    assert.ok(connection.capabilities.has("CONDSTORE") && !connection.capabilities.has("SPECIAL-USE"));
  });

  it("are none where the capabilities hold: a refusal stands", async () => {
    const { server, outcome } = await begin(async (peer) => {
      const [login, list, select, fetch] = await opening(peer);
      const told = remembered.authenticated.join(" ");
      peer.send("* OK hi", `${login} OK [CAPABILITY ${told}] in`, `${list} OK done`);
      peer.send(`${select} NO [NONEXISTENT] none`, `${fetch} BAD nothing selected`);
    });
    assert.deepEqual(await outcome(), ["ok", "ok", "NO", "BAD"]);
    await server.finished;
  });

  it("where the login does not say what is offered, are checked by asking", async () => {
    const { server, outcome } = await begin(async (peer) => {
      const [login, list, select, fetch] = await opening(peer);
      peer.send("* OK hi", `${login} OK in`, `${list} BAD what`);
      peer.send("* 1 EXISTS", `${select} OK done`, `${fetch} OK done`);
      await peer.answer(/^CAPABILITY$/, "* CAPABILITY IMAP4rev1 CONDSTORE");
      await peer.answer(/^LIST "" "\*"$/);
    });
    assert.deepEqual(await outcome(), all);
    await server.finished;
  });

  it("about a password: what followed the login fails with it, even where it is never answered", async () => {
    const { outcome } = await begin(async (peer) => {
      const [login] = await opening(peer);
      peer.send(
        `* OK [CAPABILITY ${remembered.greeting.join(" ")}] hi`,
        `${login} NO [AUTHENTICATIONFAILED] no`,
      );
    });
    assert.deepEqual(await outcome(), ["AUTH", "AUTH", "AUTH", "AUTH"]);
  });

  it("about being let in at all: PREAUTH needs no login, BYE ends it", async () => {
    const preauth = await begin(async (peer) => {
      const [login, ...rest] = await opening(peer);
      peer.send(
        "* PREAUTH [CAPABILITY IMAP4rev1 LIST-EXTENDED SPECIAL-USE CONDSTORE] hi",
        `${login} BAD what`,
      );
      for (const tag of rest) peer.send(`${tag} OK done`);
    });
    assert.deepEqual(await preauth.outcome(), all);
    const bye = await begin(async (peer) => {
      await opening(peer);
      peer.send("* BYE full");
    });
    assert.deepEqual(await bye.outcome(), ["BYE", "BYE", "BYE", "BYE"]);
  });

  it("are never made with literals: those wait until the server has said what it takes", async () => {
    const server = await scriptedServer(async (peer) => {
      const tag = await peer.command(/^AUTHENTICATE PLAIN/);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(peer.waiting, "");
      peer.send("* OK hi", `${tag} OK [CAPABILITY IMAP4rev1] in`);
      const selecting = await peer.command(/^SELECT \{2\}$/);
      peer.send("+ go");
      await peer.octets(4);
      peer.send(`${selecting} OK done`);
    });
    servers.push(server);
    const { host, port } = server;
    const connection = await connect({ host, port, security: "none", remembered });
    connections.push(connection);
    await Promise.all([connection.authenticate(login), connection.run(select("\xc3\xa4"))]);
    await server.finished;
  });
});

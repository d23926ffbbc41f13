// The connection against servers that misbehave on cue.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  append,
  capability,
  connect,
  create,
  enable,
  fetch,
  ImapError,
  type ImapErrorCode,
  list,
  type MailboxEvent,
  moveMessages,
  noop,
  Secret,
  select,
  uidSearch,
} from "../../src/imap/index.ts";
import type { Peer } from "../servers/scripted.ts";
import { fails, scriptedPeers, selecting } from "./scripted-session.ts";

const login = { user: "ann", secret: new Secret("hunter-2") };
const encoded = Buffer.from("\0ann\0hunter-2").toString("base64");

describe("connection", () => {
  const { servers, serve, dial, open } = scriptedPeers();

  describe("STARTTLS", () => {
    const starttls = (script: (peer: Peer) => Promise<void>, code: ImapErrorCode) => async () => {
      const server = await serve(script);
      await assert.rejects(dial(server, { security: "starttls" }), fails(code));
      assert.ok(!/LOGIN|AUTHENTICATE/.test(server.seen), "nothing about us was sent");
    };
    const greeting = "* OK [CAPABILITY IMAP4rev1 STARTTLS] hi";

    it(
      "is given up where it is not offered",
      starttls(async (peer) => {
        peer.send("* OK hi");
        await peer.answer(/^CAPABILITY/, "* CAPABILITY IMAP4rev1 AUTH=PLAIN");
      }, "INSECURE"),
    );
    it(
      "is given up where it is refused",
      starttls(async (peer) => {
        peer.send(greeting);
        peer.send(`${await peer.command(/^STARTTLS/)} NO not now`);
      }, "INSECURE"),
    );
    it(
      "is given up where the server says BAD",
      starttls(async (peer) => {
        peer.send(greeting);
        peer.send(`${await peer.command(/^STARTTLS/)} BAD what`);
      }, "INSECURE"),
    );
    it(
      "is given up where something came in the same breath as its OK",
      starttls(async (peer) => {
        peer.send(greeting);
        peer.send(`${await peer.command(/^STARTTLS/)} OK go`, "* CAPABILITY IMAP4rev1 AUTH=PLAIN");
      }, "INSECURE"),
    );
    it(
      "is given up where half a line came with its OK",
      starttls(async (peer) => {
        peer.send(greeting);
        peer.raw(`${await peer.command(/^STARTTLS/)} OK go\r\n* C`);
      }, "INSECURE"),
    );
    it(
      "is given up on PREAUTH",
      starttls(async (peer) => {
        peer.send("* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi");
      }, "INSECURE"),
    );
    it(
      "is given up where an answer comes to a question not asked",
      starttls(async (peer) => {
        peer.send(greeting, "A1 OK go");
      }, "INSECURE"),
    );
    it(
      "is given up where the server hangs up or talks no TLS",
      starttls(async (peer) => {
        peer.send(greeting);
        peer.send(`${await peer.command(/^STARTTLS/)} OK go`);
        await new Promise((resolve) => setTimeout(resolve, 20));
        peer.send("* OK no TLS here");
      }, "TLS"),
    );
  });

  it("sends nothing in clear text to a host that is not this machine", async () => {
    await assert.rejects(connect({ host: "192.0.2.1", port: 143, security: "none" }), fails("INSECURE"));
  });

  it("says what is wrong when no connection comes about", async () => {
    const server = await serve(async () => {});
    await server.stop();
    servers.pop();
    await assert.rejects(dial(server), fails("REFUSED"));
    await assert.rejects(
      connect({ host: "no-such-host.invalid", port: 1, security: "tls" }),
      fails("UNRESOLVED"),
    );
    const silent = await serve(async () => {});
    await assert.rejects(dial(silent, { security: "tls", connectTimeoutMs: 50 }), fails("TIMEOUT"));
    const plain = await serve(async (peer) => peer.send("* OK hi"));
    await assert.rejects(dial(plain, { security: "tls" }), fails("TLS"));
    const full = await serve(async (peer) => peer.send("* BYE too many"));
    await assert.rejects(
      dial(full),
      (e) => fails("BYE")(e) && e instanceof ImapError && e.serverText === "too many",
    );
    const web = await serve(async (peer) => peer.send("HTTP/1.1 400 Bad Request"));
    await assert.rejects(dial(web), fails("SYNTAX"));
  });

  describe("login", () => {
    const lines: string[] = [];
    const log = (direction: string, text: string) => lines.push(`${direction} ${text}`);
    const logIn = async (capabilities: string, script: (peer: Peer) => Promise<void>) => {
      lines.length = 0;
      const server = await serve(async (peer) => {
        peer.send(`* OK [CAPABILITY IMAP4rev1 ${capabilities}] hi`);
        await script(peer);
      });
      const connection = await dial(server, { log, clientId: { name: "postern" } });
      try {
        await connection.authenticate(login);
      } finally {
        assert.ok(
          !lines.some((line) => line.includes("hunter-2") || line.includes(encoded)),
          "no secret in the log",
        );
      }
      return { server, connection };
    };

    it("goes by PLAIN in one step with SASL-IR, and asks for the new capabilities", async () => {
      const { connection, server } = await logIn("AUTH=PLAIN SASL-IR", async (peer) => {
        await peer.answer(/^AUTHENTICATE PLAIN AGFubgBodW50ZXItMg==$/);
        await peer.answer(/^CAPABILITY$/, "* CAPABILITY IMAP4rev1 ID MOVE");
        await peer.answer(/^ID \("name" "postern"\)$/, "* ID NIL");
      });
      assert.ok(connection.capabilities.has("move") && !connection.capabilities.hasAuth("PLAIN"));
      await server.finished;
    });
    it("goes by PLAIN in two steps without it", async () => {
      await logIn("AUTH=PLAIN", async (peer) => {
        const tag = await peer.command(/^AUTHENTICATE PLAIN$/);
        peer.send("+");
        await peer.expect(/^AGFubgBodW50ZXItMg==$/);
        peer.send(`${tag} OK [CAPABILITY IMAP4rev1] in`);
      });
    });
    it("goes by LOGIN where nothing else is offered, and the server's echo is kept out of error and log", async () => {
      const attempt = logIn("", async (peer) => {
        const tag = await peer.command(/^LOGIN "ann" "hunter-2"$/);
        peer.send(`${tag} NO [AUTHENTICATIONFAILED] LOGIN ann hunter-2 failed`);
      });
      await assert.rejects(attempt, (error) => {
        assert.ok(error instanceof ImapError);
        assert.equal(error.responseCode, "AUTHENTICATIONFAILED");
        assert.ok(!JSON.stringify(error).includes("hunter") && !error.serverText?.includes("hunter"));
        return fails("AUTH")(error);
      });
    });
    it("is not tried where the server forbids it", async () => {
      await assert.rejects(
        logIn("LOGINDISABLED AUTH=X-OTHER", async () => {}),
        fails("AUTH"),
      );
      assert.ok(!servers.at(-1)!.seen.includes("ann"));
    });
  });

  it("sends commands side by side, in one flight", async () => {
    const { connection } = await open("", async (peer) => {
      const tags = [
        await peer.command(/^LIST/),
        await peer.command(/^CREATE/),
        await peer.command(/^SELECT/),
      ];
      const reading = await peer.command(/^UID FETCH/);
      peer.send(`${tags[1]} NO [ALREADYEXISTS] there`, '* LIST () "/" a', `${tags[0]} OK done`);
      peer.send("* 1 EXISTS", `${tags[2]} OK done`, "* 1 FETCH (UID 4)", `${reading} OK done`);
    });
    const results = await Promise.allSettled([
      connection.run(list("", "*")),
      connection.run(create("a")),
      connection.run(select("a")),
      connection.run(fetch([[4, 4]], {}, { onMessage() {} })),
    ]);
    assert.deepEqual(
      results.map((r) => (r.status === "fulfilled" ? "ok" : r.reason.responseCode)),
      ["ok", "ALREADYEXISTS", "ok", "ok"],
    );
  });

  it("sends ENABLE and the SELECT that counts on it in one flight, and waits where names will change", async () => {
    const { connection } = await open("ENABLE QRESYNC UTF8=ACCEPT", async (peer) => {
      const tag = await peer.command(/^ENABLE QRESYNC$/);
      await peer.answer(
        /^SELECT "a" \(QRESYNC \(1 5\)\)$/,
        "* ENABLED QRESYNC",
        `${tag} OK done`,
        "* 1 EXISTS",
      );
      const waiting = await peer.command(/^ENABLE UTF8=ACCEPT$/);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(peer.waiting, "");
      peer.send("* ENABLED UTF8=ACCEPT", `${waiting} OK done`);
      await peer.answer(/^CREATE "\xc3\xa4"$/);
    });
    const enabled = connection.run(enable(["QRESYNC", "X-NOT-OFFERED"]));
    await connection.run(select("a", { qresync: { uidValidity: 1, modSeq: 5n } }));
    assert.deepEqual(await enabled, ["QRESYNC"]);
    void connection.run(enable(["UTF8=ACCEPT"]));
    await connection.run(create("\xc3\xa4"));
  });

  it("waits with a literal until the server agrees, and takes no for an answer", async () => {
    const { connection, server } = await open("", async (peer) => {
      const tag = await peer.command(/^APPEND "a" \{5\}$/);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(peer.waiting, "", "nothing is sent ahead of the +");
      peer.send("+ go");
      assert.equal((await peer.octets(7)).toString(), "hello\r\n");
      peer.send(`${tag} OK [APPENDUID 1 2] done`);
      peer.send(`${await peer.command(/^APPEND "b" \{5\}$/)} NO [OVERQUOTA] full`);
      await peer.answer(/^NOOP$/);
    });
    const source = Buffer.from("hello");
    const first = connection.run(append("a", { source }));
    const second = connection.run(append("b", { source }));
    const third = connection.run(noop());
    assert.deepEqual(await first, { uidValidity: 1, uids: [[2, 2]] });
    await assert.rejects(
      second,
      (e) => fails("NO")(e) && e instanceof ImapError && e.responseCode === "OVERQUOTA",
    );
    await third;
    await server.finished;
  });

  describe("moving without MOVE", () => {
    it("copies, flags and expunges just those, one after the other", async () => {
      const { connection, server } = await open("UIDPLUS", async (peer) => {
        await selecting(peer);
        const tag = await peer.command(/^UID COPY 2,4 "b"$/);
        await new Promise((resolve) => setTimeout(resolve, 20));
        assert.equal(peer.waiting, "", "nothing is sent ahead of the copy's OK");
        peer.send(`${tag} OK [COPYUID 1 2,4 7:8] done`);
        await peer.answer(/^UID STORE 2,4 \+FLAGS.SILENT \(\\Deleted\)$/);
        await peer.answer(/^UID EXPUNGE 2,4$/);
      });
      await connection.run(select("a"));
      const { copyUid, expunged } = await moveMessages(
        connection,
        [
          [2, 2],
          [4, 4],
        ],
        "b",
      );
      assert.deepEqual([copyUid?.destination, expunged], [[[7, 8]], true]);
      await server.finished;
    });
    it("touches no original when the copy fails", async () => {
      const { connection, server } = await open("UIDPLUS", async (peer) => {
        await selecting(peer);
        peer.send(`${await peer.command(/^UID COPY/)} NO [TRYCREATE] none`);
        await peer.answer(/^NOOP/);
      });
      await connection.run(select("a"));
      await assert.rejects(moveMessages(connection, [[2, 2]], "b"), fails("NO"));
      await connection.run(noop());
      assert.ok(!/STORE|EXPUNGE/.test(server.seen));
    });
    it("never expunges everything where it cannot expunge just those", async () => {
      const { connection, server } = await open("", async (peer) => {
        await selecting(peer);
        await peer.answer(/^UID COPY/);
        await peer.answer(/^UID STORE/);
        await peer.answer(/^NOOP/);
      });
      await connection.run(select("a"));
      assert.deepEqual(await moveMessages(connection, [[2, 2]], "b"), { copyUid: null, expunged: false });
      await connection.run(noop());
      assert.ok(!server.seen.includes("EXPUNGE"));
    });
  });

  it("tells expunges and flags by UID, and gives unasked news to nobody's FETCH", async () => {
    const { connection } = await open("", async (peer) => {
      await selecting(peer, 3);
      await peer.answer(/^UID SEARCH ALL/, "* SEARCH 10 20 30");
      const tag = await peer.command(/^UID FETCH 30 \(UID ENVELOPE\)/);
      peer.send("* 1 EXPUNGE", "* 1 FETCH (FLAGS (\\Seen))", "* 2 FETCH (FLAGS ())", `${tag} OK done`);
    });
    await connection.run(select("a"));
    const events: MailboxEvent[] = [];
    connection.events.on("mailbox", (event) => events.push(event));
    connection.primeUids((await connection.run(uidSearch({ all: true }))).uids);
    const { received } = await connection.run(
      fetch([[30, 30]], { envelope: true }, { onMessage: () => assert.fail() }),
    );
    assert.equal(received, 0);
    assert.deepEqual(
      events.map((e) => [e.kind, "uid" in e ? e.uid : null]),
      [
        ["expunge", 10],
        ["fetch", 20],
        ["fetch", 30],
      ],
    );
    assert.equal(connection.selected?.exists, 2);
  });

  it("ends IDLE before anything else is sent", async () => {
    const { connection, server } = await open(
      "IDLE",
      async (peer) => {
        const tag = await peer.command(/^IDLE$/);
        peer.send("+ idling", "* 4 EXISTS");
        await peer.expect(/^DONE$/);
        peer.send(`${tag} OK done`);
        await peer.answer(/^NOOP$/);
      },
      { silenceTimeoutMs: 100 },
    );
    const idle = connection.idle();
    await new Promise((resolve) => setTimeout(resolve, 200)); // longer than the watchdog, which must not mind
    await connection.run(noop());
    await idle.ended;
    await server.finished;
  });

  it("sends what ends IDLE right behind DONE, but what talks back or changes the state only when IDLE has ended", async () => {
    const { connection, server } = await open("IDLE", async (peer) => {
      const idle = await peer.command(/^IDLE$/);
      peer.send("+ idling");
      await peer.expect(/^DONE$/);
      const noop = await peer.command(/^NOOP$/);
      peer.send(`${idle} OK done`, `${noop} OK`);
      const again = await peer.command(/^IDLE$/);
      peer.send("+ idling");
      await peer.expect(/^DONE$/);
      peer.send(`${again} OK done`);
      await peer.answer(/^IDLE$|^LOGOUT$/);
    });
    const first = connection.idle();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await connection.run(noop());
    await first.ended;
    const second = connection.idle();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await connection.logout();
    await second.ended.catch(() => undefined);
    await server.finished;
  });

  it("polls where IDLE is not offered", async () => {
    const { connection, server } = await open("", async (peer) => {
      await peer.answer(/^NOOP$/);
      await peer.answer(/^NOOP$/);
    });
    const idle = connection.idle({ pollMs: 5 });
    await server.finished;
    await idle.done();
  });

  it("fails what is under way when the server is silent, says BYE, hangs up or loses its thread", async () => {
    const mute = await open("", async () => {}, { silenceTimeoutMs: 50 });
    const closed = new Promise((resolve) => mute.connection.events.on("close", resolve));
    await assert.rejects(mute.connection.run(noop()), fails("TIMEOUT"));
    assert.ok(fails("TIMEOUT")(await closed));
    await assert.rejects(mute.connection.run(noop()), fails("CLOSED"));

    const cases: [ImapErrorCode, (peer: Peer, tag: string) => void][] = [
      ["BYE", (peer) => peer.send("* BYE [UNAVAILABLE] restarting")],
      ["CLOSED", (peer) => peer.socket.destroy()],
      ["SYNTAX", (peer) => peer.send("ZZZ9 OK for another")],
      ["SYNTAX", (peer, tag) => peer.send(`${tag} MAYBE`)],
      ["LIMIT", (peer) => peer.send("* 1 FETCH (BODY[] {99999999999999999999}")],
    ];
    for (const [code, act] of cases) {
      const { connection } = await open("", async (peer) => act(peer, await peer.command(/^NOOP/)));
      await assert.rejects(connection.run(noop()), fails(code), code);
    }
  });

  it("skips what it cannot read, and says ALERTs", async () => {
    const { connection } = await open("", async (peer) => {
      await peer.answer(
        /^NOOP/,
        "* 1 FETCH rubbish",
        "Line of nothing",
        "* SEARCH x",
        "* OK [ALERT] \x1b[2J look",
      );
    });
    const alerts: string[] = [];
    connection.events.on("alert", (text) => alerts.push(text));
    await connection.run(noop());
    assert.deepEqual(alerts, ["\x1b[2J look"]);
  });

  it("lets a command be given up, queued or sent, without losing step", async () => {
    const { connection } = await open("", async (peer) => {
      const tag = await peer.command(/^CAPABILITY/);
      const next = await peer.command(/^NOOP/);
      peer.send("* CAPABILITY IMAP4rev1", `${tag} OK late`, `${next} OK done`);
    });
    const sent = new AbortController();
    const given = connection.run(capability(), { signal: sent.signal });
    await new Promise(setImmediate);
    sent.abort();
    await assert.rejects(given, fails("ABORTED"));
    const never = new AbortController();
    const queued = connection.run(create("x"), { signal: never.signal });
    never.abort();
    await assert.rejects(queued, fails("ABORTED"));
    await connection.run(noop());
  });

  it("streams a body to a slow sink without holding it in memory", async () => {
    const size = 200 << 20;
    const { connection } = await open("", async (peer) => {
      await selecting(peer);
      const tag = await peer.command(/^UID FETCH 5 \(UID BODY.PEEK\[\]\)/);
      peer.raw(`* 1 FETCH (UID 5 BODY[] {${size}}\r\n`);
      const chunk = Buffer.alloc(1 << 20, "x");
      for (let i = 0; i < size / chunk.length; i++)
        if (!peer.socket.write(chunk)) await new Promise((resolve) => peer.socket.once("drain", resolve));
      peer.send(")", `${tag} OK done`);
    });
    await connection.run(select("a"));
    let seen = 0;
    let busy = 0;
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    await connection.run(
      fetch(
        [[5, 5]],
        { sections: [{ section: "" }] },
        {
          onMessage: (m) => assert.equal(m.sections, undefined),
          sink: () => ({
            async write(chunk) {
              assert.equal(++busy, 1, "one write at a time");
              await new Promise(setImmediate);
              seen += chunk.length;
              busy--;
              most = Math.max(most, process.memoryUsage().arrayBuffers - before);
            },
            end() {},
            abort: assert.fail,
          }),
        },
      ),
    );
    assert.equal(seen, size);
    assert.ok(most < 64 << 20, `${most} octets held`);
  });

  it("says good-bye, and waits for no answer", async () => {
    const { connection, server } = await open("", async (peer) => {
      await peer.command(/^LOGOUT/);
    });
    const closed = new Promise((resolve) => connection.events.on("close", resolve));
    await connection.logout();
    assert.equal(await closed, null);
    await server.finished;
  });

  it("waits with its good-bye for the answers that are due, but not for ever", async () => {
    const { connection, server } = await open("", async (peer) => {
      const due = await peer.command(/^NOOP/);
      await new Promise((resolve) => setTimeout(resolve, 50));
      peer.send(`${due} OK done`);
      const tag = await peer.command(/^LOGOUT/);
      peer.send("* BYE bye", `${tag} OK done`);
    });
    const due = connection.run(noop());
    await connection.logout();
    await due;
    await server.finished;

    const mute = await open("", async () => {});
    const never = assert.rejects(mute.connection.run(noop()), fails("CLOSED"));
    await mute.connection.logout();
    await never;
  });
});

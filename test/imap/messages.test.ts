// The many ways to fetch a message and to put one in: extensions of FETCH, STORE and APPEND.
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import {
  append,
  appendAll,
  type Connection,
  connect,
  enable,
  encodeMailboxName,
  type FetchedMessage,
  type FetchQuery,
  fetch,
  formatImapUrl,
  genUrlAuth,
  getJmapAccess,
  ImapError,
  type ImapErrorCode,
  type MailboxEvent,
  parseImapUrl,
  replace,
  resetKey,
  Secret,
  select,
  status,
  store,
  uidSearch,
  urlFetch,
} from "../../src/imap/index.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import type { Peer } from "../servers/scripted.ts";
import { scriptedPeers } from "./scripted-session.ts";

const fails = (code: ImapErrorCode) => (error: unknown) => error instanceof ImapError && error.code === code;

async function fetched(connection: Connection, uids: [number, number][], query: FetchQuery) {
  const messages: FetchedMessage[] = [];
  const result = await connection.run(fetch(uids, query, { onMessage: (m) => messages.push(m) }));
  return { messages, result };
}

describe("messages on Dovecot", { skip: serverMissing("dovecot") }, () => {
  let dovecot: Dovecot;
  let connection: Connection;
  before(async () => {
    dovecot = await startDovecot({
      config: "imap_urlauth_host = localhost\nmail_attribute_dict = file:%h/attributes\n",
    });
    connection = await connect({ host: "localhost", port: dovecot.tlsPort, security: "tls", ca: dovecot.ca });
    await connection.authenticate({ user: dovecot.user, secret: new Secret(dovecot.password) });
  });
  after(async () => {
    connection.destroy();
    await dovecot.stop();
  });

  it("decodes parts where the server can, and tells previews and save dates", async () => {
    const mime =
      'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nhello reader\r\n--b\r\n' +
      "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--b--\r\n";
    await connection.run(append("INBOX", { source: Buffer.from(mime) }));
    await connection.run(select("INBOX"));
    const { messages } = await fetched(connection, [[1, 1]], {
      binary: [{ section: "2" }, { section: "1", partial: { offset: 0, length: 5 } }],
      binarySizes: ["2"],
      preview: true,
      saveDate: true,
    });
    const [message] = messages;
    assert.deepEqual(message?.binary?.get("2"), Buffer.from([0, 1, 2, 3]));
    assert.equal(message?.binary?.get("1")?.toString(), "hello");
    assert.equal(message?.binarySizes?.get("2"), 4);
    assert.match(message?.preview ?? "", /^hello reader/);
    if (connection.capabilities.has("SAVEDATE"))
      assert.ok(Math.abs(Date.now() - message!.saveDate!) < 60_000);
  });

  it("puts in several messages at once, and one with NUL", async () => {
    const all = ["one", "two", "three"].map((text) => ({
      source: Buffer.from(`Subject: ${text}\r\n\r\n`),
      flags: ["\\Seen"],
    }));
    const told = await connection.run(appendAll("Archive", all));
    assert.deepEqual(told?.uids, [[1, 3]]);
    if (!connection.capabilities.has("BINARY")) return;
    const binary = Buffer.from("Subject: binary\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\x01");
    await connection.run(append("Archive", { source: binary }));
  });

  it("puts a message together from what the server has", async () => {
    const box = await connection.run(select("Archive"));
    const url = formatImapUrl({
      mailbox: "Archive",
      uidValidity: box.uidValidity,
      uid: 2,
      section: "HEADER",
    });
    const text = Readable.from([Buffer.from("Catena"), Buffer.from("ted.\r\n")]);
    const source = [{ url }, { text: { size: 12, stream: text } }];
    const told = await connection.run(append("Drafts", { source }));
    await connection.run(select("Drafts"));
    const { messages } = await fetched(connection, [[told!.uids[0]![0], told!.uids[0]![0]]], {
      sections: [{ section: "" }],
    });
    assert.equal(messages[0]?.sections?.get("")?.toString(), "Subject: two\r\n\r\nCatenated.\r\n");
  });
});

describe("messages on a scripted server", () => {
  const peers = scriptedPeers();

  async function open(capabilities: string, script: (peer: Peer) => Promise<void>) {
    const session = await peers.open(capabilities, async (peer) => {
      await peer.answer(/^SELECT/, "* 3 EXISTS", "* OK [UIDVALIDITY 1] ok");
      await script(peer);
    });
    await session.connection.run(select("a"));
    return session;
  }

  it("gives each of two commands for the same content one answer, where both come before either is complete", async () => {
    const large = "x".repeat(100_000);
    const { connection, server } = await open("", async (peer) => {
      const tags: string[] = [];
      for (let n = 0; n < 4; n++) tags.push((await peer.expect(/^(\S+) UID FETCH /))[1] ?? "");
      for (const body of ["small", "small", large, large])
        peer.send(`* 2 FETCH (UID 5 BODY[${body === large ? "1" : ""}] {${body.length}}`, `${body})`);
      peer.send(...tags.map((tag) => `${tag} OK done`));
    });
    const sizes = ["", "", "1", "1"].map(async (section) => {
      const got: number[] = [];
      let octets = 0;
      const sink = () => ({
        write: (chunk: Uint8Array) => {
          octets += chunk.length;
        },
        end: () => void got.push(octets),
        abort: () => undefined,
      });
      const onMessage = ({ sections }: FetchedMessage) => {
        const body = sections?.get(section);
        if (body) got.push(body.length);
      };
      await connection.run(fetch([[5, 5]], { sections: [{ section }] }, { onMessage, sink }));
      return got;
    });
    assert.deepEqual(await Promise.all(sizes), [[5], [5], [100_000], [100_000]]);
    await server.finished;
  });

  it("reads and changes Gmail's labels", async () => {
    const { connection, server } = await open("X-GM-EXT-1", async (peer) => {
      await peer.answer(
        /^UID FETCH 5 \(UID X-GM-MSGID X-GM-THRID X-GM-LABELS\)$/,
        '* 1 FETCH (UID 5 X-GM-MSGID 18446744073709551615 X-GM-THRID 12 X-GM-LABELS (\\Inbox "two words" &AOQ-))',
      );
      await peer.answer(/^UID STORE 5 \+X-GM-LABELS \(\\Starred "&AOQ- b"\)$/);
    });
    const { messages } = await fetched(connection, [[5, 5]], { gmail: true });
    assert.deepEqual(
      [messages[0]?.gmailMessageId, messages[0]?.gmailThreadId, messages[0]?.gmailLabels],
      ["18446744073709551615", "12", ["\\Inbox", "two words", "ä"]],
    );
    await connection.run(store([[5, 5]], { mode: "add", flags: [], gmailLabels: ["\\Starred", "ä b"] }));
    await server.finished;
  });

  it("asks for nothing that is not offered", async () => {
    const { connection, server } = await open("", async (peer) => {
      await peer.answer(/^UID FETCH 1 \(UID\)$/);
    });
    await connection.run(fetch([[1, 1]], { preview: true, saveDate: true, gmail: true }, { onMessage() {} }));
    const source = Buffer.from("a\0b");
    const commands = [
      fetch([[1, 1]], { binary: [{ section: "1" }] }, { onMessage() {} }),
      append("a", { source }),
      append("a", { source: [{ url: "/a" }] }),
      appendAll("a", [{ source: Buffer.from("a") }, { source: Buffer.from("b") }]),
      replace(1, "a", { source: Buffer.from("a") }),
      genUrlAuth(["imap://a/b"]),
      getJmapAccess(),
      store([[1, 1]], { mode: "add", flags: [], gmailLabels: ["x"] }),
    ];
    for (const command of commands)
      await assert.rejects(connection.run<unknown>(command), fails("UNSUPPORTED"));
    await server.finished;
  });

  it("says that a message is too large before it is sent", async () => {
    const { connection } = await open("APPENDLIMIT=10", async () => {});
    await assert.rejects(connection.run(append("a", { source: Buffer.alloc(11, "x") })), {
      code: "ARGUMENT",
      responseCode: "TOOBIG",
    });
  });

  it("sends UTF-8 headers in the form made for them, and only those", async () => {
    const { connection, server } = await open("ENABLE UTF8=ACCEPT LITERAL+", async (peer) => {
      await peer.answer(/^ENABLE UTF8=ACCEPT$/, "* ENABLED UTF8=ACCEPT");
      const first = await peer.command(/^APPEND "a" UTF8 \(~\{15\+\}$/);
      await peer.octets(15);
      await peer.expect(/^\)$/);
      peer.send(`${first} OK done`);
      const second = await peer.command(/^APPEND "a" \{18\+\}$/);
      await peer.octets(20);
      peer.send(`${second} OK done`);
    });
    await connection.run(enable(["UTF8=ACCEPT"]));
    await connection.run(append("a", { source: Buffer.from("Subject: ä\r\n\r\n") }));
    await connection.run(append("a", { source: Buffer.from("Subject: a\r\n\r\nbä\r\n".slice(0, 17)) }));
    await server.finished;
  });

  it("speaks IMAP4rev2 once that is enabled: names and searches in UTF-8, no CHARSET", async () => {
    const { connection, server } = await open("IMAP4rev2", async (peer) => {
      const tag = await peer.command(/^ENABLE IMAP4rev2$/);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(peer.waiting, "", "what follows depends on the answer");
      peer.send("* ENABLED IMAP4rev2", `${tag} OK done`);
      await peer.answer(/^STATUS "\xc3\xa4" \(MESSAGES DELETED\)$/);
      await peer.answer(/^UID SEARCH RETURN \(ALL\) SUBJECT "\xc3\xa4"$/);
    });
    const on = connection.run(enable(["IMAP4rev2"]));
    const path = encodeMailboxName("ä", true);
    await Promise.all([on, connection.run(status(path, ["messages", "deleted"]))]);
    await connection.run(uidSearch({ subject: "ä" }));
    await server.finished;
  });

  it("replaces a message, told by tagged or untagged APPENDUID", async () => {
    const { connection } = await open("REPLACE UIDPLUS LITERAL+", async (peer) => {
      const tag = await peer.command(/^UID REPLACE 4 "a" \(\\Draft\) \{3\+\}$/);
      await peer.octets(5);
      peer.send("* OK [APPENDUID 1 9] replaced", "* 2 EXPUNGE", "* 3 EXISTS", `${tag} OK done`);
    });
    const told = await connection.run(replace(4, "a", { source: Buffer.from("abc"), flags: ["\\Draft"] }));
    assert.deepEqual(told, { uidValidity: 1, uids: [[9, 9]] });
  });

  it("names messages by UID alone once UIDONLY is enabled", async () => {
    const { connection, server } = await open("ENABLE UIDONLY", async (peer) => {
      await peer.answer(/^ENABLE UIDONLY$/, "* ENABLED UIDONLY");
      await peer.answer(
        /^UID FETCH 7:9 \(UID FLAGS\)$/,
        "* 7 UIDFETCH (FLAGS (\\Seen))",
        "* VANISHED 8",
        "* 99 UIDFETCH (FLAGS ())",
      );
    });
    const events: MailboxEvent[] = [];
    connection.events.on("mailbox", (event) => events.push(event));
    await connection.run(enable(["UIDONLY"]));
    const { messages } = await fetched(connection, [[7, 9]], { flags: true });
    assert.deepEqual(messages, [{ seq: 0, uid: 7, flags: ["\\Seen"] }]);
    assert.deepEqual(
      events.map((e) => [e.kind, "uid" in e ? e.uid : null]),
      [
        ["vanished", null],
        ["fetch", 99],
      ],
    );
    const bySequence = fetch([[1, 1]], { bySequence: true }, { onMessage() {} });
    await assert.rejects(connection.run(bySequence), fails("ARGUMENT"));
    await server.finished;
  });

  it("tells where a server with MESSAGELIMIT stopped", async () => {
    const { connection } = await open("MESSAGELIMIT=2", async (peer) => {
      const tag = await peer.command(/^UID FETCH/);
      peer.send("* 3 FETCH (UID 30 FLAGS ())", "* 2 FETCH (UID 20 FLAGS ())");
      peer.send(`${tag} OK [MESSAGELIMIT 2 20] partial`);
    });
    const { result } = await fetched(connection, [[1, 99]], { flags: true });
    assert.deepEqual(result, { received: 2, stoppedAt: 20 });
  });

  it("makes, follows and takes back URLs with authorization; knows where JMAP is", async () => {
    const url = "imap://ann@example.org/a;UIDVALIDITY=1/;UID=2;URLAUTH=submit+ann";
    const { connection, server } = await open("URLAUTH JMAPACCESS", async (peer) => {
      await peer.answer(/^GENURLAUTH "imap:.*" INTERNAL$/, `* GENURLAUTH "${url}:INTERNAL:AB12"`);
      await peer.answer(/^URLFETCH "x" "y"$/, '* URLFETCH "x" {2}', 'hi "y" NIL');
      await peer.answer(/^RESETKEY "a"$/);
      await peer.answer(/^GETJMAPACCESS$/, '* JMAPACCESS "https://jmap.example.org/"');
    });
    assert.deepEqual(await connection.run(genUrlAuth([url])), [`${url}:INTERNAL:AB12`]);
    assert.deepEqual(await connection.run(urlFetch(["x", "y"])), [
      { url: "x", bytes: Buffer.from("hi") },
      { url: "y", bytes: null },
    ]);
    await connection.run(resetKey("a"));
    assert.equal(await connection.run(getJmapAccess()), "https://jmap.example.org/");
    await server.finished;
  });
});

describe("IMAP URLs", () => {
  it("are read as they are written", () => {
    const all = {
      host: "mail.example.org",
      port: 1143,
      user: "ann@work;x",
      auth: "*",
      mailbox: "Über/a b;c",
      uidValidity: 385759045,
      uid: 20,
      section: "1.2.MIME",
      partial: { offset: 5, length: 1024 },
      expire: "2026-01-31T23:59:59Z",
      access: "submit+ann",
      token: "INTERNAL:91354A47",
    };
    for (const parts of [
      all,
      { mailbox: "INBOX" },
      { host: "::1", mailbox: "a/b", uid: 1 },
      { host: "h" },
      { mailbox: "a", uid: 3, partial: { offset: 7 } },
    ])
      assert.deepEqual(parseImapUrl(formatImapUrl(parts)), parts, formatImapUrl(parts));
    assert.equal(formatImapUrl({ mailbox: "a b", uid: 1, section: "TEXT" }), "/a%20b/;UID=1/;SECTION=TEXT");
  });
  it("that are none are refused", () => {
    for (const url of [
      "",
      "http://a/b",
      "imap://",
      "imap://h:99999/a",
      "/a;UID=x",
      "/%ff",
      "/a\r\nb;UIDVALIDITY=1x",
    ])
      assert.throws(() => parseImapUrl(url), fails("ARGUMENT"), url);
    assert.throws(() => formatImapUrl({ uid: 1 }), fails("ARGUMENT"));
  });
});

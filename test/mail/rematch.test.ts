// Messages found again under new UIDs, and folders under new names: what is cached is not fetched again.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connect, create, deleteMailbox, rename, Secret, select } from "../../src/imap/index.ts";
import type { Folder } from "../../src/mail/index.ts";
import { byEmailId, byMessageId, type Fresh, rematch } from "../../src/mail/rematch.ts";
import type { Identity } from "../../src/store/index.ts";
import { startCyrus } from "../servers/cyrus.ts";
import { type ServerName, serverMissing } from "../servers/daemon.ts";
import { startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type Peer, scriptedServer } from "../servers/scripted.ts";
import { type AccountServer, type Client, type Clients, clientsOf, eventually } from "./fixture.ts";

/** Asks for more than the field that list data needs. */
const bodies = /BODY(?!\.PEEK\[HEADER\.FIELDS \()/;

const day = 86_400_000;

function old(uid: number, over: Partial<Identity> = {}): Identity {
  return { uid, emailId: null, messageId: `<${uid}>`, size: 100, internalDate: 0, kept: true, ...over };
}

function fresh(uid: number, over: Partial<Fresh> = {}): Fresh {
  const { kept: _, ...identity } = old(uid);
  return { ...identity, flags: [], modSeq: "0", ...over };
}

const pairs = (found: readonly { from: number; uid: number }[]) => found.map(({ from, uid }) => [from, uid]);

describe("messages are told", () => {
  test("by EMAILID, copies of one content in the order of their UIDs", () => {
    const known = [old(1, { emailId: "A" }), old(2, { emailId: "B" }), old(3, { emailId: "A" }), old(4)];
    const there = [fresh(7, { emailId: "A" }), fresh(8, { emailId: "A" }), fresh(9, { emailId: "A" })];
    assert.deepEqual(pairs(byEmailId(known, [...there, fresh(10)])), [
      [1, 7],
      [3, 8],
    ]);
  });

  test("by Message-ID and size together", () => {
    const there = [fresh(11, { messageId: "<1>" }), fresh(12, { messageId: "<2>", size: 101 })];
    assert.deepEqual(pairs(byMessageId([old(1), old(2)], there)), [[1, 11]]);
  });

  test("by INTERNALDATE where several share both, and not at all where that does not help", () => {
    const same = { messageId: "<same>" };
    const known = [
      old(1, same),
      old(2, { ...same, internalDate: day }),
      old(3, { ...same, internalDate: day }),
    ];
    const there = [fresh(11, { ...same, internalDate: day }), fresh(12, same), fresh(13, same)];
    assert.deepEqual(byMessageId(known, there), []);
    assert.deepEqual(pairs(byMessageId(known.slice(0, 2), there.slice(0, 2))), [
      [1, 12],
      [2, 11],
    ]);
  });

  test("not where they have no Message-ID", () => {
    assert.deepEqual(byMessageId([old(1, { messageId: null })], [fresh(1, { messageId: null })]), []);
  });
});

describe("messages are asked for", () => {
  /** What a server that follows the script is asked for in a mailbox of two, and what is then found. */
  const asked = async (
    capabilities: string,
    known: readonly Identity[],
    script: (peer: Peer) => Promise<void>,
  ) => {
    const server = await scriptedServer(async (peer) => {
      peer.send(`* PREAUTH [CAPABILITY IMAP4rev1 ${capabilities}] hello`);
      await peer.answer(/^SELECT/, "* 2 EXISTS", "* OK [UIDVALIDITY 2] ok");
      await script(peer);
    });
    const connection = await connect({ host: server.host, port: server.port, security: "none" });
    try {
      await connection.run(select("a"));
      const { found, rows } = await rematch(connection, 2, known);
      await server.finished;
      return { found: pairs(found), rows: rows.map(({ uid }) => uid) };
    } finally {
      connection.destroy();
      await server.stop();
    }
  };
  const internalDate = '" 1-Jan-2026 00:00:00 +0000"';
  const told = (uid: number, rest: string) =>
    `* ${uid} FETCH (UID ${uid} FLAGS () INTERNALDATE ${internalDate} ${rest})`;
  const mail = (messageId: string) =>
    `RFC822.SIZE 100 BODY[HEADER.FIELDS (DATE FROM TO CC SUBJECT MESSAGE-ID IN-REPLY-TO REFERENCES)] "Message-ID: ${messageId}"`;

  test("by X-GM-MSGID alone, and with list data where that has changed", async () => {
    const known = [old(5, { emailId: "18446744073709551615" }), old(6, { emailId: "12" })];
    const result = await asked("X-GM-EXT-1", known, async (peer) => {
      await peer.answer(
        /^UID FETCH 1:(\*|4294967295) \(UID FLAGS INTERNALDATE X-GM-MSGID\)$/,
        told(1, "X-GM-MSGID 18446744073709551615"),
        told(2, "X-GM-MSGID 13"),
      );
      await peer.answer(/^UID FETCH 2 \(.*HEADER\.FIELDS.*\)$/, told(2, `X-GM-MSGID 13 ${mail("<6>")}`));
    });
    assert.deepEqual(result, {
      found: [
        [5, 1],
        [6, 2],
      ],
      rows: [],
    });
  });

  test("with no more than ids where nothing that is missing was cached", async () => {
    const known = [old(5, { emailId: "A" }), old(6, { emailId: "B", kept: false })];
    const result = await asked("OBJECTID", known, (peer) =>
      peer.answer(
        /^UID FETCH \S+ \(UID FLAGS INTERNALDATE EMAILID\)$/,
        told(1, "EMAILID (A)"),
        told(2, "EMAILID (C)"),
      ),
    );
    assert.deepEqual(result, { found: [[5, 1]], rows: [] });
  });

  test("not at all where nothing is cached that could be found", async () => {
    const result = await asked("", [old(5, { kept: false })], () => Promise.resolve());
    assert.deepEqual(result, { found: [], rows: [] });
  });

  test("so that rows of others need not be asked for again, and two answers for one message are one", async () => {
    const result = await asked("", [old(5)], (peer) =>
      peer.answer(/^UID FETCH/, told(1, mail("<new>")), told(2, mail("<5>")), told(2, mail("<5>"))),
    );
    assert.deepEqual(result, { found: [[5, 2]], rows: [1] });
  });
});

const sent = (client: Client, what: RegExp) =>
  client.log.filter((line) => line.startsWith(">") && what.test(line));
const letter = (n: number, subject = `Letter ${n}`) =>
  sampleMessage({ n, subject, body: `The text of letter ${n}.\r\n`, messageId: `<letter.${n}@example.org>` });

const servers: readonly [ServerName, () => Promise<AccountServer>][] = [
  ["dovecot", () => startDovecot({ tls: "none" })],
  ["cyrus", () => startCyrus()],
];

for (const [name, start] of servers) {
  describe(`${name}: what is cached stays`, { skip: serverMissing(name) }, () => {
    let clients: Clients;
    let server: AccountServer;
    before(async () => {
      server = await start();
      clients = clientsOf(server);
    });
    after(() => clients.end());

    /** Another program at work on the account. */
    const elsewhere = async (work: (connection: Awaited<ReturnType<typeof connect>>) => Promise<unknown>) => {
      const { port, user, password } = server;
      const connection = await connect({ host: "127.0.0.1", port, security: "none", insecure: true });
      await connection.authenticate({ user, secret: new Secret(password) });
      await work(connection);
      await connection.logout();
    };
    const made = async (path: string): Promise<{ client: Client; folder: Folder }> => {
      await elsewhere((connection) => connection.run(create(path)));
      const client = await clients.client(path);
      return { client, folder: await client.mail.findFolder(path) };
    };
    /** The same name anew, so that UIDVALIDITY, which counts seconds, is another. */
    const madeAnew = (path: string) =>
      elsewhere(async (connection) => {
        await connection.run(deleteMailbox(path));
        await new Promise((resolve) => setTimeout(resolve, 1_100));
        await connection.run(create(path));
      });
    const body = async (client: Client, folder: Folder, uid: number) =>
      JSON.stringify((await client.mail.read(folder, uid)).body);
    const text = async (client: Client, folder: Folder, uid: number) =>
      /The text of letter \d+/.exec(await body(client, folder, uid))?.[0];

    test("under a new UIDVALIDITY, with the flags of the server, and nothing is confused", async () => {
      const { client, folder } = await made("Letters");
      for (const n of [1, 2, 3, 4]) await client.mail.append(folder, letter(n), []);
      await client.mail.sync(folder);
      for (const uid of [1, 2, 3, 4]) await client.mail.read(folder, uid);
      await client.mail.close();
      await madeAnew("Letters");
      const other = await clients.client("other");
      // 2 is gone, 9 is new, the others are in another order.
      for (const n of [4, 9, 1, 3]) await other.mail.append(folder, letter(n), n === 1 ? ["\\Flagged"] : []);
      await other.mail.close();
      const again = await clients.client("Letters");
      await again.mail.sync(folder);
      const rows = again.mail.window(folder, { sort: "arrival", descending: false, offset: 0, limit: 9 });
      assert.deepEqual(
        rows.map((row) => [row.uid, row.subject, row.flags.join(), row.cached]),
        [
          [1, "Letter 4", "", true],
          [2, "Letter 9", "", false],
          [3, "Letter 1", "\\Flagged", true],
          [4, "Letter 3", "", true],
        ],
      );
      const texts = [
        await text(again, folder, 1),
        await text(again, folder, 3),
        await text(again, folder, 4),
      ];
      assert.deepEqual(texts, ["The text of letter 4", "The text of letter 1", "The text of letter 3"]);
      assert.deepEqual(sent(again, bodies), []);
      // What may have come in under the old numbers was asked for along with SELECT.
      const headers = sent(again, /HEADER\.FIELDS/).filter((line) => !line.includes(" UID FETCH 5:"));
      if (name === "cyrus") assert.match(headers.join(), /^> \S+ UID FETCH 2 /);
      assert.equal(headers.length, 1);
      assert.equal(await text(again, folder, 2), "The text of letter 9");
      await again.mail.close();
      const third = await clients.client("Letters");
      await third.mail.sync(folder);
      assert.ok(!third.log.some((line) => line.startsWith("<") && /HEADER\.FIELDS|EMAILID/.test(line)));
    });

    test("but not where two messages could be it", async () => {
      const { client, folder } = await made("Twins");
      const twin = (which: string) =>
        sampleMessage({ n: 1, subject: "Twin", body: `I am ${which}.\r\n`, messageId: "<twin@example.org>" });
      await client.mail.append(folder, twin("one"), []);
      await client.mail.sync(folder);
      await client.mail.read(folder, 1);
      await client.mail.close();
      await madeAnew("Twins");
      const other = await clients.client("other-twins");
      for (const which of ["two", "one"]) await other.mail.append(folder, twin(which), []);
      await other.mail.close();
      const again = await clients.client("Twins");
      await again.mail.sync(folder);
      assert.match(await body(again, folder, 1), /I am two/);
      assert.match(await body(again, folder, 2), /I am one/);
      // The same EMAILID is the same content; the same Message-ID and size are not.
      assert.equal(sent(again, bodies).length, name === "cyrus" ? 1 : 2);
    });

    test("and a change that waits does not meet another message under its number", async () => {
      const { client, folder } = await made("Waiting");
      for (const n of [1, 2]) await client.mail.append(folder, letter(n), []);
      await client.mail.sync(folder);
      await client.mail.close();
      const away = await clients.client("Waiting", { offline: true });
      await away.mail.remove(folder, [1]);
      await away.mail.close();
      await madeAnew("Waiting");
      const other = await clients.client("other-waiting");
      for (const n of [2, 1]) await other.mail.append(folder, letter(n), []);
      await other.mail.close();
      const back = await clients.client("Waiting");
      await back.mail.sync(folder);
      await eventually("it is refused", () => back.mail.queued === 0);
      await back.mail.sync(folder);
      const rows = back.mail.window(folder, { sort: "arrival", descending: false, offset: 0, limit: 9 });
      assert.deepEqual(
        rows.map((row) => row.subject),
        ["Letter 2", "Letter 1"],
      );
      assert.ok(back.events.some((e) => e.kind === "notice" && e.text.includes("new ids")));
    });

    // Only with OBJECTID can a folder be told by anything but its name.
    test("in a folder renamed elsewhere, and below it", { skip: name !== "cyrus" }, async () => {
      const { client, folder } = await made("Plans");
      await elsewhere((connection) => connection.run(create("Plans/Old")));
      await client.mail.refreshFolders();
      const below = await client.mail.findFolder("Plans/Old");
      for (const at of [folder, below]) {
        await client.mail.append(at, letter(at === folder ? 1 : 2), []);
        await client.mail.sync(at);
        await client.mail.read(at, 1);
      }
      await client.mail.close();
      await elsewhere((connection) => connection.run(rename("Plans", "Ideas")));
      const again = await clients.client("Plans");
      await again.mail.refreshFolders();
      for (const [n, path] of [
        [1, "Ideas"],
        [2, "Ideas/Old"],
      ] as const) {
        const moved = await again.mail.findFolder(path);
        await again.mail.sync(moved);
        assert.equal(await text(again, moved, 1), `The text of letter ${n}`);
      }
      assert.deepEqual(sent(again, /BODY\.PEEK\[\]/), []);
      assert.ok(!again.log.some((line) => line.startsWith("<") && line.includes("HEADER.FIELDS")));
      const left = again.mail.folders().filter((f) => f.path.startsWith("Plans"));
      assert.deepEqual(left, []);
    });
  });
}

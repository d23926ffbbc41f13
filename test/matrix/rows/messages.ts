// Messages: fetching, changing, moving, and keeping in step.
import assert from "node:assert/strict";
import {
  append,
  appendAll,
  type Connection,
  create,
  enable,
  type FetchedMessage,
  type FetchQuery,
  fetch,
  formatImapUrl,
  genUrlAuth,
  isInvalid,
  type MailboxEvent,
  moveMessages,
  noop,
  parseImapUrl,
  resetKey,
  select,
  store,
  type UidRanges,
  uidExpunge,
  uidSearch,
  unselect,
  urlFetch,
} from "../../../src/imap/index.ts";
import { sampleMessage } from "../../servers/messages.ts";
import { type Row, row, unchecked } from "../row.ts";

export async function fetchAll(connection: Connection, set: UidRanges, query: FetchQuery) {
  const messages: FetchedMessage[] = [];
  await connection.run(fetch(set, query, { onMessage: (message) => messages.push(message) }));
  return messages;
}

export const messageRows: readonly Row[] = [
  row("FETCH", [], /^UID FETCH/, async (site) => {
    await site.mailbox(3);
    const found = await fetchAll(site.connection, [[1, 3]], {
      flags: true,
      internalDate: true,
      size: true,
      envelope: true,
      bodyStructure: true,
      sections: [{ section: "1", partial: { offset: 0, length: 4 } }],
    });
    assert.equal(found.length, 3);
    const [{ envelope, bodyStructure, sections, size, internalDate } = assert.fail("none")] = found;
    assert.ok(envelope && !isInvalid(envelope) && bodyStructure && !isInvalid(bodyStructure));
    assert.equal(envelope.subject, "Sample message 1");
    assert.equal(sections?.get("1")?.toString(), "This");
    assert.ok(size && internalDate);
  }),
  row("STORE", [], /^UID STORE/, async (site) => {
    await site.mailbox(1);
    await site.connection.run(store([[1, 1]], { mode: "add", flags: ["\\Flagged", "$Todo"] }));
    const [message] = await fetchAll(site.connection, [[1, 1]], { flags: true });
    assert.ok(message?.flags?.includes("\\Flagged"));
    assert.ok(message?.flags?.includes("$Todo"));
  }),
  row("UIDPLUS", ["UIDPLUS"], /^UID EXPUNGE/, async (site) => {
    const path = await site.mailbox(2);
    const appended = await site.connection.run(append(path, { source: sampleMessage({ n: 3 }) }));
    assert.deepEqual(appended?.uids, [[3, 3]]);
    await site.connection.run(store([[1, 2]], { mode: "add", flags: ["\\Deleted"] }));
    await site.connection.run(uidExpunge([[1, 1]]));
    assert.deepEqual((await site.connection.run(uidSearch({ all: true }))).uids, [[2, 3]]);
  }),
  row("MOVE", ["MOVE"], /^UID MOVE/, async (site) => {
    const path = await site.mailbox(2);
    await site.connection.run(create(`${path}-to`));
    const { expunged, copyUid } = await moveMessages(site.connection, [[1, 1]], `${path}-to`);
    assert.equal(expunged, true);
    assert.deepEqual(copyUid?.source, [[1, 1]]);
    assert.equal(site.connection.selected?.exists, 1);
  }),
  row("CONDSTORE", ["CONDSTORE"], /UNCHANGEDSINCE/, async (site) => {
    await site.mailbox(2);
    const { connection } = site;
    const since = connection.selected?.highestModSeq;
    assert.ok(since);
    await connection.run(store([[1, 1]], { mode: "add", flags: ["\\Seen"] }));
    const changed = await fetchAll(connection, [[1, 2]], { flags: true, changedSince: since });
    assert.deepEqual(
      changed.map(({ uid }) => uid),
      [1],
    );
    const change = { mode: "add", flags: ["\\Flagged"], unchangedSince: since } as const;
    assert.deepEqual((await connection.run(store([[1, 2]], change))).modified, [[1, 1]]);
  }),
  row("QRESYNC", ["QRESYNC"], /^SELECT .*QRESYNC/, async (site) => {
    const path = await site.mailbox(3);
    const connection = await site.open();
    await connection.run(enable(["QRESYNC"]));
    const { uidValidity, highestModSeq } = await connection.run(select(path));
    assert.ok(highestModSeq);
    await connection.run(unselect());
    await site.connection.run(store([[1, 1]], { mode: "add", flags: ["\\Seen"] }));
    await site.connection.run(store([[2, 2]], { mode: "add", flags: ["\\Deleted"] }));
    await site.connection.run(uidExpunge([[2, 2]]));
    const events: MailboxEvent[] = [];
    connection.events.on("mailbox", (event) => events.push(event));
    await connection.run(select(path, { qresync: { uidValidity, modSeq: highestModSeq } }));
    const gone = events.find((event) => event.kind === "vanished");
    assert.deepEqual(gone?.uids, [[2, 2]]);
    assert.ok(events.some((event) => event.kind === "fetch" && event.uid === 1));
  }),
  row("EXPUNGE, told by UID", [], /^UID SEARCH/, async (site) => {
    const path = await site.mailbox(3);
    const watcher = await site.open();
    await watcher.run(select(path));
    watcher.primeUids((await watcher.run(uidSearch({ all: true }))).uids);
    const gone: (number | null)[] = [];
    watcher.events.on("mailbox", (event) => {
      if (event.kind === "expunge") gone.push(event.uid);
    });
    await moveMessages(site.connection, [[2, 2]], "INBOX");
    await watcher.run(noop());
    await watcher.run(noop());
    assert.deepEqual(gone, [2]);
  }),
  row("OBJECTID", ["OBJECTID"], /EMAILID/, async (site) => {
    await site.mailbox(1);
    assert.ok(site.connection.selected?.mailboxId);
    const [message] = await fetchAll(site.connection, [[1, 1]], { emailId: true, threadId: true });
    assert.ok(message?.emailId);
  }),
  row("BINARY: FETCH", ["BINARY"], /BINARY\.PEEK\[2\]/, async (site) => {
    const path = await site.mailbox(0);
    const source = sampleMessage({ attachmentBytes: 500 });
    await site.connection.run(append(path, { source }));
    await site.connection.run(noop());
    const query = { binary: [{ section: "2" }], binarySizes: ["2"] };
    const [message] = await fetchAll(site.connection, [[1, 1]], query);
    assert.equal(message?.binarySizes?.get("2"), 500);
    const decoded = message?.binary?.get("2");
    const [, encoded = ""] =
      /base64[\s\S]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)/.exec(source.toString("latin1")) ?? [];
    assert.deepEqual(decoded, Buffer.from(encoded, "base64"));
  }),
  row("BINARY: literal8", ["BINARY"], /^APPEND .*~\{\d+\+?\}$/, async (site) => {
    const path = await site.mailbox(0);
    const head =
      "MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary";
    await site.connection.run(append(path, { source: Buffer.from(`${head}\r\n\r\na\0b`, "latin1") }));
    await site.connection.run(noop());
    const [message] = await fetchAll(site.connection, [[1, 1]], { binary: [{ section: "1" }] });
    assert.equal(message?.binary?.get("1")?.toString("latin1"), "a\0b");
  }),
  row("MULTIAPPEND", ["MULTIAPPEND"], /^APPEND/, async (site) => {
    const path = await site.mailbox(0);
    const both = [1, 2].map((n) => ({ source: sampleMessage({ n }), flags: n === 2 ? ["\\Seen"] : [] }));
    assert.deepEqual((await site.connection.run(appendAll(path, both)))?.uids, [[1, 2]]);
    await site.connection.run(noop());
    const found = await fetchAll(site.connection, [[1, 2]], { flags: true });
    assert.deepEqual(
      found.map(({ flags }) => flags?.includes("\\Seen")),
      [false, true],
    );
  }),
  row("CATENATE", ["CATENATE"], /^APPEND .* CATENATE \(/, async (site) => {
    const path = await site.mailbox(1);
    const { uidValidity } = site.connection.selected ?? assert.fail("not selected");
    const source = [
      { text: Buffer.from("Subject: Joined\r\n\r\n") },
      { url: `/${path};UIDVALIDITY=${uidValidity}/;UID=1/;SECTION=TEXT` },
    ];
    await site.connection.run(append(path, { source }));
    await site.connection.run(noop());
    const [message] = await fetchAll(site.connection, [[2, 2]], { sections: [{ section: "" }] });
    assert.match(
      message?.sections?.get("")?.toString() ?? "",
      /^Subject: Joined\r\n\r\nThis is sample message 1/,
    );
  }),
  row("PREVIEW", ["PREVIEW"], /PREVIEW/, async (site) => {
    await site.mailbox(1);
    const [message] = await fetchAll(site.connection, [[1, 1]], { preview: true });
    // Null: the server could not make one (RFC 8970 §3.2); Cyrus does so by a program of its own only.
    if (message?.preview !== null) assert.match(message?.preview ?? "", /^This is sample message 1/);
  }),
  row("SAVEDATE", ["SAVEDATE"], /SAVEDATE/, async (site) => {
    await site.mailbox(1);
    const [message] = await fetchAll(site.connection, [[1, 1]], { saveDate: true });
    assert.ok(Math.abs((message?.saveDate ?? 0) - Date.now()) < 3_600_000);
  }),
  row("URLAUTH", ["URLAUTH"], /^GENURLAUTH/, async (site) => {
    const mailbox = await site.mailbox(1);
    const { uidValidity = 0 } = site.connection.selected ?? {};
    // Cyrus 3.6 closes a connection that fetches a URL of the mailbox it has selected.
    const connection = await site.open();
    const plain = { host: site.host, user: "user", mailbox, uidValidity, uid: 1, access: "user+user" };
    const [url] = await connection.run(genUrlAuth([formatImapUrl(plain)]));
    assert.ok(parseImapUrl(url ?? "").token);
    const [found] = await connection.run(urlFetch([url ?? ""]));
    assert.match(found?.bytes?.toString() ?? "", /Subject: Sample message 1/);
    await connection.run(resetKey(mailbox));
    const [after] = await connection.run(urlFetch([url ?? ""]));
    assert.equal(after?.bytes ?? null, null);
  }),
  ...["REPLACE", "UIDONLY", "MESSAGELIMIT", "X-GM-EXT-1"].map((name) => unchecked(name)),
];

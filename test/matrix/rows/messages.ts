// Messages: fetching, changing, moving, and keeping in step.
import assert from "node:assert/strict";
import {
  append,
  type Connection,
  create,
  enable,
  type FetchedMessage,
  type FetchQuery,
  fetch,
  isInvalid,
  type MailboxEvent,
  moveMessages,
  noop,
  select,
  store,
  type UidRanges,
  uidExpunge,
  uidSearch,
  unselect,
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
  unchecked("BINARY"),
  unchecked("MULTIAPPEND"),
  unchecked("CATENATE"),
  unchecked("URLAUTH"),
  unchecked("PREVIEW"),
  unchecked("SAVEDATE"),
  ...["REPLACE", "UIDONLY", "MESSAGELIMIT", "X-GM-EXT-1"].map((name) => unchecked(name)),
];

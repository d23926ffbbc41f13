// What every real server must show of the client: mailboxes, messages, searches, IDLE and QRESYNC.
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { it } from "node:test";
import {
  append,
  type Connection,
  copy,
  create,
  deleteMailbox,
  enable,
  type FetchedMessage,
  fetch,
  ImapError,
  isInvalid,
  list,
  type MailboxEvent,
  moveMessages,
  namespace,
  rename,
  select,
  store,
  subscribe,
  uidExpunge,
  uidSearch,
  unselect,
} from "../../src/imap/index.ts";

const message = (subject: string, body = "Hello.\r\n") =>
  Buffer.from(
    `From: Ann <ann@example.org>\r\nTo: bob@example.org\r\nSubject: ${subject}\r\nDate: Mon, 2 Jan 2023 10:00:00 +0000\r\n` +
      `Message-ID: <${subject.replaceAll(" ", ".")}@example.org>\r\n\r\n${body}`,
  );

const fetched = async (
  connection: Connection,
  set: [number, number][],
  query: Parameters<typeof fetch>[1],
) => {
  const messages: FetchedMessage[] = [];
  await connection.run(fetch(set, query, { onMessage: (m) => messages.push(m) }));
  return messages;
};

/** The tests; `open` gives a new connection that is logged in as always the same user. */
export function basics(open: () => Promise<Connection>): void {
  it("makes, lists, renames and deletes mailboxes", async () => {
    const connection = await open();
    const { personal } = await connection.run(namespace());
    assert.equal(personal.length, 1);
    await connection.run(create("Box"));
    await connection.run(create("&AMQ-pfel"));
    await connection.run(subscribe("Box"));
    const mailboxes = await connection.run(
      list("", "*", { specialUse: true, statusItems: ["messages", "uidNext"] }),
    );
    const byName = new Map(mailboxes.map((m) => [m.name, m]));
    assert.equal(byName.get("Äpfel")?.path, "&AMQ-pfel");
    assert.equal(byName.get("Box")?.status?.messages, 0);
    const subscribed = await connection.run(list("", "*", { subscribedOnly: true }));
    assert.deepEqual(
      subscribed.map((m) => m.path).filter((path) => path.endsWith("ox")),
      ["Box"],
    );
    await connection.run(rename("Box", "Box 2"));
    await connection.run(deleteMailbox("Box 2"));
    await connection.run(deleteMailbox("&AMQ-pfel"));
    await assert.rejects(
      connection.run(deleteMailbox("Box")),
      (error) => error instanceof ImapError && error.code === "NO",
    );
    await connection.logout();
  });

  it("appends, fetches, flags, searches, copies, moves and expunges", async () => {
    const connection = await open();
    await connection.run(create("Work"));
    const date = Date.UTC(2024, 0, 5, 6, 7, 8);
    const first = await connection.run(
      append("Work", { source: message("one"), flags: ["\\Seen", "$Todo"], internalDate: date }),
    );
    assert.deepEqual(first?.uids, [[1, 1]]);
    const big = message("two", "x".repeat(78).concat("\r\n").repeat(2000));
    const source = { size: big.length, stream: Readable.from([big.subarray(0, 1000), big.subarray(1000)]) };
    await connection.run(append("Work", { source }));
    await connection.run(append("Work", { source: message("=?utf-8?q?dr=C3=A4i?=") }));

    const mailbox = await connection.run(select("Work", { condstore: true }));
    assert.equal(mailbox.exists, 3);
    assert.equal(mailbox.uidNext, 4);
    assert.ok((mailbox.highestModSeq ?? 0n) > 0n);
    assert.ok(mailbox.permanentFlags?.includes("\\*"));

    const [one, two, three] = await fetched(connection, [[1, 100]], {
      flags: true,
      internalDate: true,
      size: true,
      envelope: true,
      bodyStructure: true,
      modSeq: true,
      sections: [
        { section: "header.fields (subject to)" },
        { section: "1", partial: { offset: 0, length: 5 } },
      ],
    });
    assert.deepEqual([...one!.flags!].filter((f) => f !== "\\Recent").sort(), ["$Todo", "\\Seen"]);
    assert.equal(one!.internalDate, date);
    assert.equal(two!.size, big.length);
    assert.ok(one!.envelope && !isInvalid(one!.envelope));
    assert.equal((one!.envelope as { subject: string }).subject, "one");
    assert.ok(three!.bodyStructure && !isInvalid(three!.bodyStructure));
    assert.equal(three!.bodyStructure.kind, "part");
    assert.equal(one!.sections?.get("1")?.toString(), "Hello");
    assert.match(
      one!.sections?.get("HEADER.FIELDS (SUBJECT TO)")?.toString() ?? "",
      /^To: bob@example.org\r\n/m,
    );

    let streamed = 0;
    let ended = false;
    const messages: FetchedMessage[] = [];
    await connection.run(
      fetch(
        [[2, 2]],
        { sections: [{ section: "" }] },
        {
          onMessage: (m) => messages.push(m),
          sink: (literal) => {
            assert.deepEqual([literal.uid, literal.section, literal.size], [2, "", big.length]);
            return {
              write: (chunk) => {
                streamed += chunk.length;
              },
              end: () => {
                ended = true;
              },
              abort: () => assert.fail("aborted"),
            };
          },
        },
      ),
    );
    assert.deepEqual([streamed, ended, messages.length], [big.length, true, 1]);

    const found = await Promise.all([
      connection.run(uidSearch({ and: [{ flag: "\\Seen" }, { not: { flag: "\\Deleted" } }] })),
      connection.run(uidSearch({ or: [{ subject: "one" }, { subject: "dräi" }, { larger: 1e6 }] })),
      connection.run(uidSearch({ all: true })),
    ]);
    assert.deepEqual(
      found.map((f) => f.uids),
      [
        [[1, 1]],
        [
          [1, 1],
          [3, 3],
        ],
        [[1, 3]],
      ],
    );

    connection.primeUids(found[2]!.uids);
    const events: MailboxEvent[] = [];
    connection.events.on("mailbox", (event) => events.push(event));
    await connection.run(store([[3, 3]], { mode: "add", flags: ["\\Deleted", "\\Flagged"] }));
    const copied = await connection.run(copy([[1, 1]], "INBOX"));
    assert.deepEqual(copied?.source, [[1, 1]]);
    await connection.run(uidExpunge([[3, 3]]));
    const moved = await moveMessages(connection, [[2, 2]], "INBOX");
    assert.equal(moved.expunged, true);
    assert.deepEqual(moved.copyUid?.source, [[2, 2]]);
    assert.equal(connection.selected?.exists, 1);
    assert.deepEqual(
      events.filter((e) => e.kind === "expunge").map((e) => e.uid),
      [3, 2],
    );
    assert.ok(
      events.some((e) => e.kind === "fetch" && e.uid === 3 && e.message.flags?.includes("\\Flagged")),
    );
    const { modified } = await connection.run(
      store([[1, 1]], { mode: "add", flags: ["\\Flagged"], unchangedSince: 1n }),
    );
    assert.deepEqual(modified, [[1, 1]]);
    await connection.run(unselect());
    assert.equal(connection.state, "authenticated");
    await assert.rejects(
      connection.run(uidSearch({ all: true })),
      (e) => e instanceof ImapError && e.code === "STATE",
    );
    await connection.logout();
  });

  it("is told of new mail in IDLE, and ends it for another command", async () => {
    const [watcher, writer] = await Promise.all([open(), open()]);
    await watcher.run(create("Watched"));
    await watcher.run(select("Watched"));
    const exists = new Promise<number>((resolve) => {
      watcher.events.on("mailbox", (e) => {
        if (e.kind === "exists") resolve(e.exists);
      });
    });
    const idle = watcher.idle();
    await writer.run(append("Watched", { source: message("new") }));
    assert.equal(await exists, 1);
    const messages = await fetched(watcher, [[1, 1]], { envelope: true });
    await idle.ended;
    assert.equal(messages.length, 1);
    const again = watcher.idle();
    await again.done();
    await Promise.all([watcher.logout(), writer.logout()]);
  });

  it("catches up by QRESYNC", async () => {
    const connection = await open();
    assert.deepEqual(await connection.run(enable(["QRESYNC"])), ["QRESYNC"]);
    await connection.run(create("Resync"));
    for (const subject of ["a", "b", "c"])
      await connection.run(append("Resync", { source: message(subject) }));
    const { uidValidity, highestModSeq } = await connection.run(select("Resync"));
    await connection.run(store([[1, 1]], { mode: "add", flags: ["\\Seen"] }));
    await connection.run(store([[2, 2]], { mode: "add", flags: ["\\Deleted"] }));
    const vanished: MailboxEvent[] = [];
    connection.events.on("mailbox", (event) => vanished.push(event));
    await connection.run(uidExpunge([[2, 2]]));
    assert.equal(connection.selected?.exists, 2);
    await connection.run(unselect());
    vanished.length = 0;
    await connection.run(select("Resync", { qresync: { uidValidity, modSeq: highestModSeq! } }));
    assert.deepEqual(
      vanished.map((e) =>
        e.kind === "vanished" ? [e.earlier, e.uids] : [e.kind, e.kind === "fetch" ? e.uid : 0],
      ),
      [
        [true, [[2, 2]]],
        ["fetch", 1],
      ],
    );
    await connection.logout();
  });
}

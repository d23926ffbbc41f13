// Searches as far as servers differ in them: what is asked, what is made of the answer, what is done without.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  cancelUpdate,
  copy,
  fetch,
  ImapError,
  multiSearch,
  type SearchKey,
  type SearchUpdate,
  savedSearch,
  select,
  store,
  uidExpunge,
  uidSearch,
  uidSet,
  uidSort,
  uidThread,
} from "../../src/imap/index.ts";
import { parseResponse } from "../../src/imap/response/response.ts";
import { assertQuick } from "../cost.ts";
import { scriptedPeers, selecting } from "./scripted-session.ts";

const parse = (text: string) => parseResponse(Buffer.from(`${text}\r\n`, "latin1"));
const unsupported = (error: unknown) => error instanceof ImapError && error.code === "UNSUPPORTED";
const all: SearchKey = { all: true };

describe("what searches tell", () => {
  const threads = (text: string) => {
    const response = parse(`* THREAD ${text}`);
    assert.ok(response.kind === "thread");
    return response.threads;
  };

  it("reads threads in the order of a list, without recursion", () => {
    assert.deepEqual(threads("(2)(3 6 (4 23)(44 7 96))"), {
      uids: [2, 3, 6, 4, 23, 44, 7, 96],
      depths: [0, 0, 1, 2, 3, 2, 3, 4],
    });
    assert.deepEqual(threads("((3)(5))(1)"), { uids: [0, 3, 5, 1], depths: [0, 1, 1, 0] });
    assert.deepEqual(threads(""), { uids: [], depths: [] });
    const deep = 5000;
    const long = threads(`${"(1 (2)".repeat(deep)}${")".repeat(deep)}`);
    assert.equal(long.depths.at(-1), deep);
    for (const bad of ["(1", "1", "(1))", "(x)", "(".repeat(100_000)])
      assert.throws(() => threads(bad), bad.slice(0, 9));
  });

  it("reads long answers in time that grows with them alone", () => {
    const size = 100_000;
    const scattered = Array.from({ length: size }, (_, i) => ((i * 7919) % 1_000_003) + 1);
    for (const text of [
      `* THREAD ${scattered.map((n) => `(${n} (1 2)(3))`).join("")}`,
      `* THREAD ${"((1)(2 (3)))".repeat(size)}`,
      `* SORT ${scattered.join(" ")}`,
      `* ESEARCH (TAG "a") UID ALL ${scattered.join(",")} RELEVANCY (${scattered.join(" ")})`,
      `* ESEARCH (TAG "a") UID ${"ADDTO (0 1:4294967295) ".repeat(size)}`,
      `* ACL INBOX ${"ann lrs ".repeat(size)}`,
    ]) {
      const bytes = Buffer.from(`${text}\r\n`, "latin1");
      assertQuick(() => parseResponse(bytes), 3_000, text.slice(0, 20));
    }
  });

  it("reads every item of ESEARCH", () => {
    const response = parse(
      '* ESEARCH (TAG "a1" MAILBOX "Old mail" UIDVALIDITY 7) UID MIN 2 MAX 9 COUNT 3 PARTIAL (-1:-100 9,2:4) RELEVANCY (4 99 42)',
    );
    assert.ok(response.kind === "search");
    assert.deepEqual(response.mailbox, { path: "Old mail", uidValidity: 7 });
    assert.deepEqual([response.min, response.max, response.count], [2, 9, 3]);
    assert.deepEqual(response.partial, [
      [9, 9],
      [2, 4],
    ]);
    assert.deepEqual(response.relevancy, [4, 99, 42]);
    const empty = parse("* ESEARCH UID PARTIAL (1:10 NIL)");
    assert.ok(empty.kind === "search" && empty.partial?.length === 0);
  });

  it("cuts a part out of ranges, and expands only what a mailbox can hold", () => {
    const set = uidSet.parse("1:3,7,10:4294967295");
    assert.deepEqual(uidSet.slice(set, 3, 5), [
      [3, 3],
      [7, 7],
      [10, 10],
    ]);
    assert.deepEqual(uidSet.slice(set, 5, 3), uidSet.slice(set, 3, 5));
    assert.deepEqual(uidSet.slice(set, -1, -2), [[4294967294, 4294967295]]);
    assert.deepEqual(uidSet.slice([[1, 4]], 4, 9), [[4, 4]]);
    assert.deepEqual(uidSet.slice([[1, 4]], 5, 9), []);
    const three: [number, number][] = [
      [5, 3],
      [9, 9],
      [1, 2],
    ];
    assert.deepEqual(uidSet.expand(three), [5, 4, 3, 9, 1, 2]);
    assert.throws(() => uidSet.expand(set), /more messages/);
  });
});

describe("searching", () => {
  const { open: session } = scriptedPeers();

  it("asks for no more than is wanted", async () => {
    const { connection } = await session("ESEARCH SEARCHRES PARTIAL", async (peer) => {
      await selecting(peer);
      const say = async (pattern: RegExp, data: string) => {
        const tag = await peer.command(pattern);
        peer.send(`* ESEARCH (TAG "${tag}") UID ${data}`, `${tag} OK done`);
      };
      await say(/^UID SEARCH RETURN \(MIN COUNT\) ALL$/, "MIN 4 COUNT 9");
      await say(/^UID SEARCH RETURN \(COUNT PARTIAL -1:-2\) ALL$/, "COUNT 9 PARTIAL (-1:-2 8,7)");
      await say(/^UID SEARCH RETURN \(SAVE\) \$$/, "");
    });
    await connection.run(select("INBOX"));
    const first = await connection.run(uidSearch(all, { tell: ["min", "count"] }));
    assert.deepEqual([first.min, first.count, first.uids], [4, 9, []]);
    const last = await connection.run(uidSearch(all, { tell: ["all", "count"], partial: [-1, -2] }));
    assert.deepEqual([last.uids, last.count], [[[7, 8]], 9]);
    const saved = await connection.run(uidSearch({ saved: true }, { tell: [], save: true }));
    assert.deepEqual([saved.uids, saved.count], [[], null]);
  });

  it("does without ESEARCH and PARTIAL", async () => {
    const { connection } = await session("SORT", async (peer) => {
      await selecting(peer);
      await peer.answer(/^UID SEARCH ALL$/, "* SEARCH 9 3 5", "* SEARCH 6");
      await peer.answer(/^UID SEARCH ALL$/, "* SEARCH 9 3 5 6");
      await peer.answer(/^UID SORT \(REVERSE DATE SUBJECT\) UTF-8 SEEN NOT FLAGGED$/, "* SORT 9 3 5 6");
    });
    await connection.run(select("INBOX"));
    const found = await connection.run(uidSearch(all, { tell: ["min", "max", "count"] }));
    assert.deepEqual([found.min, found.max, found.count], [3, 9, 4]);
    const part = await connection.run(uidSearch(all, { partial: [-1, -2] }));
    assert.deepEqual(part.uids, [
      [6, 6],
      [9, 9],
    ]);
    const keys = { and: [{ flag: "\\Seen" }, { not: { flag: "\\Flagged" } }] };
    const order = [{ by: "date", reverse: true }, { by: "subject" }] as const;
    const sorted = await connection.run(uidSort(keys, order, { partial: [2, 3] }));
    assert.deepEqual([sorted.uids, sorted.count], [[3, 5], 4]);
    assert.equal(part.count, 4);
  });

  it("takes a sorted answer in its order, and its parts as the server cuts them", async () => {
    const { connection } = await session("ESEARCH SORT ESORT CONTEXT=SORT", async (peer) => {
      await selecting(peer);
      const tag = await peer.command(/^UID SORT RETURN \(ALL\) \(ARRIVAL\) UTF-8 ALL$/);
      peer.send(`* ESEARCH (TAG "${tag}") UID ALL 7:9,3,5:4`, `${tag} OK done`);
      const next = await peer.command(/^UID SORT RETURN \(PARTIAL 1:2\) \(ARRIVAL\) UTF-8 ALL$/);
      peer.send(`* ESEARCH (TAG "${next}") UID PARTIAL (1:2 7,8)`, `${next} OK done`);
    });
    await connection.run(select("INBOX"));
    const { uids, count } = await connection.run(uidSort(all, [{ by: "arrival" }]));
    assert.deepEqual([uids, count], [[7, 8, 9, 3, 5, 4], 6]);
    const part = await connection.run(uidSort(all, [{ by: "arrival" }], { partial: [1, 2] }));
    assert.deepEqual([part.uids, part.count], [[7, 8], null]);
  });

  it("names text beyond ASCII, and says every extended key as its RFC does", async () => {
    const offers = "ESEARCH WITHIN SAVEDATE SEARCH=FUZZY OBJECTID X-GM-EXT-1 LITERAL+ CONDSTORE";
    const day = Date.UTC(2024, 1, 3);
    const keys: readonly (readonly [SearchKey, string])[] = [
      [{ younger: 3600 }, "YOUNGER 3600"],
      [{ older: 60 }, "OLDER 60"],
      [{ savedSince: day }, "SAVEDSINCE 3-Feb-2024"],
      [{ savedBefore: day }, "SAVEDBEFORE 3-Feb-2024"],
      [{ savedOn: day }, "SAVEDON 3-Feb-2024"],
      [{ sentOn: day }, "SENTON 3-Feb-2024"],
      [{ fuzzy: { or: [{ from: "a" }, { to: "b" }] } }, 'FUZZY OR FROM "a" TO "b"'],
      [{ emailId: "M1" }, "EMAILID M1"],
      [{ threadId: "T1" }, "THREADID T1"],
      [{ gmailRaw: 'has:attachment "x"' }, 'X-GM-RAW "has:attachment \\"x\\""'],
      [{ gmailLabel: "Inbox" }, 'X-GM-LABELS "Inbox"'],
      [{ gmailMessageId: 2n ** 63n }, "X-GM-MSGID 9223372036854775808"],
      [{ gmailThreadId: 5n }, "X-GM-THRID 5"],
    ];
    const asked: string[] = [];
    const script = async (peer: Parameters<typeof selecting>[0]) => {
      await selecting(peer);
      for (const _ of keys) {
        const [, tag, keyText] = await peer.expect(/^(\S+) UID SEARCH RETURN \(ALL\) (.*)$/);
        asked.push(keyText!);
        peer.send(`${tag} OK done`);
      }
      const tag = await peer.command(/^UID SEARCH RETURN \(ALL\) CHARSET UTF-8 FUZZY SUBJECT \{5\+\}$/);
      await peer.expect(/^dr\xc3\xa4i$/);
      peer.send(`${tag} OK done`);
    };
    const { connection } = await session(offers, script);
    await connection.run(select("INBOX"));
    for (const [key] of keys) await connection.run(uidSearch(key));
    assert.deepEqual(
      asked,
      keys.map(([, text]) => text),
    );
    await connection.run(uidSearch({ fuzzy: { subject: "dräi" } }));
  });

  it("sends nothing that is not offered", async () => {
    const { connection, server } = await session("ESEARCH", (peer) => selecting(peer));
    await connection.run(select("INBOX"));
    const before = server.seen;
    const commands = [
      uidSearch({ younger: 1 }),
      uidSearch({ not: { or: [{ all: true }, { savedOn: 0 }] } }),
      uidSearch({ fuzzy: { all: true } }),
      uidSearch({ emailId: "M" }),
      uidSearch({ gmailRaw: "x" }),
      uidSearch({ modSeq: 1n }),
      uidSearch({ saved: true }),
      uidSearch(all, { save: true }),
      uidSearch(all, { update: true }),
      uidSearch(all, { relevancy: true }),
      uidSort(all, [{ by: "date" }]),
      uidThread(all),
      cancelUpdate(["a1"]),
      multiSearch(["personal"], all),
      fetch(savedSearch, { flags: true }, { onMessage() {} }),
      fetch([[1, 1]], { flags: true, partial: [1, 5] }, { onMessage() {} }),
      store(savedSearch, { mode: "add", flags: [] }),
    ];
    for (const command of commands) await assert.rejects(connection.run(command), unsupported, command.name);
    const part = (from: number, to: number) => connection.run(uidSearch(all, { partial: [from, to] }));
    for (const [from, to] of [
      [0, 1],
      [-1, 1],
      [1.5, 2],
    ] as const)
      await assert.rejects(
        part(from, to),
        (error) => error instanceof ImapError && error.code === "ARGUMENT",
      );
    assert.equal(server.seen, before);
  });

  it("uses what was saved at once where that only reads, and else when it is known to be saved", async () => {
    const { connection, server } = await session("ESEARCH SEARCHRES UIDPLUS", async (peer) => {
      await selecting(peer);
      const search = await peer.command(/^UID SEARCH RETURN \(SAVE\) SEEN$/);
      const reading = await peer.command(/^UID FETCH \$ \(UID FLAGS\)$/);
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.equal(peer.waiting, "", "a change waits");
      peer.send(`${search} OK saved`, "* 2 FETCH (UID 8 FLAGS (\\Seen))", `${reading} OK done`);
      await peer.answer(/^UID STORE \$ \+FLAGS\.SILENT \(\\Deleted\)$/);
      await peer.answer(/^UID COPY \$ "x"$/);
      await peer.answer(/^UID EXPUNGE \$$/);
    });
    await connection.run(select("INBOX"));
    const fetched: (number | undefined)[] = [];
    await Promise.all([
      connection.run(uidSearch({ flag: "\\Seen" }, { tell: [], save: true })),
      connection.run(fetch(savedSearch, { flags: true }, { onMessage: (m) => fetched.push(m.uid) })),
      connection.run(store(savedSearch, { mode: "add", flags: ["\\Deleted"], silent: true })),
      connection.run(copy(savedSearch, "x")),
    ]);
    await connection.run(uidExpunge(savedSearch));
    assert.deepEqual(fetched, [8]);
    await server.finished;
  });

  it("tells how a search's hits change, until that is cancelled or refused", async () => {
    const { connection } = await session("ESEARCH CONTEXT=SEARCH", async (peer) => {
      await selecting(peer);
      const tag = await peer.command(/^UID SEARCH RETURN \(ALL UPDATE\) NOT SEEN$/);
      peer.send(`* ESEARCH (TAG "${tag}") UID ALL 1:2`, `${tag} OK done`);
      peer.send(`* ESEARCH (TAG "${tag}") UID ADDTO (0 32768:32769 1 5) REMOVEFROM (0 2)`);
      await peer.answer(new RegExp(`^CANCELUPDATE "${tag}"$`));
      const next = await peer.command(/^UID SEARCH RETURN \(ALL UPDATE\) ALL$/);
      peer.send(`* ESEARCH (TAG "${next}") UID ALL 1:3`, `* NO [NOUPDATE "${next}"] Too many contexts`);
      peer.send(`${next} OK done`);
    });
    await connection.run(select("INBOX"));
    const updates: SearchUpdate[] = [];
    connection.events.on("search", (update) => updates.push(update));
    const { uids, context } = await connection.run(uidSearch({ not: { flag: "\\Seen" } }, { update: true }));
    assert.deepEqual(uids, [[1, 2]]);
    assert.ok(context);
    await connection.run(cancelUpdate([context]));
    assert.deepEqual(updates, [
      { context, kind: "add", position: 0, uids: [[32768, 32769]] },
      { context, kind: "add", position: 1, uids: [[5, 5]] },
      { context, kind: "remove", position: 0, uids: [[2, 2]] },
    ]);
    const refused = await connection.run(uidSearch(all, { update: true }));
    assert.deepEqual([refused.uids, refused.context], [[[1, 3]], null]);
  });

  it("tells how well each hit fits, and fetches a part of a set", async () => {
    const { connection } = await session("ESEARCH ESORT SORT SEARCH=FUZZY PARTIAL", async (peer) => {
      await selecting(peer);
      const tag = await peer.command(/^UID SEARCH RETURN \(ALL RELEVANCY\) FUZZY TEXT "x"$/);
      peer.send(`* ESEARCH (TAG "${tag}") UID ALL 1,5:6 RELEVANCY (4 99 42)`, `${tag} OK done`);
      const next = await peer.command(
        /^UID SORT RETURN \(ALL RELEVANCY\) \(RELEVANCY\) UTF-8 FUZZY TEXT "x"$/,
      );
      peer.send(`* ESEARCH (TAG "${next}") UID ALL 5:6,1 RELEVANCY (99 42 4)`, `${next} OK done`);
      const part = await peer.command(/^UID FETCH 1:500 \(UID FLAGS\) \(PARTIAL -1:-2\)$/);
      peer.send("* 2 FETCH (UID 8 FLAGS ())", "* 3 FETCH (UID 9 FLAGS ())", `${part} OK done`);
    });
    await connection.run(select("INBOX"));
    const fuzzy = { fuzzy: { text: "x" } };
    const found = await connection.run(uidSearch(fuzzy, { relevancy: true }));
    assert.deepEqual(found.relevancy, [4, 99, 42]);
    const sorted = await connection.run(uidSort(fuzzy, [{ by: "relevancy" }], { relevancy: true }));
    assert.deepEqual(
      [sorted.uids, sorted.relevancy],
      [
        [5, 6, 1],
        [99, 42, 4],
      ],
    );
    const query = { flags: true, partial: [-1, -2] } as const;
    const { received } = await connection.run(fetch([[1, 500]], query, { onMessage() {} }));
    assert.equal(received, 2);
  });

  it("searches several mailboxes at once", async () => {
    const { connection } = await session("ESEARCH MULTISEARCH", async (peer) => {
      const tag = await peer.command(
        /^ESEARCH IN \(personal mailboxes \("a b"\) subtree-one \("c" "d"\)\) RETURN \(ALL\) FLAGGED$/,
      );
      const other = await peer.command(/^ESEARCH IN \(subscribed\) RETURN \(COUNT\) ALL$/);
      const hit = (of: string, path: string, data: string) =>
        peer.send(`* ESEARCH (TAG "${of}" MAILBOX "${path}" UIDVALIDITY 3) UID ${data}`);
      hit(other, "x", "COUNT 5");
      hit(tag, "a b", "ALL 1:3");
      hit(tag, "c", "ALL 9");
      peer.send(`${tag} OK done`, `${other} OK done`);
    });
    const scopes = ["personal", { mailboxes: ["a b"] }, { subtreeOne: ["c", "d"] }] as const;
    const [hits, counts] = await Promise.all([
      connection.run(multiSearch(scopes, { flag: "\\Flagged" })),
      connection.run(multiSearch(["subscribed"], all, { tell: ["count"] })),
    ]);
    assert.deepEqual(hits, [
      { path: "a b", uidValidity: 3, uids: [[1, 3]], count: 3 },
      { path: "c", uidValidity: 3, uids: [[9, 9]], count: 1 },
    ]);
    assert.deepEqual(counts, [{ path: "x", uidValidity: 3, uids: [], count: 5 }]);
  });
});

// Finding, ordering and threading.
import assert from "node:assert/strict";
import {
  append,
  cancelUpdate,
  fetch,
  noop,
  type SearchUpdate,
  savedSearch,
  uidSearch,
  uidSort,
  uidThread,
} from "../../../src/imap/index.ts";
import { sampleMessage } from "../../servers/messages.ts";
import { type Row, row, type Site, unchecked } from "../row.ts";

/** Adds a thread of two, a reply by other's hand, and one that answers by its subject alone. */
async function addThread(site: Site, path: string): Promise<void> {
  const ask = sampleMessage({ n: 10, subject: "Lunch?", messageId: "<ask@example.org>" });
  const answer = sampleMessage({
    n: 11,
    subject: "Re: Lunch?",
    from: '"Zoë" <b@example.org>',
    references: ["<ask@example.org>"],
  });
  for (const source of [ask, answer]) await site.connection.run(append(path, { source }));
  await site.connection.run(noop());
}

const thread = (algorithm: "ORDEREDSUBJECT" | "REFERENCES" | "REFS"): Row =>
  row(
    `THREAD=${algorithm}`,
    [`THREAD=${algorithm}`],
    new RegExp(`^UID THREAD ${algorithm} `),
    async (site) => {
      await addThread(site, await site.mailbox(1));
      const { uids, depths } = await site.connection.run(uidThread({ all: true }, [algorithm]));
      assert.deepEqual([...uids].sort(), [1, 2, 3]);
      assert.equal(depths[uids.indexOf(3)], 1, "the reply is below what it replies to");
      assert.equal(depths[uids.indexOf(2)], 0);
    },
  );

/** The next news of a search. */
const update = (site: Site) =>
  new Promise<SearchUpdate>((resolve) => {
    const stop = site.connection.events.on("search", (event) => {
      stop();
      resolve(event);
    });
  });

export const searchRows: readonly Row[] = [
  row("SEARCH", [], /^UID SEARCH/, async (site) => {
    await site.mailbox(3);
    const { uids } = await site.connection.run(uidSearch({ subject: "message 2" }));
    assert.deepEqual(uids, [[2, 2]]);
  }),
  row("SEARCH, CHARSET UTF-8", [], /CHARSET UTF-8/, async (site) => {
    const path = await site.mailbox(1);
    await site.connection.run(append(path, { source: sampleMessage({ n: 2, subject: "Żółw" }) }));
    await site.connection.run(noop());
    assert.deepEqual((await site.connection.run(uidSearch({ subject: "żółw" }))).uids, [[2, 2]]);
  }),
  row("ESEARCH", ["ESEARCH"], /^UID SEARCH RETURN \(MIN MAX COUNT\)/, async (site) => {
    await site.mailbox(3);
    const { uids, count } = await site.connection.run(uidSearch({ all: true }));
    assert.deepEqual([uids, count], [[[1, 3]], 3]);
    const few = await site.connection.run(uidSearch({ all: true }, { tell: ["min", "max", "count"] }));
    assert.deepEqual([few.min, few.max, few.count], [1, 3, 3]);
  }),
  row("SEARCHRES", ["SEARCHRES"], /^UID FETCH \$ /, async (site) => {
    await site.mailbox(3);
    await site.connection.run(uidSearch({ subject: "message 2" }, { save: true }));
    const uids: (number | undefined)[] = [];
    await site.connection.run(
      fetch(savedSearch, { flags: true }, { onMessage: ({ uid }) => uids.push(uid) }),
    );
    assert.deepEqual(uids, [2]);
  }),
  row("WITHIN", ["WITHIN"], /YOUNGER/, async (site) => {
    await site.mailbox(2);
    assert.equal((await site.connection.run(uidSearch({ younger: 3600 }))).count, 2);
    assert.equal((await site.connection.run(uidSearch({ older: 3600 }))).count, 0);
  }),
  row("SEARCH=FUZZY", ["SEARCH=FUZZY"], /FUZZY/, async (site) => {
    await site.mailbox(2);
    await site.index();
    assert.equal((await site.connection.run(uidSearch({ fuzzy: { subject: "message" } }))).count, 2);
  }),
  row("CONDSTORE: MODSEQ", ["CONDSTORE"], /^UID SEARCH .*MODSEQ/, async (site) => {
    await site.mailbox(2);
    const { uids, modSeq } = await site.connection.run(uidSearch({ modSeq: 1n }));
    assert.deepEqual(uids, [[1, 2]]);
    assert.ok(modSeq);
  }),
  row("SAVEDATE, as search key", ["SAVEDATE"], /SAVEDSINCE/, async (site) => {
    await site.mailbox(1);
    const { count } = await site.connection.run(uidSearch({ savedSince: Date.now() - 2 * 86_400_000 }));
    assert.equal(count, 1);
  }),
  row("OBJECTID, as search key", ["OBJECTID"], /^UID SEARCH .*EMAILID/, async (site) => {
    await site.mailbox(1);
    const ids: string[] = [];
    await site.connection.run(
      fetch([[1, 1]], { emailId: true }, { onMessage: ({ emailId }) => emailId && ids.push(emailId) }),
    );
    assert.equal((await site.connection.run(uidSearch({ emailId: ids[0] ?? "" }))).count, 1);
  }),
  row("CONTEXT=SEARCH", ["CONTEXT=SEARCH"], /^UID SEARCH RETURN \(.*UPDATE/, async (site) => {
    const path = await site.mailbox(2);
    const { context } = await site.connection.run(uidSearch({ subject: "message" }, { update: true }));
    assert.ok(context);
    const news = update(site);
    await site.connection.run(append(path, { source: sampleMessage({ n: 3 }) }));
    await site.connection.run(noop());
    const { kind, uids } = await news;
    assert.deepEqual([kind, uids], ["add", [[3, 3]]]);
    await site.connection.run(cancelUpdate([context]));
  }),
  row("PARTIAL", ["PARTIAL", "CONTEXT=SEARCH"], /^UID SEARCH RETURN \(.*PARTIAL/, async (site) => {
    await site.mailbox(3);
    const { uids } = await site.connection.run(uidSearch({ all: true }, { partial: [2, 3] }));
    assert.deepEqual(uids, [[2, 3]]);
  }),
  row("SORT", ["SORT"], /^UID SORT/, async (site) => {
    await site.mailbox(3);
    const { uids } = await site.connection.run(uidSort({ all: true }, [{ by: "subject", reverse: true }]));
    assert.deepEqual(uids, [3, 2, 1]);
  }),
  row("SORT=DISPLAY", ["SORT=DISPLAY"], /^UID SORT .*DISPLAYFROM/, async (site) => {
    await addThread(site, await site.mailbox(1));
    const { uids } = await site.connection.run(
      uidSort({ all: true }, [{ by: "displayFrom", reverse: true }]),
    );
    assert.equal(uids[0], 3, "by display name, not by address");
  }),
  row("ESORT", ["ESORT"], /^UID SORT RETURN/, async (site) => {
    await site.mailbox(3);
    const { uids, count } = await site.connection.run(
      uidSort({ all: true }, [{ by: "date", reverse: true }]),
    );
    assert.deepEqual([uids, count], [[3, 2, 1], 3]);
  }),
  thread("ORDEREDSUBJECT"),
  thread("REFERENCES"),
  thread("REFS"),
  unchecked("MULTISEARCH"),
];

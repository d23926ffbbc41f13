// Finding, ordering and threading.
import assert from "node:assert/strict";
import { uidSearch } from "../../../src/imap/index.ts";
import { type Row, row } from "../row.ts";

export const searchRows: readonly Row[] = [
  row("SEARCH", [], /^UID SEARCH/, async (site) => {
    await site.mailbox(3);
    const { uids } = await site.connection.run(uidSearch({ subject: "message 2" }));
    assert.deepEqual(uids, [[2, 2]]);
  }),
  row("ESEARCH", ["ESEARCH"], /^UID SEARCH RETURN/, async (site) => {
    await site.mailbox(3);
    const { uids, count } = await site.connection.run(uidSearch({ all: true }));
    assert.deepEqual([uids, count], [[[1, 3]], 3]);
  }),
];

import assert from "node:assert/strict";
import { test } from "node:test";
import { unlistedFolder } from "../../src/mail/folders.ts";
import type { Folder, Mail, Message } from "../../src/mail/index.ts";
import { MergedSource } from "../../src/tui/app/merged.ts";
import { keyOf, type ListRow, placeIndexOf, type RowsQuery, uidOf } from "../../src/tui/app/sources.ts";

type Row = Pick<Message, "uid" | "internalDate" | "size"> & { readonly from: string };
type Order = Parameters<Mail["order"]["position"]>[2];

const sortedBy = (row: Row, sort: Order["sort"]) =>
  sort === "date" ? row.internalDate : sort === "size" ? row.size : sort === "from" ? row.from : row.uid;
const compare = (a: string | number, b: string | number) => (a < b ? -1 : a > b ? 1 : 0);

/** A folder as its index answers, from rows in memory. */
function folderOf(rows: readonly Row[], counts: { read: number }): { mail: Mail; folder: Folder } {
  const ordered = ({ sort, descending, uids }: Order) => {
    const wanted = uids ? new Set(uids) : null;
    return rows
      .filter(({ uid }) => wanted?.has(uid) ?? true)
      .sort(
        (a, b) =>
          (descending ? -1 : 1) * (compare(sortedBy(a, sort), sortedBy(b, sort)) || compare(a.uid, b.uid)),
      );
  };
  const before = (order: Order, a: string | number, b: string | number) => (order.descending ? a > b : a < b);
  const mail = {
    window: (_: Folder, query: Order & { offset: number; limit: number }) => {
      const found = ordered(query).slice(query.offset, query.offset + query.limit);
      counts.read += found.length;
      return found;
    },
    count: (_: Folder, uids?: readonly number[]) => (uids ? uids.length : rows.length),
    order: {
      position: (_: Folder, uid: number, order: Order) => ordered(order).findIndex((row) => row.uid === uid),
      valueOf: (_: Folder, uid: number, sort: Order["sort"]) => {
        const row = rows.find((r) => r.uid === uid);
        return row ? sortedBy(row, sort) : null;
      },
      ahead: (_: Folder, value: string | number, order: Order, orEqual: boolean) =>
        ordered(order).filter((row) => {
          const own = sortedBy(row, order.sort);
          return before(order, own, value) || (orEqual && own === value);
        }).length,
    },
  };
  return { mail: mail as unknown as Mail, folder: unlistedFolder("INBOX") };
}

/** The same numbers each time. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const keys = (rows: readonly ListRow[]) => rows.map(({ key }) => key);

for (const sort of ["arrival", "date", "size", "from"] as const)
  for (const descending of [true, false])
    test(`folders merged by ${sort}${descending ? ", descending" : ""} are one list wherever one looks, and nothing far is read`, () => {
      const random = chance(sort.length * 2 + Number(descending));
      const counts = { read: 0 };
      // Many have the same date, size and sender.
      const lists = [900, 1, 0, 1_500].map((length) =>
        Array.from({ length }, (_, i) => ({
          uid: i + 1,
          internalDate: random(600),
          size: random(20),
          from: "äbc漢😀"[random(4)] ?? "",
        })),
      );
      const source = new MergedSource(
        "all",
        lists.map((rows) => folderOf(rows, counts)),
      );
      const by = sort === "arrival" ? "date" : sort;
      const all = lists
        .flatMap((rows, place) => rows.map((row) => ({ key: keyOf(place, row.uid), place, row })))
        .sort(
          (a, b) =>
            (descending ? -1 : 1) * compare(sortedBy(a.row, by), sortedBy(b.row, by)) ||
            a.place - b.place ||
            (descending ? -1 : 1) * (a.row.uid - b.row.uid),
        )
        .map(({ key }) => key);
      const some = all.filter((_, i) => i % 7 === 0).sort((a, b) => a - b);
      for (const limited of [null, some]) {
        const query: RowsQuery = { sort, descending, keys: limited, folding: null, folds: null };
        const wanted = limited ? all.filter((key) => limited.includes(key)) : all;
        source.changed();
        assert.equal(source.count(query), wanted.length);
        let at = 0;
        for (let n = 0; n < 60; n++) {
          at = n % 3 === 0 ? random(wanted.length) : Math.max(0, at + random(101) - 50);
          counts.read = 0;
          assert.deepEqual(keys(source.window(query, at, 30)), wanted.slice(at, at + 30), `from ${at}`);
          assert.ok(counts.read < 2_000, `${counts.read} rows read`);
          const key = wanted[at];
          if (key !== undefined && n % 4 === 0) assert.equal(source.position(key, query), at);
        }
        assert.deepEqual(keys(source.window(query, wanted.length - 5, 30)), wanted.slice(-5));
        assert.equal(source.position(keyOf(1, 77), query), -1);
      }
    });

test("a key tells place and UID, also of a message that has no UID of the server's yet", () => {
  const key = keyOf(12, 2 ** 32 + 5);
  assert.deepEqual([placeIndexOf(key), uidOf(key)], [12, 2 ** 32 + 5]);
});

/** Several folders as one list by thread, over real indexes: the same rows wherever one looks. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { unlistedFolder } from "../../src/mail/folders.ts";
import type { Mail } from "../../src/mail/index.ts";
import type { Store } from "../../src/store/index.ts";
import { Folding } from "../../src/tui/app/folding.ts";
import { MergedSource } from "../../src/tui/app/merged.ts";
import { keyOf, type ListRow, type Place, placeIndexOf, type RowsQuery } from "../../src/tui/app/sources.ts";
import { generator } from "../random.ts";
import { mailboxIn, message, scratch, storeIn } from "../store/sample.ts";

type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer R] ? R : never;

/** A folder of an account, as far as a list asks for it. */
function placeOf({ threads, messages }: Store, id: number): Place {
  const mail = {
    threads: {
      count: (_: unknown, ...rest: Tail<Parameters<typeof threads.count>>) => threads.count(id, ...rest),
      window: (_: unknown, ...rest: Tail<Parameters<typeof threads.window>>) => threads.window(id, ...rest),
      position: (_: unknown, ...rest: Tail<Parameters<typeof threads.position>>) =>
        threads.position(id, ...rest),
      ahead: (_: unknown, ...rest: Tail<Parameters<typeof threads.ahead>>) => threads.ahead(id, ...rest),
    },
    order: {
      valueOf: (_: unknown, ...rest: Tail<Parameters<typeof messages.sortValue>>) =>
        messages.sortValue(id, ...rest),
    },
  };
  return { mail: mail as unknown as Mail, folder: unlistedFolder("INBOX") };
}

/** Folders of so many messages, in which some answer earlier ones and many have the same date. */
function foldersOf(t: TestContext, lengths: readonly number[], random: (below: number) => number): Place[] {
  const store = storeIn(t, scratch(t));
  return lengths.map((length, folder) => {
    const { id } = mailboxIn(store, `Folder ${folder}`);
    const rows = Array.from({ length }, (_, i) => {
      const answered = i > 0 && random(2) > 0 ? `<${folder}.${random(i) + 1}@example.org>` : null;
      return message(i + 1, {
        messageId: `<${folder}.${i + 1}@example.org>`,
        inReplyTo: answered,
        references: answered ? [answered] : [],
        internalDate: random(300) * 60_000,
        size: random(20),
      });
    });
    store.messages.put(id, rows);
    while (store.threads.work(id));
    return placeOf(store, id);
  });
}

const threadOf = ({ key, thread }: ListRow) => keyOf(placeIndexOf(key), thread?.thread ?? -1);
const told = (rows: readonly ListRow[]) =>
  rows.map(({ key, thread }) => `${key} ${thread?.depth} ${thread?.folded}`);

for (const sort of ["date", "size"] as const)
  for (const descending of [true, false])
    test(`threads merged by ${sort}${descending ? ", descending" : ""} stay whole and in order wherever one looks, folded or not`, (t) => {
      const random = generator(sort.length * 2 + Number(descending));
      const lengths = [400, 1, 0, 700];
      const source = new MergedSource("all", foldersOf(t, lengths, random));
      const [folding, folds] = [new Folding(), new Folding()];
      const query: RowsQuery = { sort, descending, keys: null, folding, folds };
      const check = () => {
        source.changed();
        const total = source.count(query);
        const all = source.window(query, 0, total + 10);
        assert.equal(all.length, total);
        assert.equal(new Set(all.map(({ key }) => key)).size, total);
        const groups = all.map(threadOf).filter((thread, i, list) => thread !== list[i - 1]);
        assert.equal(new Set(groups).size, groups.length, "each thread stands in one piece");
        if (sort === "date") {
          const newest = all.map(({ thread }) => thread?.newest ?? 0);
          const sorted = newest.toSorted((a, b) => (descending ? b - a : a - b));
          assert.deepEqual(newest, sorted);
        }
        for (let n = 0; n < 40; n++) {
          const at = random(total);
          assert.deepEqual(told(source.window(query, at, 30)), told(all.slice(at, at + 30)), `from ${at}`);
          const row = all[at];
          if (row && n % 4 === 0) assert.equal(source.position(row.key, query), at);
        }
        return { total, all };
      };
      const open = check();
      assert.equal(open.total, 1_101);
      const large = open.all.find(({ thread }) => (thread?.messages ?? 0) > 3) ?? assert.fail();
      const { thread } = large;
      folds.set(threadOf(large), true);
      const one = check();
      assert.equal(one.total, open.total - (thread?.messages ?? 0) + 1);
      const inside = open.all.findLast((row) => threadOf(row) === threadOf(large)) ?? assert.fail();
      const stands = one.all.findIndex((row) => threadOf(row) === threadOf(large));
      assert.equal(source.position(inside.key, query), stands, "who is folded is where the thread stands");
      folds.setAll(true);
      const folded = check();
      assert.equal(folded.total, new Set(open.all.map(threadOf)).size);
      folds.set(threadOf(large), false);
      assert.equal(check().total, folded.total + (thread?.messages ?? 0) - 1);
    });

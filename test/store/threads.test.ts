import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { connect } from "../../src/store/driver.ts";
import type { SortKey, Store, StoredMessageInput, ThreadRow, WindowQuery } from "../../src/store/index.ts";
import { compareSortValues } from "../../src/store/index.ts";
import { ThreadTree } from "../../src/store/thread-tree.ts";
import { generator } from "../random.ts";
import { mailboxIn, message, scratch, storeIn } from "./sample.ts";
import { lines, type Mail, parents, referenceThreads } from "./thread-reference.ts";

const byDate: WindowQuery = { sort: "date", descending: true, offset: 0, limit: 100_000 };

/** Does all that is to be done. */
function settle(store: Store, mailboxId: number): void {
  while (store.threads.work(mailboxId));
}

/** Row by row, `depth uid` as in the reference; by thread, in the order of the window. */
function listed(rows: readonly ThreadRow[]): string[][] {
  const threads = new Map<number, string[]>();
  for (const { thread, depth, message } of rows) {
    const list = threads.get(thread) ?? [];
    threads.set(thread, list);
    list.push(`${depth} ${message.uid}`);
  }
  return [...threads.values()];
}

/** What each row answers, by its depth. */
function parentsOf(rows: readonly ThreadRow[]): Map<number, number | null> {
  const found = new Map<number, number | null>();
  let path: number[] = [];
  let thread = -1;
  for (const row of rows) {
    if (row.thread !== thread) path = [];
    thread = row.thread;
    path[row.depth] = row.message.uid;
    const parent = row.depth === 0 ? undefined : path[row.depth - 1];
    assert.ok(row.depth <= 1 || parent !== undefined, "a row answers one before it");
    found.set(row.message.uid, parent ?? null);
  }
  return found;
}

/** The drawing of a window, that must follow from depths alone. */
function guidesOf(rows: readonly ThreadRow[]): number[] {
  return rows.map(({ thread, depth }, at) => {
    let guides = 0;
    for (let level = depth; level > 0 && depth - level < 31; level--) {
      const next = rows.slice(at + 1).find((row) => row.thread !== thread || row.depth <= level);
      if (next && next.thread === thread && next.depth === level) guides |= 1 << (depth - level);
    }
    return guides;
  });
}

const id = (n: number) => `<${n}@example.org>`;

interface Sample extends Mail {
  readonly inReplyTo: string | null;
}

function stored({ uid, messageId, references, date, inReplyTo }: Sample): StoredMessageInput {
  return message(uid, { messageId, references, sentAt: date, inReplyTo, internalDate: 1_000 + uid });
}

/** Discussions as clients write them: References are the last few ancestors, or there is In-Reply-To alone; some are not here. */
const discussions: fc.Arbitrary<Sample[]> = fc
  .array(
    fc.record({
      answers: fc.option(fc.nat(40), { freq: 4 }),
      kept: fc.constantFrom(1, 2, 5, 100),
      inReplyToOnly: fc.boolean(),
      here: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
      date: fc.nat(1_000),
      place: fc.double({ noNaN: true }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((drawn) => {
    const paths: number[][] = [];
    const all = drawn.map(({ answers, kept, inReplyToOnly, here, date, place }, n) => {
      const parent = answers === null || n === 0 ? null : answers % n;
      const path = parent === null ? [] : [...(paths[parent] ?? []), parent];
      paths.push(path);
      const ancestors = path.slice(-kept).map(id);
      return {
        here,
        place,
        messageId: id(n),
        references: inReplyToOnly ? ancestors.slice(-1) : ancestors,
        inReplyToOnly,
        date,
      };
    });
    return all
      .filter(({ here }) => here)
      .sort((a, b) => a.place - b.place)
      .map(({ messageId, references, date, inReplyToOnly }, at) => ({
        uid: at + 1,
        messageId,
        references,
        date,
        inReplyTo: inReplyToOnly ? (references[0] ?? null) : null,
      }));
  });

/** References that contradict one another: loops, a message that answers itself, ids used twice. */
const contradictions: fc.Arbitrary<Sample[]> = fc
  .array(
    fc.record({
      messageId: fc.option(fc.nat(12).map(id), { freq: 9 }),
      references: fc.array(fc.nat(12).map(id), { maxLength: 5 }),
      date: fc.nat(1_000),
      inReplyTo: fc.constant(null),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((drawn) => drawn.map((mail, at) => ({ ...mail, uid: at + 1 })));

/** Stores `samples` in an order of its own, a few at a time, working in between. */
function fill(store: Store, mailboxId: number, samples: readonly Sample[], order: readonly number[]): void {
  const shuffled = samples
    .map((sample, at) => [order[at % order.length] ?? 0, sample] as const)
    .sort(([a], [b]) => a - b)
    .map(([, sample]) => stored(sample));
  for (let at = 0; at < shuffled.length; ) {
    const size = 1 + ((order[at % order.length] ?? 0) % 7);
    store.messages.put(mailboxId, shuffled.slice(at, at + size));
    at += size;
    if (size % 2) store.threads.work(mailboxId);
    else settle(store, mailboxId);
  }
  settle(store, mailboxId);
}

const orders = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 40 });

describe("threads", () => {
  test("are those of RFC 5256 from scratch, in whatever order messages come", (t) => {
    const store = storeIn(t, scratch(t));
    let n = 0;
    fc.assert(
      fc.property(discussions, orders, (samples, order) => {
        const { id: mailboxId } = mailboxIn(store, `box ${n++}`);
        fill(store, mailboxId, samples, order);
        const rows = store.threads.window(mailboxId, byDate);
        const expected = referenceThreads(samples).map((thread) => lines(thread));
        assert.deepEqual(listed(rows).sort(), expected.sort());
        assert.deepEqual(
          rows.map(({ guides }) => guides),
          guidesOf(rows),
        );
      }),
      { numRuns: 150 },
    );
  });

  test("hold together what any message says belongs together; who answers whom is as in RFC 5256", (t) => {
    const store = storeIn(t, scratch(t));
    let n = 0;
    fc.assert(
      fc.property(contradictions, orders, (samples, order) => {
        const { id: mailboxId } = mailboxIn(store, `box ${n++}`);
        fill(store, mailboxId, samples, order);
        const rows = store.threads.window(mailboxId, byDate);
        assert.deepEqual(
          [...parentsOf(rows)].sort(),
          [...parents(referenceThreads(samples))].sort(),
          "parents",
        );
        const groups = listed(rows).map((thread) => thread.map((line) => Number(line.split(" ")[1])));
        const byUid = (a: readonly number[], b: readonly number[]) => (a[0] ?? 0) - (b[0] ?? 0);
        assert.deepEqual(
          groups.map((group) => group.sort((a, b) => a - b)).sort(byUid),
          components(samples).sort(byUid),
          "groups",
        );
      }),
      { numRuns: 150 },
    );
  });

  test("a message that goes leaves the others together", (t) => {
    const store = storeIn(t, scratch(t));
    const { id: mailboxId } = mailboxIn(store);
    const chain = [1, 2, 3, 4].map((uid) =>
      message(uid, { messageId: id(uid), references: uid === 1 ? [] : [id(uid - 1)], flags: [] }),
    );
    store.messages.put(mailboxId, chain);
    settle(store, mailboxId);
    store.messages.remove(mailboxId, [2, 4]);
    const [row] = store.threads.window(mailboxId, byDate);
    assert.deepEqual([row?.messages, row?.unread], [2, 2], "before anything is worked out");
    settle(store, mailboxId);
    assert.deepEqual(listed(store.threads.window(mailboxId, byDate)), [["1 1", "1 3"]]);
    store.messages.put(mailboxId, [message(9, { messageId: id(9), references: [id(4)] })]);
    settle(store, mailboxId);
    assert.equal(listed(store.threads.of(mailboxId, 9)).flat().length, 3);
    store.messages.remove(mailboxId, [1, 3, 9]);
    settle(store, mailboxId);
    assert.deepEqual(store.threads.window(mailboxId, byDate), []);
    store.messages.put(mailboxId, chain.slice(1, 2));
    store.messages.put(mailboxId, chain.slice(3));
    settle(store, mailboxId);
    assert.equal(listed(store.threads.window(mailboxId, byDate)).length, 2, "nobody refers to both any more");
  });

  test("a THREADID decides alone what belongs together", (t) => {
    const store = storeIn(t, scratch(t));
    const { id: mailboxId } = mailboxIn(store);
    const one = { threadId: "T1" };
    const other = { threadId: "T2" };
    store.messages.put(mailboxId, [
      message(1, { messageId: id(1), ...one }),
      message(2, { messageId: id(2), ...one }),
      message(3, { messageId: id(3), references: [id(1)], ...other }),
      message(4, { messageId: id(4), references: [id(3)], ...other }),
      message(5, { messageId: id(5), references: [id(2)], ...one }),
      message(6, { messageId: null, ...other }),
    ]);
    settle(store, mailboxId);
    assert.deepEqual(listed(store.threads.window(mailboxId, byDate)), [
      ["1 3", "2 4", "1 6"],
      ["1 1", "1 2", "2 5"],
    ]);
    // On its way into the mailbox, as the server has not told its THREADID yet.
    store.messages.put(mailboxId, [message(7, { messageId: id(7), references: [id(1), id(3), id(5)] })]);
    settle(store, mailboxId);
    assert.deepEqual(
      listed(store.threads.of(mailboxId, 7)).flat().length,
      4,
      "with the nearest it refers to",
    );
    assert.equal(listed(store.threads.window(mailboxId, byDate)).length, 2);
    store.messages.put(mailboxId, [
      message(7, { messageId: id(7), references: [id(1), id(3), id(5)], ...other }),
    ]);
    settle(store, mailboxId);
    assert.ok(
      listed(store.threads.of(mailboxId, 7)).flat().includes("1 3"),
      "and where the server says, once it does",
    );
  });

  test("counts and places follow flags, dates and new ids at once or with the next work", (t) => {
    const store = storeIn(t, scratch(t));
    const { id: mailboxId } = mailboxIn(store);
    const reply = { messageId: id(2), references: [id(1)] };
    store.messages.put(mailboxId, [
      message(1, { messageId: id(1) }),
      message(2, reply),
      message(3, { messageId: id(3) }),
    ]);
    settle(store, mailboxId);
    const unread = () => store.threads.of(mailboxId, 1)[0]?.unread;
    assert.equal(unread(), 1);
    store.messages.setFlags(mailboxId, [{ uid: 2, flags: ["\\Seen"] }]);
    assert.equal(unread(), 0);
    store.messages.setFlags(mailboxId, [{ uid: 1, flags: ["\\Flagged"] }]);
    assert.equal(unread(), 1);
    assert.deepEqual(listed(store.threads.window(mailboxId, byDate)), [["0 3"], ["0 1", "1 2"]]);
    store.messages.put(mailboxId, [message(2, { ...reply, internalDate: message(9).internalDate })]);
    settle(store, mailboxId);
    assert.deepEqual(listed(store.threads.window(mailboxId, byDate)), [["0 1", "1 2"], ["0 3"]]);
    store.messages.put(mailboxId, [message(3, { messageId: id(3), references: [id(2)] })]);
    settle(store, mailboxId);
    assert.deepEqual(listed(store.threads.window(mailboxId, byDate)), [["0 1", "1 2", "2 3"]]);
    store.messages.renumber(
      mailboxId,
      8,
      [1, 2, 3].map((uid) => ({
        from: uid,
        uid: 10 - uid,
        flags: [],
        modSeq: "1",
        internalDate: uid,
        emailId: null,
      })),
    );
    settle(store, mailboxId);
    const [first] = store.threads.window(mailboxId, byDate);
    assert.deepEqual(listed(store.threads.window(mailboxId, byDate)), [["0 9", "1 8", "2 7"]]);
    assert.equal(first?.unread, 3);
  });

  test("windows are parts of the whole, in every order", (t) => {
    const store = storeIn(t, scratch(t));
    const { id: mailboxId } = mailboxIn(store);
    const random = generator(1);
    const samples = Array.from({ length: 3_000 }, (_, at) =>
      message(at + 1, {
        messageId: id(at),
        references: at === 0 || random(3) === 0 ? [] : [id(at - 1 - random(Math.min(at, 30)))],
        internalDate: random(1_000) * 1_000,
        sentAt: random(1_000) * 1_000,
        size: random(100),
        subject: `Subject ${random(50)}`,
        from: [{ name: `Ada ${random(20)}`, email: "" }],
      }),
    );
    store.messages.put(mailboxId, samples);
    settle(store, mailboxId);
    const subset = samples.filter(() => random(3) === 0).map(({ uid }) => uid);
    for (const sort of ["arrival", "date", "from", "subject", "size"] as const satisfies readonly SortKey[])
      for (const descending of [true, false])
        for (const uids of [undefined, subset]) {
          const query = { sort, descending, offset: 0, limit: 10_000, ...(uids ? { uids } : {}) };
          const whole = store.threads.window(mailboxId, query);
          assert.deepEqual(
            whole.map((row) => row.message.uid).sort((a, b) => a - b),
            uids ?? samples.map(({ uid }) => uid),
          );
          assert.deepEqual(order(whole), expectedOrder(store, mailboxId, query), `${sort} ${descending}`);
          parentsOf(whole);
          assert.deepEqual(
            whole.map(({ guides }) => guides),
            guidesOf(whole),
          );
          for (const offset of [0, 1, 17, whole.length >> 1, whole.length - 3, whole.length])
            assert.deepEqual(
              store.threads.window(mailboxId, { ...query, offset, limit: 20 }),
              whole.slice(offset, offset + 20),
            );
          const sortedBy = new Map(
            whole.map(({ standsBy }) => [
              standsBy,
              store.messages.sortValue(mailboxId, standsBy, sort) ?? "",
            ]),
          );
          const values = [...sortedBy.values()];
          const but = new Set(whole.filter(() => random(9) === 0).map(({ thread }) => thread));
          for (const folds of [undefined, { all: false, but }, { all: true, but }]) {
            const folded = (thread: number) => folds !== undefined && folds.all !== folds.but.has(thread);
            const rows = whole
              .filter(({ thread, place }) => place === 0 || !folded(thread))
              .map((row) => ({ ...row, folded: folded(row.thread) }));
            assert.equal(store.threads.count(mailboxId, { ...query, folds }), rows.length);
            for (const offset of [0, 1, 17, rows.length >> 1, rows.length - 3, rows.length])
              assert.deepEqual(
                store.threads.window(mailboxId, { ...query, folds, offset, limit: 20 }),
                rows.slice(offset, offset + 20),
              );
            for (const value of values.filter(() => random(400) === 0))
              for (const orEqual of [false, true])
                assert.equal(
                  store.threads.ahead(mailboxId, { ...query, folds }, value, orEqual),
                  rows.filter(({ standsBy }) => {
                    const order = compareSortValues(sortedBy.get(standsBy) ?? "", value);
                    return (descending ? -order : order) < (orEqual ? 1 : 0);
                  }).length,
                );
            for (const { message, thread } of whole.filter(() => random(40) === 0))
              assert.equal(
                store.threads.position(mailboxId, message.uid, { ...query, folds }),
                rows.findIndex((row) =>
                  folded(thread) ? row.thread === thread : row.message.uid === message.uid,
                ),
              );
          }
        }
    const hidden = samples.find(({ uid }) => !subset.includes(uid))?.uid ?? 0;
    assert.equal(
      store.threads.position(mailboxId, hidden, { sort: "date", descending: true, uids: subset }),
      -1,
    );
  });

  test("hits alone are shown as if there were no others", (t) => {
    const store = storeIn(t, scratch(t));
    const { id: mailboxId } = mailboxIn(store);
    const answers = [0, 1, 2, 2, 4, 1, 0];
    store.messages.put(
      mailboxId,
      answers.map((parent, at) =>
        message(at + 1, { messageId: id(at + 1), references: parent === 0 ? [] : [id(parent)] }),
      ),
    );
    settle(store, mailboxId);
    const hits = (uids: number[]) => listed(store.threads.window(mailboxId, { ...byDate, uids }));
    assert.deepEqual(hits([1, 3, 5, 7]), [["0 7"], ["0 1", "1 3", "1 5"]]);
    assert.deepEqual(hits([3, 5, 6]), [["1 3", "1 5", "1 6"]]);
    assert.deepEqual(hits([5]), [["0 5"]]);
    assert.deepEqual(hits([]), []);
  });

  test("ten thousand answers deep, no call is", (t) => {
    const store = storeIn(t, scratch(t));
    const { id: mailboxId } = mailboxIn(store);
    const size = 10_000;
    store.messages.put(
      mailboxId,
      Array.from({ length: size }, (_, at) =>
        message(at + 1, {
          // Answers first, each the beginning of a chain of its own until the one it answers comes.
          messageId: id(size - at),
          references:
            at === size - 1 ? [] : [id(size - at - 2), id(size - at - 1)].filter((one) => one !== id(0)),
        }),
      ),
    );
    settle(store, mailboxId);
    const rows = store.threads.of(mailboxId, 1);
    assert.equal(rows.length, size);
    assert.deepEqual([rows[0]?.depth, rows.at(-1)?.depth], [0, size - 1]);
    assert.equal(store.threads.window(mailboxId, { ...byDate, offset: 5_000, limit: 10 })[0]?.depth, 5_000);
  });

  test("a thread of a hundred thousand is arranged in turns", () => {
    const tree = new ThreadTree();
    for (let at = 0; at < 100_000; at++)
      tree.add({ id: id(at), references: at === 0 ? [] : [id((at * 7919) % at)], date: (at * 31) % 1_000 });
    const work = tree.arrange();
    let turns = 0;
    for (;;) {
      const { done, value } = work.next();
      if (done) {
        assert.deepEqual(
          [...value.order].sort((a, b) => a - b),
          Array.from({ length: 100_000 }, (_, at) => at),
        );
        break;
      }
      turns++;
    }
    assert.ok(turns > 100, `${turns} turns`);
  });

  test("loops made to be slow are cut short", () => {
    const tree = new ThreadTree();
    const size = 20_000;
    // A chain, each message of which claims that its beginning answers its end, many times over.
    for (let at = 0; at < size; at++) {
      const claims = Array.from({ length: 30 }, () => [id(at - 1), id(0)]).flat();
      tree.add({ id: id(at), references: at === 0 ? [] : [...claims, id(at - 1)], date: at });
    }
    const work = tree.arrange();
    let steps = work.next();
    while (!steps.done) steps = work.next();
    assert.equal(steps.value.order.length, size);
  });

  test("two processes link the same mailbox side by side", (t) => {
    const directory = scratch(t);
    const stores = [storeIn(t, directory), storeIn(t, directory)] as const;
    const { id: mailboxId } = mailboxIn(stores[0]);
    const samples = Array.from({ length: 2_000 }, (_, at) =>
      message(at + 1, { messageId: id(at), references: at % 5 === 0 ? [] : [id(at - 1)] }),
    );
    for (let at = 0; at < samples.length; at += 100) {
      stores[(at / 100) % 2]?.messages.put(mailboxId, samples.slice(at, at + 100));
      for (const store of stores) store.threads.work(mailboxId);
    }
    for (let more = true; more; ) more = stores.map((store) => store.threads.work(mailboxId)).includes(true);
    const [first] = stores;
    const rows = first.threads.window(mailboxId, byDate);
    assert.equal(listed(rows).length, 400);
    assert.deepEqual(stores[1].threads.window(mailboxId, byDate), rows);
    assert.ok(rows.every(({ messages }) => messages === 5));
  });

  test("nothing is left of a mailbox that goes", (t) => {
    const directory = scratch(t);
    const store = storeIn(t, directory);
    const { id: mailboxId } = mailboxIn(store);
    const samples = [1, 2, 3].map((uid) => message(uid, { messageId: id(uid), references: [id(uid - 1)] }));
    store.messages.put(mailboxId, samples);
    settle(store, mailboxId);
    store.messages.put(mailboxId, [message(4)]);
    store.mailboxes.retainOnly([]);
    const database = connect(join(directory, "cache", "index.sqlite"));
    for (const table of ["thread", "thread_id", "place", "unthreaded"])
      assert.deepEqual(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n, 0, table);
    database.close();
  });
});

/** UIDs by thread: all that share an id, their own or one they refer to. */
function components(samples: readonly Sample[]): number[][] {
  const groups: { ids: Set<string>; uids: number[] }[] = [];
  for (const { uid, messageId, references } of samples) {
    const ids = new Set([...(messageId === null ? [] : [messageId]), ...references]);
    const uids = [uid];
    for (const group of groups.filter((g) => [...g.ids].some((one) => ids.has(one)))) {
      groups.splice(groups.indexOf(group), 1);
      for (const one of group.ids) ids.add(one);
      uids.push(...group.uids);
    }
    groups.push({ ids, uids });
  }
  return groups.map(({ uids }) => uids.sort((a, b) => a - b));
}

/** The threads of a window, by their order. */
function order(rows: readonly ThreadRow[]): number[] {
  return [...new Set(rows.map(({ thread }) => thread))];
}

/** From the list without threads: by arrival and date a thread stands by its newest, else by its first message. */
function expectedOrder(store: Store, mailboxId: number, query: WindowQuery): number[] {
  const newest = query.sort === "arrival" || query.sort === "date";
  const flat = store.messages.window(mailboxId, { ...query, descending: newest || query.descending });
  const threads = order(
    flat.flatMap(({ uid }) => store.threads.of(mailboxId, uid).filter(({ message }) => message.uid === uid)),
  );
  return newest && !query.descending ? threads.reverse() : threads;
}

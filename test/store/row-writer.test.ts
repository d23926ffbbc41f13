import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { countArrivals } from "../../src/store/arrivals.ts";
import { Database } from "../../src/store/database.ts";
import { mailboxIn, message, messages, scratch, storeIn } from "./sample.ts";

describe("rows written by a thread", () => {
  test("are as if they had been put", async (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    const other = mailboxIn(store, "Other");
    const rows = [...messages(300), message(301, { subject: "a\0b 'Ä' 💌", sentAt: null, messageId: null })];
    const writer = store.messages.bulk(id, 7);
    assert.deepEqual(await writer.write(rows), []);
    await writer.close();
    store.messages.put(other.id, rows);
    const query = { sort: "date", descending: true, offset: 0, limit: 400 } as const;
    assert.deepEqual(store.messages.window(id, query), store.messages.window(other.id, query));
    assert.equal(store.messages.count(id), 301);
    assert.equal(store.messages.unread(id), store.messages.unread(other.id));
    for (const mailbox of [id, other.id]) while (store.threads.work(mailbox));
    const threads = { sort: "arrival", descending: true, offset: 0, limit: 400 } as const;
    const listed = (mailbox: number) =>
      store.threads.window(mailbox, threads).map(({ thread: _, ...row }) => row);
    assert.equal(listed(id).length, 301);
    assert.deepEqual(listed(id), listed(other.id));
  });

  test("are counted without a walk through all that is there", (t) => {
    const directory = scratch(t);
    mailboxIn(storeIn(t, directory));
    const database = new Database(join(directory, "cache", "index.sqlite"));
    t.after(() => database.close());
    const plans = countArrivals.map((sql) => database.all(`EXPLAIN QUERY PLAN ${sql}`));
    const steps = plans.flat().map(({ detail }) => String(detail));
    assert.ok(steps.some((step) => /^SEARCH message USING INTEGER PRIMARY KEY/.test(step)));
    assert.deepEqual(
      steps.filter((step) => /^SCAN message/.test(step)),
      [],
    );
  });

  test("leave those that are known, and all where UIDs mean something else or the mailbox has gone", async (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, [message(2, { subject: "known" })]);
    const rows = messages(3);
    const writer = store.messages.bulk(id, 7);
    assert.deepEqual(await writer.write(rows), [rows[1]]);
    assert.equal(store.messages.get(id, 2)?.subject, "known");
    store.mailboxes.setState(id, { uidValidity: 8 });
    const more = messages(3, 4);
    assert.deepEqual(await writer.write(more), more);
    store.mailboxes.remove(id);
    assert.deepEqual(await writer.write(more), more);
    await writer.close();
    assert.equal(store.messages.get(id, 4), null);
  });

  test("are all left where the thread cannot write, then and later", async (t) => {
    const directory = scratch(t);
    const store = storeIn(t, directory);
    const { id } = mailboxIn(store);
    const writer = store.messages.bulk(id, 7);
    rmSync(join(directory, "cache"), { recursive: true });
    const rows = messages(3);
    assert.deepEqual(await writer.write(rows), rows);
    assert.deepEqual(await writer.write(rows), rows);
    await writer.close();
    assert.deepEqual(await writer.write(rows), rows);
  });
});

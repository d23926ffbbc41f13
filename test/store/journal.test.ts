import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { StoreError } from "../../src/store/index.ts";
import { scratch, storeIn } from "./sample.ts";

test("entries come back in the order they were asked for, until they are removed", (t) => {
  const { journal } = storeIn(t, scratch(t));
  const first = journal.append({ kind: "flag", payload: '{"uid":1}' });
  const second = journal.append({ kind: "move", payload: "naïve 💌" });
  assert.equal(first.state, "pending");
  assert.deepEqual(journal.pending(), [first, second]);
  journal.mark(first.id, "sent");
  assert.deepEqual(
    journal.pending().map(({ id, state }) => [id, state]),
    [
      [first.id, "sent"],
      [second.id, "pending"],
    ],
  );
  journal.mark(first.id, "failed", { code: "OVERQUOTA", error: "NO over quota" });
  assert.deepEqual(journal.pending(), [second]);
  assert.deepEqual(journal.failed(), [
    { ...first, state: "failed", code: "OVERQUOTA", error: "NO over quota" },
  ]);
  journal.remove(first.id);
  journal.remove(first.id);
  assert.deepEqual(journal.failed(), []);
  assert.equal(journal.get(first.id), null);
  assert.deepEqual(journal.get(second.id), second);
});

test("numbers are never given twice, also after the newest was removed", (t) => {
  const { journal } = storeIn(t, scratch(t));
  const first = journal.append({ kind: "flag", payload: "{}" });
  journal.remove(first.id);
  assert.ok(journal.append({ kind: "flag", payload: "{}" }).id > first.id);
});

test("marking an entry that another process has finished says so", (t) => {
  const directory = scratch(t);
  const [one, two] = [storeIn(t, directory).journal, storeIn(t, directory).journal];
  const entry = one.append({ kind: "flag", payload: "{}" });
  const before = one.changeCounter();
  two.remove(entry.id);
  assert.notEqual(one.changeCounter(), before);
  assert.throws(
    () => one.mark(entry.id, "sent"),
    (error) => error instanceof StoreError && error.code === "gone",
  );
});

test("one process at a time brings the journal to the server, and its end frees the right", (t) => {
  const directory = scratch(t);
  const [one, two] = [storeIn(t, directory), storeIn(t, directory)];
  assert.equal(one.journal.tryLock(), true);
  assert.equal(one.journal.tryLock(), true);
  // It must be had on a full disk, too.
  const left = readdirSync(directory, { recursive: true, encoding: "utf8" });
  assert.deepEqual(
    left.filter((name) => name.includes("lock-journal")),
    [],
  );
  const started = performance.now();
  assert.equal(two.journal.tryLock(), false);
  assert.ok(performance.now() - started < 1000);
  two.journal.append({ kind: "flag", payload: "{}" });
  one.journal.unlock();
  one.journal.unlock();
  assert.equal(two.journal.tryLock(), true);
  assert.equal(one.journal.tryLock(), false);
});

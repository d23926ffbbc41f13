/** What is told of a mailbox while its rows are written by a thread. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type FetchedMessage, uidSet } from "../../src/imap/index.ts";
import { listData } from "../../src/mail/convert.ts";
import { Intake } from "../../src/mail/sync/intake.ts";
import type { Overlay } from "../../src/mail/sync/overlay.ts";
import { StoreError } from "../../src/store/index.ts";
import { mailboxIn, scratch, storeIn } from "../store/sample.ts";

const many = 5_000;

function row(uid: number, flags: readonly string[] = []): FetchedMessage {
  const header = Buffer.from(`Subject: Number ${uid}\r\nMessage-ID: <${uid}@example.org>\r\n\r\n`);
  const { sections: asked } = listData({ quirks: { envelopeAtHand: false } });
  const sections = new Map([[asked?.[0]?.section ?? "", header]]);
  return { seq: uid, uid, flags, size: uid, internalDate: uid * 1000, sections };
}

const flagsOf = (uid: number, flags: readonly string[]): FetchedMessage => ({ seq: uid, uid, flags });
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

describe("rows that come in bulk", () => {
  const setUp = (t: Parameters<typeof scratch>[0]) => {
    const store = storeIn(t, scratch(t));
    const mailbox = mailboxIn(store);
    const hidden = new Set<number>();
    const flagged = new Set<number>();
    const overlay: Overlay = {
      hidden: (_, uid) => {
        if (hidden.has(-1)) throw new StoreError("io", "the journal cannot be read");
        return hidden.has(uid);
      },
      hiddenUids: () => [...hidden],
      flagged: () => [...flagged],
      flags: (_, uid, flags) => (flagged.has(uid) ? [...new Set([...flags, "\\Flagged"])] : flags),
      counted: (_, messages) => messages,
      landed: () => {},
    };
    const failures: unknown[] = [];
    let changed = 0;
    /** How many the index was told of at a time. */
    const told: number[] = [];
    const intake = new Intake(store, overlay, mailbox, {
      changed: (messages) => {
        changed += messages;
      },
      told: (uids) => told.push(uidSet.count(uids)),
      failed: (error) => failures.push(error),
    });
    const flags = (uid: number) => store.messages.get(mailbox.id, uid)?.flags;
    return { store, mailbox, hidden, flagged, intake, failures, flags, told, changed: () => changed };
  };

  test("are all there when it is settled, with what was told and done meanwhile, in its order", async (t) => {
    const { store, mailbox, hidden, flagged, intake, failures, flags, changed } = setUp(t);
    hidden.add(7);
    flagged.add(8);
    let removing = Promise.resolve();
    await intake.inBulk(many, async () => {
      for (let uid = 1; uid <= many; uid++) {
        intake.take(row(uid));
        // Of a row that is on its way, and of one that waits.
        if (uid === 1_000) intake.take(flagsOf(999, ["\\Seen"]));
        if (uid === 1_000) intake.take(flagsOf(1_000, ["\\Answered"]));
        // What an older response told of it does not count any more.
        if (uid === 2_000) intake.take(flagsOf(2_001, ["\\Deleted"]));
        if (uid === 2_400) hidden.add(2_399);
        if (uid === 2_400) flagged.add(2_398);
        if (uid === 3_000) removing = intake.remove([[2_990, 2_999]]);
        if (uid % 400 === 0) await turn();
      }
      await intake.settle();
      assert.equal(store.messages.count(mailbox.id), many - 12);
    });
    await removing;
    assert.deepEqual(failures, []);
    assert.equal(store.messages.count(mailbox.id), many - 12);
    assert.deepEqual(flags(7), undefined);
    assert.deepEqual(flags(8), ["\\Flagged"]);
    assert.deepEqual(flags(999), ["\\Seen"]);
    assert.deepEqual(flags(1_000), ["\\Answered"]);
    assert.deepEqual(flags(2_001), []);
    assert.deepEqual(flags(2_398), ["\\Flagged"]);
    assert.deepEqual(flags(2_399), undefined);
    assert.deepEqual(flags(2_995), undefined);
    assert.equal(store.messages.get(mailbox.id, many)?.subject, `Number ${many}`);
    assert.ok(changed() >= many - 2);
  });

  test("are handed over few at a time; what else writes waits until the thread has done so", async (t) => {
    const { store, mailbox, intake, failures, told } = setUp(t);
    const seen: number[] = [];
    await intake.inBulk(many, async () => {
      for (let uid = 1; uid <= many; uid++) intake.take(row(uid));
      intake.between(() => seen.push(store.messages.count(mailbox.id)));
      assert.deepEqual([...seen], []);
      await intake.settle();
      assert.equal(seen.length, 1);
      assert.ok(seen[0]! > 0 && seen[0]! < many);
      intake.between(() => seen.push(store.messages.count(mailbox.id)));
      intake.between(() => {
        throw new StoreError("io", "the index cannot be written");
      });
    });
    assert.equal(seen[1], many);
    assert.ok(Math.max(...told) <= 250, String(told));
    assert.equal(failures.length, 1);
    await assert.rejects(intake.settle());
  });

  test("take the place of those that are known", async (t) => {
    const { store, mailbox, intake, flags } = setUp(t);
    intake.take(row(3, ["\\Seen"]));
    await intake.settle();
    await intake.inBulk(many, async () => {
      for (let uid = 1; uid <= many; uid++) intake.take(row(uid, ["\\Flagged"]));
      await intake.settle();
    });
    assert.equal(store.messages.count(mailbox.id), many);
    assert.deepEqual(flags(3), ["\\Flagged"]);
  });

  test("are not kept where UIDs mean something else by then", async (t) => {
    const { store, mailbox, intake, failures } = setUp(t);
    await intake.inBulk(many, async () => {
      for (let uid = 1; uid <= many; uid++) {
        intake.take(row(uid));
        if (uid === 2_000) {
          await intake.settle();
          store.messages.renumber(mailbox.id, 8, []);
        }
      }
    });
    assert.equal(store.messages.count(mailbox.id), 0);
    assert.deepEqual(failures, []);
  });

  test("are told as lost where they cannot be written, and once only", async (t) => {
    const { store, mailbox, hidden, intake, failures } = setUp(t);
    await intake.inBulk(many, async () => {
      hidden.add(-1);
      for (let uid = 1; uid <= many; uid++) intake.take(row(uid));
      await assert.rejects(intake.settle());
    });
    assert.ok(failures.length > 0);
    await assert.rejects(intake.settle());
    await intake.settle(intake.losses);
    assert.equal(store.messages.count(mailbox.id), 0);
  });
});

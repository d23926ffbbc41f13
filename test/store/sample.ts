import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { openStore, type Store, type StoredMailbox, type StoredMessageInput } from "../../src/store/index.ts";

/** A new directory that goes away with the test. */
export function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "postern-store-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The store in `directory`, closed at the end of the test. */
export function storeIn(t: TestContext, directory: string): Store {
  const store = openStore({ cacheDir: join(directory, "cache"), stateDir: join(directory, "state") });
  t.after(() => store.close());
  return store;
}

/** A mailbox that has been selected once. */
export function mailboxIn(store: Store, path = "INBOX"): StoredMailbox {
  const { id } = store.mailboxes.put({ path, name: path, delimiter: "/", attributes: [] });
  store.mailboxes.setState(id, { uidValidity: 7, uidNext: 1, highestModSeq: "1" });
  const mailbox = store.mailboxes.byId(id);
  if (!mailbox) throw new Error("the mailbox is missing");
  return mailbox;
}

const epoch = Date.UTC(2026, 0, 1);

/** Message `uid`: a minute newer than the one before it, unless `over` says otherwise. */
export function message(uid: number, over: Partial<StoredMessageInput> = {}): StoredMessageInput {
  return {
    uid,
    flags: uid % 2 ? ["\\Seen"] : [],
    modSeq: String(uid),
    internalDate: epoch + uid * 60_000,
    sentAt: epoch + uid * 60_000 - 5000,
    size: 1000 + uid,
    subject: `Report ${uid}`,
    from: [{ name: `Ada ${uid % 10}`, email: `ada${uid % 10}@example.org` }],
    to: [{ name: "", email: "me@example.org" }],
    cc: [],
    messageId: `<${uid}@example.org>`,
    inReplyTo: null,
    references: [],
    threadId: null,
    emailId: null,
    ...over,
  };
}

export function messages(count: number, first = 1): StoredMessageInput[] {
  return Array.from({ length: count }, (_, index) => message(first + index));
}

/** Stores the body of a message of the index; its path. */
export function keep(store: Store, id: number, uid: number, content = `body ${uid}`): string {
  const writer = store.bodies.create(id, uid);
  writer.write(Buffer.from(content));
  const path = writer.commit() ? store.bodies.path(id, uid) : null;
  if (path === null) throw new Error(`message ${uid} has no body`);
  return path;
}

/** What lies in a directory of the mailbox's maildir. */
export function files(store: Store, id: number, folder = "cur"): string[] {
  return readdirSync(join(store.mailboxes.directory(id), folder)).sort();
}

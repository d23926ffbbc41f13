import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { arrangeFolders, findFolder, folderWithRole } from "../../src/mail/folders.ts";
import type { StoredMailbox } from "../../src/store/index.ts";

const mailbox = (name: string, ...attributes: string[]): StoredMailbox => ({
  id: 1,
  path: name,
  name,
  delimiter: "/",
  attributes,
  uidValidity: 1,
  uidNext: 1,
  highestModSeq: "0",
  completeFrom: 0,
  complete: false,
  rows: 0,
  unread: 0,
  messages: null,
  unseen: null,
  mailboxId: null,
});

describe("folders", () => {
  test("the inbox first, roles next, the rest by name, children below their parents", () => {
    const names = ["Zoo", "Trash", "INBOX", "Lists/b", "Lists", "Sent", "INBOX/Old", "Lists!", "Lists/a"];
    assert.deepEqual(
      arrangeFolders(names.map((n) => mailbox(n))).map((f) => `${"  ".repeat(f.depth)}${f.leaf}`),
      ["INBOX", "  Old", "Sent", "Trash", "Lists", "  a", "  b", "Lists!", "Zoo"],
    );
  });

  test("attributes tell roles; names do only where no attribute does", () => {
    const told = arrangeFolders([mailbox("Papierkorb", "\\trash"), mailbox("Trash")]);
    assert.equal(folderWithRole(told, "trash").name, "Papierkorb");
    assert.equal(folderWithRole(arrangeFolders([mailbox("Deleted Items")]), "trash").name, "Deleted Items");
  });

  test("a person may name a folder by role, by any case, or by its last level", () => {
    const folders = arrangeFolders([mailbox("INBOX"), mailbox("Lists/postern"), mailbox("Sent", "\\sent")]);
    assert.equal(findFolder(folders, "@sent").name, "Sent");
    assert.equal(findFolder(folders, "lists/POSTERN").name, "Lists/postern");
    assert.equal(findFolder(folders, "postern").name, "Lists/postern");
    assert.throws(() => findFolder(folders, "post"), { code: "NO_FOLDER", hint: /Lists\/postern/ });
    assert.throws(() => findFolder(folders, "@junk"), { code: "NO_ROLE" });
  });

  test("a last level that two folders share names neither", () => {
    const folders = arrangeFolders([mailbox("a/x"), mailbox("b/x")]);
    assert.throws(() => findFolder(folders, "x"), { code: "NO_FOLDER" });
  });
});

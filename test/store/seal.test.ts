// A message is read as it came or not at all: whatever a power failure or another program has made of its file.
import assert from "node:assert/strict";
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import type { Store } from "../../src/store/index.ts";
import { files, keep, mailboxIn, messages, scratch, storeIn } from "./sample.ts";

const faults: readonly [string, (path: string, other: string) => void][] = [
  ["cut short", (path) => truncateSync(path, 3)],
  ["full of zeros", (path) => writeFileSync(path, Buffer.alloc(statSync(path).size))],
  [
    "half written",
    (path) => {
      const content = readFileSync(path);
      content.fill(0, content.length >> 1);
      writeFileSync(path, content);
    },
  ],
  ["longer than it was", (path) => writeFileSync(path, "more", { flag: "a" })],
  ["another message's", (path, other) => copyFileSync(other, path)],
];

describe("a file that is not what was written", () => {
  for (const [name, spoil] of faults) {
    test(`is told, deleted and forgotten: ${name}`, async (t) => {
      const store = storeIn(t, scratch(t));
      const { id } = mailboxIn(store);
      store.messages.put(id, messages(3));
      const [one = "", two = "", other = ""] = [1, 2, 3].map((uid) => keep(store, id, uid));
      for (const path of [one, two]) spoil(path, other);
      assert.equal(store.bodies.read(id, 1), null);
      assert.equal(await store.bodies.open(id, 2), null);
      assert.deepEqual([existsSync(one), existsSync(two)], [false, false]);
      assert.deepEqual(
        [1, 2, 3].map((uid) => store.messages.get(id, uid)?.cached),
        [false, false, true],
      );
      assert.equal(store.bodies.size(), "body 3".length);
      keep(store, id, 1);
      assert.equal(store.bodies.read(id, 1)?.toString(), "body 1");
      const sound = await store.bodies.open(id, 3);
      assert.equal((await sound?.readFile())?.toString(), "body 3");
      await sound?.close();
    });
  }

  test("is replaced where a sound one is beside it", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(1));
    const path = keep(store, id, 1);
    copyFileSync(path, path.replace("/cur/", "/new/"));
    truncateSync(path, 0);
    assert.equal(store.bodies.read(id, 1)?.toString(), "body 1");
    assert.equal(existsSync(path), false);
  });
});

describe("a message that the index has and that is still in tmp/, as after a kill", () => {
  function killed(store: Store, id: number, uid: number): string {
    const path = keep(store, id, uid);
    const base = basename(path).replace(/:2,.*$/, "");
    renameSync(path, join(path, "..", "..", "tmp", `${base}.99999_7`));
    return path;
  }

  test("is read, and goes to its place", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(2));
    const [one, two] = [1, 2].map((uid) => killed(store, id, uid));
    assert.equal(store.bodies.path(id, 1), one);
    assert.equal(store.bodies.read(id, 2)?.toString(), "body 2");
    assert.ok(one && two && existsSync(one) && existsSync(two));
    assert.deepEqual(files(store, id, "tmp"), []);
  });

  test("follows its flags, and goes with its row", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(2));
    for (const uid of [1, 2]) killed(store, id, uid);
    store.messages.setFlags(id, [{ uid: 1, flags: ["\\Flagged"] }]);
    assert.match(files(store, id)[0] ?? "", /U=1:2,F$/);
    assert.equal(store.bodies.read(id, 1)?.toString(), "body 1");
    store.messages.remove(id, [2]);
    assert.deepEqual(files(store, id, "tmp"), []);
  });

  test("is no message where it is not whole", (t) => {
    const store = storeIn(t, scratch(t));
    const { id } = mailboxIn(store);
    store.messages.put(id, messages(1));
    killed(store, id, 1);
    const tmp = join(store.mailboxes.directory(id), "tmp");
    for (const name of readdirSync(tmp)) truncateSync(join(tmp, name), 2);
    assert.equal(store.bodies.read(id, 1), null);
    assert.deepEqual([files(store, id), files(store, id, "tmp")], [[], []]);
  });
});

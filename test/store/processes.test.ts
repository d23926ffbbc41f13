import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { build } from "esbuild";
import { connect } from "../../src/store/driver.ts";
import { scratch, storeIn } from "./sample.ts";

// Inside the project, so that the program finds the packages.
const program = resolve(`build/store-writer-${process.pid}.mjs`);

function start(directory: string, first: number, steps: number, batch: number) {
  const numbers = [first, steps, batch].map(String);
  const child = spawn(
    process.execPath,
    [program, join(directory, "cache"), join(directory, "state"), ...numbers],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const promised: number[] = [];
  const lines = createInterface(child.stdout).on("line", (line) => promised.push(Number(line)));
  return { child, lines, promised };
}

function assertSound(directory: string): void {
  for (const path of ["cache/index.sqlite", "state/journal.sqlite"]) {
    const connection = connect(join(directory, path));
    assert.deepEqual(Object.values(connection.prepare("PRAGMA integrity_check").get() ?? {}), ["ok"], path);
    connection.close();
  }
}

describe("several processes", () => {
  before(async () => {
    await build({
      entryPoints: ["test/store/writer.ts"],
      outfile: program,
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
    });
  });
  after(() => rmSync(program, { force: true }));

  test("kill -9 while writing loses nothing that was promised, and halves nothing", async (t) => {
    const directory = scratch(t);
    const batch = 200;
    let first = 1;
    for (const steps of [1, 4, 9]) {
      const { child, lines, promised } = start(directory, first, 100_000, batch);
      while (promised.length < steps) await once(lines, "line");
      child.kill("SIGKILL");
      await once(child, "close");
      const store = storeIn(t, directory);
      const { id } = store.mailboxes.byPath("INBOX") ?? assert.fail("no mailbox");
      const uids = store.messages.uids(id);
      assert.equal(uids.length % batch, 0);
      assert.equal(uids.at(-1), uids.length);
      const journaled = store.journal.pending().map(({ payload }) => Number(payload));
      for (const uid of promised) {
        assert.equal(store.bodies.read(id, uid)?.toString(), `body ${uid}`);
        assert.deepEqual(store.messages.get(id, uid)?.flags, ["\\Flagged"]);
        assert.ok(journaled.includes(uid));
      }
      assert.equal(new Set(journaled).size, journaled.length);
      assertSound(directory);
      first = uids.length + 1;
    }
  });

  test("all begin and write one new store at the same time", async (t) => {
    const directory = scratch(t);
    const [writers, steps, batch] = [4, 25, 20];
    const running = Array.from({ length: writers }, (_, n) => start(directory, 1 + n * 10_000, steps, batch));
    const ends = await Promise.all(running.map(({ child }) => once(child, "close")));
    for (const end of ends) assert.deepEqual(end, [0, null]);
    const store = storeIn(t, directory);
    const { id } = store.mailboxes.byPath("INBOX") ?? assert.fail("no mailbox");
    assert.equal(store.messages.count(id), writers * steps * batch);
    assert.equal(store.journal.pending().length, writers * steps);
    for (const { promised } of running) {
      assert.equal(promised.length, steps);
      for (const uid of promised) assert.equal(store.bodies.read(id, uid)?.toString(), `body ${uid}`);
    }
    assertSound(directory);
  });
});

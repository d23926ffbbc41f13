import assert from "node:assert/strict";
import { test } from "node:test";
import { startDemo } from "../../src/demo/index.ts";
import { Wire, withDemo } from "./wire.ts";

test("an idling connection is told of flags, new messages and removals as they happen", () =>
  withDemo(2, async (watcher, actor) => {
    await watcher.command("SELECT Travel");
    await actor.command("SELECT Travel");
    watcher.send("i IDLE\r\n");
    await watcher.until(/^\+ .*\r\n/m);
    await actor.command("STORE 2 +FLAGS.SILENT (\\Answered)");
    assert.match(await watcher.until(/\r\n/), /^\* 2 FETCH \(UID 2 FLAGS \(\\Seen \\Answered\)\)/);
    await actor.command("APPEND Travel {14+}\r\nSubject: x\r\n\r\n");
    assert.match(await watcher.until(/\r\n/), /^\* 5 EXISTS/);
    await actor.command("UID STORE 1,3 +FLAGS.SILENT (\\Deleted)");
    await watcher.until(/\* 1 FETCH.*\r\n\* 3 FETCH.*\r\n/);
    assert.match(await actor.command("UID EXPUNGE 1:3"), /\* 3 EXPUNGE\r\n\* 1 EXPUNGE\r\n/);
    await watcher.until(/^\* 3 EXPUNGE\r\n\* 1 EXPUNGE\r\n/);
    watcher.send("DONE\r\n");
    await watcher.until(/^i OK.*\r\n/m);
    assert.match(await watcher.command("FETCH 1:* UID"), /UID 2\)[\s\S]*UID 4\)[\s\S]*UID 5\)/);
  }));

test("removals are not told during FETCH, STORE and SEARCH, and numbers stay good until they are", () =>
  withDemo(2, async (reader, actor) => {
    await reader.command("SELECT Travel");
    await actor.command("SELECT Travel");
    await actor.command("STORE 1 +FLAGS (\\Deleted)");
    await actor.command("EXPUNGE");
    const fetched = await reader.command("FETCH 1:4 UID");
    assert.doesNotMatch(fetched, /EXPUNGE/);
    assert.match(fetched, /\* 1 FETCH \(UID 1\)[\s\S]*\* 4 FETCH \(UID 4\)/);
    assert.doesNotMatch(await reader.command("STORE 2 +FLAGS (\\Flagged)"), /EXPUNGE/);
    assert.match(await reader.command("NOOP"), /\* 1 EXPUNGE/);
    assert.match(await reader.command("FETCH 1 UID"), /UID 2\)/);
  }));

test("MOVE and COPY tell where the messages went, and the other mailbox sees them", () =>
  withDemo(2, async (actor, watcher) => {
    await actor.command("SELECT Travel");
    await watcher.command("SELECT Archive");
    const moved = await actor.command("UID MOVE 1:2,4 Archive");
    assert.match(
      moved,
      /^\* OK \[COPYUID \d+ 1:2,4 6:8\].*\r\n\* 4 EXPUNGE\r\n\* 2 EXPUNGE\r\n\* 1 EXPUNGE\r\n/,
    );
    assert.match(await watcher.command("NOOP"), /\* 8 EXISTS/);
    assert.match(await actor.command("COPY 1 Nowhere"), /NO \[TRYCREATE\]/);
    assert.match(await actor.command("COPY 1 Archive"), /OK \[COPYUID \d+ 3 9\]/);
    await actor.command("EXAMINE Travel");
    assert.match(await actor.command("MOVE 1 Archive"), /NO \[READ-ONLY\]/);
    assert.match(await actor.command("STORE 1 FLAGS ()"), /NO \[READ-ONLY\]/);
  }));

test("a mailbox that is deleted leaves nothing to those who had it open", () =>
  withDemo(2, async (reader, actor) => {
    await reader.command("SELECT Travel");
    await actor.command("DELETE Travel");
    assert.equal((await reader.command("NOOP")).match(/EXPUNGE/g)?.length, 4);
    assert.match(await reader.command("SEARCH ALL"), /^\* SEARCH\r\n/);
  }));

test("a message arrives by itself twenty seconds after INBOX was opened", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const demo = await startDemo();
  const wire = new Wire(demo.port);
  await wire.command(`LOGIN ${demo.user} ${demo.password}`);
  const exists = Number(/\* (\d+) EXISTS/.exec(await wire.command("SELECT INBOX"))?.[1]);
  wire.send("i IDLE\r\n");
  await wire.until(/^\+ .*\r\n/m);
  t.mock.timers.tick(20_000);
  assert.match(await wire.until(/\r\n/), new RegExp(`^\\* ${exists + 1} EXISTS`));
  wire.socket.destroy();
  await demo.stop();
});

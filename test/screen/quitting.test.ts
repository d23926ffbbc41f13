// Who deletes and quits is not asked while the server only takes its time; who has to be asked is, and soon.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { serverMissing } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { startSubmission, submissionMissing } from "../servers/submission.ts";
import { Wire } from "../servers/wire.ts";
import {
  barOf,
  has,
  lacks,
  makeHome,
  openScreen,
  type Relayed,
  startRelay,
  startRelayed,
} from "./postern.ts";
import type { Pty } from "./pty.ts";

const waiting = "sending, then quitting C-g stops it";
const question = "1 change waits to be sent";

describe("quitting", { skip: serverMissing("dovecot") }, () => {
  let relayed: Relayed;
  let wire: Wire;
  before(async () => {
    relayed = await startRelayed(30);
    wire = await Wire.open(relayed.server.port, "INBOX");
  });
  after(async () => {
    wire?.close();
    await relayed?.stop();
  });
  beforeEach(() => {
    relayed.relay.heldAt = null;
  });

  /** Runs `body` on a screen on which all has come that comes by itself. */
  async function onScreen(body: (pty: Pty) => Promise<void>): Promise<void> {
    const pty = await openScreen(relayed.home);
    try {
      await pty.waitFor(has(/INBOX {2}1\/\d+ .*● online/));
      await pty.settle();
      await body(pty);
    } finally {
      await pty.stop();
    }
  }

  /** From here on nothing comes from the server, which hears all the same. */
  const hold = () => {
    relayed.relay.heldAt = /./s;
  };
  const release = () => {
    relayed.relay.heldAt = null;
  };
  const uidUnderCursor = (pty: Pty) => / message (\d+)/.exec(barOf(pty))?.[1] ?? "";

  test("with a deletion on its way, it waits for the answer, says so, and asks nothing", () =>
    onScreen(async (pty) => {
      const uid = uidUnderCursor(pty);
      hold();
      pty.type("d");
      await pty.waitFor("↑1");
      pty.type("q");
      await pty.waitFor(waiting);
      assert.ok(lacks("Quit?")(pty.text()), pty.text().join("\n"));
      release();
      assert.equal(await pty.exit, 0);
      assert.doesNotMatch(pty.raw.toString(), /change waits/);
      assert.deepEqual(await wire.search(`UID ${uid}`), []);
    }));

  test("a deletion that is answered at once is not told of", () =>
    onScreen(async (pty) => {
      const uid = uidUnderCursor(pty);
      pty.type("dq");
      assert.equal(await pty.exit, 0);
      assert.doesNotMatch(pty.raw.toString(), /change waits|then quitting/);
      assert.deepEqual(await wire.search(`UID ${uid}`), []);
    }));

  test("where the answer does not come it asks by itself, and at once who presses the key again", () =>
    onScreen(async (pty) => {
      hold();
      pty.type("F");
      await pty.waitFor("↑1");
      const timed = async (keys: string) => {
        const from = performance.now();
        pty.type(keys);
        await pty.waitFor(question);
        const took = performance.now() - from;
        pty.type("n");
        await pty.waitFor(lacks(question));
        return took;
      };
      const alone = await timed("q");
      const twice = await timed("qq");
      assert.ok(twice < alone / 2, `q: ${alone} ms, q q: ${twice} ms`);
      release();
      await pty.waitFor(lacks("↑1"));
      pty.type("q");
      assert.equal(await pty.exit, 0);
    }));

  test("Ctrl-C quits without waiting, and the change reaches the server next time", async () => {
    let uid = "";
    await onScreen(async (pty) => {
      uid = uidUnderCursor(pty);
      // Nothing reaches the server: what it has it would do.
      relayed.relay.silent = true;
      pty.type("M");
      await pty.waitFor("↑1");
      pty.type("q");
      await pty.waitFor(waiting);
      pty.type("\x03");
      assert.equal(await pty.exit, 0);
      assert.doesNotMatch(pty.raw.toString(), /change waits/);
    });
    relayed.relay.silent = false;
    await onScreen((pty) => pty.waitFor(lacks("↑1")));
    assert.ok(!(await wire.search("SEEN")).includes(Number(uid)));
  });

  test("other keys are answered, and whoever presses one stays", () =>
    onScreen(async (pty) => {
      for (const [key, shows] of [
        ["j", / 2\/\d+/],
        ["\x07", / 2\/\d+/],
        [":", /^:/],
      ] as const) {
        hold();
        pty.type("F");
        await pty.waitFor("↑1");
        pty.type("q");
        await pty.waitFor(waiting);
        pty.type(key);
        await pty.waitFor((lines) => has(shows)(lines) && lacks(waiting)(lines));
        release();
        await pty.waitFor(lacks("↑1"));
      }
      pty.type("\x07");
      await pty.waitFor(lacks(/^:/));
      pty.type("q");
      assert.equal(await pty.exit, 0);
    }));

  test("what the server refuses meanwhile is read before", async () => {
    await wire.command("CREATE Short-lived");
    await onScreen(async (pty) => {
      hold();
      await wire.command("DELETE Short-lived");
      pty.type(":copy --to Short-lived\r");
      await pty.waitFor("↑1");
      pty.type("q");
      await pty.waitFor(waiting);
      release();
      await pty.waitFor("there is no such folder");
      await pty.waitFor(lacks(waiting));
      pty.type("q");
      assert.equal(await pty.exit, 0);
    });
  });

  test("off line it asks at once", () =>
    onScreen(async (pty) => {
      await relayed.relay.cut();
      await pty.waitFor("○ off line");
      pty.type("F");
      await pty.waitFor("↑1");
      pty.type("q");
      await pty.waitFor(question);
      assert.doesNotMatch(pty.raw.toString(), /then quitting/);
      pty.type("y");
      assert.equal(await pty.exit, 0);
      await relayed.relay.mend();
    }));
});

test("a message that is being sent gets the same moment", { skip: submissionMissing() }, async () => {
  const server = await startSubmission();
  const relay = await startRelay(server.tlsPort);
  const home = makeHome(server.dovecot.port);
  server.dovecot.deliver(
    "INBOX",
    [{ message: sampleMessage({ n: 1, from: "bob@example.org" }), flags: "S" }],
    "me",
  );
  const config = server
    .config('send-delay = "1s"')
    .replace(`localhost:${server.tlsPort}`, `localhost:${relay.port}`);
  writeFileSync(join(home.dir, "config.toml"), config);
  const pty = await openScreen({ ...home, env: { ...home.env, VISUAL: "true" } });
  try {
    await pty.waitFor(has(/INBOX {2}1\/1 .*● online/));
    await pty.settle();
    relay.heldAt = /./s;
    pty.type("r");
    await pty.waitFor("Your message");
    pty.type("y");
    await pty.waitFor("sending in 0 s");
    pty.type("q");
    await pty.waitFor(waiting);
    relay.heldAt = null;
    assert.equal(await pty.exit, 0);
    assert.doesNotMatch(pty.raw.toString(), /about to be sent/);
    assert.equal(server.received("bob").length, 1);
  } finally {
    await pty.stop();
    await relay.stop();
    await server.stop();
    home.remove();
  }
});

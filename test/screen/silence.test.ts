import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import {
  barOf,
  type Home,
  openScreen,
  type Relay,
  type Relayed,
  startRelayed,
  unanswered,
} from "./postern.ts";

const skip = serverMissing("dovecot");
/** Longer than what is not yet a sleep. */
const sleepMs = 9_000;

describe("a line that dies in silence", { skip }, () => {
  let relayed: Relayed;
  let server: Dovecot;
  let relay: Relay;
  let home: Home;
  before(async () => {
    relayed = await startRelayed(30);
    ({ server, relay, home } = relayed);
  });
  after(async () => {
    await relayed?.stop();
  });

  test("while the machine sleeps is found out after it, said, and made again; cursor and marks stay", async () => {
    const pty = await openScreen(home);
    try {
      await pty.waitFor("● online");
      await pty.waitFor("1/30");
      pty.type("jjtjtjtjj");
      await pty.waitFor("3 marked");
      await pty.waitFor(() => barOf(pty).includes("message 24"));
      await pty.settle();
      process.kill(pty.pid, "SIGSTOP");
      await pty.stopped();
      relay.forget();
      await new Promise((resolve) => setTimeout(resolve, sleepMs));
      pty.resume();
      // What comes to the server from now on is new to this screen.
      server.deliver("INBOX", [{ message: sampleMessage({ n: 31, subject: "Came in the night" }) }]);
      await unanswered(relay, async () => {
        await pty.waitFor("◌ waiting for the server (");
        pty.type("k");
        await pty.waitFor(() => barOf(pty).includes("message 25"));
      });
      await pty.waitFor("Came in the night");
      await pty.waitFor("● online");
      assert.match(barOf(pty), /message 25/);
      assert.match(pty.text().join("\n"), /3 marked/);
    } finally {
      await pty.stop();
    }
  });

  test("while it is used is told of in seconds, and quitting does not wait for it", async () => {
    const pty = await openScreen(home);
    try {
      await pty.waitFor("● online");
      await pty.settle();
      relay.forget();
      pty.type("F");
      await pty.waitFor("↑1");
      await pty.waitFor("◌ waiting for the server (5 s)");
      const asked = Date.now();
      pty.type("q");
      await pty.waitFor("1 change waits");
      pty.type("y");
      assert.equal(await pty.exit, 0);
      assert.ok(Date.now() - asked < 4_000, `quitting took ${Date.now() - asked} ms`);
    } finally {
      await pty.stop();
    }
  });
});
